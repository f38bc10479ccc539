//! Appointing people to posts.

use chrono::{Days, NaiveDate};
use entity::ids::{GridId, GridPostId, MemberId};
use entity::kinds::PostKind;
use entity::{grid, grid_post, member};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter};

use super::Touched;
use super::dto::{Appoint, GridPost};
use super::follow::posts_changed;
use super::rules::{self, Term};
use super::{acts, codes};
use crate::audit::{Record, record};
use crate::door::Day;
use crate::http::{ApiError, Code, FieldCode, IdempotencyKey, Result};
use crate::member::dto::MemberRef;
use crate::tenancy::{Scope, Tx};

/// Appoints a person to a post, once for each key, and lets upper floors follow.
///
/// # Errors
/// Those of [`appoint`], and `idempotency_mismatch` for a key that came with another input.
pub(super) async fn appoint_once(
    scope: &Scope,
    key: IdempotencyKey,
    input: Appoint,
) -> Result<GridPost> {
    scope
        .write_once(key, "appoint", &input.clone(), async move |tx: &Tx| {
            let post = appoint(tx, input).await?;
            let entry = Record::of(acts::APPOINT).on("grid_post", post.id);
            let entry = entry.with("grid_id", post.grid_id).with("kind", post.kind);
            record(tx, entry.with("member_id", post.member.id).with("since", post.since)).await?;
            posts_changed(tx, &Touched::People(vec![post.member.id])).await?;
            Ok(post)
        })
        .await
}

/// Appoints a person to a post, in this transaction.
///
/// # Errors
/// 422 when grid or person is unknown, the grid has no such post or the term begins more than a year ahead; `post_taken` when somebody
/// else holds the post on a day of the term, `already_exists` when the person does.
pub async fn appoint(tx: &Tx, input: Appoint) -> Result<GridPost> {
    // Locked, so that two appointments to the same grid follow each other.
    let grid = tx
        .find::<grid::Entity>()
        .filter(grid::Column::Id.eq(input.grid_id))
        .locked()
        .one()
        .await?
        .ok_or_else(|| {
            ApiError::wrong("grid_id", FieldCode::NotFound, "没有这个网格", "there is no such grid")
        })?;
    let member = tx.try_get::<member::Entity>(input.member_id).await?.ok_or_else(|| {
        ApiError::wrong("member_id", FieldCode::NotFound, "没有这个人员", "there is no such person")
    })?;
    if !rules::suits(input.kind, grid.kind) {
        return Err(ApiError::invalid(
            "kind",
            rules::suiting_message(input.kind),
            rules::suiting_message_en(input.kind),
        ));
    }
    let today = tx.today();
    let term = Term { since: input.since.map_or(today, Day::date), until: None };
    if term.since > today + Days::new(rules::AHEAD) {
        return Err(ApiError::invalid(
            "since",
            "任职日期不能晚于一年之后",
            "the term cannot begin more than a year ahead",
        ));
    }
    let others = tx
        .find::<grid_post::Entity>()
        .filter(grid_post::Column::GridId.eq(grid.id))
        .filter(grid_post::Column::Kind.eq(input.kind))
        .all()
        .await?;
    let mut overlapping =
        others.iter().filter(|post| Term { since: post.since, until: post.until }.overlaps(term));
    if overlapping.clone().any(|post| post.member_id == member.id) {
        return Err(ApiError::new(Code::ALREADY_EXISTS).detail(
            format!("{}已担任“{}”的{}", member.name, grid.name, input.kind.zh()),
            "This person holds the post already",
        ));
    }
    if rules::single(input.kind)
        && let Some(post) = overlapping.next()
    {
        let holder = crate::member::names(tx, &[post.member_id]).await?;
        let name = holder.get(&post.member_id).map_or("", String::as_str);
        return Err(ApiError::new(codes::POST_TAKEN).detail(
            format!("“{}”的{}现由{name}担任，请先结束其任职", grid.name, input.kind.zh()),
            format!("The post is held by {name}; end that term first"),
        ));
    }
    let post = tx
        .insert(grid_post::ActiveModel {
            id: Set(GridPostId::new()),
            grid_id: Set(grid.id),
            member_id: Set(member.id),
            kind: Set(input.kind),
            since: Set(term.since),
            until: Set(None),
            created_at: Set(tx.now()),
            ..Default::default()
        })
        .await?;
    Ok(post_dto(post, member.name))
}

/// A term as it is shown.
pub(super) fn post_dto(post: grid_post::Model, member_name: String) -> GridPost {
    GridPost {
        id: post.id,
        grid_id: post.grid_id,
        member: MemberRef { id: post.member_id, name: member_name },
        kind: post.kind,
        since: post.since,
        until: post.until,
    }
}

/// A post to enter, already checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPost {
    /// Where.
    pub grid_id: GridId,
    /// Who.
    pub member_id: MemberId,
    /// The post, which the grid must have.
    pub kind: PostKind,
    /// First day of the term, which has no end.
    pub since: NaiveDate,
}

/// Enters many posts that were checked against [`super::posts_from_today`] under [`super::lock`]; one statement for every 500 of them.
///
/// # Errors
/// Those of the database.
pub async fn appoint_many(tx: &Tx, posts: Vec<NewPost>) -> Result<()> {
    let rows = posts
        .into_iter()
        .map(|post| grid_post::ActiveModel {
            id: Set(GridPostId::new()),
            grid_id: Set(post.grid_id),
            member_id: Set(post.member_id),
            kind: Set(post.kind),
            since: Set(post.since),
            until: Set(None),
            created_at: Set(tx.now()),
            ..Default::default()
        })
        .collect();
    tx.insert_many(rows).await
}
