//! The log as a table.

use super::dto::{AuditChange, AuditEntry};
use crate::sheet::{Cell, Column, Sheet, Told};

pub(super) const SHEETS: &[&dyn Told] = &[&ENTRIES];

pub(super) const ENTRIES: Sheet<AuditEntry> = Sheet {
    operation: "list_audit_entries",
    zh: "操作日志",
    en: "Audit log",
    columns: &[
        Column::new("at", ("时间", "At"), 18, |one, _| one.at.into()),
        Column::new("act", ("事项", "Act"), 20, |one, _| (&one.act).into()),
        Column::new("account", ("账号", "Account"), 16, |one, _| {
            let account = one.account.as_ref();
            let name = |who: &super::dto::AuditAccount| {
                who.username.clone().unwrap_or_else(|| who.id.to_string())
            };
            account.map(name).or_else(|| one.operator.clone()).into()
        }),
        Column::new("roles", ("角色", "Roles"), 18, |one, language| {
            Cell::lines(one.roles.clone(), language)
        }),
        Column::new("row", ("对象", "Row"), 18, |one, _| {
            one.row.as_ref().map(|row| &row.kind).into()
        }),
        Column::new("row_id", ("对象编号", "Id of the row"), 38, |one, _| {
            one.row.as_ref().map(|row| row.id.to_string()).into()
        }),
        Column::new("changes", ("变更", "Changes"), 48, |one, language| {
            Cell::lines(one.changes.iter().map(change), language)
        }),
        Column::new("purpose", ("用途", "Purpose"), 24, |one, _| one.purpose.as_ref().into()),
        Column::new("times", ("次数", "Times"), 8, |one, _| one.times.into()),
        Column::new("address", ("地址", "Address"), 18, |one, _| (&one.address).into()),
        Column::new("agent", ("程序", "Program"), 28, |one, _| (&one.agent).into()),
        Column::new("request_id", ("请求", "Request"), 38, |one, _| (&one.request_id).into()),
        Column::new("number", ("序号", "Number"), 10, |one, _| one.number.into()),
    ],
};

fn change(one: &AuditChange) -> String {
    match (&one.before, &one.after) {
        (None, None) => one.field.clone(),
        (before, after) => format!(
            "{}: {} → {}",
            one.field,
            before.as_deref().unwrap_or("—"),
            after.as_deref().unwrap_or("—")
        ),
    }
}
