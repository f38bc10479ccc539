//! The roster and the party organisations as tables.

use entity::kinds::{MemberCategory, PartyOrgKind, PostKind};

use super::dto::{Member, PartyOrg};
use crate::sheet::{Cell, Column, Sheet, Told};

pub(super) const SHEETS: &[&dyn Told] = &[&MEMBERS, &PARTY_ORGS];

pub(super) const MEMBERS: Sheet<Member> = Sheet {
    operation: "list_members",
    zh: "人员名册",
    en: "Roster",
    columns: &[
        Column::new("number", ("编号", "Number"), 14, |one, _| (&one.number).into()),
        Column::new("name", ("姓名", "Name"), 12, |one, _| (&one.name).into()),
        Column::new("category", ("类别", "Category"), 14, |one, language| {
            Cell::word(MemberCategory::VOCABULARY, one.category.as_str(), language)
        }),
        Column::new("phone", ("手机", "Phone"), 14, |one, _| one.phone.as_ref().into()),
        Column::new("party_org", ("党组织", "Party organisation"), 28, |one, _| {
            one.party_org.as_ref().map(|org| &org.name).into()
        }),
        Column::new("posts", ("岗位", "Posts"), 36, |one, language| {
            let posts = one.posts.iter().map(|post| {
                let kind = Cell::word(PostKind::VOCABULARY, post.kind.as_str(), language);
                format!("{} {kind}", post.grid_name)
            });
            Cell::lines(posts, language)
        }),
    ],
};

pub(super) const PARTY_ORGS: Sheet<PartyOrg> = Sheet {
    operation: "list_party_orgs",
    zh: "党组织",
    en: "Party organisations",
    columns: &[
        Column::new("code", ("编码", "Code"), 14, |one, _| (&one.code).into()),
        Column::new("name", ("名称", "Name"), 36, |one, _| (&one.name).into()),
        Column::new("kind", ("类别", "Kind"), 16, |one, language| {
            Cell::word(PartyOrgKind::VOCABULARY, one.kind.as_str(), language)
        }),
        Column::new(
            "member_count",
            ("人数（含下级）", "People, with those beneath"),
            12,
            |one, _| one.member_count.into(),
        ),
    ],
};
