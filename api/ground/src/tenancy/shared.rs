//! What upper floors register once at start and need again inside a transaction (as the effects of a
//! verified task), keyed by type, so that this floor need not know the upper ones.

use std::any::{Any, TypeId};
use std::collections::HashMap;

use futures_util::future::LocalBoxFuture;

use super::db::StartError;
use super::tx::Tx;
use crate::http::Result;

/// Something an upper floor does inside a transaction that a lower floor opened.
pub type Hook = for<'a> fn(&'a Tx) -> LocalBoxFuture<'a, Result<()>>;

/// What is fixed at start: of some types one value, of others as many as rooms add.
#[derive(Default)]
pub struct Shared {
    one: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
    many: HashMap<TypeId, Box<dyn Any + Send + Sync>>,
}

impl Shared {
    /// Registers the one value of a type.
    ///
    /// # Errors
    /// There is one already: the second would take the place of the first without a word.
    pub fn insert<T: Any + Send + Sync>(&mut self, value: T) -> Result<(), StartError> {
        match self.one.insert(TypeId::of::<T>(), Box::new(value)) {
            None => Ok(()),
            Some(_) => {
                let name = std::any::type_name::<T>();
                Err(StartError::Config(format!("{name} is registered twice")))
            }
        }
    }

    /// The one value of a type.
    #[must_use]
    pub fn get<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.one.get(&TypeId::of::<T>()).and_then(|value| value.downcast_ref())
    }

    /// Adds a value to those of its type: what other rooms have added stays.
    pub fn add<T: Any + Send + Sync>(&mut self, value: T) {
        let all = self.many.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(Vec::<T>::new()));
        if let Some(all) = all.downcast_mut::<Vec<T>>() {
            all.push(value);
        }
    }

    /// All values of a type, in the order in which they were added.
    #[must_use]
    pub fn all<T: Any + Send + Sync>(&self) -> &[T] {
        let all = self.many.get(&TypeId::of::<T>()).and_then(|all| all.downcast_ref::<Vec<T>>());
        all.map(Vec::as_slice).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one_and_more_are_kept() {
        let mut shared = Shared::default();
        assert!(shared.insert(1_i32).is_ok());
        assert!(shared.insert(2_i32).is_err());
        for text in ["a", "b"] {
            shared.add(text);
        }
        assert_eq!(shared.all::<&str>(), ["a", "b"]);
        assert!(shared.all::<u8>().is_empty());
    }
}
