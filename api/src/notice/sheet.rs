//! Notices and their readers as tables.

use entity::kinds::Role;

use super::dto::{Notice, NoticePhase, NoticeReader, PHASES};
use crate::sheet::{Cell, Column, Sheet, Told};

pub(super) const SHEETS: &[&dyn Told] = &[&NOTICES, &READERS];

pub(super) const NOTICES: Sheet<Notice> = Sheet {
    operation: "list_notices",
    zh: "通知公告",
    en: "Notices",
    columns: &[
        Column::new("title", ("标题", "Title"), 36, |one, _| (&one.title).into()),
        Column::new("published_at", ("发布时间", "Published"), 18, |one, _| {
            one.published_at.into()
        }),
        Column::new("publisher", ("发布人", "Published by"), 14, |one, _| {
            one.publisher.as_ref().into()
        }),
        Column::new("roles", ("发送对象", "To"), 24, |one, language| {
            let roles = one.roles.iter();
            let called = roles.map(|role| Cell::word(Role::VOCABULARY, role.as_str(), language));
            Cell::lines(called.map(|role| role.to_string()), language)
        }),
        Column::new("grid", ("网格", "Grid"), 20, |one, _| {
            one.grid.as_ref().map(|grid| &grid.name).into()
        }),
        Column::new("until", ("有效期至", "Until"), 14, |one, _| one.until.into()),
        Column::new("phase", ("状态", "State"), 10, |one, language| {
            Cell::word(PHASES, phase(one.phase), language)
        }),
        Column::new("read", ("已读", "Read by"), 8, |one, _| one.read.into()),
    ],
};

const fn phase(phase: NoticePhase) -> &'static str {
    match phase {
        NoticePhase::Current => "current",
        NoticePhase::Ended => "ended",
        NoticePhase::Withdrawn => "withdrawn",
    }
}

pub(super) const READERS: Sheet<NoticeReader> = Sheet {
    operation: "list_notice_readers",
    zh: "通知阅读情况",
    en: "Readers of a notice",
    columns: &[
        Column::new("display_name", ("姓名", "Name"), 16, |one, _| (&one.display_name).into()),
        Column::new("username", ("用户名", "User name"), 18, |one, _| (&one.username).into()),
        Column::new("member", ("对应人员", "Person"), 12, |one, _| {
            one.member.as_ref().map(|member| &member.name).into()
        }),
        Column::new("read_at", ("阅读时间", "Read"), 18, |one, _| one.read_at.into()),
    ],
};
