//! Sealing: entries become leaves of the township's tree, and its head is signed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use entity::ids::{AuditEntryId, TenantId};
use entity::{audit_checkpoint, audit_detail, audit_entry, audit_leaf};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use super::acts;
use super::failures::{Failed, Failures};
use super::merkle::{self, Hash, Tree};
use super::note::{Checkpoint, Key, is_name};
use super::record::{Record, leaf_data, record};
use crate::config::Config;
use crate::http::{ApiError, Code, Result};
use crate::jobs::{self, Act, Kind, Next, Plan, Turn};
use crate::state::AppState;
use crate::tenancy::{Scope, StartError, Tx};

/// Entries sealed in one transaction: on SQLite nobody else writes meanwhile.
const BATCH: u64 = 500;
/// Batches sealed in one go.
const BATCHES: usize = 200;
/// Seconds between two rounds of the sealer.
const PAUSE: Duration = Duration::from_secs(30);
/// The least that the law asks for (网络安全法 第二十一条: six months).
pub(crate) const DAYS_MIN: u32 = 180;

/// What the whole server shares for the record: the key of its checkpoints, what waits to be sealed, folded failures.
#[derive(Clone)]
pub struct Auditor {
    inner: Arc<Inner>,
}

struct Inner {
    key: Key,
    name: String,
    failures: Failures,
    unsealed: Unsealed,
}

impl Auditor {
    /// Reads the settings and the key, which is made when there is none yet.
    pub fn load(config: &Config) -> Result<Self, StartError> {
        if config.audit_days < DAYS_MIN {
            return Err(StartError::Config(format!("audit_days: at least {DAYS_MIN}")));
        }
        if !is_name(&config.audit_name) {
            return Err(StartError::Config(
                "audit_name: a name without spaces and plus signs, such as gezhi.example.gov.cn"
                    .to_owned(),
            ));
        }
        Ok(Self {
            inner: Arc::new(Inner {
                key: Key::load(&config.data_dir.join("audit-key.der"))?,
                name: config.audit_name.clone(),
                failures: Failures::default(),
                unsealed: Unsealed::default(),
            }),
        })
    }

    /// The key of the checkpoints.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.inner.key
    }

    /// The name of a township's tree: the installation's, and the township's code.
    #[must_use]
    pub fn origin(&self, code: &str) -> String {
        format!("{}/{code}", self.inner.name)
    }

    /// What waits to be sealed.
    #[must_use]
    pub fn unsealed(&self) -> &Unsealed {
        &self.inner.unsealed
    }

    /// Failed sign-ins of the running minute.
    #[must_use]
    pub fn failures(&self) -> &Failures {
        &self.inner.failures
    }
}

/// What this process wrote and has not sealed yet, by township.
#[derive(Debug, Clone, Default)]
pub struct Unsealed {
    waiting: Arc<Mutex<HashMap<TenantId, (u64, Instant)>>>,
}

impl Unsealed {
    /// One more entry of a township.
    pub fn tell(&self, tenant: TenantId) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entry(tenant).or_insert_with(|| (0, Instant::now())).0 += 1;
        measure(&waiting);
    }

    /// Taken out before they are sealed: what is written meanwhile waits for the next round.
    fn take(&self) -> Vec<(TenantId, (u64, Instant))> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = waiting.drain().collect();
        measure(&waiting);
        taken
    }

    fn put_back(&self, tenant: TenantId, what: (u64, Instant)) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = waiting.entry(tenant).or_insert((0, what.1));
        *slot = (slot.0 + what.0, slot.1.min(what.1));
        measure(&waiting);
    }
}

fn measure(waiting: &HashMap<TenantId, (u64, Instant)>) {
    let count: u64 = waiting.values().map(|(count, _)| count).sum();
    metrics::gauge!("gezhi_audit_unsealed").set(u32::try_from(count).unwrap_or(u32::MAX));
    let oldest = waiting.values().map(|(_, since)| since.elapsed()).max().unwrap_or_default();
    metrics::gauge!("gezhi_audit_unsealed_seconds").set(oldest.as_secs_f64());
}

/// Seals what waits in every township that wrote, and records the failed sign-ins of minutes that are over; for ever.
pub async fn run(state: AppState) {
    loop {
        tokio::time::sleep(PAUSE).await;
        round(&state).await;
    }
}

