//! Changing a notice.

use entity::ids::NoticeId;
use entity::kinds::Role;
use entity::{notice, notice_role};
use sea_orm::{ColumnTrait, IntoActiveModel, QueryFilter, Set, TryIntoModel};

use super::audience::checked;
use super::create::{address, check_until};
use super::dto::{Notice, UpdateNotice};
use super::query::{phase, roles_of, view};
use super::{acts, rules};
use crate::audit::{Record, record};
use crate::http::{IfMatch, Result};
use crate::tenancy::{Scope, Tx};

/// Changes a notice. Receipts stay, unless it is to be read again.
///
/// # Errors
/// `precondition_failed`, `notice_withdrawn`, `validation_failed` as when it is published.
pub(super) async fn update(
    scope: &Scope,
    id: NoticeId,
    if_match: IfMatch,
    input: UpdateNotice,
) -> Result<Notice> {
    scope
        .write(async move |tx: &Tx| {
            let old = tx.get_locked::<notice::Entity>(id).await?;
            if_match.check(old.version)?;
            rules::update(phase(tx, &old))?;
            let before: Vec<Role> = roles_of(tx, [id]).await?.remove(&id).unwrap_or_default();
            let mut row = old.clone().into_active_model();
            if let Some(title) = input.title {
                row.title = Set(title.trim().to_owned());
            }
            if let Some(text) = input.text {
                row.text = Set(text.into_inner());
            }
            if let Some(grid) = input.grid_id {
                row.grid_id = Set(grid);
            }
            if let Some(until) = input.until.map(|day| day.map(|day| day.date()))
                && until != old.until
            {
                check_until(tx, until)?;
                row.until = Set(until);
            }
            let grid = row.clone().try_into_model()?.grid_id;
            let after = checked(tx, input.roles.as_deref().unwrap_or(&before), grid).await?;
            let again = input.read_again == Some(true);
            if row.clone().try_into_model()? == old && after == before && !again {
                return view(tx, id).await;
            }
            row.version = Set(old.version + 1);
            if again {
                row.read_since = Set(old.version + 1);
                row.read_count = Set(0);
            }
            let new = tx.update(row).await?;
            if after != before {
                tx.delete_many::<notice_role::Entity>()
                    .filter(notice_role::Column::NoticeId.eq(id))
                    .exec()
                    .await?;
                address(tx, id, &after).await?;
            }
            let mut entry = Record::of(acts::UPDATE)
                .on("notice", id)
                .changed("title", Some(&old.title), Some(&new.title))
                .changed("roles", Some(Role::words(&before)), Some(Role::words(&after)))
                .changed("grid_id", old.grid_id, new.grid_id)
                .changed("until", old.until, new.until);
            if old.text != new.text {
                entry = entry.touched("text");
            }
            if again {
                entry = entry.with("read_again", true);
            }
            record(tx, entry).await?;
            view(tx, id).await
        })
        .await
}
