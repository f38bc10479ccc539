//! Which general grids are behind: pure functions.

use std::collections::HashMap;

use entity::ids::GridId;
use sea_orm::FromQueryResult;

/// A general grid.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct General {
    /// The grid.
    pub id: GridId,
    /// Its code.
    pub code: String,
    /// What it is called.
    pub name: String,
}

/// General grids with what is late in them and beneath them, most first, equal ones by code. Those without anything late are left out, and
/// so are numbers of what is no general grid.
#[must_use]
pub fn most_late(generals: Vec<General>, late: &HashMap<GridId, i64>) -> Vec<(General, i64)> {
    let mut found: Vec<(General, i64)> = generals
        .into_iter()
        .filter_map(|general| {
            let late = late.get(&general.id).copied().filter(|late| *late > 0)?;
            Some((general, late))
        })
        .collect();
    found.sort_by(|(one, fewer), (other, more)| more.cmp(fewer).then(one.code.cmp(&other.code)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_that_are_behind_are_told_most_first(numbers in prop::collection::vec(0_i64..5, 0..12)) {
            let generals: Vec<General> = numbers
                .iter()
                .enumerate()
                .map(|(place, _)| General { id: GridId::new(), code: format!("{:02}", 99 - place), name: String::new() })
                .collect();
            let mut late: HashMap<GridId, i64> =
                generals.iter().map(|general| general.id).zip(numbers.iter().copied()).collect();
            // What is late right in the township, or in a dedicated grid of its own.
            late.insert(GridId::new(), 7);
            let found = most_late(generals.clone(), &late);
            prop_assert_eq!(found.iter().map(|(_, late)| late).sum::<i64>(), numbers.iter().sum::<i64>());
            prop_assert!(found.iter().all(|(general, number)| *number > 0 && late.get(&general.id) == Some(number)));
            let before = |one: &(General, i64), other: &(General, i64)| {
                one.1 > other.1 || (one.1 == other.1 && one.0.code < other.0.code)
            };
            prop_assert!(found.iter().zip(found.iter().skip(1)).all(|(one, other)| before(one, other)));
        }
    }
}
