//! The second wall on PostgreSQL: a transaction names its township and proves that the server meant it.

use std::path::Path;

use entity::ids::TenantId;
use sha2::{Digest, Sha256};

use super::db::StartError;
use crate::config::Config;
use crate::files;

/// What a transaction says of its township.
#[derive(Clone, Default)]
pub(super) struct Wall {
    key: Option<[u8; migration::KEY]>,
}

impl Wall {
    /// With the key of `data_dir`, which is made where there is none; without a key where the settings ask for no proof, and on
    /// SQLite.
    pub(super) fn of(config: &Config) -> Result<Self, StartError> {
        if !config.tenant_proof || config.database_url.starts_with("sqlite:") {
            return Ok(Self::default());
        }
        let path = config.data_dir.join(files::WALL_KEY);
        let made = || Ok(rand::random::<[u8; migration::KEY]>().to_vec());
        let key = files::read_or_make(Path::new(&path), made)?;
        // Of a longer one the beginning.
        let key = key.first_chunk().copied();
        match key {
            Some(key) => Ok(Self { key: Some(key) }),
            None => Err(StartError::Config(format!("{} is no key", path.display()))),
        }
    }

    /// For the owner, who tells the database.
    pub(super) fn key(&self) -> Option<&[u8; migration::KEY]> {
        self.key.as_ref()
    }

    /// What a transaction in a township says first. SET LOCAL and not set_config(): only the former reaches the workers of the
    /// distributed database.
    pub(super) fn enter(&self, tenant: TenantId) -> String {
        let proof = self.key.as_ref().map(|key| prove(key, tenant)).unwrap_or_default();
        // Both are letters, digits and dashes of ours.
        format!("SET LOCAL app.tenant_id = '{}{proof}'", tenant.uuid())
    }
}

fn prove(key: &[u8; migration::KEY], tenant: TenantId) -> String {
    let mut hash = Sha256::new();
    hash.update(key);
    hash.update(tenant.uuid().as_bytes());
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
