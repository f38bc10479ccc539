//! Counting a township again, for the operator: whether what is kept still fits together. Read across the floors.

use entity::ids::TenantId;

use crate::http::Result;
use crate::state::AppState;
use crate::{audit, points};

/// What counting a township again gave, for the operator.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Name and code of the township.
    pub township: String,
    /// What was counted of its audit log.
    pub audit: audit::Report,
    /// Everything that does not fit, one line each.
    pub faults: Vec<String>,
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let audit = &self.audit;
        write!(
            f,
            "{}: {} entries, {} leaves, {} not sealed yet, {} erased, {} purged, {} checkpoints: ",
            self.township,
            audit.entries,
            audit.leaves,
            audit.unsealed,
            audit.erased,
            audit.purged,
            audit.checkpoints
        )?;
        match self.faults.as_slice() {
            [] => write!(f, "all fits"),
            faults => {
                write!(f, "{} do not fit", faults.len())?;
                faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
        }
    }
}

/// Counts a township's audit log and points ledger again, in one snapshot. `kept` are checkpoints that were kept elsewhere.
///
/// # Errors
/// Those of the database; what was kept elsewhere is no checkpoint of this log.
pub async fn verify(state: &AppState, tenant: TenantId, kept: &[String]) -> Result<Verified> {
    state
        .scope_of(tenant)
        .at_length()
        .read(async |tx| {
            let township = tx.township().await?;
            let audit = audit::verify(tx, kept).await?;
            let ledger = points::audit(tx).await?;
            let faults = audit.faults.iter().map(|fault| format!("audit log: {fault}"));
            let faults = faults.chain(ledger.iter().map(|one| format!("points ledger: {one:?}")));
            let faults = faults.collect();
            Ok(Verified {
                township: format!("{} ({})", township.name, township.code),
                audit,
                faults,
            })
        })
        .await
}
