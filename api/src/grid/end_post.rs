//! Ending a post.

use chrono::Days;
use entity::ids::GridPostId;
use entity::{grid, grid_post};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ColumnTrait, Condition, IntoActiveModel, QueryFilter};

use super::Touched;
use super::appoint::post_dto;
use super::dto::{EndPost, GridPost};
use super::follow::posts_changed;
use super::rules;
use super::{acts, codes};
use crate::audit::{Record, record};
use crate::door::Day;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::{Scope, Tx};

/// Ends a post, and lets upper floors follow.
///
/// # Errors
/// `not_found`; `state_conflict` when it has ended before; 422 for an end before the beginning or more than a year ahead; `post_taken` when
/// a successor holds the post by then.
pub(super) async fn end_post(scope: &Scope, id: GridPostId, input: EndPost) -> Result<GridPost> {
    scope
        .write(async move |tx: &Tx| {
            // The grid first, as whoever appoints does: who ends and who follows see each other.
            let seen = tx.get::<grid_post::Entity>(id).await?;
            tx.get_locked::<grid::Entity>(seen.grid_id).await?;
            let post = tx.get_locked::<grid_post::Entity>(id).await?;
            let today = tx.today();
            if post.until.is_some_and(|until| until <= today) {
                return Err(ApiError::new(Code::STATE_CONFLICT)
                    .detail("该任职已经结束", "The term has ended already"));
            }
            let until = input.until.map_or_else(|| Ord::max(today, post.since), Day::date);
            if until < post.since {
                return Err(ApiError::invalid(
                    "until",
                    "离任日期不能早于任职日期",
                    "the term cannot end before it begins",
                ));
            }
            if until > today + Days::new(rules::AHEAD) {
                return Err(ApiError::invalid(
                    "until",
                    "离任日期不能晚于一年之后",
                    "the term cannot end more than a year ahead",
                ));
            }
            // Moving an announced end to a later day must not run into the successor.
            if rules::single(post.kind) {
                let successors = tx
                    .find::<grid_post::Entity>()
                    .filter(grid_post::Column::GridId.eq(post.grid_id))
                    .filter(grid_post::Column::Kind.eq(post.kind))
                    .filter(grid_post::Column::Id.ne(post.id))
                    .filter(grid_post::Column::Since.gte(post.since))
                    .filter(grid_post::Column::Since.lt(until))
                    // A term that ended on its first day stands in nobody's way.
                    .filter(
                        Condition::any().add(grid_post::Column::Until.is_null()).add(
                            grid_post::Column::Until
                                .into_expr()
                                .gt(grid_post::Column::Since.into_expr()),
                        ),
                    )
                    .count()
                    .await?;
                if successors > 0 {
                    return Err(ApiError::new(codes::POST_TAKEN));
                }
            }
            let (member_id, before) = (post.member_id, post.until);
            let mut row = post.into_active_model();
            row.until = Set(Some(until));
            let post = tx.update(row).await?;
            let entry = Record::of(acts::END_POST).on("grid_post", post.id);
            let entry = entry.changed("until", before, post.until).with("kind", post.kind);
            record(tx, entry.with("member_id", post.member_id)).await?;
            posts_changed(tx, &Touched::People(vec![post.member_id])).await?;
            let mut names = crate::member::names(tx, &[member_id]).await?;
            Ok(post_dto(post, names.remove(&member_id).unwrap_or_default()))
        })
        .await
}
