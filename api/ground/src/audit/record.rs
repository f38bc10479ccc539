//! Writing an entry.

use chrono::{DateTime, SecondsFormat, Utc};
use entity::ids::{AccountId, AuditEntryId, TenantId};
use entity::{audit_detail, audit_entry};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use super::seal::plant_seal;
use super::{Act, Unsealed, act_of, mask};
use crate::clock::Guard;
use crate::http::{ApiError, Result};
use crate::tenancy::Tx;

/// Characters of a value or a purpose that are kept.
const VALUE_MAX: usize = 300;
/// Changes kept in one entry.
const CHANGES_MAX: usize = 50;
/// Characters of the program's name that are kept.
const AGENT_MAX: usize = 120;

/// One field: what it was and what it became.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The field's name in the contract.
    pub field: String,
    /// What it was; none where there was nothing.
    pub before: Option<String>,
    /// What it became; none where nothing is left.
    pub after: Option<String>,
}

/// The words of an entry, as they are kept and committed to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The roles that the account acted with.
    pub roles: Vec<String>,
    /// The operator's command, where one acted.
    pub operator: Option<String>,
    /// The client's address.
    pub address: String,
    /// The program, as it named itself.
    pub agent: String,
    /// The request's id.
    pub request: String,
    /// What changed.
    pub changes: Vec<Change>,
    /// What it was done for, as given.
    pub purpose: Option<String>,
    /// How often, where several acts were folded into one entry; otherwise 1.
    pub times: u32,
}

/// An entry in the making.
#[derive(Debug, Clone)]
#[must_use = "an entry is written by `record`"]
pub struct Record {
    act: Act,
    account: Option<AccountId>,
    row: Option<(&'static str, Uuid)>,
    changes: Vec<Change>,
    purpose: Option<String>,
    times: u32,
}

impl Record {
    /// An entry of an act.
    pub fn of(act: Act) -> Self {
        Self { act, account: None, row: None, changes: Vec::new(), purpose: None, times: 1 }
    }

    /// The row that was acted on: its kind, as in the contract's paths, and its id.
    pub fn on(self, kind: &'static str, id: impl Into<Uuid>) -> Self {
        Self { row: Some((kind, id.into())), ..self }
    }

    /// Who acted, where the scope does not say: somebody who is just signing in.
    pub fn by(self, account: AccountId) -> Self {
        Self { account: Some(account), ..self }
    }

    /// A field that changed; nothing where both are equal.
    pub fn changed(
        mut self,
        field: &str,
        before: Option<impl ToString>,
        after: Option<impl ToString>,
    ) -> Self {
        let before = before.map(|value| shown(&value.to_string()));
        let after = after.map(|value| shown(&value.to_string()));
        if before != after && self.changes.len() < CHANGES_MAX {
            self.changes.push(Change { field: field.to_owned(), before, after });
        }
        self
    }

    /// Something worth knowing about the act that was not there before it.
    pub fn with(self, field: &str, value: impl ToString) -> Self {
        self.changed(field, None::<String>, Some(value))
    }

    /// A field that changed and whose values are nobody's business here: a password, a boundary, a long text.
    pub fn touched(mut self, field: &str) -> Self {
        if self.changes.len() < CHANGES_MAX {
            self.changes.push(Change { field: field.to_owned(), before: None, after: None });
        }
        self
    }

    /// The name of a person that changed.
    pub fn renamed(self, field: &str, before: Option<&str>, after: Option<&str>) -> Self {
        if before == after {
            return self;
        }
        let count = self.changes.len();
        let named = self.changed(field, before.map(mask::name), after.map(mask::name));
        // Two names that look alike masked have changed all the same.
        if named.changes.len() == count { named.touched(field) } else { named }
    }

    /// A number of a person that changed: shown masked, and told as changed even where it looks alike then.
    pub fn hidden(self, field: &str, before: Option<&str>, after: Option<&str>) -> Self {
        if before == after {
            return self;
        }
        let count = self.changes.len();
        let shown = self.changed(field, before, after);
        if shown.changes.len() == count { shown.touched(field) } else { shown }
    }

