//! Counting everything again: entries, words, leaves and checkpoints of one township, held against each other.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fmt;

use chrono::TimeDelta;
use entity::ids::AuditEntryId;
use entity::{audit_checkpoint, audit_detail, audit_entry, audit_leaf, audit_purge};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::acts;
use super::merkle::{self, Hash, Tree};
use super::note::{Checkpoint, Note};
use super::record::{commitment, leaf_data};
use super::seal::{Auditor, DAYS_MIN, peaks_of};
use crate::http::{ApiError, Result};
use crate::tenancy::Tx;

/// Rows read by one statement.
const CHUNK: u64 = 2000;

/// Something that does not fit, and which record it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The entry is not the one that was sealed.
    EntryAltered(u64, AuditEntryId),
    /// The entry of a leaf is gone.
    EntryRemoved(u64, AuditEntryId),
    /// Words are there whose entry, which was not sealed yet, is gone.
    WaitingRemoved(AuditEntryId),
    /// The words of an entry, or their key, are not the ones it committed to.
    WordsAltered(AuditEntryId),
    /// The words of an entry are gone, and no entry says that they were erased.
    WordsRemoved(AuditEntryId),
    /// The entry is neither in the tree nor waiting for it: its leaf was removed, or it was put there by hand.
    NotInTree(AuditEntryId),
    /// A leaf is gone.
    LeafRemoved(u64),
    /// A leaf stands behind the last checkpoint: that checkpoint was removed, or the leaf was put there by hand.
    LeafBeyond(u64),
    /// Among these leaves one was altered or their order changed; the second number is not among them.
    Batch(u64, u64),
    /// The checkpoint of this size is not the one that was signed.
    CheckpointAltered(u64),
    /// The checkpoint of this size is gone.
    CheckpointRemoved(u64),
    /// Entries were removed before their time, or without a checkpoint that closes them.
    PurgedEarly(u64),
    /// A checkpoint that was kept elsewhere tells of leaves that are gone: the log was cut off.
    Cut(u64, u64),
    /// A checkpoint that was kept elsewhere, of this size, is of another history.
    Forked(u64),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EntryAltered(number, id) => {
                write!(f, "entry {number} ({id}) was altered after it was sealed")
            }
            Self::EntryRemoved(number, id) => write!(f, "entry {number} ({id}) was removed"),
            Self::WaitingRemoved(id) => write!(f, "entry {id}, not sealed yet, was removed"),
            Self::WordsAltered(id) => write!(f, "the words of entry {id} were altered"),
            Self::WordsRemoved(id) => {
                write!(f, "the words of entry {id} were removed, and nobody recorded erasing them")
            }
            Self::NotInTree(id) => {
                write!(f, "entry {id} is neither in the tree nor waiting for it")
            }
            Self::LeafRemoved(number) => write!(f, "leaf {number} was removed"),
            Self::LeafBeyond(number) => write!(f, "leaf {number} is behind the last checkpoint"),
            Self::Batch(from, to) => {
                write!(
                    f,
                    "of the leaves {from} to {} one was altered or moved",
                    to.saturating_sub(1)
                )
            }
            Self::CheckpointAltered(size) => {
                write!(f, "the checkpoint of {size} was altered, or signed by another key")
            }
            Self::CheckpointRemoved(size) => write!(f, "the checkpoint of {size} was removed"),
            Self::PurgedEarly(upto) => {
                write!(f, "the entries before {upto} were removed before their time")
            }
            Self::Cut(here, size) => {
                write!(f, "the log was cut off: {here} leaves are here, {size} were signed")
            }
            Self::Forked(size) => write!(f, "the checkpoint of {size} is of another history"),
        }
    }
}

/// What was counted, and what does not fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries that are there.
    pub entries: u64,
    /// Leaves of the tree.
    pub leaves: u64,
    /// Entries that wait to be sealed.
    pub unsealed: u64,
    /// Entries whose words were erased with a person.
    pub erased: u64,
    /// Leaves whose entries were removed when their time was over.
    pub purged: u64,
    /// Checkpoints.
    pub checkpoints: u64,
    /// What does not fit; nothing in a sound log.
    pub faults: BTreeSet<Fault>,
}

