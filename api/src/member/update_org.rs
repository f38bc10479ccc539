//! Changing a party organisation, or moving it in the tree.

use entity::ids::PartyOrgId;
use entity::kinds::PartyOrgKind;
use entity::party_org;
use sea_orm::ActiveValue::Set;
use sea_orm::TryIntoModel;
use sea_orm::{IntoActiveModel, QueryOrder, QuerySelect};

use super::create_org::{check_level, unknown_parent};
use super::dto::{PartyOrg, UpdatePartyOrg};
use super::org_query::load_org;
use super::rules;
use super::{acts, tree};
use crate::audit::{Record, record};
use crate::http::{ApiError, Code, IfMatch, Result};
use crate::tenancy::{Scope, Tx};

/// Changes a party organisation. The whole tree is read, so that neither a circle nor an upside-down level can arise.
///
/// # Errors
/// `not_found`; 412 when somebody else changed it meanwhile; 422 when it cannot belong where it is put.
pub(super) async fn update_org(
    scope: &Scope,
    id: PartyOrgId,
    seen: IfMatch,
    input: UpdatePartyOrg,
) -> Result<PartyOrg> {
    scope
        .write(async move |tx: &Tx| {
            // A move locks the whole tree: two moves at once could close a circle that neither sees.
            let moves = input.kind.is_some() || input.parent_id.is_some();
            let locked = if moves {
                let _locked: Vec<PartyOrgId> = tx
                    .find::<party_org::Entity>()
                    .select_only()
                    .column(party_org::Column::Id)
                    .order_by_asc(party_org::Column::Id)
                    .locked()
                    .into_tuple()
                    .all()
                    .await?;
                // Read again: what was made while the locks were waited for is not among the rows that were waited for.
                tx.find::<party_org::Entity>().all().await?
            } else {
                vec![tx.get_locked::<party_org::Entity>(id).await?]
            };
            let before = locked
                .iter()
                .find(|org| org.id == id)
                .cloned()
                .ok_or_else(|| ApiError::new(Code::NOT_FOUND))?;
            seen.check(before.version)?;
            let kind = input.kind.unwrap_or(before.kind);
            let parent = input.parent_id.unwrap_or(before.parent_id);
            if moves {
                check_move(&locked, id, kind, parent)?;
            }
            let (version, old) = (before.version, before.clone());
            let mut row = before.into_active_model();
            if let Some(name) =
                input.name.as_deref().and_then(|n| rules::name(n, rules::ORG_NAME_MAX))
            {
                row.name = Set(name);
            }
            row.kind = Set(kind);
            row.parent_id = Set(parent);
            if row.clone().try_into_model()? == old {
                return load_org(tx, id).await;
            }
            row.version = Set(version + 1);
            let after = tx.update(row).await?;
            let entry = Record::of(acts::UPDATE_ORG)
                .on("party_org", id)
                .changed("name", Some(&old.name), Some(&after.name))
                .changed("kind", Some(old.kind), Some(after.kind))
                .changed("parent_id", old.parent_id, after.parent_id);
            record(tx, entry).await?;
            load_org(tx, id).await
        })
        .await
}

/// Whether the organisation can be of this kind, at this place in the tree.
fn check_move(
    all: &[party_org::Model],
    id: PartyOrgId,
    kind: PartyOrgKind,
    parent: Option<PartyOrgId>,
) -> Result<()> {
    if let Some(parent) = parent {
        let above = all.iter().find(|org| org.id == parent).ok_or_else(unknown_parent)?;
        let parents: Vec<_> = all.iter().map(|org| (org.id, org.parent_id)).collect();
        if !tree::may_hang(&parents, id, parent) {
            return Err(ApiError::invalid(
                "parent_id",
                "上级党组织不能是自己或自己的下级",
                "an organisation cannot belong to itself or to one beneath it",
            ));
        }
        check_level(kind, above.kind)?;
    }
    let below = all
        .iter()
        .filter(|org| org.parent_id == Some(id))
        .find(|org| !rules::may_belong(org.kind, kind));
    match below {
        None => Ok(()),
        Some(below) => Err(ApiError::invalid(
            "kind",
            format!("下级党组织“{}”不能隶属于{}", below.name, kind.zh()),
            format!("{} beneath it cannot belong to a {kind}", below.name),
        )),
    }
}
