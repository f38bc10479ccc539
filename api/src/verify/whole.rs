//! Everything, for the operator.

use entity::ids::TenantId;

use crate::audit;
use crate::http::Result;
use crate::invariant::{Broken, Invariant, all_broken};
use crate::state::AppState;

/// What counting a township again gave, for the operator.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Name and code of the township.
    pub township: String,
    /// What was counted of its audit log.
    pub audit: audit::Report,
    /// How many promises of the rooms were looked at beside it.
    pub promises: usize,
    /// What does not fit, one line each.
    pub faults: Vec<String>,
    /// Of how many promises more rows do not fit than are named; a line says so of each.
    pub more: usize,
}

impl Verified {
    /// How much does not fit, in words: "3", or "more than 20" where not everything is named.
    #[must_use]
    pub fn count(faults: usize, more: usize) -> String {
        let beyond = if more > 0 { "more than " } else { "" };
        format!("{beyond}{}", faults.saturating_sub(more))
    }
}

impl std::fmt::Display for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let audit = &self.audit;
        write!(
            f,
            "{}: {} entries, {} leaves, {} not sealed yet, {} erased, {} purged, {} checkpoints; {} promises: ",
            self.township,
            audit.entries,
            audit.leaves,
            audit.unsealed,
            audit.erased,
            audit.purged,
            audit.checkpoints,
            self.promises
        )?;
        match self.faults.as_slice() {
            [] => write!(f, "all fits"),
            faults => {
                write!(f, "{} do not fit", Self::count(faults.len(), self.more))?;
                faults.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
            }
        }
    }
}

/// Counts a township's audit log again and looks at every promise of the rooms, in one snapshot. `kept` are checkpoints that were kept
/// elsewhere.
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
            let mut faults: Vec<String> =
                audit.faults.iter().map(|fault| format!("audit log: {fault}")).collect();
            let broken = all_broken(tx).await?;
            faults.extend(broken.iter().flat_map(Broken::lines));
            Ok(Verified {
                township: format!("{} ({})", township.name, township.code),
                audit,
                promises: tx.all::<Invariant>().len(),
                faults,
                more: broken.iter().filter(|one| one.more).count(),
            })
        })
        .await
}
