//! Accounts as a table.

use entity::kinds::Role;

use super::dto::Account;
use crate::sheet::{Cell, Column, Sheet, Told};

pub(super) const SHEETS: &[&dyn Told] = &[&ACCOUNTS];

pub(super) const ACCOUNTS: Sheet<Account> = Sheet {
    operation: "list_accounts",
    zh: "账号",
    en: "Accounts",
    columns: &[
        Column::new("username", ("用户名", "User name"), 18, |one, _| (&one.username).into()),
        Column::new("display_name", ("显示名称", "Display name"), 16, |one, _| {
            (&one.display_name).into()
        }),
        Column::new("member", ("对应人员", "Person"), 12, |one, _| {
            one.member.as_ref().map(|member| &member.name).into()
        }),
        Column::new("roles", ("角色", "Roles"), 28, |one, language| {
            let roles = one.roles.iter();
            let called = roles.map(|role| Cell::word(Role::VOCABULARY, role.as_str(), language));
            Cell::lines(called.map(|role| role.to_string()), language)
        }),
        Column::new("disabled", ("状态", "State"), 10, |one, language| {
            Cell::either(one.disabled, ("停用", "disabled"), ("正常", "in use"), language)
        }),
        Column::new("created_at", ("开通时间", "Created"), 18, |one, _| one.created_at.into()),
    ],
};
