//! The plan, carried out on a model that refuses what the extension was seen to refuse when the tables were spread by hand. It shows order and
//! completeness; it does not show that the extension takes the statements.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{Catalogue, Key, REFERENCE_TABLES, SHARED_TABLES, Spread, Step, plan};
use crate::TENANT_TABLES;
use crate::ddl::{FIRST, TENANT};

/// A database with the extension, as far as the plan has to do with it.
struct Model {
    found: Catalogue,
    is_sequential: bool,
}

fn own() -> Spread {
    Spread::By { column: TENANT.to_owned(), company: 7 }
}

impl Model {
    fn spread(&self, table: &str) -> Option<&Spread> {
        self.found.tables.get(table)
    }

    fn is_spread(&self, table: &str) -> bool {
        matches!(self.spread(table), Some(Spread::By { .. }))
    }

    /// A key of a spread table leads to one that is spread with it, or to one that is everywhere.
    fn is_possible(&self, key: &Key) -> bool {
        match (self.is_spread(&key.table), self.is_spread(&key.target)) {
            (true, true) => self.spread(&key.table) == self.spread(&key.target),
            (true, false) => self.spread(&key.target) == Some(&Spread::Everywhere),
            (false, spread) => !spread,
        }
    }

    fn distributed(&mut self, table: &str) -> Result<(), String> {
        if self.is_spread(table) {
            return Err(format!("table \"{table}\" is already distributed"));
        }
        self.found.tables.insert(table.to_owned(), own());
        let impossible = self.found.keys.iter().find(|key| !self.is_possible(key));
        impossible
            .map_or(Ok(()), |key| Err(format!("cannot create foreign key constraint: {key:?}")))
    }

    fn take(&mut self, step: &Step) -> Result<(), String> {
        if !self.is_sequential && *step != Step::Sequentially {
            return Err("there was a parallel DDL access in the same transaction".to_owned());
        }
        match step {
            Step::Sequentially => self.is_sequential = true,
            Step::Drop(key) => {
                let before = self.found.keys.len();
                self.found.keys.retain(|one| one != key);
                if self.found.keys.len() + 1 != before {
                    return Err(format!("constraint {key:?} does not exist"));
                }
            }
            Step::Know(table) => {
                if self.found.tables.insert((*table).to_owned(), Spread::Known).is_some() {
                    return Err(format!("{table} is in the metadata already"));
                }
            }
            Step::Copy(table) => {
                if !matches!(self.spread(table), None | Some(Spread::Known)) {
                    return Err(format!("table \"{table}\" is already distributed"));
                }
                self.found.tables.insert((*table).to_owned(), Spread::Everywhere);
                // In silence it enters all that refer to it.
                for key in self.found.keys.iter().filter(|key| key.target == *table) {
                    self.found.tables.entry(key.table.clone()).or_insert(Spread::Known);
                }
            }
            Step::First(table) => self.distributed(table)?,
            Step::Join(table) => {
                if !self.is_spread(FIRST) {
                    return Err(format!("{FIRST} is not distributed"));
                }
                self.distributed(table)?;
            }
            Step::Add(key) => {
                if self.found.keys.contains(key) || !self.is_possible(key) {
                    return Err(format!("cannot create foreign key constraint: {key:?}"));
                }
                self.found.keys.push(key.clone());
            }
        }
        Ok(())
    }
}

fn key(table: &str, target: &str) -> Key {
    Key {
        table: table.to_owned(),
        name: format!("fk_{table}_{target}"),
        target: target.to_owned(),
        definition: format!("FOREIGN KEY (tenant_id, x) REFERENCES {target}(tenant_id, id)"),
    }
}

/// A database of ours: what is spread already, what the extension only knows of, and the keys that can then be.
fn database() -> impl Strategy<Value = Catalogue> {
    let count = TENANT_TABLES.len();
    let outside = REFERENCE_TABLES.len() + SHARED_TABLES.len();
    let how = prop::collection::vec(0..3_u8, count);
    let around = prop::collection::vec(any::<bool>(), outside);
    let keys = prop::collection::vec((0..count, 0..count), 0..60);
    (any::<bool>(), how, around, keys).prop_map(|(begun, how, around, pairs)| {
        let mut tables = BTreeMap::new();
        for (table, how) in TENANT_TABLES.iter().zip(how) {
            // Nothing is in company before there is one, and the company is the first's.
            let spread = match how {
                _ if begun && *table == FIRST => Some(own()),
                0 if begun => Some(own()),
                1 => Some(Spread::Known),
                _ => None,
            };
            tables.extend(spread.map(|spread| ((*table).to_owned(), spread)));
        }
        for (table, done) in REFERENCE_TABLES.iter().chain(SHARED_TABLES).zip(around) {
            let is_copied = REFERENCE_TABLES.contains(table);
            let spread = if is_copied { Spread::Everywhere } else { Spread::Known };
            // What is spread refers to `tenant`, so that is everywhere then.
            let done = done || begun && is_copied;
            tables.extend(done.then(|| ((*table).to_owned(), spread)));
        }
        let mut model =
            Model { found: Catalogue { tables, keys: Vec::new() }, is_sequential: false };
        let between = pairs.into_iter().filter_map(|(one, other)| {
            let (child, parent) = (one.max(other), one.min(other));
            Some(key(TENANT_TABLES.get(child)?, TENANT_TABLES.get(parent)?))
        });
        let all: BTreeSet<Key> =
            TENANT_TABLES.iter().map(|table| key(table, "tenant")).chain(between).collect();
        model.found.keys = all.into_iter().filter(|key| model.is_possible(key)).collect();
        model.found
    })
}

