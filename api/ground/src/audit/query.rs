//! Reading the log.

use chrono::{DateTime, Utc};
use entity::ids::{AccountId, AuditEntryId};
use entity::{account, audit_detail, audit_entry, audit_leaf};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
};
use uuid::Uuid;

use super::cosign::with_cosignatures;
use super::dto::{
    AuditAccount, AuditAct, AuditChange, AuditEntry, AuditEntryPage, AuditLog, AuditRow, EntryKey,
    ListAuditEntries,
};
use super::record::Content;
use super::seal::head;
use super::{Act, act_of};
use crate::auth;
use crate::clock::{beijing, day};
use crate::http::{ApiError, Code, Language, Result, Sort};
use crate::state::AppState;
use crate::tenancy::{Find, Part, Rows, Scope, Sorting, Tx};

#[derive(FromQueryResult)]
struct Row {
    id: AuditEntryId,
    at: DateTime<Utc>,
    act: String,
    account_id: Option<AccountId>,
    row_kind: Option<String>,
    row_id: Option<Uuid>,
    username: Option<String>,
    content: Option<String>,
    number: Option<i64>,
}

impl Row {
    fn into_dto(self) -> AuditEntry {
        let erased = self.content.is_none();
        let content: Content = self
            .content
            .and_then(|content| serde_json::from_str(&content).ok())
            .unwrap_or_default();
        AuditEntry {
            id: self.id,
            number: self.number,
            at: beijing(self.at),
            act: self.act,
            account: self.account_id.map(|id| AuditAccount { id, username: self.username }),
            roles: content.roles,
            operator: content.operator,
            address: content.address,
            agent: content.agent,
            request_id: content.request,
            row: self.row_kind.zip(self.row_id).map(|(kind, id)| AuditRow { kind, id }),
            changes: content
                .changes
                .into_iter()
                .map(|one| AuditChange { field: one.field, before: one.before, after: one.after })
                .collect(),
            purpose: content.purpose,
            times: content.times.max(1),
            erased,
        }
    }
}

/// The rows that a question names.
fn rows<'a>(tx: &'a Tx, query: &ListAuditEntries) -> Find<'a, audit_entry::Entity> {
    use audit_entry::Column;
    let mut condition = Condition::all()
        .add_option(query.account_id.map(|id| Column::AccountId.eq(id)))
        .add_option(query.act.as_deref().map(|act| Column::Act.eq(act)))
        .add_option(query.row_id.map(|id| Column::RowId.eq(id)))
        .add_option(query.since.map(|since| Column::At.gte(day(since.date()).0)))
        .add_option(query.until.map(|until| Column::At.lt(day(until.date()).1)));
    if let Some(username) = &query.username {
        condition = condition.add(account::Column::Username.eq(auth::username(username)));
    }
    tx.find::<audit_entry::Entity>()
        .join(JoinType::LeftJoin, audit_entry::Relation::Detail.def())
        .join(JoinType::LeftJoin, audit_entry::Relation::Leaf.def())
        .join(JoinType::LeftJoin, audit_entry::Relation::Account.def())
        .select_only()
        .columns([
            Column::Id,
            Column::At,
            Column::Act,
            Column::AccountId,
            Column::RowKind,
            Column::RowId,
        ])
        .column(account::Column::Username)
        .column(audit_detail::Column::Content)
        .column(audit_leaf::Column::Number)
        .filter(condition)
}

/// One page of the log, the latest first; one statement, and one for the number of entries. For a file acts have the names that people
/// know, in its language.
pub(crate) async fn list(
    scope: &Scope,
    query: ListAuditEntries,
    of_file: Option<Language>,
) -> Result<AuditEntryPage> {
    let reading = scope.reading("audit_entries", &query, &query)?;
    let sort = query.sort.unwrap_or(Sort::falling(EntryKey::At));
    let sorting = Sorting::which(sort.falling)
        .by(audit_entry::Column::At, |row: &Row| row.at.into())
        .by(audit_entry::Column::Id, |row| Part::id(row.id));
    scope
        .read(async |tx| {
            let rows = reading.rows(rows(tx, &query), &sorting).await?;
            let Rows { mut items, next_cursor, total } = rows.map(Row::into_dto);
            if let Some(language) = of_file {
                for entry in &mut items {
                    let Some(act) = act_of(tx, &entry.act) else { continue };
                    entry.act = match language {
                        Language::Chinese => act.zh.to_owned(),
                        Language::English => act.en.to_owned(),
                    };
                }
            }
            Ok(AuditEntryPage { items, next_cursor, total })
        })
        .await
}

/// The state of the log.
pub(crate) async fn state(state: &AppState, scope: &Scope) -> Result<AuditLog> {
    let auditor = state.auditor();
    let kept_days = state.config().audit_days;
    scope
        .read(async |tx| {
            let code = tx.township().await?.code;
            let waiting = || {
                tx.find::<audit_entry::Entity>()
                    .join(JoinType::InnerJoin, audit_entry::Relation::Detail.def())
                    .filter(audit_detail::Column::Batch.is_null())
            };
            let oldest = waiting().order_by_asc(audit_entry::Column::At).limit(1).one().await?;
            let head = head(tx).await?;
            Ok(AuditLog {
                acts: tx
                    .all::<&'static Act>()
                    .iter()
                    .map(|act| AuditAct {
                        act: act.name.to_owned(),
                        zh: act.zh.to_owned(),
                        en: act.en.to_owned(),
                    })
                    .collect(),
                kept_days,
                sealed: head.as_ref().map_or(0, |head| head.size),
                unsealed: waiting().count().await?,
                waiting_since: oldest.map(|entry| beijing(entry.at)),
                checkpoint: head.map(|head| head.note),
                verifier: auditor.key().verifier(&auditor.origin(&code)).text(),
            })
        })
        .await
}

/// The latest checkpoint of a township's log, with the cosignatures it was given; for anybody.
///
/// # Errors
/// 404 where there is no such township here, or nothing was sealed yet.
pub(crate) async fn checkpoint(state: &AppState, code: &str) -> Result<String> {
    let absent = || ApiError::new(Code::NOT_FOUND);
    // By its code alone: a name is no address, and what is no code is not looked up.
    if code.len() != 9 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(absent());
    }
    let tenant = state.platform().find(code).await?.ok_or_else(absent)?;
    let scope = state.scope_of(tenant.id);
    scope.read(async |tx| with_cosignatures(tx, head(tx).await?.ok_or_else(absent)?).await).await
}
