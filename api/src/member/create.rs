//! Entering a person on the roster.

use super::acts;
use super::dto::{CreateMember, Member};
use super::engine::{NewMember, new_row};
use super::query::load;
use super::rules;
use crate::audit::{Record, record};
use crate::http::{ApiError, Code, FieldCode, IdempotencyKey, Result};
use crate::tenancy::{Scope, Tx};
use entity::ids::{MemberId, PartyOrgId};
use entity::{member, party_org};

/// Enters a person on the roster, once for each key.
///
/// # Errors
/// Those of [`create`], and `idempotency_mismatch` for a key that came with another input.
pub(super) async fn create_once(
    scope: &Scope,
    key: IdempotencyKey,
    input: CreateMember,
) -> Result<Member> {
    scope
        .write_once(key, "create_member", &input.clone(), async move |tx: &Tx| {
            let model = create(tx, input).await?;
            let entry = Record::of(acts::CREATE).on("member", model.id);
            record(
                tx,
                entry.with("number", &model.number).renamed("name", None, Some(&model.name)),
            )
            .await?;
            load(tx, model.id).await
        })
        .await
}

/// Enters a person on the roster, in this transaction.
///
/// # Errors
/// `already_exists` on a taken number, 422 on an unknown party organisation or a name that is none.
pub async fn create(tx: &Tx, input: CreateMember) -> Result<member::Model> {
    let name = rules::name(&input.name, rules::NAME_MAX)
        .ok_or_else(|| ApiError::new(Code::VALIDATION_FAILED))?;
    if let Some(org) = input.party_org_id {
        check_org(tx, org).await?;
    }
    let phone = input.phone.as_deref().and_then(rules::phone);
    let number = input.number;
    let new = NewMember {
        id: MemberId::new(),
        number: number.clone(),
        name,
        category: input.category,
        phone,
        party_org_id: input.party_org_id,
    };
    tx.insert(new_row(tx, new)).await.map_err(|error| {
        error.if_taken(format!("编号“{number}”已有人使用"), format!("The number {number} is taken"))
    })
}

/// 422 when the township has no such party organisation.
pub(super) async fn check_org(tx: &Tx, org: PartyOrgId) -> Result<()> {
    match tx.try_get::<party_org::Entity>(org).await? {
        Some(_) => Ok(()),
        None => Err(ApiError::wrong(
            "party_org_id",
            FieldCode::NotFound,
            "没有这个党组织",
            "there is no such party organisation",
        )),
    }
}
