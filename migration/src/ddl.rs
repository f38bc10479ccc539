//! The shape every tenant table has, said once: `tenant_id` opens its primary key, each unique and each index, and goes
//! along in each foreign key; on PostgreSQL its rows are walled off by row-level security.
//!
//! Released migrations build on these methods, so what one of them produces does not change any more: a new rule gets a
//! new method.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend, Statement};

pub(crate) const TENANT: &str = "tenant_id";
/// The tenant table that the others are distributed with.
pub(crate) const FIRST: &str = "party_org";

/// Only the rows of the township named in the transaction by `SET LOCAL app.tenant_id`; none at all before that. What
/// [`crate::raise_walls`] makes of it after the last step asks for more.
/// Without a subquery, which the distributed database would refuse; a setting that was cleared reads as ''.
const OWN_ROWS: &str = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid";

pub(crate) fn on_postgres(manager: &SchemaManager<'_>) -> bool {
    manager.get_database_backend() == DbBackend::Postgres
}

/// A text column that both databases compare and sort alike: byte by byte, whatever the locale of the server.
pub(crate) fn text(manager: &SchemaManager<'_>, name: &'static str) -> ColumnDef {
    text_column(on_postgres(manager), name)
}

fn text_column(postgres: bool, name: &'static str) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    column.text();
    if postgres {
        column.extra("COLLATE \"C\"");
    }
    column
}

/// An index that begins with the township, named after what it is over.
pub(crate) fn index_over(
    prefix: &str,
    table: &'static str,
    columns: &[&'static str],
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("{prefix}_{table}_{}", columns.join("_"))).table(table).col(TENANT);
    for column in columns {
        index.col(*column);
    }
    index
}

/// A tenant table in the making.
pub(crate) struct TenantTable {
    name: &'static str,
    postgres: bool,
    table: TableCreateStatement,
    keys: Vec<ForeignKeyCreateStatement>,
    indexes: Vec<IndexCreateStatement>,
}

impl TenantTable {
    /// A table with the key `(tenant_id, id)`.
    pub(crate) fn new(manager: &SchemaManager<'_>, name: &'static str) -> Self {
        Self::keyed_by(manager, name, &["id"]).uuid("id")
    }

