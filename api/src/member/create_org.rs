//! Setting up a party organisation.

use entity::ids::PartyOrgId;
use entity::kinds::PartyOrgKind;
use entity::party_org;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter};

use super::acts;
use super::dto::{CreatePartyOrg, PartyOrg};
use super::org_query::load_org;
use super::rules;
use crate::audit::{Record, record};
use crate::http::{ApiError, Code, FieldCode, IdempotencyKey, Result};
use crate::tenancy::{Scope, Tx};

/// Sets up a party organisation, once for each key.
///
/// # Errors
/// Those of [`create_party_org`], and `idempotency_mismatch` for a key that came with another input.
pub(super) async fn create_org_once(
    scope: &Scope,
    key: IdempotencyKey,
    input: CreatePartyOrg,
) -> Result<PartyOrg> {
    scope
        .write_once(key, "create_party_org", &input.clone(), async move |tx: &Tx| {
            let model = create_party_org(tx, input).await?;
            let entry = Record::of(acts::CREATE_ORG).on("party_org", model.id);
            record(tx, entry.with("code", &model.code).with("name", &model.name)).await?;
            load_org(tx, model.id).await
        })
        .await
}

/// Sets up a party organisation, in this transaction.
///
/// # Errors
/// `already_exists` on a taken code, 422 when it cannot belong where it is put.
pub async fn create_party_org(tx: &Tx, input: CreatePartyOrg) -> Result<party_org::Model> {
    let name = rules::name(&input.name, rules::ORG_NAME_MAX)
        .ok_or_else(|| ApiError::new(Code::VALIDATION_FAILED))?;
    if let Some(parent) = input.parent_id {
        // Locked: its kind is not changed by others meanwhile.
        let parent = tx
            .find::<party_org::Entity>()
            .filter(party_org::Column::Id.eq(parent))
            .locked()
            .one()
            .await?
            .ok_or_else(unknown_parent)?;
        check_level(input.kind, parent.kind)?;
    }
    let code = input.code;
    tx.insert(party_org::ActiveModel {
        id: Set(PartyOrgId::new()),
        parent_id: Set(input.parent_id),
        kind: Set(input.kind),
        code: Set(code.clone()),
        name: Set(name),
        created_at: Set(tx.now()),
        version: Set(1),
        ..Default::default()
    })
    .await
    .map_err(|error| {
        error.if_taken(format!("党组织编码“{code}”已存在"), format!("The code {code} is taken"))
    })
}

pub(super) fn unknown_parent() -> ApiError {
    ApiError::wrong(
        "parent_id",
        FieldCode::NotFound,
        "没有这个上级党组织",
        "there is no such party organisation",
    )
}

/// 422 when an organisation of this kind cannot belong to the other.
pub(super) fn check_level(kind: PartyOrgKind, parent: PartyOrgKind) -> Result<()> {
    if rules::may_belong(kind, parent) {
        Ok(())
    } else {
        Err(ApiError::invalid(
            "parent_id",
            format!("{}不能隶属于{}", kind.zh(), parent.zh()),
            format!("a {kind} cannot belong to a {parent}"),
        ))
    }
}