    /// What it was done for.
    pub fn for_purpose(self, purpose: &str) -> Self {
        Self { purpose: Some(shown(purpose)), ..self }
    }

    /// How often it was done.
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }
}

fn shown(text: &str) -> String {
    mask::numbers(text).chars().take(VALUE_MAX).collect()
}

/// Records an act in the caller's transaction; two statements, and once in most of an hour two more.
///
/// # Errors
/// Those of the database; an act that no room has registered is an error of the program.
pub async fn record(tx: &Tx, record: Record) -> Result<()> {
    let act = record.act.name;
    if act_of(tx, act).is_none() {
        return Err(ApiError::internal(format!("the act {act} is not registered")));
    }
    let scope = tx.scope();
    let origin = scope.origin().cloned().unwrap_or_default();
    let roles = scope.principal().map(|who| who.roles.iter().map(ToString::to_string).collect());
    let content = Content {
        roles: roles.unwrap_or_default(),
        operator: origin.operator,
        address: origin.address,
        agent: shown(&origin.agent).chars().take(AGENT_MAX).collect(),
        request: origin.request,
        changes: record.changes,
        purpose: record.purpose,
        times: record.times,
    };
    let content = serde_json::to_string(&content).map_err(ApiError::internal)?;
    let secret: [u8; 32] = rand::random();
    let id = AuditEntryId::new();
    // A story's moments are its own.
    let guard = tx.shared::<Guard>().filter(|_| !scope.is_told());
    let entry = audit_entry::ActiveModel {
        id: Set(id),
        at: Set(guard.map_or_else(|| tx.now(), |guard| guard.in_order(tx.now()))),
        act: Set(act.to_owned()),
        account_id: Set(record.account.or_else(|| tx.actor())),
        row_kind: Set(record.row.map(|(kind, _)| kind.to_owned())),
        row_id: Set(record.row.map(|(_, id)| id)),
        commitment: Set(commitment(&secret, &content).to_vec()),
        ..Default::default()
    };
    tx.insert_many(vec![entry]).await?;
    let detail = audit_detail::ActiveModel {
        entry_id: Set(id),
        secret: Set(secret.to_vec()),
        content: Set(content),
        batch: Set(None),
        ..Default::default()
    };
    tx.insert_many(vec![detail]).await?;
    if let Some(unsealed) = tx.shared::<Unsealed>().cloned() {
        let tenant = tx.tenant();
        tx.after_commit(move || unsealed.tell(tenant));
    }
    plant_seal(tx).await
}

/// What binds an entry to its words without telling them.
#[must_use]
pub(crate) fn commitment(secret: &[u8], content: &str) -> [u8; 32] {
    // A key of any length is one: HMAC hashes what is too long.
    let Ok(mut mac) = <Hmac<Sha256> as KeyInit>::new_from_slice(secret) else { return [0; 32] };
    mac.update(content.as_bytes());
    mac.finalize().into_bytes().into()
}

/// The bytes of an entry's leaf: everything in its row, in one order, as JSON.
///
/// # Errors
/// None in practice: texts and numbers always serialise.
pub fn leaf_data(entry: &audit_entry::Model) -> Result<Vec<u8>> {
    #[derive(Serialize)]
    struct Leaf<'a> {
        v: u8,
        tenant: TenantId,
        id: AuditEntryId,
        at: String,
        act: &'a str,
        account: Option<AccountId>,
        kind: Option<&'a str>,
        row: Option<Uuid>,
        commitment: String,
    }
    serde_json::to_vec(&Leaf {
        v: 1,
        tenant: entry.tenant_id,
        id: entry.id,
        at: moment(entry.at),
        act: &entry.act,
        account: entry.account_id,
        kind: entry.row_kind.as_deref(),
        row: entry.row_id,
        commitment: super::note::hex(&entry.commitment),
    })
    .map_err(ApiError::internal)
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}
