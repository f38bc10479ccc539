//! The posts that people hold. Grids are the room to the right, which builds on what a day of a term is.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::ids::{GridId, GridPostId, MemberId};
use entity::kinds::PostKind;
use entity::{TenantEntity, grid, grid_post, member};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect,
    RelationTrait,
};

use super::dto::{Member, MemberPost};
use super::query::Row;
use super::{path, perm};
use crate::clock::beijing;
use crate::http::{ApiError, Result};
use crate::tenancy::{Find, Tx, nothing};

/// Posts held on a day: `until` is the first day on which a post is free again.
#[must_use]
pub fn held_on(day: NaiveDate) -> Condition {
    Condition::all().add(grid_post::Column::Since.lte(day)).add(
        Condition::any()
            .add(grid_post::Column::Until.is_null())
            .add(grid_post::Column::Until.gt(day)),
    )
}

/// Posts that are not shown as they were at a moment: written since, or begun or ended by the calendar.
#[must_use]
pub fn posts_changed_since(tx: &Tx, since: DateTime<Utc>) -> Find<'_, grid_post::Entity> {
    use grid_post::Column::{ChangedAt, Since, Until};
    let (then, today) = (beijing(since).date_naive(), tx.today());
    let passed = |day: grid_post::Column| Condition::all().add(day.gt(then)).add(day.lte(today));
    let changed = Condition::any().add(ChangedAt.gte(since)).add(passed(Since)).add(passed(Until));
    tx.find::<grid_post::Entity>().filter(changed)
}

#[derive(FromQueryResult)]
struct PostRow {
    member_id: MemberId,
    #[sea_orm(nested)]
    post: PostOfOne,
}

/// The posts held today by these people.
pub(super) async fn with_posts(tx: &Tx, rows: Vec<Row>) -> Result<Vec<Member>> {
    let open = tx.has(perm::MEMBER_MANAGE);
    let mut posts_of: HashMap<MemberId, Vec<MemberPost>> = HashMap::new();
    if !rows.is_empty() {
        let posts =
            tx.find::<grid_post::Entity>().select_only().column(grid_post::Column::MemberId);
        let found = with_columns(posts, JoinType::InnerJoin)
            .filter(grid_post::Column::MemberId.is_in(rows.iter().map(|row| row.id)))
            .filter(held_on(tx.today()))
            .into_model::<PostRow>()
            .all()
            .await?;
        for row in found {
            posts_of.entry(row.member_id).or_default().push(row.post.into());
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| {
            let held = posts_of.remove(&row.id).unwrap_or_default();
            row.into_dto(held, open)
        })
        .collect())
}

/// A post beside its person, where there is one.
#[derive(FromQueryResult)]
pub(super) struct PostOfOne {
    post_id: GridPostId,
    grid_id: GridId,
    grid_name: String,
    post_kind: PostKind,
    since: NaiveDate,
}

impl From<PostOfOne> for MemberPost {
    fn from(post: PostOfOne) -> Self {
        Self {
            id: post.post_id,
            grid_id: post.grid_id,
            grid_name: post.grid_name,
            kind: post.post_kind,
            since: post.since,
        }
    }
}

/// Adds the posts held on a day to a select of people, as [`PostOfOne`]: a row for each post, and one for whoever holds none.
pub(super) fn with_posts_joined(
    people: Find<'_, member::Entity>,
    day: NaiveDate,
) -> Find<'_, member::Entity> {
    let posts = grid_post::Relation::Member.def().rev().on_condition(move |_, _| held_on(day));
    with_columns(people.join(JoinType::LeftJoin, posts), JoinType::LeftJoin)
}

/// Adds the columns of [`PostOfOne`] where posts are among the tables, in the order in which they are shown.
fn with_columns<E: TenantEntity>(rows: Find<'_, E>, grids: JoinType) -> Find<'_, E> {
    rows.join(grids, grid_post::Relation::Grid.def())
        .column_as(grid_post::Column::Id, "post_id")
        .column_as(grid_post::Column::GridId, "grid_id")
        .column_as(grid::Column::Name, "grid_name")
        .column_as(grid_post::Column::Kind, "post_kind")
        .column_as(grid_post::Column::Since, "since")
        .order_by_asc(grid::Column::Code)
        .order_by_asc(grid_post::Column::Kind)
}

/// People named in the statement. Of more than these each person is asked, in the order in which they are listed, until there is a page of
/// them: then nearly anybody holds such a post. (As a list that the database reads first, it would be all of them for each page.)
const NAMED: usize = 200;

/// People who hold a post in the grid or beneath it today. An unknown grid has none. Two statements, which read no more than [`NAMED`]
/// posts and one, beside what comes of it.
pub(super) async fn holds_post_beneath(tx: &Tx, root: GridId) -> Result<Condition> {
    let grids = || tx.find::<grid::Entity>().select_only();
    let root: Option<String> = grids()
        .column(grid::Column::Path)
        .filter(grid::Column::Id.eq(root))
        .into_tuple()
        .one()
        .await?;
    let Some(root) = root else { return Ok(nothing()) };
    let posts = || {
        tx.find::<grid_post::Entity>()
            .join(JoinType::InnerJoin, grid_post::Relation::Grid.def())
            .select_only()
            .column(grid_post::Column::MemberId)
            .filter(path::beneath(grid::Column::Path, &root))
            .filter(held_on(tx.today()))
    };
    let most = u64::try_from(NAMED + 1).map_err(ApiError::internal)?;
    let holders: Vec<MemberId> = posts().limit(most).into_tuple().all().await?;
    if holders.len() <= NAMED {
        return Ok(Condition::all().add(member::Column::Id.is_in(holders)));
    }
    let person = (member::Entity, member::Column::Id);
    let theirs = posts().filter(grid_post::Column::MemberId.into_expr().eq(Expr::col(person)));
    Ok(Condition::all().add(Expr::exists(theirs.into_subquery())))
}
