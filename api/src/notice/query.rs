//! Notices as they are read.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::ids::NoticeId;
use entity::kinds::Role;
use entity::{account, grid, notice, notice_receipt, notice_role};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationTrait};

use super::audience::addressed;
use super::dto::{ListNotices, Notice, NoticeKey, NoticeMay, NoticePage, NoticePhase};
use super::perm::{NOTICE_MANAGE, NOTICE_READ, NOTICE_READ_ALL};
use super::rules;
use crate::clock::beijing;
use crate::grid::dto::GridRef;
use crate::http::{ApiError, Code, Result, Sort};
use crate::tenancy::{Find, Part, Rows, Scope, Sorting, Tx, like};

/// A notice with what is beside it for the account that acts.
#[derive(FromQueryResult)]
pub(super) struct Row {
    #[sea_orm(nested)]
    pub(super) notice: notice::Model,
    grid_name: Option<String>,
    publisher: Option<String>,
    /// The version that the account has read, if any.
    read_version: Option<i32>,
    read_at: Option<DateTime<Utc>>,
    pub(super) addressed: bool,
}

impl Row {
    pub(super) fn phase(&self, tx: &Tx) -> rules::Phase {
        phase(tx, &self.notice)
    }

    /// Whether the account's receipt counts.
    pub(super) fn has_read(&self) -> bool {
        rules::counts(self.read_version, self.notice.read_since)
    }

    fn may(&self, tx: &Tx) -> NoticeMay {
        let phase = self.phase(tx);
        let manages = tx.permits(NOTICE_MANAGE);
        let read = rules::read(phase, self.addressed, self.has_read());
        NoticeMay {
            update_notice: manages.and_then(|()| rules::update(phase)).into(),
            withdraw_notice: manages.map(|()| rules::withdraw(phase)).into(),
            restore_notice: manages.map(|()| rules::restore(phase)).into(),
            read_notice: tx.permits(NOTICE_READ).and(read).into(),
            list_notice_readers: tx.permits(NOTICE_READ_ALL).into(),
        }
    }

    fn into_dto(self, tx: &Tx, roles: Vec<Role>) -> Notice {
        let (may, phase) = (self.may(tx), self.phase(tx).into());
        let read_at = self.read_at.filter(|_| self.has_read()).map(beijing);
        let notice = self.notice;
        Notice {
            grid: notice.grid_id.zip(self.grid_name).map(|(id, name)| GridRef { id, name }),
            published_at: beijing(notice.published_at),
            publisher: self.publisher,
            read: u32::try_from(notice.read_count).unwrap_or(0),
            addressed: self.addressed,
            phase,
            read_at,
            may,
            roles,
            id: notice.id,
            title: notice.title,
            text: notice.text,
            until: notice.until,
            withdraw_reason: notice.withdraw_reason,
            version: notice.version,
        }
    }
}

/// What a notice is today.
pub(super) fn phase(tx: &Tx, notice: &notice::Model) -> rules::Phase {
    rules::phase(notice.withdrawn_at.is_some(), notice.until, tx.today())
}

/// The notices of a condition that the account sees, with what is beside them.
async fn rows(
    tx: &Tx,
    wanted: impl FnOnce(&Condition) -> Condition,
) -> Result<Find<'_, notice::Entity>> {
    let addressed = addressed(tx).await?;
    let account = tx.actor();
    let receipt = notice_receipt::Relation::Notice.def().rev().on_condition(move |_, _| {
        Condition::all().add(notice_receipt::Column::AccountId.eq(account))
    });
    let mut seen = wanted(&addressed);
    if !tx.has(NOTICE_READ_ALL) {
        seen = seen.add(addressed.clone());
    }
    let goes_to_it: SimpleExpr = Expr::case(addressed, true).finally(false).into();
    Ok(tx
        .find::<notice::Entity>()
        .join(JoinType::LeftJoin, notice::Relation::Grid.def())
        .join(JoinType::LeftJoin, notice::Relation::Publisher.def())
        .join(JoinType::LeftJoin, receipt)
        .column_as(grid::Column::Name, "grid_name")
        .column_as(account::Column::DisplayName, "publisher")
        .column_as(notice_receipt::Column::Version, "read_version")
        .column_as(notice_receipt::Column::ReadAt, "read_at")
        .column_as(goes_to_it, "addressed")
        .filter(seen))
}