/// One round. A township that fails does not stop the others; it is tried again in the next.
pub async fn round(state: &AppState) {
    let auditor = state.auditor();
    for (tenant, failed) in auditor.failures().over(Some(state.clock().now())) {
        if let Err(error) = record_failed(&state.scope_of(tenant), failed).await {
            tracing::error!(%error, %tenant, "failed sign-ins were not recorded");
        }
    }
    for (tenant, waited) in auditor.unsealed().take() {
        if let Err(error) = seal(&state.scope_of(tenant)).await {
            tracing::error!(%error, %tenant, "the audit log was not sealed");
            auditor.unsealed().put_back(tenant, waited);
        }
    }
}

/// Records folded failures in a transaction of their own.
pub async fn record_failed(scope: &Scope, failed: Vec<Failed>) -> Result<()> {
    if failed.is_empty() {
        return Ok(());
    }
    scope
        .write(async move |tx: &Tx| {
            for one in failed {
                let mut entry = Record::of(acts::SIGN_IN_FAILED).times(one.times);
                if let Some(account) = one.account {
                    entry = entry.by(account);
                }
                if !one.reason.is_empty() {
                    entry = entry.with("reason", one.reason);
                }
                let from = if one.address.is_empty() { "several".to_owned() } else { one.address };
                record(tx, entry.with("from", from)).await?;
            }
            Ok(())
        })
        .await
}

/// Seals all that waits in a township; says how many entries.
///
/// # Errors
/// Those of the database; `internal` when the tree that is there does not fit together, which `gezhi verify` explains.
pub async fn seal(scope: &Scope) -> Result<u64> {
    let mut sealed = 0;
    for _ in 0..BATCHES {
        match scope.write(async |tx: &Tx| seal_batch(tx).await).await {
            Ok(count) => {
                sealed += count;
                if count < BATCH {
                    break;
                }
            }
            // Another node was faster with these numbers: what it left is for the next round.
            Err(error) if error.code() == Code::ALREADY_EXISTS => break,
            Err(error) => return Err(error),
        }
    }
    Ok(sealed)
}

/// Seals at most 500 entries in the caller's transaction and signs the tree's new head; says how many. Locks nothing
/// that whoever writes an entry needs.
///
/// # Errors
/// As [`seal`].
pub async fn seal_batch(tx: &Tx) -> Result<u64> {
    let waiting: Vec<AuditEntryId> = tx
        .find::<audit_detail::Entity>()
        .select_only()
        .column(audit_detail::Column::EntryId)
        .filter(audit_detail::Column::Batch.is_null())
        .order_by_asc(audit_detail::Column::EntryId)
        .limit(BATCH)
        .into_tuple::<AuditEntryId>()
        .all()
        .await?;
    if waiting.is_empty() {
        return Ok(0);
    }
    let auditor = tx
        .shared::<Auditor>()
        .cloned()
        .ok_or_else(|| ApiError::internal("nobody is there to sign checkpoints"))?;
    let mut tree = head(tx).await?.map_or_else(|| Ok(Tree::default()), |head| tree_of(&head))?;
    let entries = tx
        .find::<audit_entry::Entity>()
        .filter(audit_entry::Column::Id.is_in(waiting.iter().copied()))
        .order_by_asc(audit_entry::Column::At)
        .order_by_asc(audit_entry::Column::Id)
        .all()
        .await?;
    // Somebody who writes past the server may have put the mark of a sealed entry back: it keeps its leaf.
    let placed: std::collections::HashSet<AuditEntryId> = tx
        .find::<audit_leaf::Entity>()
        .select_only()
        .column(audit_leaf::Column::EntryId)
        .filter(audit_leaf::Column::EntryId.is_in(waiting.iter().copied()))
        .into_tuple::<AuditEntryId>()
        .all()
        .await?
        .into_iter()
        .collect();
    let first = number(tree.size())?;
    let mut leaves = Vec::with_capacity(entries.len());
    for entry in entries.iter().filter(|entry| !placed.contains(&entry.id)) {
        let hash = merkle::leaf(&leaf_data(entry)?);
        leaves.push(audit_leaf::ActiveModel {
            number: Set(number(tree.size())?),
            entry_id: Set(entry.id),
            hash: Set(hash.to_vec()),
            ..Default::default()
        });
        tree.push(hash);
    }
    let grown = !leaves.is_empty();
    tx.insert_many(leaves).await?;
    tx.update_many::<audit_detail::Entity>()
        .col_expr(audit_detail::Column::Batch, Expr::value(first))
        .filter(audit_detail::Column::EntryId.is_in(waiting.iter().copied()))
        .exec()
        .await?;
    if grown {
        let code = tx.township().await?.code;
        let checkpoint =
            Checkpoint { origin: auditor.origin(&code), size: tree.size(), root: tree.root() };
        tx.insert_many(vec![audit_checkpoint::ActiveModel {
            size: Set(number(tree.size())?),
            peaks: Set(tree.peaks().concat()),
            at: Set(tx.now()),
            note: Set(auditor.key().signed(&checkpoint)),
            ..Default::default()
        }])
        .await?;
    }
    u64::try_from(waiting.len()).map_err(ApiError::internal)
}

