//! Changing a person.

use entity::ids::MemberId;
use entity::member;
use sea_orm::ActiveValue::Set;
use sea_orm::IntoActiveModel;
use sea_orm::TryIntoModel;

use super::acts;
use super::create::check_org;
use super::dto::{Member, UpdateMember};
use super::query::load;
use super::rules;
use crate::audit::{Record, record};
use crate::http::{IfMatch, Result};
use crate::tenancy::{Scope, Tx};

/// Changes a person.
///
/// # Errors
/// `not_found`; 412 when somebody else changed them meanwhile; 422 on an unknown party organisation.
pub(super) async fn update(
    scope: &Scope,
    id: MemberId,
    seen: IfMatch,
    input: UpdateMember,
) -> Result<Member> {
    scope
        .write(async move |tx: &Tx| {
            let before = tx.get_locked::<member::Entity>(id).await?;
            seen.check(before.version)?;
            if let Some(Some(org)) = input.party_org_id {
                check_org(tx, org).await?;
            }
            let (version, old) = (before.version, before.clone());
            let mut row = before.into_active_model();
            if let Some(name) = input.name.as_deref().and_then(|n| rules::name(n, rules::NAME_MAX))
            {
                row.name_initials = Set(rules::initials(&name));
                row.name = Set(name);
            }
            if let Some(category) = input.category {
                row.category = Set(category);
            }
            if let Some(phone) = input.phone {
                let phone = phone.as_deref().and_then(rules::phone);
                row.phone_tail = Set(phone.as_deref().and_then(rules::tail));
                row.phone = Set(phone);
            }
            if let Some(org) = input.party_org_id {
                row.party_org_id = Set(org);
            }
            if row.clone().try_into_model()? == old {
                return load(tx, id).await;
            }
            row.version = Set(version + 1);
            let after = tx.update(row).await?;
            let entry = Record::of(acts::UPDATE)
                .on("member", id)
                .renamed("name", Some(&old.name), Some(&after.name))
                .changed("category", Some(old.category), Some(after.category))
                .hidden("phone", old.phone.as_deref(), after.phone.as_deref())
                .changed("party_org_id", old.party_org_id, after.party_org_id);
            record(tx, entry).await?;
            load(tx, id).await
        })
        .await
}