/// Counts the township's log again, in the caller's snapshot. `kept` are checkpoints that were kept elsewhere, as notes.
///
/// # Errors
/// Those of the database; `invalid` when what was kept elsewhere is no checkpoint of this log.
pub async fn verify(tx: &Tx, kept: &[String]) -> Result<Report> {
    let auditor = tx
        .shared::<Auditor>()
        .cloned()
        .ok_or_else(|| ApiError::internal("nobody is there to check checkpoints"))?;
    let code = tx.township().await?.code;
    let mut report = Report::default();
    let leaves = leaves(tx).await?;
    report.leaves = count(leaves.len());
    let checkpoints = tx
        .find::<audit_checkpoint::Entity>()
        .order_by_asc(audit_checkpoint::Column::Size)
        .all()
        .await?;
    report.checkpoints = count(checkpoints.len());
    let mut faults = BTreeSet::new();
    tree(&auditor, &code, &leaves, &checkpoints, &mut faults);
    report.purged = purged(tx, &checkpoints, &mut faults).await?;
    rows(tx, &leaves, &checkpoints, &mut report, &mut faults).await?;
    for note in kept {
        elsewhere(&auditor, &code, note, &leaves, &mut faults)?;
    }
    report.faults = faults;
    Ok(report)
}

struct Leaf {
    number: u64,
    entry: AuditEntryId,
    hash: Hash,
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

fn whole(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

async fn leaves(tx: &Tx) -> Result<Vec<Leaf>> {
    let mut leaves = Vec::new();
    let mut after = i64::MIN;
    loop {
        let rows = tx
            .find::<audit_leaf::Entity>()
            .filter(audit_leaf::Column::Number.gt(after))
            .order_by_asc(audit_leaf::Column::Number)
            .limit(CHUNK)
            .all()
            .await?;
        let Some(last) = rows.last() else { return Ok(leaves) };
        after = last.number;
        leaves.extend(rows.into_iter().map(|row| Leaf {
            number: whole(row.number),
            entry: row.entry_id,
            // A hash of another length fits nothing.
            hash: Hash::try_from(row.hash.as_slice()).unwrap_or([0; 32]),
        }));
    }
}

/// The checkpoint's own statement, if its note is signed by our key and speaks of this row.
fn stated(
    auditor: &Auditor,
    code: &str,
    row: &audit_checkpoint::Model,
) -> Option<(Checkpoint, Tree)> {
    let stated = signed(auditor, code, &row.note)?;
    let tree = Tree::with(stated.size, peaks_of(row)?)?;
    (stated.size == whole(row.size) && tree.root() == stated.root).then_some((stated, tree))
}

/// The name in front of the township's code may be one that the installation had before.
fn signed(auditor: &Auditor, code: &str, note: &str) -> Option<Checkpoint> {
    let note = Note::parse(note)?;
    let origin = note.text().split('\n').next()?;
    (origin.rsplit('/').next() == Some(code)).then_some(())?;
    note.checked_by(&auditor.key().verifier(origin))
}

/// Leaves against checkpoints. After a batch that does not fit the next begins from what its checkpoint says, so that
/// each fault is told by its own batch.
fn tree(
    auditor: &Auditor,
    code: &str,
    leaves: &[Leaf],
    checkpoints: &[audit_checkpoint::Model],
    faults: &mut BTreeSet<Fault>,
) {
    let (mut tree, mut sound, mut from, mut expected) = (Tree::default(), true, 0, 0);
    let mut leaves = leaves.iter().peekable();
    for row in checkpoints {
        let size = whole(row.size);
        while let Some(leaf) = leaves.next_if(|leaf| leaf.number < size) {
            for missing in expected..leaf.number {
                faults.insert(Fault::LeafRemoved(missing));
                sound = false;
            }
            expected = leaf.number.saturating_add(1);
            tree.push(leaf.hash);
        }
        // What was cut off may be any number of leaves: the ends of the gap tell where it is.
        if expected < size {
            faults.insert(Fault::LeafRemoved(expected));
            faults.insert(Fault::LeafRemoved(size - 1));
            sound = false;
            expected = size;
        }
        match stated(auditor, code, row) {
            Some((stated, its)) => {
                if sound && tree.root() != stated.root {
                    faults.insert(Fault::Batch(from, size));
                }
                (tree, sound, from) = (its, true, size);
            }
            None => {
                faults.insert(Fault::CheckpointAltered(size));
            }
        }
    }
    for leaf in leaves {
        faults.insert(Fault::LeafBeyond(leaf.number));
    }
}

/// Up to which leaf entries may be gone.
async fn purged(
    tx: &Tx,
    checkpoints: &[audit_checkpoint::Model],
    faults: &mut BTreeSet<Fault>,
) -> Result<u64> {
    let mut upto = 0;
    for mark in tx.find::<audit_purge::Entity>().all().await? {
        let closed = checkpoints.iter().any(|checkpoint| {
            checkpoint.size == mark.checkpoint_size
                && checkpoint.size >= mark.upto
                && mark.at - checkpoint.at >= TimeDelta::days(i64::from(DAYS_MIN))
        });
        if closed {
            upto = whole(mark.upto).max(upto);
        } else {
            faults.insert(Fault::PurgedEarly(whole(mark.upto)));
        }
    }
    Ok(upto)
}

/// Entries against their words and their leaves.
async fn rows(
    tx: &Tx,
    leaves: &[Leaf],
    checkpoints: &[audit_checkpoint::Model],
    report: &mut Report,
    faults: &mut BTreeSet<Fault>,
) -> Result<()> {
    let placed: HashMap<AuditEntryId, &Leaf> =
        leaves.iter().map(|leaf| (leaf.entry, leaf)).collect();
    let sizes: HashSet<u64> = checkpoints.iter().map(|row| whole(row.size)).collect();
    let erased: HashSet<AuditEntryId> = tx
        .find::<audit_entry::Entity>()
        .filter(audit_entry::Column::Act.eq(acts::ERASE.name))
        .all()
        .await?
        .into_iter()
        .filter_map(|row| row.row_id.map(AuditEntryId::from_uuid))
        .collect();
    let mut seen = HashSet::new();
    let mut after: Option<AuditEntryId> = None;
    loop {
        let mut find = tx.find::<audit_entry::Entity>();
        if let Some(id) = after {
            find = find.filter(audit_entry::Column::Id.gt(id));
        }
        let page = find.order_by_asc(audit_entry::Column::Id).limit(CHUNK).all().await?;
        let (Some(first), Some(last)) = (page.first(), page.last()) else { break };
        after = Some(last.id);
        let mut details: HashMap<AuditEntryId, audit_detail::Model> = tx
            .find::<audit_detail::Entity>()
            .filter(audit_detail::Column::EntryId.between(first.id, last.id))
            .all()
            .await?
            .into_iter()
            .map(|row| (row.entry_id, row))
            .collect();
        for entry in &page {
            report.entries += 1;
            seen.insert(entry.id);
            let detail = details.remove(&entry.id);
            match (placed.get(&entry.id), &detail) {
                (Some(leaf), _) => {
                    if merkle::leaf(&leaf_data(entry)?) != leaf.hash {
                        faults.insert(Fault::EntryAltered(leaf.number, entry.id));
                    }
                }
                (None, Some(detail)) if detail.batch.is_none() => report.unsealed += 1,
                (None, _) => {
                    faults.insert(Fault::NotInTree(entry.id));
                }
            }
            match detail {
                Some(detail) => {
                    if commitment(&detail.secret, &detail.content)[..] != entry.commitment[..] {
                        faults.insert(Fault::WordsAltered(entry.id));
                    }
                    // Every batch but the first begins where a checkpoint ended the one before.
                    if let Some(batch) = detail.batch.map(whole)
                        && batch != 0
                        && !sizes.contains(&batch)
                    {
                        faults.insert(Fault::CheckpointRemoved(batch));
                    }
                }
                None if erased.contains(&entry.id) => report.erased += 1,
                None => {
                    faults.insert(Fault::WordsRemoved(entry.id));
                }
            }
        }
    }
    for leaf in leaves.iter().filter(|leaf| leaf.number >= report.purged) {
        if !seen.contains(&leaf.entry) {
            faults.insert(Fault::EntryRemoved(leaf.number, leaf.entry));
        }
    }
    let purged: HashSet<AuditEntryId> =
        leaves.iter().filter(|leaf| leaf.number < report.purged).map(|leaf| leaf.entry).collect();
    let mut after: Option<AuditEntryId> = None;
    loop {
        let mut find = tx.find::<audit_detail::Entity>().select_only();
        if let Some(id) = after {
            find = find.filter(audit_detail::Column::EntryId.gt(id));
        }
        let page = find
            .column(audit_detail::Column::EntryId)
            .order_by_asc(audit_detail::Column::EntryId)
            .limit(CHUNK)
            .into_tuple::<AuditEntryId>()
            .all()
            .await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(*last);
        for id in page {
            // An entry with a leaf was named above.
            if !seen.contains(&id) && !placed.contains_key(&id) && !purged.contains(&id) {
                faults.insert(Fault::WaitingRemoved(id));
            }
        }
    }
}

/// A checkpoint that was kept elsewhere against the leaves that are here.
fn elsewhere(
    auditor: &Auditor,
    code: &str,
    note: &str,
    leaves: &[Leaf],
    faults: &mut BTreeSet<Fault>,
) -> Result<()> {
    let Some(kept) = signed(auditor, code, note) else {
        return Err(ApiError::invalid(
            "checkpoint",
            "不是本镇街日志的检查点，或不是本系统的密钥签名",
            "is no checkpoint of this log, or not signed by this installation's key",
        ));
    };
    let here = count(leaves.len());
    if kept.size > here {
        faults.insert(Fault::Cut(here, kept.size));
        return Ok(());
    }
    let mut tree = Tree::default();
    for leaf in leaves.iter().take_while(|leaf| leaf.number < kept.size) {
        tree.push(leaf.hash);
    }
    if tree.root() != kept.root {
        faults.insert(Fault::Forked(kept.size));
    }
    Ok(())
}
