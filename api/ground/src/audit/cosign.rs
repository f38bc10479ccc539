//! Cosigning: somebody else says with a key of their own that a log only ever grew since they last looked. Whoever trusts
//! them needs to compare no checkpoints.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use entity::{audit_checkpoint, audit_cosignature, audit_leaf};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::acts;
use super::merkle::{self, Hash};
use super::note::{Key, Note, Verifier};
use super::record::{Record, record};
use super::seal::Auditor;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::Tx;

/// Why a checkpoint is not cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no checkpoint that the log's key signed, or of another log than the one seen before.
    #[error("this is no checkpoint of that log")]
    NotOfLog,
    /// It is older than what was seen before.
    #[error("a larger checkpoint of this log was seen before")]
    Older,
    /// What was seen before is not its beginning: the log was changed, or it shows different people different things.
    #[error("the log does not begin with what was seen before: its history was changed")]
    Inconsistent,
}

/// Cosigns a checkpoint as C2SP's tlog-cosignature has it, after checking that the log's key signed it and that what was
/// seen before, if anything was, is its beginning. Gives the note with the new line.
///
/// # Errors
/// [`Refusal`]; nothing is signed then.
pub fn cosign(
    key: &Key,
    name: &str,
    log: &Verifier,
    seen: Option<&str>,
    checkpoint: &str,
    proof: &[Hash],
    now: DateTime<Utc>,
) -> Result<String, Refusal> {
    let read = |note: &str| {
        Note::parse(note).and_then(|note| note.checked_by(log).map(|head| (note, head)))
    };
    let (note, head) = read(checkpoint).ok_or(Refusal::NotOfLog)?;
    if let Some(seen) = seen {
        let (_, before) = read(seen).ok_or(Refusal::NotOfLog)?;
        if before.origin != head.origin {
            return Err(Refusal::NotOfLog);
        }
        if before.size > head.size {
            return Err(Refusal::Older);
        }
        if !merkle::consistent((before.size, &before.root), (head.size, &head.root), proof) {
            return Err(Refusal::Inconsistent);
        }
    }
    Ok(format!("{checkpoint}{}\n", key.cosigned(note.text(), name, now)))
}

/// What proves that the log of `old` leaves is the beginning of the one of `new`: one hash a line, in base64. Reads every
/// leaf once.
///
/// # Errors
/// 404 where the log has not so many leaves.
pub async fn proof(tx: &Tx, old: u64, new: u64) -> Result<String> {
    let absent = || ApiError::new(Code::NOT_FOUND);
    let (old, upto) =
        (usize::try_from(old).map_err(|_| absent())?, i64::try_from(new).map_err(|_| absent())?);
    let leaves: Vec<Hash> = tx
        .find::<audit_leaf::Entity>()
        .select_only()
        .column(audit_leaf::Column::Hash)
        .filter(audit_leaf::Column::Number.lt(upto))
        .order_by_asc(audit_leaf::Column::Number)
        .into_tuple::<Vec<u8>>()
        .all()
        .await?
        .into_iter()
        .filter_map(|hash| Hash::try_from(hash).ok())
        .collect();
    if u64::try_from(leaves.len()).ok() != Some(new) {
        return Err(absent());
    }
    let proof = merkle::consistency(&leaves, old).ok_or_else(absent)?;
    Ok(proof.iter().map(|hash| format!("{}\n", STANDARD.encode(hash))).collect())
}

/// A proof from its text; none when it is none.
#[must_use]
pub fn read_proof(text: &str) -> Option<Vec<Hash>> {
    text.lines().map(|line| STANDARD.decode(line.trim()).ok()?.try_into().ok()).collect()
}