    /// A table with the key `(tenant_id, key…)`; the key's columns are still to be added.
    pub(crate) fn keyed_by(
        manager: &SchemaManager<'_>,
        name: &'static str,
        key: &[&'static str],
    ) -> Self {
        let mut primary = Index::create();
        primary.col(TENANT);
        for column in key {
            primary.col(*column);
        }
        let mut table = Table::create();
        table
            .table(name)
            .col(ColumnDef::new(TENANT).uuid().not_null())
            .primary_key(&mut primary)
            .foreign_key(
                ForeignKey::create()
                    .name(format!("fk_{name}_tenant"))
                    .from(name, TENANT)
                    .to("tenant", "id")
                    .on_delete(ForeignKeyAction::NoAction),
            );
        Self { name, postgres: on_postgres(manager), table, keys: Vec::new(), indexes: Vec::new() }
    }

    fn column(mut self, mut column: ColumnDef, nullable: bool) -> Self {
        if !nullable {
            column.not_null();
        }
        self.table.col(column);
        self
    }

    pub(crate) fn uuid(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).uuid().take(), false)
    }

    pub(crate) fn uuid_null(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).uuid().take(), true)
    }

    pub(crate) fn text(self, name: &'static str) -> Self {
        let column = text_column(self.postgres, name);
        self.column(column, false)
    }

    pub(crate) fn text_null(self, name: &'static str) -> Self {
        let column = text_column(self.postgres, name);
        self.column(column, true)
    }

    pub(crate) fn bool(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).boolean().take(), false)
    }

    pub(crate) fn i16(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).small_integer().take(), false)
    }

    pub(crate) fn i32(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).integer().take(), false)
    }

    pub(crate) fn i32_null(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).integer().take(), true)
    }

    pub(crate) fn i64(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).big_integer().take(), false)
    }

    pub(crate) fn i64_null(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).big_integer().take(), true)
    }

    pub(crate) fn f64_null(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).double().take(), true)
    }

    pub(crate) fn date(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).date().take(), false)
    }

    pub(crate) fn date_null(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).date().take(), true)
    }

    pub(crate) fn time(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).timestamp_with_time_zone().take(), false)
    }

    pub(crate) fn time_null(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).timestamp_with_time_zone().take(), true)
    }

    pub(crate) fn blob(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).blob().take(), false)
    }

    pub(crate) fn blob_null(self, name: &'static str) -> Self {
        self.column(ColumnDef::new(name).blob().take(), true)
    }

    /// `column` names a row of `target` of the same township, which cannot be deleted while it does.
    pub(crate) fn refers(self, column: &'static str, target: &'static str) -> Self {
        self.foreign_key(column, target, ForeignKeyAction::NoAction)
    }

    /// As [`Self::refers`], but the row goes when its `target` goes: it has no meaning of its own.
    pub(crate) fn belongs(self, column: &'static str, target: &'static str) -> Self {
        self.foreign_key(column, target, ForeignKeyAction::Cascade)
    }

    fn foreign_key(
        mut self,
        column: &'static str,
        target: &'static str,
        on_delete: ForeignKeyAction,
    ) -> Self {
        let mut key = ForeignKey::create()
            .name(format!("fk_{}_{column}", self.name))
            .from(self.name, (TENANT, column))
            .to(target, (TENANT, "id"))
            .on_delete(on_delete)
            .take();
        if self.postgres {
            self.keys.push(key);
        } else {
            self.table.foreign_key(&mut key);
        }
        self
    }

    /// These columns together are unique in a township.
    pub(crate) fn unique(mut self, columns: &[&'static str]) -> Self {
        let mut index = index_over("uq", self.name, columns);
        self.indexes.push(index.unique().take());
        self
    }

    /// For reads by these columns within a township.
    pub(crate) fn index(mut self, columns: &[&'static str]) -> Self {
        let index = index_over("ix", self.name, columns);
        self.indexes.push(index);
        self
    }

    /// Creates the table, its indexes and, on PostgreSQL, its wall. On PostgreSQL its keys to other tenant tables come last: in the
    /// distributed database a table is distributed before it may refer to one that is.
    pub(crate) async fn create(self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        manager.create_table(self.table).await?;
        if self.postgres {
            distribute(manager, self.name).await?;
        }
        for key in self.keys {
            manager.create_foreign_key(key).await?;
        }
        for index in self.indexes {
            manager.create_index(index).await?;
        }
        if self.postgres {
            let name = self.name;
            let db = manager.get_connection();
            // Enabled, not forced: the owner migrates and moves data, and never serves a request.
            db.execute_unprepared(&format!("ALTER TABLE \"{name}\" ENABLE ROW LEVEL SECURITY"))
                .await?;
            db.execute_unprepared(&format!(
                "CREATE POLICY tenant_isolation ON \"{name}\" USING ({OWN_ROWS}) WITH CHECK ({OWN_ROWS})"
            ))
            .await?;
        }
        Ok(())
    }
}

/// Distributes a new tenant table as the others are, where they are (Citus): by township, in their group.
async fn distribute(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let ask = async |sql: String| -> Result<bool, DbErr> {
        let row = db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
        row.map_or(Ok(false), |row| row.try_get("", "so"))
    };
    if !ask("SELECT to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AS so".to_owned())
        .await?
    {
        return Ok(());
    }
    let others = format!(
        "SELECT EXISTS (SELECT FROM pg_dist_partition WHERE logicalrelid = to_regclass('{FIRST}') AND partmethod = 'h') AS so"
    );
    if ask(others).await? {
        db.execute_unprepared(&format!(
            "SELECT create_distributed_table('{table}', '{TENANT}', colocate_with => '{FIRST}')"
        ))
        .await?;
    }
    Ok(())
}

/// On SQLite, rows of the table can be added only. On PostgreSQL the serving role lacks the privileges instead
/// (`raise_walls`), since a distributed table takes no trigger.
pub(crate) async fn append_only(manager: &SchemaManager<'_>, table: &str) -> Result<(), DbErr> {
    if on_postgres(manager) {
        return Ok(());
    }
    for act in ["UPDATE", "DELETE"] {
        manager
            .get_connection()
            .execute_unprepared(&format!(
                "CREATE TRIGGER \"{table}_refuses_{}\" BEFORE {act} ON \"{table}\" \
                 BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
                act.to_ascii_lowercase()
            ))
            .await?;
    }
    Ok(())
}

/// On SQLite, closes the way around [`append_only`]: `REPLACE` and `INSERT OR REPLACE` remove the row whose key they
/// take without firing its DELETE trigger, unless the connection says otherwise (`recursive_triggers`, off by default
/// and every connection's own). So an insert that finds one of the keys `refused` taken is refused, and one
/// that finds one of the keys `passed_over` taken does nothing, as `ON CONFLICT DO NOTHING` asks for.
pub(crate) async fn never_replaced(
    manager: &SchemaManager<'_>,
    table: &str,
    refused: &[&[&str]],
    passed_over: &[&[&str]],
) -> Result<(), DbErr> {
    if on_postgres(manager) {
        return Ok(());
    }
    let taken = |columns: &[&str]| {
        let same: Vec<String> =
            columns.iter().map(|column| format!("\"{column}\" = NEW.\"{column}\"")).collect();
        format!(
            "EXISTS (SELECT 1 FROM \"{table}\" WHERE \"{TENANT}\" = NEW.\"{TENANT}\" AND {})",
            same.join(" AND ")
        )
    };
    let refused = refused.iter().map(|columns| {
        format!("WHEN {} THEN RAISE(ABORT, '{table} is append-only') ", taken(columns))
    });
    let passed_over =
        passed_over.iter().map(|columns| format!("WHEN {} THEN RAISE(IGNORE) ", taken(columns)));
    let cases: String = refused.chain(passed_over).collect();
    manager
        .get_connection()
        .execute_unprepared(&format!(
            "CREATE TRIGGER \"{table}_refuses_replace\" BEFORE INSERT ON \"{table}\" \
             BEGIN SELECT CASE {cases}END; END"
        ))
        .await?;
    Ok(())
}
