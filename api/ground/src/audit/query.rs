//! Reading the log.

use chrono::{DateTime, Utc};
use entity::ids::{AccountId, AuditEntryId};
use entity::{account, audit_detail, audit_entry, audit_leaf};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, JoinType, Order, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
};
use uuid::Uuid;

use super::cosign::with_cosignatures;
use super::dto::{
    AuditAccount, AuditAct, AuditChange, AuditEntry, AuditEntryPage, AuditLog, AuditRow,
    ListAuditEntries,
};
use super::record::{Content, Record, record};
use super::seal::head;
use super::{Act, acts};
use crate::auth;
use crate::clock::{beijing, day};
use crate::http::{ApiError, Code, Page, Result};
use crate::state::AppState;
use crate::tenancy::{Scope, Tx, beyond};

/// Entries in one exported file.
pub(crate) const EXPORTED_MAX: u64 = 50_000;

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

/// The rows that a question names, the latest first.
async fn rows(
    tx: &Tx,
    query: &ListAuditEntries,
    after: Option<(DateTime<Utc>, AuditEntryId)>,
    limit: u64,
) -> Result<Vec<Row>> {
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
    if let Some(key) = after {
        condition = condition.add(beyond([Column::At, Column::Id], key, &Order::Desc));
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
        .order_by_desc(Column::At)
        .order_by_desc(Column::Id)
        .limit(limit)
        .into_model::<Row>()
        .all()
        .await
}

/// One page of the log, the latest first; one statement.
pub(crate) async fn list(scope: &Scope, query: ListAuditEntries) -> Result<AuditEntryPage> {
    let page = Page::of(scope.seal("audit_entries", &query)?, query.limit);
    let after = page.after(query.cursor.as_deref())?;
    scope
        .read_single(async |tx| {
            let rows = rows(tx, &query, after, page.fetch()).await?;
            let (rows, next_cursor) = page.cut(rows, |row| (row.at, row.id))?;
            Ok(AuditEntryPage { items: rows.into_iter().map(Row::into_dto).collect(), next_cursor })
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

/// The entries that a question names as a table of text, for a spreadsheet; at most 50,000, the latest first. That it was
/// made is recorded with the question, before anybody has it; the reading itself holds up no writer.
///
/// # Errors
/// Those of the database.
pub(crate) async fn export(scope: &Scope, query: ListAuditEntries) -> Result<Vec<u8>> {
    let (found, labels) = scope
        .at_length()
        .read(async |tx: &Tx| {
            let labels = tx.all::<&'static Act>().to_vec();
            Ok((rows(tx, &query, None, EXPORTED_MAX).await?, labels))
        })
        .await?;
    let mut entry = Record::of(acts::EXPORT).with("entries", found.len());
    for (field, value) in [
        ("account_id", query.account_id.map(|id| id.to_string())),
        ("username", query.username),
        ("act", query.act),
        ("row_id", query.row_id.map(|id| id.to_string())),
        ("since", query.since.map(|day| day.date().to_string())),
        ("until", query.until.map(|day| day.date().to_string())),
    ] {
        entry = entry.changed(field, None::<String>, value);
    }
    scope.write(async move |tx: &Tx| record(tx, entry).await).await?;
    Ok(table(found, &labels).into_bytes())
}

fn table(rows: Vec<Row>, labels: &[&'static Act]) -> String {
    let mut text = String::from(
        "\u{feff}时间,事项,账号,角色,对象,对象编号,变更,用途,次数,地址,程序,请求,序号\r\n",
    );
    for row in rows {
        let label = labels
            .iter()
            .find(|act| act.name == row.act)
            .map_or(row.act.clone(), |act| act.zh.to_owned());
        let one = row.into_dto();
        let changes: Vec<String> = one.changes.iter().map(change).collect();
        let account = one.account.map(|who| who.username.unwrap_or_else(|| who.id.to_string()));
        let (kind, id) = one.row.map(|row| (row.kind, row.id.to_string())).unwrap_or_default();
        let cells = [
            one.at.to_rfc3339(),
            label,
            account.or(one.operator).unwrap_or_default(),
            one.roles.join(" "),
            kind,
            id,
            changes.join("; "),
            one.purpose.unwrap_or_default(),
            one.times.to_string(),
            one.address,
            one.agent,
            one.request_id,
            one.number.map(|number| number.to_string()).unwrap_or_default(),
        ];
        text.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        text.push_str("\r\n");
    }
    text
}

fn change(one: &AuditChange) -> String {
    match (&one.before, &one.after) {
        (None, None) => one.field.clone(),
        (before, after) => format!(
            "{}: {} → {}",
            one.field,
            before.as_deref().unwrap_or("—"),
            after.as_deref().unwrap_or("—")
        ),
    }
}

/// A cell of the file: quoted where it must be, and never a formula, whatever somebody calls his program.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("@SUM(A1)"), "'@SUM(A1)");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("普通"), "普通");
    }
}