fn sorted(keys: &[Key]) -> BTreeSet<Key> {
    keys.iter().cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// From wherever it begins, the model takes every step; then all is spread, the keys are those of before, and nothing is left to do.
    #[test]
    fn the_plan_leads_there_and_ends(found in database()) {
        let steps = plan(&found).map_err(|misfit| TestCaseError::fail(misfit.to_string()))?;
        let mut model = Model { found: found.clone(), is_sequential: false };
        for step in &steps {
            model.take(step).map_err(|why| TestCaseError::fail(format!("{step:?}: {why}")))?;
        }
        for table in TENANT_TABLES {
            prop_assert_eq!(model.spread(table), Some(&own()), "{}", table);
        }
        for table in REFERENCE_TABLES {
            prop_assert_eq!(model.spread(table), Some(&Spread::Everywhere), "{}", table);
        }
        for table in SHARED_TABLES {
            prop_assert_eq!(model.spread(table), Some(&Spread::Known), "{}", table);
        }
        prop_assert_eq!(sorted(&model.found.keys), sorted(&found.keys));
        prop_assert_eq!(plan(&model.found), Ok(Vec::new()));
        // Of what is done already nothing is touched.
        let dropped: Vec<&Key> = steps.iter().filter_map(|step| if let Step::Drop(key) = step { Some(key) } else { None }).collect();
        let is_done = |table: &str| found.tables.get(table) == Some(&own());
        prop_assert!(dropped.iter().all(|key| !is_done(&key.table) || !is_done(&key.target)));
        prop_assert!(dropped.iter().all(|key| key.target != "tenant"));
    }

    /// Each part of the order is needed: with two neighbouring kinds of step exchanged the model refuses, or the keys are not those of before.
    #[test]
    fn another_order_does_not(at in 0..5_usize) {
        let found = bare();
        let steps = plan(&found).map_err(|misfit| TestCaseError::fail(misfit.to_string()))?;
        let kind = |step: &Step| match step {
            Step::Sequentially => 0,
            Step::Drop(_) => 1,
            Step::Copy(_) | Step::Know(_) => 2,
            Step::First(_) => 3,
            Step::Join(_) => 4,
            Step::Add(_) => 5,
        };
        let rank = |step: &Step| {
            let kind = kind(step);
            if kind == at { at + 1 } else if kind == at + 1 { at } else { kind }
        };
        let mut other = steps;
        other.sort_by_key(rank);
        let mut model = Model { found, is_sequential: false };
        let refused = other.iter().any(|step| model.take(step).is_err());
        // Keys may as well be taken away after the copies are made.
        prop_assert_eq!(refused, at != 1);
    }
}

/// Ours, before anything was done: a key to `tenant` each, and some between them.
fn bare() -> Catalogue {
    let to_tenant = TENANT_TABLES.iter().map(|table| key(table, "tenant"));
    let between =
        [("member", FIRST), (FIRST, FIRST), ("grid_post", "grid"), ("grid_post", "member")];
    let between = between.map(|(table, target)| key(table, target));
    Catalogue { tables: BTreeMap::new(), keys: to_tenant.chain(between).collect() }
}

/// The statements themselves, of the whole way.
#[test]
fn the_statements_are_these() {
    let steps = plan(&bare()).unwrap_or_default();
    let said: Vec<String> = steps.iter().map(Step::sql).collect();
    let at = |text: &str| {
        let found = said.iter().position(|one| one == text);
        assert!(found.is_some(), "{text} is not among {said:#?}");
        found
    };
    let order = [
        at("SET LOCAL citus.multi_shard_modify_mode = 'sequential'"),
        at("ALTER TABLE \"member\" DROP CONSTRAINT \"fk_member_party_org\""),
        at("SELECT create_reference_table('public.tenant')"),
        at("SELECT create_reference_table('public.setup_token')"),
        at("SELECT create_reference_table('public.seaql_migrations')"),
        at("SELECT citus_add_local_table_to_metadata('public.bell')"),
        at(
            "SELECT create_distributed_table('public.party_org', 'tenant_id', shard_count => 64, colocate_with => 'none')",
        ),
        at(
            "SELECT create_distributed_table('public.member', 'tenant_id', colocate_with => 'public.party_org')",
        ),
        at(
            "ALTER TABLE \"member\" ADD CONSTRAINT \"fk_member_party_org\" FOREIGN KEY (tenant_id, x) REFERENCES party_org(tenant_id, id)",
        ),
    ];
    assert!(order.is_sorted(), "{said:#?}");
    assert_eq!(order.first(), Some(&Some(0)));
    let count = 1 + 4 + REFERENCE_TABLES.len() + SHARED_TABLES.len() + TENANT_TABLES.len() + 4;
    assert_eq!(said.len(), count);
}

/// What somebody has spread in another way is left alone, and named.
#[test]
fn what_is_spread_otherwise_is_named() {
    for (table, spread) in [
        ("task", Spread::Everywhere),
        ("task", Spread::Otherwise),
        ("task", own()),
        ("party_org", Spread::By { column: "id".to_owned(), company: 7 }),
        ("tenant", own()),
        ("bell", Spread::Everywhere),
    ] {
        let mut found = bare();
        found.tables.insert(table.to_owned(), spread);
        let refused = plan(&found).expect_err(table);
        assert_eq!(refused.table, table);
        assert!(refused.to_string().contains(table));
    }
    let mut found = bare();
    found.tables.insert(FIRST.to_owned(), own());
    let apart = Spread::By { column: TENANT.to_owned(), company: 8 };
    found.tables.insert("task".to_owned(), apart);
    assert_eq!(plan(&found).map_err(|misfit| misfit.table), Err("task".to_owned()));
}