/// Those whose phase it is today.
fn of_phase(tx: &Tx, phase: NoticePhase) -> Condition {
    use notice::Column::{Until, WithdrawnAt};
    let over = Until.lt(tx.today());
    match phase {
        NoticePhase::Withdrawn => Condition::all().add(WithdrawnAt.is_not_null()),
        NoticePhase::Ended => Condition::all().add(WithdrawnAt.is_null()).add(over),
        NoticePhase::Current => Condition::all()
            .add(WithdrawnAt.is_null())
            .add(Condition::any().add(Until.is_null()).add(Until.gte(tx.today()))),
    }
}

fn sorting(sort: Sort<NoticeKey>) -> Sorting<Row> {
    use notice::Column::{Id, PublishedAt, Title};
    let sorting = Sorting::<Row>::which(sort.falling);
    let sorting = match sort.key {
        NoticeKey::PublishedAt => sorting,
        NoticeKey::Title => sorting.by(Title, |row| row.notice.title.clone().into()),
    };
    sorting
        .by(PublishedAt, |row| row.notice.published_at.into())
        .by(Id, |row| Part::id(row.notice.id))
}

/// A page of notices, the latest first: those that go to the account, or all for who reads all.
///
/// # Errors
/// `invalid_cursor`.
pub(super) async fn list(scope: &Scope, query: ListNotices) -> Result<NoticePage> {
    let reading = scope.reading("notices", &query, &query)?;
    scope
        .read(async |tx: &Tx| {
            use notice::Column::{ChangedAt, ReadSince, Title};
            let find = rows(tx, |addressed| {
                let mut wanted = Condition::all();
                if let Some(phase) = query.phase {
                    wanted = wanted.add(of_phase(tx, phase));
                }
                if let Some(unread) = query.unread {
                    let receipt = notice_receipt::Column::Version.into_expr();
                    let waits = Condition::all()
                        .add(of_phase(tx, NoticePhase::Current))
                        .add(addressed.clone())
                        .add(receipt.clone().is_null().or(receipt.lt(ReadSince.into_expr())));
                    wanted = wanted.add(if unread { waits } else { waits.not() });
                }
                wanted =
                    wanted.add_option(query.changed_since.map(|since| ChangedAt.gte(since.utc())));
                let q = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty());
                wanted.add_option(q.map(|text| Title.like(like::within(text))))
            })
            .await?;
            let sort = query.sort.unwrap_or(Sort::falling(NoticeKey::PublishedAt));
            let Rows { items, next_cursor, total } = reading.rows(find, &sorting(sort)).await?;
            let items = views(tx, items).await?;
            Ok(NoticePage { items, next_cursor, total, as_of: reading.as_of() })
        })
        .await
}

/// The roles that these notices go to, in their order; one statement, none for no notices.
pub(super) async fn roles_of(
    tx: &Tx,
    ids: impl IntoIterator<Item = NoticeId>,
) -> Result<HashMap<NoticeId, Vec<Role>>> {
    let ids: Vec<NoticeId> = ids.into_iter().collect();
    let mut roles: HashMap<NoticeId, Vec<Role>> = HashMap::new();
    if ids.is_empty() {
        return Ok(roles);
    }
    let found = tx.find::<notice_role::Entity>().filter(notice_role::Column::NoticeId.is_in(ids));
    for one in found.all().await? {
        roles.entry(one.notice_id).or_default().push(one.role);
    }
    roles.values_mut().for_each(|roles| roles.sort_unstable());
    Ok(roles)
}

/// Notices with the roles they go to; one statement.
async fn views(tx: &Tx, rows: Vec<Row>) -> Result<Vec<Notice>> {
    let mut roles = roles_of(tx, rows.iter().map(|row| row.notice.id)).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let roles = roles.remove(&row.notice.id).unwrap_or_default();
            row.into_dto(tx, roles)
        })
        .collect())
}

/// One notice.
///
/// # Errors
/// `not_found`, also where the account does not see it.
pub(super) async fn get(scope: &Scope, id: NoticeId) -> Result<Notice> {
    scope.read(async |tx: &Tx| view(tx, id).await).await
}

/// One notice with what is beside it.
pub(super) async fn row(tx: &Tx, id: NoticeId) -> Result<Row> {
    rows(tx, |_| Condition::all().add(notice::Column::Id.eq(id)))
        .await?
        .into_model::<Row>()
        .one()
        .await?
        .ok_or_else(|| ApiError::new(Code::NOT_FOUND))
}

/// One notice as the account sees it.
pub(super) async fn view(tx: &Tx, id: NoticeId) -> Result<Notice> {
    let row = row(tx, id).await?;
    views(tx, vec![row]).await?.pop().ok_or_else(|| ApiError::new(Code::NOT_FOUND))
}
