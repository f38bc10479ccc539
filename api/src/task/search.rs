//! Tasks by what somebody typed: some words of the title, or the beginning of the name of who owes it. What is found first are the few
//! things, people and organisations that it can be; their tasks stand in indexes. The titles of all tasks are not read.

use entity::ids::{MemberId, PartyOrgId};
use entity::{member, party_org, task};
use sea_orm::sea_query::Condition;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::source::Source;
use crate::http::{ApiError, Result};
use crate::tenancy::{Tx, like, nothing};

/// People named in the statement; more are asked for by a subquery, and nearly any task is found soon then.
const NAMED: usize = 200;

/// The tasks that a text finds; two statements and those of the sources.
pub(super) async fn found(tx: &Tx, text: &str) -> Result<Condition> {
    use task::Column;
    let mut found = Condition::any();
    for source in tx.all::<Box<dyn Source>>() {
        let of_source = Condition::all().add(Column::SourceKind.eq(source.kind()));
        match source.asking(tx, text).await? {
            Some(items) if items.is_empty() => {}
            Some(items) => found = found.add(of_source.add(Column::SourceItemId.is_in(items))),
            None => found = found.add(of_source.add(Column::Title.like(like::within(text)))),
        }
    }
    let named = || {
        tx.find::<member::Entity>()
            .select_only()
            .column(member::Column::Id)
            .filter(member::Column::Name.like(like::beginning(text)))
    };
    let most = u64::try_from(NAMED + 1).map_err(ApiError::internal)?;
    let people: Vec<MemberId> = named().limit(most).into_tuple().all().await?;
    if people.len() > NAMED {
        found = found.add(Column::MemberId.in_subquery(named().into_subquery()));
    } else if !people.is_empty() {
        found = found.add(Column::MemberId.is_in(people));
    }
    let organisations: Vec<PartyOrgId> = tx
        .find::<party_org::Entity>()
        .select_only()
        .column(party_org::Column::Id)
        .filter(party_org::Column::Name.like(like::beginning(text)))
        .into_tuple()
        .all()
        .await?;
    if !organisations.is_empty() {
        let ids = organisations.into_iter().map(Uuid::from);
        found = found.add(Column::AssigneeId.is_in(ids));
    }
    Ok(if found.is_empty() { nothing() } else { found })
}