/// What is done when it is due.
pub const JOBS: &[Kind] = &[Kind {
    name: SEAL,
    zh: "封存操作日志",
    en: "Seals the audit log",
    schedule: true,
    kept: false,
    act: Act::Outside(|turn| Box::pin(seal_later(turn))),
}];
const SEAL: &str = "audit.seal";
/// Minutes after which what was recorded is sealed, should the process that recorded it not be there to do so.
const SEAL_MINUTES: i64 = 60;

/// Sees to it that what is recorded now is sealed, whatever becomes of this process. Without a key, so that nobody waits for
/// anybody; once for all that is recorded in most of an hour.
pub(super) async fn plant_seal(tx: &Tx) -> Result<()> {
    jobs::plant_ahead(tx, Plan::of(SEAL).at(tx.now() + TimeDelta::minutes(SEAL_MINUTES))).await
}

/// Outside, though it has effects in the township alone: of two who seal at once the second finds its numbers taken, which undoes
/// its transaction and is no failure. It looks again a minute later, since the first may not have seen what it was to seal.
async fn seal_later(turn: Turn) -> Result<Next> {
    let mut sealed = 0;
    loop {
        match turn.scope().write(async |tx: &Tx| seal_batch(tx).await).await {
            Ok(count) if count < BATCH => return Ok(Next::Done),
            Ok(count) => sealed += i32::try_from(count).map_err(ApiError::internal)?,
            Err(error) if error.code() == Code::ALREADY_EXISTS => {
                return Ok(Next::Again(turn.scope().now() + TimeDelta::minutes(1)));
            }
            Err(error) => return Err(error),
        }
        turn.progress(sealed, None).await?;
    }
}

/// The latest checkpoint.
pub(crate) async fn head(tx: &Tx) -> Result<Option<audit_checkpoint::Model>> {
    tx.find::<audit_checkpoint::Entity>()
        .order_by_desc(audit_checkpoint::Column::Size)
        .limit(1)
        .one()
        .await
}

/// A checkpoint's perfect subtrees; none when they are no hashes.
pub(super) fn peaks_of(head: &audit_checkpoint::Model) -> Option<Vec<Hash>> {
    head.peaks.chunks(32).map(|peak| Hash::try_from(peak).ok()).collect()
}

fn tree_of(head: &audit_checkpoint::Model) -> Result<Tree> {
    u64::try_from(head.size)
        .ok()
        .and_then(|size| Tree::with(size, peaks_of(head)?))
        .ok_or_else(|| ApiError::internal("the audit log's last checkpoint does not fit its tree"))
}

fn number(size: u64) -> Result<i64> {
    i64::try_from(size).map_err(ApiError::internal)
}

/// Erases the words of entries, and with them the keys they were committed to with; their place in the tree stays. Only
/// what is sealed can be erased. Recorded for each entry, with the purpose; says how many were erased.
///
/// # Errors
/// Those of the database.
pub async fn erase(tx: &Tx, entries: &[AuditEntryId], purpose: &str) -> Result<u64> {
    let there: Vec<AuditEntryId> = tx
        .find::<audit_detail::Entity>()
        .select_only()
        .column(audit_detail::Column::EntryId)
        .filter(audit_detail::Column::EntryId.is_in(entries.iter().copied()))
        .filter(audit_detail::Column::Batch.is_not_null())
        .into_tuple::<AuditEntryId>()
        .all()
        .await?;
    for id in &there {
        record(tx, Record::of(acts::ERASE).on("audit_entry", *id).for_purpose(purpose)).await?;
    }
    tx.delete_many::<audit_detail::Entity>()
        .filter(audit_detail::Column::EntryId.is_in(there))
        .exec()
        .await
}
