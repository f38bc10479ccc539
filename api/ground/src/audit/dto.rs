//! The audit log over HTTP.

use entity::ids::{AccountId, AuditEntryId};
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::clock::Time;
use crate::door::{Day, left_out};
use crate::http::Sort;
use crate::page;

crate::sort_keys! {
    /// What the log may be ordered by.
    EntryKey {
        At = "at",
    }
}

/// Which entries.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams, Validate)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAuditEntries {
    /// Of this account.
    #[garde(skip)]
    pub account_id: Option<AccountId>,
    /// Of the account with this user name.
    #[garde(length(chars, max = 64))]
    #[param(max_length = 64, example = "clerk")]
    pub username: Option<String>,
    /// Of this act, as in the list of acts.
    #[garde(length(max = 64))]
    #[param(max_length = 64, example = "sign_in")]
    pub act: Option<String>,
    /// On this row.
    #[garde(skip)]
    pub row_id: Option<Uuid>,
    /// From this day in Beijing.
    #[garde(skip)]
    #[param(value_type = Option<chrono::NaiveDate>, example = "2026-11-01")]
    pub since: Option<Day>,
    /// Up to the end of this day in Beijing.
    #[garde(skip)]
    #[param(value_type = Option<chrono::NaiveDate>, example = "2026-11-30")]
    pub until: Option<Day>,
    /// Rows on a page, 1 to 200; 50 when absent.
    #[garde(range(min = 1, max = 200))]
    #[param(minimum = 1, maximum = 200, example = 50)]
    #[serde(serialize_with = "left_out")]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    #[garde(length(max = 512))]
    #[param(max_length = 512)]
    #[serde(serialize_with = "left_out")]
    pub cursor: Option<String>,
    /// The order: by `at`, falling unless asked otherwise; a `-` turns it round.
    #[garde(skip)]
    #[param(inline, value_type = Option<EntryKey>)]
    pub sort: Option<Sort<EntryKey>>,
    /// Count the rows on all pages: `total` beside them.
    #[garde(skip)]
    #[serde(serialize_with = "left_out")]
    pub total: Option<bool>,
}

crate::paged!(ListAuditEntries);

/// Who acted.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditAccount {
    /// The account.
    pub id: AccountId,
    /// Its user name; null when the account is gone.
    #[schema(required = true, example = "clerk")]
    pub username: Option<String>,
}

/// What was acted on.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditRow {
    /// Its kind.
    #[schema(example = "account")]
    pub kind: String,
    /// Its id.
    pub id: Uuid,
}

/// One field: what it was and what it became. Both null where only the fact is recorded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditChange {
    /// The field.
    #[schema(example = "roles")]
    pub field: String,
    /// What it was.
    #[schema(required = true, example = "leader clerk")]
    pub before: Option<String>,
    /// What it became.
    #[schema(required = true, example = "leader")]
    pub after: Option<String>,
}

/// One act. Telephone and identity numbers and names of people are masked.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// Its number in the tree, from 0; null while it waits to be sealed.
    #[schema(required = true, example = 4711)]
    pub number: Option<i64>,
    /// When.
    pub at: Time,
    /// What, as in the list of acts.
    #[schema(example = "change_roles")]
    pub act: String,
    /// Who; null where it was the system, an operator or somebody unknown.
    #[schema(required = true)]
    pub account: Option<AuditAccount>,
    /// The roles that the account acted with.
    pub roles: Vec<String>,
    /// The operator's command.
    #[schema(required = true, example = "gezhi admin setup-token")]
    pub operator: Option<String>,
    /// The client's address; empty where there was none.
    #[schema(example = "10.0.3.17")]
    pub address: String,
    /// The browser or program, as it named itself.
    pub agent: String,
    /// The request, as in the server's log and in problem documents.
    pub request_id: String,
    /// On what.
    #[schema(required = true)]
    pub row: Option<AuditRow>,
    /// What changed.
    pub changes: Vec<AuditChange>,
    /// What for, as given.
    #[schema(required = true)]
    pub purpose: Option<String>,
    /// How often, where several acts were folded into one entry.
    #[schema(example = 1)]
    pub times: u32,
    /// Whether its words were erased with a person; then only moment, act and row are left.
    pub erased: bool,
}

page!(AuditEntryPage, AuditEntry);

/// An act that is recorded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditAct {
    /// Its stable word.
    #[schema(example = "change_roles")]
    pub act: String,
    /// What it is called.
    #[schema(example = "调整角色")]
    pub zh: String,
    /// The same in English.
    #[schema(example = "Changed roles")]
    pub en: String,
}

/// The state of the log, and everything it takes to check it from outside.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AuditLog {
    /// All acts that are recorded.
    pub acts: Vec<AuditAct>,
    /// Days that entries are kept.
    #[schema(example = 400)]
    pub kept_days: u32,
    /// Entries in the tree.
    #[schema(example = 4711)]
    pub sealed: i64,
    /// Entries that wait to be sealed.
    #[schema(example = 3)]
    pub unsealed: u64,
    /// Since when the oldest of them waits.
    #[schema(required = true)]
    pub waiting_since: Option<Time>,
    /// The latest checkpoint (C2SP tlog-checkpoint); null before the first.
    #[schema(required = true)]
    pub checkpoint: Option<String>,
    /// The key that checks it, in the form of C2SP's signed note. Public.
    #[schema(
        example = "gezhi/310116112+d2a5c1f0+AbcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVW"
    )]
    pub verifier: String,
}
