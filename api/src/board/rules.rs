//! Numbers rolled up the tree of grids: pure functions.

use std::collections::HashMap;

use entity::ids::GridId;
use entity::kinds::GridKind;

/// A grid of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The grid.
    pub id: GridId,
    /// The one above.
    pub parent_id: Option<GridId>,
    /// Its kind.
    pub kind: GridKind,
}

/// Adds numbers of grids up to the general grid that each lies in; most first, equal ones in the order of the tree
/// (parents come first in it). What lies in no general grid is left out, and so are general grids without any.
#[must_use]
pub fn by_general_grid(tree: &[Node], numbers: &HashMap<GridId, i64>) -> Vec<(GridId, i64)> {
    let mut general_of: HashMap<GridId, GridId> = HashMap::new();
    let mut order: Vec<GridId> = Vec::new();
    let mut sums: HashMap<GridId, i64> = HashMap::new();
    for node in tree {
        let general = if node.kind == GridKind::General {
            order.push(node.id);
            Some(node.id)
        } else {
            node.parent_id.and_then(|parent| general_of.get(&parent).copied())
        };
        if let Some(general) = general {
            general_of.insert(node.id, general);
            *sums.entry(general).or_default() += numbers.get(&node.id).copied().unwrap_or_default();
        }
    }
    let mut found: Vec<(GridId, i64)> = order
        .into_iter()
        .filter_map(|grid| sums.get(&grid).filter(|sum| **sum > 0).map(|sum| (grid, *sum)))
        .collect();
    found.sort_by_key(|(_, sum)| std::cmp::Reverse(*sum));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_of_sub_grids_count_for_their_general_grid() {
        let [township, first, sub, second, third] = [(); 5].map(|()| GridId::new());
        let node = |id, parent_id, kind| Node { id, parent_id, kind };
        let tree = [
            node(township, None, GridKind::Township),
            node(first, Some(township), GridKind::General),
            node(sub, Some(first), GridKind::Sub),
            node(second, Some(township), GridKind::General),
            node(third, Some(township), GridKind::General),
        ];
        let numbers = HashMap::from([(township, 9), (first, 1), (sub, 2), (second, 5)]);
        assert_eq!(by_general_grid(&tree, &numbers), vec![(second, 5), (first, 3)]);
    }

    proptest! {
        #[test]
        fn nothing_beneath_general_grids_is_lost(counts in prop::collection::vec(prop::collection::vec(0_i64..9, 0..6), 0..8)) {
            let mut tree = Vec::new();
            let mut numbers = HashMap::new();
            for subs in &counts {
                let general = GridId::new();
                tree.push(Node { id: general, parent_id: None, kind: GridKind::General });
                for count in subs {
                    let sub = GridId::new();
                    tree.push(Node { id: sub, parent_id: Some(general), kind: GridKind::Sub });
                    numbers.insert(sub, *count);
                }
            }
            let found = by_general_grid(&tree, &numbers);
            prop_assert_eq!(found.iter().map(|(_, n)| n).sum::<i64>(), counts.iter().flatten().sum::<i64>());
            prop_assert!(found.iter().zip(found.iter().skip(1)).all(|(a, b)| a.1 >= b.1));
        }
    }
}
