//! People as they are shown: lists and details.

use chrono::{DateTime, Utc};
use entity::ids::{MemberId, PartyOrgId};
use entity::kinds::MemberCategory;
use entity::{grid_post, member, party_org};
use sea_orm::sea_query::SimpleExpr;
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationTrait,
};

use super::dto::{ListMembers, Member, MemberPage, MemberPost, PartyOrgRef, RosterKey};
use super::held::{
    PostOfOne, holds_post_beneath, posts_changed_since, with_posts, with_posts_joined,
};
use super::org_query::org_subtree;
use super::perm;
use super::rules::{self, Search};
use crate::http::{ApiError, Code, Result, Sort};
use crate::tenancy::{Find, Rows, Scope, Sorting, Tx, either, like, or_blank};

#[derive(FromQueryResult)]
pub(super) struct Row {
    pub(super) id: MemberId,
    number: String,
    name: String,
    name_initials: String,
    category: MemberCategory,
    phone: Option<String>,
    party_org_id: Option<PartyOrgId>,
    party_org_name: Option<String>,
    version: i32,
}

impl Row {
    /// With the telephone number whole where `open`.
    pub(super) fn into_dto(self, posts: Vec<MemberPost>, open: bool) -> Member {
        let party_org =
            self.party_org_id.zip(self.party_org_name).map(|(id, name)| PartyOrgRef { id, name });
        let phone = self.phone.map(|phone| if open { phone } else { rules::masked(&phone) });
        Member {
            id: self.id,
            number: self.number,
            name: self.name,
            category: self.category,
            phone,
            party_org,
            posts,
            version: self.version,
        }
    }
}

/// The orders of the roster. Names go by the initials of their pinyin, those alike in them by their characters.
fn sorting(sort: Sort<RosterKey>) -> Sorting<Row> {
    use member::Column::{Category, Name, NameInitials, Number};
    let sorting = Sorting::<Row>::which(sort.falling);
    let sorting = match sort.key {
        RosterKey::Number => sorting,
        RosterKey::Name => sorting
            .by(NameInitials, |row| row.name_initials.clone().into())
            .by(Name, |row| row.name.clone().into()),
        RosterKey::Category => sorting.by(Category, |row| row.category.as_str().into()),
        RosterKey::PartyOrg => {
            sorting.by(or_blank(party_org::Column::Name), |row| row.party_org_name.clone().into())
        }
    };
    sorting.by(Number, |row| row.number.clone().into())
}

/// A page of people; two statements, plus one for each tree that the filter names, and one for their number.
///
/// # Errors
/// `invalid_cursor` when the cursor belongs to another list.
pub(super) async fn list(scope: &Scope, query: ListMembers) -> Result<MemberPage> {
    let reading = scope.reading("members", &query, &query)?;
    scope
        .read(async |tx: &Tx| {
            let mut condition = Condition::all();
            if let Some(text) = &query.q {
                condition = condition.add(search(text));
            }
            if let Some(category) = query.category {
                condition = condition.add(member::Column::Category.eq(category));
            }
            if let Some(org) = query.party_org_id {
                let orgs = org_subtree(tx, org).await?;
                condition = condition.add(member::Column::PartyOrgId.is_in(orgs));
            }
            if let Some(grid) = query.grid_id {
                condition = condition.add(holds_post_beneath(tx, grid).await?);
            }
            if let Some(since) = query.changed_since {
                condition = condition.add(changed_since(tx, since.utc()));
            }
            let sorting = sorting(query.sort.unwrap_or_default());
            let Rows { items, next_cursor, total } =
                reading.rows(people(tx, condition), &sorting).await?;
            let items = with_posts(tx, items).await?;
            Ok(MemberPage { items, next_cursor, total, as_of: reading.as_of() })
        })
        .await
}

/// People who have changed, or whose posts have.
fn changed_since(tx: &Tx, since: DateTime<Utc>) -> SimpleExpr {
    use member::Column::{ChangedAt, Id};
    let people = tx.find::<member::Entity>().select_only().column(Id).filter(ChangedAt.gte(since));
    let holders = posts_changed_since(tx, since).select_only().column(grid_post::Column::MemberId);
    Id.in_subquery(either(people.into_subquery(), [holders.into_subquery()]))
}

/// The people that a search line finds: by the beginning of the number, of the name, or of its initials, or by the last
/// four digits of the telephone number.
#[must_use]
pub fn search(text: &str) -> Condition {
    let prefix = |column: member::Column, text: &str| column.like(like::beginning(text));
    match rules::search(text) {
        Search::All => Condition::all(),
        Search::Digits { number, tail } => Condition::any()
            .add(prefix(member::Column::Number, &number))
            .add_option(tail.map(|tail| member::Column::PhoneTail.eq(tail))),
        Search::Letters { initials, text } => Condition::any()
            .add(prefix(member::Column::NameInitials, &initials))
            .add(prefix(member::Column::Number, &text))
            .add(prefix(member::Column::Name, &text)),
        Search::Name(text) => Condition::any()
            .add(prefix(member::Column::Name, &text))
            .add(prefix(member::Column::Number, &text)),
    }
}

/// Selects people and the names of their organisations.
fn people(tx: &Tx, condition: Condition) -> Find<'_, member::Entity> {
    tx.find::<member::Entity>()
        .join(JoinType::LeftJoin, member::Relation::PartyOrg.def())
        .select_only()
        .columns([
            member::Column::Id,
            member::Column::Number,
            member::Column::Name,
            member::Column::NameInitials,
            member::Column::Category,
            member::Column::Phone,
            member::Column::PartyOrgId,
            member::Column::Version,
        ])
        .column_as(party_org::Column::Name, "party_org_name")
        .filter(condition)
}

/// One person; one statement.
///
/// # Errors
/// `not_found` when the township has none such.
pub(super) async fn get(scope: &Scope, id: MemberId) -> Result<Member> {
    scope.read_single(async |tx: &Tx| load(tx, id).await).await
}

#[derive(FromQueryResult)]
struct Whole {
    #[sea_orm(nested)]
    row: Row,
    #[sea_orm(nested)]
    post: Option<PostOfOne>,
}

/// One person with the posts held today; one statement, of a row for each post.
pub(super) async fn load(tx: &Tx, id: MemberId) -> Result<Member> {
    let whole = with_posts_joined(people(tx, member::Column::Id.eq(id).into()), tx.today())
        .into_model::<Whole>()
        .all()
        .await?;
    let mut row = None;
    let mut posts = Vec::new();
    for one in whole {
        posts.extend(one.post.map(MemberPost::from));
        row.get_or_insert(one.row);
    }
    let row = row.ok_or_else(|| ApiError::new(Code::NOT_FOUND))?;
    Ok(row.into_dto(posts, tx.has(perm::MEMBER_MANAGE)))
}
