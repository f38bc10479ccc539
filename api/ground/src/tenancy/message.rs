//! Statements on PostgreSQL that travel with what opens their transaction, in one message.
//!
//! A round trip is most of what a read under row-level security costs, and sqlx sends one statement a trip. So the first statement of a
//! transaction is prepared on its connection under a name (by SQL's own PREPARE), and then goes as
//! `BEGIN; SET LOCAL …; EXECUTE name(values)` in one message of the simple protocol; a read of one statement has its COMMIT in it
//! too. Values therefore stand in the text: only those of the types below, each written by one function that quotes as PostgreSQL's
//! `quote_literal` does. What does not fit goes the ordinary way, its values beside it.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{PoisonError, RwLock};

use sea_orm::{Statement, Value};

/// Texts that get a name: each costs some memory on each connection for as long as that lives. The product has about two
/// hundred that come first in a transaction.
const TEXTS: usize = 512;
/// Values of a statement that gets a name: those with more differ in their number from call to call.
const VALUES: usize = 24;
/// Bytes of a text that gets a name.
const LONGEST_TEXT: usize = 8 * 1024;
/// Bytes of values that travel in the text.
const LONGEST_VALUES: usize = 16 * 1024;

/// The statements that have a name, on this node.
#[derive(Default)]
pub(super) struct Texts {
    named: RwLock<HashMap<String, Named>>,
}

struct Named {
    number: usize,
    types: Vec<&'static str>,
}

/// A statement on its way by name.
pub(super) struct ByName {
    /// Runs it.
    pub(super) execute: String,
    /// Gives it its name, on a connection that does not know it yet.
    pub(super) prepare: String,
}

impl Texts {
    /// The statement by its name; none where it cannot have one.
    pub(super) fn by_name(&self, statement: &Statement) -> Option<ByName> {
        let values = statement.values.as_ref().map_or(&[][..], |values| &values.0);
        if values.len() > VALUES || statement.sql.len() > LONGEST_TEXT {
            return None;
        }
        let mut types = Vec::with_capacity(values.len());
        let mut list = String::new();
        for value in values {
            if !list.is_empty() {
                list.push(',');
            }
            types.push(write_value(&mut list, value)?);
        }
        if list.len() > LONGEST_VALUES {
            return None;
        }
        let number = self.number(&statement.sql, &types)?;
        let around = |list: &str| if list.is_empty() { String::new() } else { format!("({list})") };
        Some(ByName {
            execute: format!("EXECUTE gezhi_{number}{}", around(&list)),
            prepare: format!(
                "PREPARE gezhi_{number}{} AS {}",
                around(&types.join(",")),
                statement.sql
            ),
        })
    }

    /// The number of a text with values of these types; none for one text with two kinds of values, and when there are too many.
    fn number(&self, sql: &str, types: &[&'static str]) -> Option<usize> {
        let same = |named: &Named| (named.types == types).then_some(named.number);
        let known = self.named.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(named) = known.get(sql) {
            return same(named);
        }
        if known.len() >= TEXTS {
            return None;
        }
        drop(known);
        let mut known = self.named.write().unwrap_or_else(PoisonError::into_inner);
        let number = known.len();
        same(known.entry(sql.to_owned()).or_insert(Named { number, types: types.to_vec() }))
    }
}

/// Writes a value as PostgreSQL reads it, and says of which type it is; none for what it would not read for certain.
pub(super) fn write_value(text: &mut String, value: &Value) -> Option<&'static str> {
    fn written<T: std::fmt::Display>(text: &mut String, value: Option<T>) {
        match value {
            // Writing to a string cannot fail.
            Some(value) => write!(text, "{value}").unwrap_or_default(),
            None => text.push_str("NULL"),
        }
    }
    // A negative number stands in quotes, or its sign would be an operator's.
    fn number<T: std::fmt::Display>(text: &mut String, value: Option<T>) {
        written(text, value.map(|value| format!("'{value}'")));
    }
    Some(match value {
        Value::Bool(value) => {
            written(text, *value);
            "bool"
        }
        Value::SmallInt(value) => {
            number(text, *value);
            "int2"
        }
        Value::Int(value) => {
            number(text, *value);
            "int4"
        }
        Value::BigInt(value) => {
            number(text, *value);
            "int8"
        }
        Value::BigUnsigned(value) => {
            if value.is_some_and(|value| i64::try_from(value).is_err()) {
                return None;
            }
            number(text, *value);
            "int8"
        }
        Value::Uuid(value) => {
            written(text, value.map(|value| format!("'{value}'")));
            "uuid"
        }
        Value::ChronoDate(value) => {
            let value = value.map(|value| value.format("'%Y-%m-%d'").to_string());
            // A year of five digits or before our era is written otherwise.
            if value.as_ref().is_some_and(|value| value.len() != 12) {
                return None;
            }
            written(text, value);
            "date"
        }
        Value::ChronoDateTimeUtc(value) => {
            let value = value.map(|value| value.format("'%Y-%m-%dT%H:%M:%S%.6fZ'").to_string());
            if value.as_ref().is_some_and(|value| value.len() != 29) {
                return None;
            }
            written(text, value);
            "timestamptz"
        }
        Value::String(value) => {
            match value {
                Some(value) => quote(text, value)?,
                None => text.push_str("NULL"),
            }
            "text"
        }
        _ => return None,
    })
}

