//! What upper floors register once at start and need again inside a transaction (as the effects of a
//! verified task), keyed by type, so that this floor need not know the upper ones.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::LocalBoxFuture;

use super::tx::Tx;
use crate::http::Result;

/// Something an upper floor does inside a transaction that a lower floor opened.
pub type Hook = for<'a> fn(&'a Tx) -> LocalBoxFuture<'a, Result<()>>;

/// One value a type, fixed at start.
#[derive(Clone, Default)]
pub struct Shared {
    values: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

impl Shared {
    /// Registers a value; a second one of the type replaces the first.
    pub fn insert<T: Any + Send + Sync>(&mut self, value: T) {
        self.values.insert(TypeId::of::<T>(), Arc::new(value));
    }

    /// The value of a type.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.values.get(&TypeId::of::<T>()).and_then(|value| value.downcast_ref())
    }
}
