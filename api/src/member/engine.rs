//! What other rooms build on: names, and many people at once.

use std::collections::HashMap;

use entity::ids::{MemberId, PartyOrgId};
use entity::kinds::MemberCategory;
use entity::{member, party_org};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use super::rules;
use crate::http::Result;
use crate::tenancy::Tx;

/// Rows asked for by id in one statement.
const CHUNK: usize = 1000;

/// Names by id, for other features; ids that are not the township's are left out. One statement for every
/// thousand ids.
///
/// # Errors
/// Those of the database.
pub async fn names(tx: &Tx, ids: &[MemberId]) -> Result<HashMap<MemberId, String>> {
    let mut found = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<(MemberId, String)> = tx
            .find::<member::Entity>()
            .select_only()
            .columns([member::Column::Id, member::Column::Name])
            .filter(member::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all()
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// A person to enter, already checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    /// The id that they will have.
    pub id: MemberId,
    /// Number on the roster, unique in the township; see [`rules::is_code`].
    pub number: String,
    /// As [`rules::name`] keeps it.
    pub name: String,
    /// What they are to the township.
    pub category: MemberCategory,
    /// As [`rules::phone`] keeps it.
    pub phone: Option<String>,
    /// The party organisation they belong to, which must be there.
    pub party_org_id: Option<PartyOrgId>,
}

/// A person on the roster, as far as an import compares it.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct KnownMember {
    /// Who it is.
    pub id: MemberId,
    /// Number on the roster, which never changes.
    pub number: String,
    /// As [`rules::name`] keeps it.
    pub name: String,
    /// What they are to the township.
    pub category: MemberCategory,
    /// As [`rules::phone`] keeps it.
    pub phone: Option<String>,
    /// The party organisation they belong to.
    pub party_org_id: Option<PartyOrgId>,
}

pub(super) fn new_row(tx: &Tx, new: NewMember) -> member::ActiveModel {
    member::ActiveModel {
        id: Set(new.id),
        name_initials: Set(rules::initials(&new.name)),
        phone_tail: Set(new.phone.as_deref().and_then(rules::tail)),
        number: Set(new.number),
        name: Set(new.name),
        category: Set(new.category),
        phone: Set(new.phone),
        party_org_id: Set(new.party_org_id),
        created_at: Set(tx.now()),
        version: Set(1),
        ..Default::default()
    }
}

/// Enters many people; their numbers must be free. One statement for every 500 of them.
///
/// # Errors
/// `already_exists` when one of the numbers is taken.
pub async fn create_many(tx: &Tx, new: Vec<NewMember>) -> Result<()> {
    let rows = new.into_iter().map(|new| new_row(tx, new)).collect();
    tx.insert_many(rows).await
}

/// Writes many people as they are now to be; one statement for every 200 of them.
///
/// # Errors
/// Those of the database.
pub async fn update_many(tx: &Tx, changed: &[KnownMember]) -> Result<()> {
    use member::Column;
    let rows = changed
        .iter()
        .map(|now| member::ActiveModel {
            id: Set(now.id),
            name: Set(now.name.clone()),
            name_initials: Set(rules::initials(&now.name)),
            category: Set(now.category),
            phone: Set(now.phone.clone()),
            phone_tail: Set(now.phone.as_deref().and_then(rules::tail)),
            party_org_id: Set(now.party_org_id),
            ..Default::default()
        })
        .collect::<Vec<_>>();
    let columns = [
        Column::Name,
        Column::NameInitials,
        Column::Category,
        Column::Phone,
        Column::PhoneTail,
        Column::PartyOrgId,
    ];
    tx.update_each(rows, &columns).await
}

/// The people with these numbers, in no order; one statement for every thousand numbers.
///
/// # Errors
/// Those of the database.
pub async fn by_number(tx: &Tx, numbers: &[String]) -> Result<Vec<KnownMember>> {
    let mut found = Vec::new();
    for chunk in numbers.chunks(CHUNK) {
        let rows = tx
            .find::<member::Entity>()
            .select_only()
            .columns([
                member::Column::Id,
                member::Column::Number,
                member::Column::Name,
                member::Column::Category,
                member::Column::Phone,
                member::Column::PartyOrgId,
            ])
            .filter(member::Column::Number.is_in(chunk.iter().map(String::as_str)))
            .into_model::<KnownMember>()
            .all()
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// Locks the people with these numbers against changes by others until the end of this transaction.
///
/// # Errors
/// Those of the database.
pub async fn lock_by_number(tx: &Tx, numbers: &[String]) -> Result<()> {
    // Everybody locks in the same order, so that nobody waits in a circle.
    let mut sorted: Vec<&str> = numbers.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    for chunk in sorted.chunks(CHUNK) {
        let _locked: Vec<MemberId> = tx
            .find::<member::Entity>()
            .select_only()
            .column(member::Column::Id)
            .filter(member::Column::Number.is_in(chunk.iter().copied()))
            .order_by_asc(member::Column::Number)
            .locked()
            .into_tuple()
            .all()
            .await?;
    }
    Ok(())
}

/// Id, code and name of every party organisation; one statement.
///
/// # Errors
/// Those of the database.
pub async fn org_names(tx: &Tx) -> Result<Vec<(PartyOrgId, String, String)>> {
    tx.find::<party_org::Entity>()
        .select_only()
        .columns([party_org::Column::Id, party_org::Column::Code, party_org::Column::Name])
        .into_tuple()
        .all()
        .await
}
