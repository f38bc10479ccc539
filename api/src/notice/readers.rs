//! Who has read a notice, and who has not.

use chrono::{DateTime, Utc};
use entity::ids::{AccountId, MemberId, NoticeId};
use entity::{TenantEntity, account, member, notice, notice_receipt};
use sea_orm::sea_query::Condition;
use sea_orm::{
    ColumnTrait, FromQueryResult, JoinType, Order, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
};

use super::audience::unread;
use super::dto::{ListNoticeReaders, NoticeReader, NoticeReaderPage};
use crate::clock::beijing;
use crate::http::{Page, Result};
use crate::member::dto::MemberRef;
use crate::tenancy::{Find, Scope, Tx, beyond};

/// An account with its person.
#[derive(FromQueryResult)]
struct Row {
    account_id: AccountId,
    username: String,
    display_name: String,
    member_id: Option<MemberId>,
    member_name: Option<String>,
}

#[derive(FromQueryResult)]
struct Signed {
    #[sea_orm(nested)]
    row: Row,
    read_at: DateTime<Utc>,
}

impl Row {
    fn into_dto(self, read_at: Option<DateTime<Utc>>) -> NoticeReader {
        NoticeReader {
            account_id: self.account_id,
            username: self.username,
            display_name: self.display_name,
            member: self.member_id.zip(self.member_name).map(|(id, name)| MemberRef { id, name }),
            read_at: read_at.map(beijing),
        }
    }
}

/// A page of those who have read a notice, or have not, with the number of either.
///
/// # Errors
/// `not_found`, `invalid_cursor`.
pub(super) async fn readers(
    scope: &Scope,
    id: NoticeId,
    query: ListNoticeReaders,
) -> Result<NoticeReaderPage> {
    let page = Page::of(scope.seal("notice_readers", &(id, &query))?, query.limit);
    let has_read = query.read == Some(true);
    scope
        .read(async |tx: &Tx| {
            let notice = tx.get::<notice::Entity>(id).await?;
            let (items, next_cursor) = if has_read {
                signed(tx, &notice, &page, query.cursor.as_deref()).await?
            } else {
                waiting(tx, &notice, &page, query.cursor.as_deref()).await?
            };
            let unread = unread(tx, &notice).await?.count().await?;
            let read = u32::try_from(notice.read_count).unwrap_or(0);
            Ok(NoticeReaderPage { items, next_cursor, read, unread })
        })
        .await
}

/// The columns of [`Row`] alone, of a select in which accounts are.
fn described<E: TenantEntity>(find: Find<'_, E>) -> Find<'_, E> {
    find.join(JoinType::LeftJoin, account::Relation::Member.def())
        .select_only()
        .column_as(account::Column::Id, "account_id")
        .column(account::Column::Username)
        .column(account::Column::DisplayName)
        .column(account::Column::MemberId)
        .column_as(member::Column::Name, "member_name")
}

/// Those whose receipts count, the latest first.
async fn signed(
    tx: &Tx,
    notice: &notice::Model,
    page: &Page,
    cursor: Option<&str>,
) -> Result<(Vec<NoticeReader>, Option<String>)> {
    use notice_receipt::Column;
    let after: Option<(DateTime<Utc>, AccountId)> = page.after(cursor)?;
    let order = Order::Desc;
    let receipts = tx
        .find::<notice_receipt::Entity>()
        .join(JoinType::InnerJoin, notice_receipt::Relation::Account.def());
    let behind = after.map(|key| beyond([Column::ReadAt, Column::AccountId], key, &order));
    let rows = described(receipts)
        .column(Column::ReadAt)
        .filter(Column::NoticeId.eq(notice.id))
        .filter(Column::Version.gte(notice.read_since))
        .filter(Condition::all().add_option(behind))
        .order_by(Column::ReadAt, order.clone())
        .order_by(Column::AccountId, order)
        .limit(page.fetch())
        .into_model::<Signed>()
        .all()
        .await?;
    let (rows, next) = page.cut(rows, |one| (one.read_at, one.row.account_id))?;
    Ok((rows.into_iter().map(|one| one.row.into_dto(Some(one.read_at))).collect(), next))
}

/// Those it goes to today who have not read it, by user name.
async fn waiting(
    tx: &Tx,
    notice: &notice::Model,
    page: &Page,
    cursor: Option<&str>,
) -> Result<(Vec<NoticeReader>, Option<String>)> {
    use account::Column::Username;
    let after: Option<String> = page.after(cursor)?;
    let rows = described(unread(tx, notice).await?)
        .filter(Condition::all().add_option(after.map(|name| Username.gt(name))))
        .order_by_asc(Username)
        .limit(page.fetch())
        .into_model::<Row>()
        .all()
        .await?;
    let (rows, next) = page.cut(rows, |row| row.username.clone())?;
    Ok((rows.into_iter().map(|row| row.into_dto(None)).collect(), next))
}
