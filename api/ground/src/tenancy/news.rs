//! The news of what ended, read by every node several times a second over a connection of its own: a pool that is
//! busy with requests must not hold it up.

use entity::revocation::{Entity, Model};
use sea_orm::{DatabaseConnection, EntityTrait, QuerySelect};

use super::db::{StartError, connect_alone};
use crate::config::Config;
use crate::http::Result;

/// Rows that one reading takes. Two minutes of news are far fewer.
const AT_ONCE: u64 = 10_000;

/// The connection on which the news are read.
pub struct News {
    db: DatabaseConnection,
}

impl News {
    /// Opens it.
    pub(crate) async fn connect(config: &Config) -> Result<Self, StartError> {
        Ok(Self { db: connect_alone(config).await? })
    }

    /// All news there are, in one statement; none where they are more than a reading takes.
    pub(crate) async fn read(&self) -> Result<Option<Vec<Model>>> {
        let rows = Entity::find().limit(AT_ONCE).all(&self.db).await?;
        Ok((u64::try_from(rows.len()).is_ok_and(|count| count < AT_ONCE)).then_some(rows))
    }
}
