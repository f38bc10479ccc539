//! Party organisations as they are shown.

use std::collections::HashMap;

use entity::ids::PartyOrgId;
use entity::{member, party_org};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};

use super::dto::{PartyOrg, PartyOrgList};
use super::tree;
use crate::http::{Result, all};
use crate::tenancy::{Scope, Tx};

async fn org_parents(tx: &Tx) -> Result<Vec<(PartyOrgId, Option<PartyOrgId>)>> {
    tx.find::<party_org::Entity>()
        .select_only()
        .columns([party_org::Column::Id, party_org::Column::ParentId])
        .into_tuple()
        .all()
        .await
}

/// The organisation and all beneath it; one statement.
pub(super) async fn org_subtree(tx: &Tx, root: PartyOrgId) -> Result<Vec<PartyOrgId>> {
    Ok(tree::subtree(&org_parents(tx).await?, root))
}

/// The whole tree, parents first; two statements.
///
/// # Errors
/// Those of the database.
pub(super) async fn list_orgs(scope: &Scope) -> Result<PartyOrgList> {
    let items = scope.read(orgs).await?;
    Ok(PartyOrgList { total: all(&items), items, next_cursor: None })
}

async fn orgs(tx: &Tx) -> Result<Vec<PartyOrg>> {
    let rows = tx.find::<party_org::Entity>().all().await?;
    let counts: Vec<(Option<PartyOrgId>, i64)> = tx
        .find::<member::Entity>()
        .select_only()
        .column(member::Column::PartyOrgId)
        .column_as(member::Column::Id.count(), "members")
        .filter(member::Column::PartyOrgId.is_not_null())
        .group_by(member::Column::PartyOrgId)
        .into_tuple()
        .all()
        .await?;
    let own: HashMap<PartyOrgId, u32> = counts
        .into_iter()
        .filter_map(|(org, count)| Some((org?, u32::try_from(count).ok()?)))
        .collect();
    let parents: Vec<_> = rows.iter().map(|row| (row.id, row.parent_id)).collect();
    let sorted = tree::in_order(rows, |r| r.id, |r| r.parent_id, |r| r.code.clone());
    Ok(sorted
        .into_iter()
        .map(|row| PartyOrg {
            member_count: tree::subtree(&parents, row.id).iter().filter_map(|id| own.get(id)).sum(),
            id: row.id,
            parent_id: row.parent_id,
            kind: row.kind,
            code: row.code,
            name: row.name,
            version: row.version,
        })
        .collect())
}

/// One party organisation; three statements.
///
/// # Errors
/// `not_found` when the township has none such.
pub(super) async fn get_org(scope: &Scope, id: PartyOrgId) -> Result<PartyOrg> {
    scope.read(async |tx: &Tx| load_org(tx, id).await).await
}

pub(super) async fn load_org(tx: &Tx, id: PartyOrgId) -> Result<PartyOrg> {
    let row = tx.get::<party_org::Entity>(id).await?;
    let beneath = org_subtree(tx, id).await?;
    let members = tx
        .find::<member::Entity>()
        .filter(member::Column::PartyOrgId.is_in(beneath))
        .count()
        .await?;
    Ok(PartyOrg {
        id: row.id,
        parent_id: row.parent_id,
        kind: row.kind,
        code: row.code,
        name: row.name,
        member_count: u32::try_from(members).unwrap_or(u32::MAX),
        version: row.version,
    })
}
