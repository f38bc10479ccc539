//! Trees kept as paths: a node's path is the ids from the top down to its own, so that what lies beneath a node is a range of an index.

use std::collections::HashMap;

use sea_orm::sea_query::{Condition, Expr, Func, SimpleExpr};
use sea_orm::{ColumnTrait, Value};
use uuid::Uuid;

use super::tree;

/// Ends each id of a path. It sorts right before [`BEYOND`], and nothing in a path sorts between them.
const STROKE: char = '/';
const BEYOND: char = '0';

/// The path of a node beneath the one of this path, or at the top.
#[must_use]
pub fn path(above: Option<&str>, id: Uuid) -> String {
    format!("{}{}{STROKE}", above.unwrap_or_default(), id.simple())
}

/// The paths of all nodes of a tree of pairs. A node whose parent is not among them stands at the top, and so does one in a cycle.
#[must_use]
pub fn paths<K>(parents: &[(K, Option<K>)]) -> HashMap<K, String>
where
    K: Copy + Eq + std::hash::Hash + Ord + Into<Uuid>,
{
    let mut found: HashMap<K, String> = HashMap::with_capacity(parents.len());
    for (node, parent) in tree::in_order(parents.to_vec(), |n| n.0, |n| n.1, |_| ()) {
        let above = parent.and_then(|parent| found.get(&parent));
        let own = path(above.map(String::as_str), node.into());
        found.insert(node, own);
    }
    found
}

/// The nodes of a path, from the top down to its own.
pub fn nodes(path: &str) -> impl Iterator<Item = Uuid> {
    path.split(STROKE).filter_map(|id| Uuid::try_parse(id).ok())
}

/// The rows whose path is the root's or leads through it: one range of an index.
#[must_use]
pub fn beneath<C: ColumnTrait>(column: C, root: &str) -> Condition {
    let end = end(root);
    Condition::all().add(column.gte(Value::from(root))).add(column.lt(Value::from(end)))
}

/// The path of the node on this level above a node (the top is the first), or the node's own where it stands higher: as part of a
/// statement, which groups by it.
#[must_use]
pub fn on_level(column: impl ColumnTrait, level: usize) -> SimpleExpr {
    let each = Uuid::nil().simple().to_string().len() + STROKE.len_utf8();
    let length = Expr::cust((level * each).to_string());
    Func::cust("substr").arg(column.into_expr()).arg(Expr::cust("1")).arg(length).into()
}

/// Whether a node of this path is the root or lies beneath it. Without a path one is nobody's ancestor.
#[must_use]
pub fn lies_beneath(path: &str, root: &str) -> bool {
    !root.is_empty() && path.starts_with(root)
}

/// The first text behind all that begin with a path.
fn end(root: &str) -> String {
    format!("{}{BEYOND}", root.trim_end_matches(STROKE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use entity::ids::GridId;
    use proptest::prelude::*;

    fn forest() -> impl Strategy<Value = Vec<(GridId, Option<GridId>)>> {
        prop::collection::vec(any::<Option<prop::sample::Index>>(), 1..60).prop_map(|picks| {
            let ids: Vec<GridId> = picks.iter().map(|_| GridId::new()).collect();
            picks
                .iter()
                .enumerate()
                .map(|(node, pick)| {
                    let parent = pick.filter(|_| node > 0).map(|pick| ids[pick.index(node)]);
                    (ids[node], parent)
                })
                .collect()
        })
    }

    #[test]
    fn nothing_lies_beneath_an_empty_path() {
        let id = Uuid::now_v7();
        assert!(lies_beneath(&path(None, id), &path(None, id)));
        assert!(!lies_beneath(&path(None, id), ""));
        assert!(!lies_beneath("", ""));
    }

    proptest! {
        #[test]
        fn a_range_of_paths_is_a_subtree(mut nodes in forest(), root in any::<prop::sample::Index>(), turn in 0..60_usize) {
            let count = nodes.len();
            nodes.rotate_left(turn % count);
            let root = nodes[root.index(count)].0;
            let below = tree::subtree(&nodes, root);
            let paths = paths(&nodes);
            prop_assert_eq!(paths.len(), count);
            let (from, to) = (&paths[&root], end(&paths[&root]));
            for (node, path) in &paths {
                prop_assert_eq!(below.contains(node), path >= from && *path < to);
                prop_assert_eq!(below.contains(node), lies_beneath(path, from));
            }
        }
    }
}
