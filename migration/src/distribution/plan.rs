//! What is to be done so that the tables are spread, from what the catalogue says of them.

use std::collections::BTreeMap;
use std::fmt;

use super::{REFERENCE_TABLES, SHARED_TABLES};
use crate::TENANT_TABLES;
use crate::ddl::{FIRST, TENANT};

/// Into how many pieces the townships are dealt out: enough for sixteen machines of four pieces each; it cannot be changed lightly.
const SHARDS: u8 = 64;

/// How the extension knows a table. What it does not know is not named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spread {
    /// On the first machine, where the others find it. (Making `tenant` a copy everywhere makes this of all that refer to it.)
    Known,
    /// A copy on every machine.
    Everywhere,
    /// By a column, in the company of others that are spread alike.
    By {
        /// The column.
        column: String,
        /// The number of the company.
        company: i64,
    },
    /// In a way that is none of ours.
    Otherwise,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The table that has it.
    pub table: String,
    /// Its name.
    pub name: String,
    /// The table that it refers to.
    pub target: String,
    /// What it says, as PostgreSQL writes it.
    pub definition: String,
}

/// What the catalogue says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// How tables are spread, by name; plain ones are not named.
    pub tables: BTreeMap<String, Spread>,
    /// The foreign keys between our tables.
    pub keys: Vec<Key>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// One machine after the other, and not all at once: with what is to come it could not be said later.
    Sequentially,
    /// A key is taken away for the while.
    Drop(Key),
    /// A table stays where it is, and the others learn of it.
    Know(&'static str),
    /// A copy on every machine.
    Copy(&'static str),
    /// The first tenant table, which founds the company.
    First(&'static str),
    /// A tenant table in its company.
    Join(&'static str),
    /// A key comes back, as it was.
    Add(Key),
}

impl Step {
    /// The statement.
    #[must_use]
    pub fn sql(&self) -> String {
        match self {
            Self::Sequentially => {
                "SET LOCAL citus.multi_shard_modify_mode = 'sequential'".to_owned()
            }
            Self::Drop(key) => {
                format!("ALTER TABLE \"{}\" DROP CONSTRAINT \"{}\"", key.table, key.name)
            }
            Self::Know(table) => {
                format!("SELECT citus_add_local_table_to_metadata('public.{table}')")
            }
            Self::Copy(table) => format!("SELECT create_reference_table('public.{table}')"),
            Self::First(table) => format!(
                "SELECT create_distributed_table('public.{table}', '{TENANT}', shard_count => {SHARDS}, colocate_with => 'none')"
            ),
            Self::Join(table) => format!(
                "SELECT create_distributed_table('public.{table}', '{TENANT}', colocate_with => 'public.{FIRST}')"
            ),
            Self::Add(key) => format!(
                "ALTER TABLE \"{}\" ADD CONSTRAINT \"{}\" {}",
                key.table, key.name, key.definition
            ),
        }
    }
}

/// A table that is spread in another way than ours: what to do with it is for somebody to decide who knows why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The table.
    pub table: String,
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table } = self;
        write!(
            f,
            "the table {table} is distributed in another way than `gezhi distribute` does it; nothing was changed (SELECT undistribute_table('{table}') takes it back)"
        )
    }
}

/// What is left to be done, in its order; nothing where all is done.
///
/// # Errors
/// A table that is spread in another way.
pub fn plan(found: &Catalogue) -> Result<Vec<Step>, Misfit> {
    let company = match found.tables.get(FIRST) {
        Some(Spread::By { company, .. }) => Some(*company),
        _ => None,
    };
    let mut tenants = Vec::new();
    for table in TENANT_TABLES.iter().copied() {
        match found.tables.get(table) {
            None | Some(Spread::Known) => tenants.push(table),
            Some(Spread::By { column, company: own })
                if column == TENANT && Some(*own) == company => {}
            Some(_) => return Err(Misfit { table: table.to_owned() }),
        }
    }
    let mut copies = Vec::new();
    for table in REFERENCE_TABLES.iter().copied() {
        match found.tables.get(table) {
            None | Some(Spread::Known) => copies.push(Step::Copy(table)),
            Some(Spread::Everywhere) => {}
            Some(_) => return Err(Misfit { table: table.to_owned() }),
        }
    }
    let mut known = Vec::new();
    for table in SHARED_TABLES.iter().copied() {
        match found.tables.get(table) {
            None => known.push(Step::Know(table)),
            Some(Spread::Known) => {}
            Some(_) => return Err(Misfit { table: table.to_owned() }),
        }
    }
    let is_tenant = |table: &str| TENANT_TABLES.contains(&table);
    let is_open = |table: &str| tenants.contains(&table);
    // A key between a table that is spread and one that is not yet is refused; those to `tenant` may stay.
    let keys: Vec<Key> = found
        .keys
        .iter()
        .filter(|key| is_tenant(&key.table) && is_tenant(&key.target))
        .filter(|key| is_open(&key.table) || is_open(&key.target))
        .cloned()
        .collect();
    let join = |table| if table == FIRST { Step::First(table) } else { Step::Join(table) };
    // The first founds the company, wherever it stands in the list.
    let first = tenants.iter().filter(|table| **table == FIRST);
    let others = tenants.iter().filter(|table| **table != FIRST);
    let work: Vec<Step> = keys
        .iter()
        .cloned()
        .map(Step::Drop)
        .chain(copies)
        .chain(known)
        .chain(first.chain(others).copied().map(join))
        .chain(keys.iter().cloned().map(Step::Add))
        .collect();
    Ok(if work.is_empty() {
        work
    } else {
        std::iter::once(Step::Sequentially).chain(work).collect()
    })
}
