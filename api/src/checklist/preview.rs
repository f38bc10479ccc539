//! What publishing would bring.

use std::collections::HashSet;

use entity::checklist;
use entity::ids::{ChecklistId, MemberId};
use entity::kinds::PostKind;

use super::dto::{Preview, PreviewItem, PreviewVacancy};
use super::plan::{Periods, draft, dropped, in_force, number, plan, vacancies};
use super::rules::opening::Opening;
use crate::clock::beijing;
use crate::http::Result;
use crate::tenancy::{Scope, Tx};

/// What publishing the draft now would bring.
///
/// # Errors
/// `not_found`; `nothing_to_publish` without a draft.
pub(super) async fn preview(scope: &Scope, id: ChecklistId) -> Result<Preview> {
    scope
        .at_length()
        .read(async |tx: &Tx| {
            let list = tx.get::<checklist::Entity>(id).await?;
            let (_, ready) = draft(tx, list).await?;
            let mut to_be = in_force(tx).await?;
            let before = to_be.extract_if(.., |version| version.list.id == id).next();
            to_be.push(ready.clone());
            let cancelled = dropped(tx, before.as_ref(), &to_be).await?.len();
            let vacancies = vacancies(tx, &ready).await?;
            let versions = [ready];
            let plan = plan(tx, &versions, Periods::Running(None), None).await?;
            let openings: Vec<&Opening> = plan.openings.iter().flatten().collect();
            let roles: HashSet<PostKind> =
                versions.iter().flat_map(|v| &v.items).map(|item| item.role).collect();
            let people = |wanted: &dyn Fn(PostKind) -> bool| -> Result<i64> {
                let found: HashSet<MemberId> =
                    plan.holders.iter().filter(|h| wanted(h.kind)).map(|h| h.member_id).collect();
                number(found.len())
            };
            let by_item = versions
                .iter()
                .flat_map(|version| &version.items)
                .map(|item| {
                    let due =
                        openings.iter().filter(|o| o.item_id == item.id).map(|o| o.due_at).min();
                    Ok(PreviewItem {
                        item_id: item.id,
                        what: item.what.clone(),
                        role: item.role,
                        holders: people(&|kind| kind == item.role)?,
                        due_at: due.map(beijing),
                    })
                })
                .collect::<Result<Vec<_>>>()?;
            Ok(Preview {
                tasks: number(openings.len())?,
                tasks_cancelled: number(cancelled)?,
                holders: people(&|kind| roles.contains(&kind))?,
                first_due: openings.iter().map(|opening| opening.due_at).min().map(beijing),
                by_item,
                vacancy_count: number(vacancies.len())?,
                vacancies: vacancies
                    .into_iter()
                    .map(|vacancy| PreviewVacancy {
                        grid_id: vacancy.grid_id,
                        grid_name: vacancy.grid_name,
                        kind: vacancy.kind,
                    })
                    .collect(),
            })
        })
        .await
}
