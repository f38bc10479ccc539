//! Everything, for the operator.

use entity::ids::TenantId;

use crate::audit;
use crate::http::Result;
use crate::invariant::{Invariant, Span, broken};
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
    /// Everything that does not fit, one line each.
    pub faults: Vec<String>,
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
                write!(f, "{} do not fit", faults.len())?;
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
            let promises = tx.all::<Invariant>();
            for one in promises {
                let rows = broken(tx, one, Span::WHOLE).await?;
                faults.extend(rows.iter().map(|row| format!("{} ({}): {row}", one.id, one.en)));
            }
            Ok(Verified {
                township: format!("{} ({})", township.name, township.code),
                audit,
                promises: promises.len(),
                faults,
            })
        })
        .await
}
