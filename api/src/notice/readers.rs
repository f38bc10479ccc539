//! Who has read a notice, and who has not.

use chrono::{DateTime, Utc};
use entity::ids::{AccountId, MemberId, NoticeId};
use entity::{TenantEntity, account, member, notice, notice_receipt};
use sea_orm::{ColumnTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationTrait};

use super::audience::unread;
use super::dto::{ListNoticeReaders, NoticeReader, NoticeReaderPage, ReaderKey};
use crate::clock::beijing;
use crate::http::{Result, Sort};
use crate::member::dto::MemberRef;
use crate::tenancy::{Find, Part, Reading, Rows, Scope, Sorting, Tx};

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
    let reading = scope.reading("notice_readers", &(id, &query), &query)?;
    let has_read = query.read == Some(true);
    scope
        .read(async |tx: &Tx| {
            let notice = tx.get::<notice::Entity>(id).await?;
            let Rows { items, next_cursor, total } = if has_read {
                let sort = query.sort.unwrap_or(Sort::falling(ReaderKey::ReadAt));
                signed(tx, &notice, &reading, sort).await?
            } else {
                waiting(tx, &notice, &reading, query.sort.unwrap_or_default()).await?
            };
            let unread = unread(tx, &notice).await?.count().await?;
            let read = u32::try_from(notice.read_count).unwrap_or(0);
            Ok(NoticeReaderPage { items, next_cursor, total, read, unread })
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

/// Those whose receipts count.
async fn signed(
    tx: &Tx,
    notice: &notice::Model,
    reading: &Reading,
    sort: Sort<ReaderKey>,
) -> Result<Rows<NoticeReader>> {
    use account::Column::{DisplayName, Username};
    use notice_receipt::Column;
    let receipts = tx
        .find::<notice_receipt::Entity>()
        .join(JoinType::InnerJoin, notice_receipt::Relation::Account.def());
    let find = described(receipts)
        .column(Column::ReadAt)
        .filter(Column::NoticeId.eq(notice.id))
        .filter(Column::Version.gte(notice.read_since));
    let sorting = Sorting::<Signed>::which(sort.falling);
    let sorting = match sort.key {
        ReaderKey::ReadAt => sorting
            .by(Column::ReadAt, |one| one.read_at.into())
            .by(Column::AccountId, |one| Part::id(one.row.account_id)),
        ReaderKey::DisplayName => sorting
            .by(DisplayName, |one| one.row.display_name.clone().into())
            .by(Username, |one| one.row.username.clone().into()),
        ReaderKey::Username => sorting.by(Username, |one| one.row.username.clone().into()),
    };
    Ok(reading.rows(find, &sorting).await?.map(|one| one.row.into_dto(Some(one.read_at))))
}

/// Those it goes to today who have not read it; nobody has a moment to be ordered by.
async fn waiting(
    tx: &Tx,
    notice: &notice::Model,
    reading: &Reading,
    sort: Sort<ReaderKey>,
) -> Result<Rows<NoticeReader>> {
    use account::Column::{DisplayName, Username};
    let sorting = Sorting::<Row>::which(sort.falling);
    let sorting = match sort.key {
        ReaderKey::DisplayName => sorting.by(DisplayName, |row| row.display_name.clone().into()),
        ReaderKey::Username | ReaderKey::ReadAt => sorting,
    };
    let sorting = sorting.by(Username, |row| row.username.clone().into());
    let rows = reading.rows(described(unread(tx, notice).await?), &sorting).await?;
    Ok(rows.map(|row| row.into_dto(None)))
}
