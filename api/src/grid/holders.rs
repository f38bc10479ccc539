//! Who holds which post, and where nobody does.

use chrono::NaiveDate;
use entity::ids::{GridId, GridPostId, MemberId};
use entity::kinds::{GridKind, PostKind};
use entity::{grid, grid_post, member};
use sea_orm::sea_query::{Expr, ExprTrait, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
};

use super::subtrees::Subtrees;
use crate::http::{ApiError, Result};
use crate::member::held_on;
use crate::tenancy::Tx;

/// A post held today.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Holder {
    /// The term.
    pub post_id: GridPostId,
    /// The post.
    pub kind: PostKind,
    /// First day of the term.
    pub since: NaiveDate,
    /// Where.
    pub grid_id: GridId,
    /// What the grid is called.
    pub grid_name: String,
    /// What the grid is.
    pub grid_kind: GridKind,
    /// Who.
    pub member_id: MemberId,
    /// Their name.
    pub member_name: String,
}

/// Posts of these kinds held today, by grid code, kind and name; an empty slice means every kind. One statement.
///
/// # Errors
/// Those of the database.
pub async fn holders(tx: &Tx, kinds: &[PostKind]) -> Result<Vec<Holder>> {
    let condition = if kinds.is_empty() {
        Condition::all()
    } else {
        Condition::all().add(grid_post::Column::Kind.is_in(kinds.iter().copied()))
    };
    held(tx, condition).await
}

/// Posts of these kinds that these people hold today, in the same order. One statement.
///
/// # Errors
/// Those of the database.
pub async fn holders_among(
    tx: &Tx,
    kinds: &[PostKind],
    people: &[MemberId],
) -> Result<Vec<Holder>> {
    let condition = Condition::all()
        .add(grid_post::Column::Kind.is_in(kinds.iter().copied()))
        .add(grid_post::Column::MemberId.is_in(people.iter().copied()));
    held(tx, condition).await
}

/// Posts one person holds today. One statement.
///
/// # Errors
/// Those of the database.
pub async fn posts_of(tx: &Tx, member: MemberId) -> Result<Vec<Holder>> {
    held(tx, Condition::all().add(grid_post::Column::MemberId.eq(member))).await
}

/// Posts held today that meet a condition, by grid code, kind and name. One statement.
pub(super) async fn held(tx: &Tx, condition: Condition) -> Result<Vec<Holder>> {
    tx.find::<grid_post::Entity>()
        .join(JoinType::InnerJoin, grid_post::Relation::Grid.def())
        .join(JoinType::InnerJoin, grid_post::Relation::Member.def())
        .select_only()
        .column_as(grid_post::Column::Id, "post_id")
        .columns([
            grid_post::Column::Kind,
            grid_post::Column::Since,
            grid_post::Column::GridId,
            grid_post::Column::MemberId,
        ])
        .column_as(grid::Column::Name, "grid_name")
        .column_as(grid::Column::Kind, "grid_kind")
        .column_as(member::Column::Name, "member_name")
        .filter(held_on(tx.today()))
        .filter(condition)
        .order_by_asc(grid::Column::Code)
        .order_by_asc(grid_post::Column::Kind)
        .order_by_asc(member::Column::Name)
        .order_by_asc(grid_post::Column::Id)
        .into_model::<Holder>()
        .all()
        .await
}

/// People who hold a post or have held one, by id, with how many posts that is: the next behind one, or the first; of these people alone
/// where some are named. One statement.
///
/// # Errors
/// Those of the database.
pub async fn people_with_posts(
    tx: &Tx,
    among: Option<&[MemberId]>,
    after: Option<MemberId>,
    limit: usize,
) -> Result<Vec<(MemberId, i64)>> {
    use grid_post::Column::{Id, MemberId as Person};
    tx.find::<grid_post::Entity>()
        .select_only()
        .column(Person)
        .column_as(Id.count(), "posts")
        .filter(behind(among, after))
        .group_by(Person)
        .order_by_asc(Person)
        .limit(u64::try_from(limit).map_err(ApiError::internal)?)
        .into_tuple()
        .all()
        .await
}

/// How many people [`people_with_posts`] finds without a limit. One statement.
///
/// # Errors
/// Those of the database.
pub async fn count_people_with_posts(
    tx: &Tx,
    among: Option<&[MemberId]>,
    after: Option<MemberId>,
) -> Result<i64> {
    use grid_post::Column::MemberId as Person;
    let count: Option<i64> = tx
        .find::<grid_post::Entity>()
        .select_only()
        .column_as(Expr::col(Person).count_distinct(), "people")
        .filter(behind(among, after))
        .into_tuple()
        .one()
        .await?;
    Ok(count.unwrap_or_default())
}

fn behind(among: Option<&[MemberId]>, after: Option<MemberId>) -> Condition {
    use grid_post::Column::MemberId as Person;
    Condition::all()
        .add_option(among.map(|people| Person.is_in(people.iter().copied())))
        .add_option(after.map(|after| Person.gt(after)))
}

/// A post held now or later.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct KnownPost {
    /// Where.
    pub grid_id: GridId,
    /// Who.
    pub member_id: MemberId,
    /// Their name.
    pub member_name: String,
    /// The post.
    pub kind: PostKind,
    /// First day of the term.
    pub since: NaiveDate,
    /// The day from which the post is free; none while no end is set.
    pub until: Option<NaiveDate>,
}

/// Posts held now or later in all grids. One statement.
///
/// # Errors
/// Those of the database.
pub async fn posts_from_today(tx: &Tx) -> Result<Vec<KnownPost>> {
    tx.find::<grid_post::Entity>()
        .join(JoinType::InnerJoin, grid_post::Relation::Member.def())
        .select_only()
        .columns([
            grid_post::Column::GridId,
            grid_post::Column::MemberId,
            grid_post::Column::Kind,
            grid_post::Column::Since,
            grid_post::Column::Until,
        ])
        .column_as(member::Column::Name, "member_name")
        .filter(
            Condition::any()
                .add(grid_post::Column::Until.is_null())
                .add(grid_post::Column::Until.gt(tx.today())),
        )
        .into_model::<KnownPost>()
        .all()
        .await
}

/// The people who hold a post in the grid or beneath it today, as part of another select's filter; two statements.
///
/// # Errors
/// `not_found` when the township has no such grid.
pub async fn holders_beneath(tx: &Tx, grid: GridId) -> Result<SelectStatement> {
    let beneath = Subtrees::under(tx, grid).await?;
    Ok(tx
        .find::<grid_post::Entity>()
        .select_only()
        .column(grid_post::Column::MemberId)
        .filter(beneath.rows(grid_post::Column::GridId))
        .filter(held_on(tx.today()))
        .into_subquery())
}
