//! Trees kept as (node, parent) pairs: party organisations here, grids next door.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::Hash;

/// The root and everything beneath it, the root first. Pairs in a cycle apart from the root are not reached.
pub fn subtree<K: Copy + Eq + Hash>(parents: &[(K, Option<K>)], root: K) -> Vec<K> {
    let mut children: HashMap<K, Vec<K>> = HashMap::new();
    for (node, parent) in parents {
        if let Some(parent) = parent {
            children.entry(*parent).or_default().push(*node);
        }
    }
    let mut seen = HashSet::from([root]);
    let mut found = vec![root];
    let mut waiting = vec![root];
    while let Some(node) = waiting.pop() {
        for child in children.get(&node).into_iter().flatten() {
            if seen.insert(*child) {
                found.push(*child);
                waiting.push(*child);
            }
        }
    }
    found
}

/// The union of the subtrees of several roots, without doubles.
pub fn subtrees<K: Copy + Eq + Hash>(parents: &[(K, Option<K>)], roots: &[K]) -> Vec<K> {
    let mut seen = HashSet::new();
    roots
        .iter()
        .flat_map(|root| subtree(parents, *root))
        .filter(|node| seen.insert(*node))
        .collect()
}

/// Sorts rows so that every parent stands before its children and siblings follow their key (pre-order, as a
/// tree is read). A row whose parent is not among the rows counts as a root; a row in a cycle comes last.
pub fn in_order<T, K, S>(
    rows: Vec<T>,
    id: impl Fn(&T) -> K,
    parent: impl Fn(&T) -> Option<K>,
    key: impl Fn(&T) -> S,
) -> Vec<T>
where
    K: Copy + Eq + Hash + Ord,
    S: Ord,
{
    let known: HashSet<K> = rows.iter().map(&id).collect();
    let mut by_parent: HashMap<Option<K>, BTreeMap<(S, K), T>> = HashMap::new();
    for row in rows {
        let parent = parent(&row).filter(|p| known.contains(p));
        by_parent.entry(parent).or_default().insert((key(&row), id(&row)), row);
    }
    let mut sorted = Vec::new();
    // Each level on the stack is what is left of one group of siblings.
    let mut stack: Vec<_> = by_parent.remove(&None).into_iter().map(BTreeMap::into_iter).collect();
    while let Some(siblings) = stack.last_mut() {
        let Some(((_, node), row)) = siblings.next() else {
            stack.pop();
            continue;
        };
        sorted.push(row);
        if let Some(children) = by_parent.remove(&Some(node)) {
            stack.push(children.into_iter());
        }
    }
    sorted.extend(by_parent.into_values().flat_map(BTreeMap::into_values));
    sorted
}

/// Whether `node` could hang under `parent`: a node cannot hang under itself or anything beneath it.
pub fn may_hang<K: Copy + Eq + Hash>(parents: &[(K, Option<K>)], node: K, parent: K) -> bool {
    !subtree(parents, node).contains(&parent)
}

/// The nodes that lie on a cycle or lead into one.
pub fn cyclic<K: Copy + Eq + Hash>(parents: &[(K, Option<K>)]) -> HashSet<K> {
    let roots: Vec<K> =
        parents.iter().filter(|(_, parent)| parent.is_none()).map(|(node, _)| *node).collect();
    let known: HashSet<K> = parents.iter().map(|(node, _)| *node).collect();
    // A parent that is not known is a fault of its own, not a cycle.
    let orphans: Vec<K> = parents
        .iter()
        .filter(|(_, parent)| parent.is_some_and(|p| !known.contains(&p)))
        .map(|(node, _)| *node)
        .collect();
    let reached: HashSet<K> =
        subtrees(parents, &roots).into_iter().chain(subtrees(parents, &orphans)).collect();
    known.difference(&reached).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A forest: node k hangs under an earlier one or under nothing.
    fn forest() -> impl Strategy<Value = Vec<(usize, Option<usize>)>> {
        prop::collection::vec(any::<Option<prop::sample::Index>>(), 1..60).prop_map(|picks| {
            picks
                .into_iter()
                .enumerate()
                .map(|(node, pick)| (node, pick.filter(|_| node > 0).map(|p| p.index(node))))
                .collect()
        })
    }

    proptest! {
        #[test]
        fn order_keeps_all_and_puts_parents_first(mut nodes in forest(), turn in 0..60_usize) {
            let count = nodes.len();
            nodes.rotate_left(turn % count);
            let sorted = in_order(nodes, |n| n.0, |n| n.1, |n| std::cmp::Reverse(n.0));
            prop_assert_eq!(sorted.len(), count);
            for (position, (_, parent)) in sorted.iter().enumerate() {
                if let Some(parent) = parent {
                    let above = sorted.iter().position(|(node, _)| node == parent);
                    prop_assert!(above.is_some_and(|p| p < position));
                }
            }
        }

        #[test]
        fn subtree_is_closed_and_a_forest_has_no_cycle(nodes in forest(), root in any::<prop::sample::Index>()) {
            let root = root.index(nodes.len());
            let below = subtree(&nodes, root);
            for (node, parent) in &nodes {
                let inside = *node == root || parent.is_some_and(|p| below.contains(&p));
                prop_assert_eq!(below.contains(node), inside);
            }
            prop_assert!(cyclic(&nodes).is_empty());
        }

        #[test]
        fn hanging_where_it_may_never_makes_a_cycle(mut nodes in forest(), pair in any::<(prop::sample::Index, prop::sample::Index)>()) {
            let (node, parent) = (pair.0.index(nodes.len()), pair.1.index(nodes.len()));
            let may = may_hang(&nodes, node, parent);
            if let Some(entry) = nodes.get_mut(node) {
                entry.1 = Some(parent);
            }
            prop_assert_eq!(cyclic(&nodes).is_empty(), may);
        }
    }
}