/// Quotes a text as PostgreSQL's `quote_literal` does, which reads the same whatever `standard_conforming_strings` says. None for a
/// text that PostgreSQL does not take.
fn quote(text: &mut String, value: &str) -> Option<()> {
    if value.contains('\0') {
        return None;
    }
    if value.contains('\\') {
        // As `quote_literal` has it: a space, so that it cannot run together with a word before it.
        text.push_str(" E");
    }
    text.push('\'');
    for letter in value.chars() {
        if matches!(letter, '\'' | '\\') {
            text.push(letter);
        }
        text.push(letter);
    }
    text.push('\'');
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use sea_orm::DbBackend;

    fn written(value: impl Into<Value>) -> Option<(String, &'static str)> {
        let mut text = String::new();
        write_value(&mut text, &value.into()).map(|kind| (text, kind))
    }

    #[test]
    fn values_are_written_so_that_they_cannot_be_anything_else() {
        let is = |value: Option<(String, &'static str)>, text: &str, kind: &str| {
            assert_eq!(
                value.as_ref().map(|(text, kind)| (text.as_str(), *kind)),
                Some((text, kind))
            );
        };
        is(written("王小明"), "'王小明'", "text");
        is(written("'); DROP TABLE member; --"), "'''); DROP TABLE member; --'", "text");
        is(written("\\'; x"), " E'\\\\''; x'", "text");
        is(written(Option::<String>::None), "NULL", "text");
        is(written(-7_i32), "'-7'", "int4");
        is(written(200_u64), "'200'", "int8");
        is(
            written(DateTime::from_timestamp(1_795_000_000, 123_456_000)),
            "'2026-11-18T11:06:40.123456Z'",
            "timestamptz",
        );
        assert_eq!(written("a\0b"), None);
        assert_eq!(written(u64::MAX), None);
        assert_eq!(written(vec![1_u8]), None);
    }

    #[test]
    fn a_text_has_one_name_and_one_kind_of_values() {
        let texts = Texts::default();
        let ask = |sql: &str, value: Value| {
            texts.by_name(&Statement::from_sql_and_values(DbBackend::Postgres, sql, [value]))
        };
        let first = ask("SELECT $1", 1_i32.into()).map(|by| (by.execute, by.prepare));
        assert_eq!(
            first,
            Some((
                "EXECUTE gezhi_0('1')".to_owned(),
                "PREPARE gezhi_0(int4) AS SELECT $1".to_owned()
            ))
        );
        assert_eq!(
            ask("SELECT $1", 2_i32.into()).map(|by| by.execute),
            Some("EXECUTE gezhi_0('2')".to_owned())
        );
        assert!(ask("SELECT $1", "2".into()).is_none());
        assert_eq!(
            ask("SELECT $1 + 1", 2_i32.into()).map(|by| by.execute),
            Some("EXECUTE gezhi_1('2')".to_owned())
        );
        for more in 0..2 * TEXTS {
            ask(&format!("SELECT $1 + {more}"), 1_i32.into());
        }
        assert!(texts.named.read().is_ok_and(|named| named.len() == TEXTS));
        assert!(ask("SELECT $1", 3_i32.into()).is_some());
    }
}
