//! The lists as a table.

use entity::kinds::ChecklistKind;

use super::dto::ChecklistBrief;
use crate::sheet::{Cell, Column, Sheet, Told};

pub(super) const SHEETS: &[&dyn Told] = &[&CHECKLISTS];

pub(super) const CHECKLISTS: Sheet<ChecklistBrief> = Sheet {
    operation: "list_checklists",
    zh: "清单目录",
    en: "Checklists",
    columns: &[
        Column::new("title", ("清单", "List"), 36, |one, _| (&one.title).into()),
        Column::new("kind", ("类别", "Kind"), 14, |one, language| {
            Cell::word(ChecklistKind::VOCABULARY, one.kind.as_str(), language)
        }),
        Column::new("published_number", ("现行版本", "Version in force"), 12, |one, _| {
            one.published_number.into()
        }),
        Column::new("effective_from", ("生效日期", "In force from"), 14, |one, _| {
            one.effective_from.into()
        }),
        Column::new("item_count", ("条目", "Items"), 8, |one, _| one.item_count.into()),
        Column::new("draft", ("草稿", "Draft"), 10, |one, language| {
            Cell::either(one.draft, ("有草稿", "has a draft"), ("", ""), language)
        }),
    ],
};