/// Keeps the line that another key added to one of our checkpoints; it is given out with that checkpoint from then on.
///
/// # Errors
/// `state_conflict` when the note is none of our checkpoints or the key did not sign it; `already_exists` when a line of that
/// name is kept already.
pub async fn keep(tx: &Tx, note: &str, cosigner: &Verifier) -> Result<()> {
    let refused = || {
        ApiError::new(Code::STATE_CONFLICT).detail(
            "不是本镇街日志的检查点，或未经该密钥签名",
            "This is no checkpoint of this log, or that key did not sign it",
        )
    };
    let auditor = tx.shared::<Auditor>().cloned().ok_or_else(refused)?;
    let origin = auditor.origin(&tx.township().await?.code);
    let parsed = Note::parse(note).ok_or_else(refused)?;
    let ours = parsed.checked_by(&auditor.key().verifier(&origin)).ok_or_else(refused)?;
    let line = parsed.line_of(cosigner).ok_or_else(refused)?.to_owned();
    if parsed.checked_by(cosigner) != Some(ours.clone()) || cosigner.name() == origin {
        return Err(refused());
    }
    let size = i64::try_from(ours.size).map_err(|_| refused())?;
    let known = tx
        .find::<audit_checkpoint::Entity>()
        .filter(audit_checkpoint::Column::Size.eq(size))
        .one()
        .await?
        .ok_or_else(refused)?;
    if !known.note.starts_with(parsed.text()) {
        return Err(refused());
    }
    let entry = Record::of(acts::COSIGNED).with("size", size).with("name", cosigner.name());
    record(tx, entry).await?;
    tx.insert(audit_cosignature::ActiveModel {
        size: Set(size),
        name: Set(cosigner.name().to_owned()),
        line: Set(line),
        at: Set(tx.now()),
        ..Default::default()
    })
    .await?;
    Ok(())
}

/// A checkpoint's note with the lines that others added to it.
pub(super) async fn with_cosignatures(
    tx: &Tx,
    checkpoint: audit_checkpoint::Model,
) -> Result<String> {
    let lines = tx
        .find::<audit_cosignature::Entity>()
        .filter(audit_cosignature::Column::Size.eq(checkpoint.size))
        .order_by_asc(audit_cosignature::Column::Name)
        .all()
        .await?;
    Ok(lines.iter().fold(checkpoint.note, |note, one| format!("{note}{}\n", one.line)))
}

#[cfg(test)]
mod tests {
    use super::super::merkle::{Tree, consistency, leaf};
    use super::super::note::Checkpoint;
    use super::*;

    #[test]
    fn only_a_log_that_grew_is_cosigned() {
        let folder = std::env::temp_dir().join(format!("gezhi-cosign-{}", std::process::id()));
        let key = |name: &str| Key::load(&folder.join(name)).unwrap();
        let (ours, county) = (key("ours.der"), key("county.der"));
        let leaves: Vec<Hash> = (0_u8..9).map(|n| leaf(&[n])).collect();
        let at = |leaves: &[Hash]| {
            let tree = Tree::of(leaves);
            ours.signed(&Checkpoint {
                origin: "gezhi/310116112".to_owned(),
                size: tree.size(),
                root: tree.root(),
            })
        };
        let (old, new) = (at(&leaves[..5]), at(&leaves));
        let log = ours.verifier("gezhi/310116112");
        let proof = consistency(&leaves, 5).unwrap();
        let now = DateTime::from_timestamp(1_795_395_600, 0).unwrap();
        let cosigned = |seen: Option<&str>, note: &str, proof: &[Hash]| {
            cosign(&county, "county.example", &log, seen, note, proof, now)
        };
        let both = cosigned(Some(&old), &new, &proof).unwrap();
        let parsed = Note::parse(&both).unwrap();
        assert_eq!(parsed.checked_by(&county.cosigner("county.example")), parsed.checked_by(&log));
        assert!(cosigned(None, &old, &[]).is_ok(), "what is seen for the first time");
        assert_eq!(cosigned(Some(&new), &old, &proof), Err(Refusal::Older));
        assert_eq!(cosigned(Some(&old), &new, &[]), Err(Refusal::Inconsistent));
        let mut forked = leaves.clone();
        forked[2] = leaf(b"another");
        let shown = consistency(&forked, 5).unwrap();
        assert_eq!(cosigned(Some(&old), &at(&forked), &shown), Err(Refusal::Inconsistent));
        assert_eq!(
            cosigned(None, &new.replace("310116112", "310116113"), &[]),
            Err(Refusal::NotOfLog)
        );
        std::fs::remove_dir_all(folder).unwrap();
    }
}
