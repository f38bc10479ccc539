//! The grids as a table, with who holds their posts.

use entity::kinds::{GridKind, PostKind};

use super::dto::Grid;
use crate::http::Language;
use crate::sheet::{Cell, Column, Sheet, Told};

pub(super) const SHEETS: &[&dyn Told] = &[&GRIDS];

pub(super) const GRIDS: Sheet<Grid> = Sheet {
    operation: "list_grids",
    zh: "网格及岗位",
    en: "Grids and their posts",
    columns: &[
        Column::new("code", ("编码", "Code"), 18, |one, _| (&one.code).into()),
        Column::new("name", ("名称", "Name"), 30, |one, _| (&one.name).into()),
        Column::new("kind", ("类别", "Kind"), 14, |one, language| {
            Cell::word(GridKind::VOCABULARY, one.kind.as_str(), language)
        }),
        Column::new("posts", ("在任", "Posts held"), 40, |one, language| {
            let posts = one.posts.iter();
            let held =
                posts.map(|post| format!("{} {}", called(post.kind, language), post.member.name));
            Cell::lines(held, language)
        }),
        Column::new("vacant", ("空缺", "Vacant"), 16, |one, language| {
            Cell::lines(one.vacant.iter().map(|kind| called(*kind, language).to_string()), language)
        }),
        Column::new("area_m2", ("面积（平方米）", "Area, m²"), 14, |one, _| {
            one.area_m2.into()
        }),
    ],
};

fn called(post: PostKind, language: Language) -> Cell {
    Cell::word(PostKind::VOCABULARY, post.as_str(), language)
}
