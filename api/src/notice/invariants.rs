//! What always holds of notices.

use entity::ids::NoticeId;
use entity::{notice, notice_receipt, notice_role};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::clock::beijing;
use crate::http::Result;
use crate::invariant::{Invariant, SOUGHT, Span};
use crate::tenancy::Tx;

/// What is promised of them.
pub(super) const INVARIANTS: &[Invariant] = &[
    Invariant {
        id: "NT1",
        zh: "通知的已读人数等于有效回执数",
        en: "A notice's number of readers is that of the receipts that count",
        broken: |tx, span| Box::pin(miscounted(tx, span)),
    },
    Invariant {
        id: "NT2",
        zh: "每则通知都有发送对象",
        en: "Each notice goes to some role",
        broken: |tx, span| Box::pin(unaddressed(tx, span)),
    },
];

async fn miscounted(tx: &Tx, span: Span) -> Result<Vec<String>> {
    use notice_receipt::Column::{AccountId, NoticeId, Version};
    let counting = tx
        .find::<notice_receipt::Entity>()
        .select_only()
        .column_as(AccountId.count(), "receipts")
        .filter(here((notice_receipt::Entity, NoticeId)))
        .filter(
            Expr::col((notice_receipt::Entity, Version))
                .gte(Expr::col((notice::Entity, notice::Column::ReadSince))),
        )
        .into_subquery();
    let kept = Expr::col((notice::Entity, notice::Column::ReadCount));
    named(tx, span, kept.ne(SimpleExpr::SubQuery(None, Box::new(counting.into()))), "miscounted")
        .await
}

async fn unaddressed(tx: &Tx, span: Span) -> Result<Vec<String>> {
    let roles = tx
        .find::<notice_role::Entity>()
        .select_only()
        .column(notice_role::Column::Role)
        .filter(here((notice_role::Entity, notice_role::Column::NoticeId)));
    named(tx, span, Expr::exists(roles.into_subquery()).not(), "goes to nobody").await
}

/// Of the notice that the outer select looks at.
fn here<T: sea_orm::sea_query::IntoColumnRef>(column: T) -> SimpleExpr {
    Expr::col(column).equals((notice::Entity, notice::Column::Id))
}

/// Those that have stood in the span: nobody signs for what is over or withdrawn, and what is changed stands, but for a few words.
fn lately(span: Span) -> Condition {
    use notice::Column::{PublishedAt, Until, WithdrawnAt};
    let Some(from) = span.moment() else { return Condition::all() };
    let stood = Condition::all()
        .add(Condition::any().add(WithdrawnAt.is_null()).add(span.since(WithdrawnAt)))
        .add(Condition::any().add(Until.is_null()).add(Until.gte(beijing(from).date_naive())));
    Condition::any().add(span.since(PublishedAt)).add(stood)
}

/// The notices that break a promise.
async fn named(tx: &Tx, span: Span, broken: SimpleExpr, what: &str) -> Result<Vec<String>> {
    let found: Vec<NoticeId> = tx
        .find::<notice::Entity>()
        .select_only()
        .column(notice::Column::Id)
        .filter(lately(span))
        .filter(broken)
        .order_by_asc(notice::Column::Id)
        .limit(SOUGHT)
        .into_tuple()
        .all()
        .await?;
    Ok(found.into_iter().map(|id| format!("notice {id}: {what}")).collect())
}
