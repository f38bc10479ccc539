//! The Merkle tree of RFC 6962: its root, and proofs that a leaf is in it and that it only ever grew. Pure.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The hash of a leaf: prefixed, so that no inner node can be passed off as one.
#[must_use]
pub fn leaf(data: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update([0x00]);
    hash.update(data);
    hash.finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update([0x01]);
    hash.update(left);
    hash.update(right);
    hash.finalize().into()
}

/// A tree that leaves are added to at its end. It keeps one hash for each power of two in its size: 20 for a million
/// leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    size: u64,
    /// The roots of its perfect subtrees, the largest first.
    peaks: Vec<Hash>,
}

impl Tree {
    /// The tree of these leaves.
    #[must_use]
    pub fn of(leaves: &[Hash]) -> Self {
        let mut tree = Self::default();
        for leaf in leaves {
            tree.push(*leaf);
        }
        tree
    }

    /// The tree of so many leaves with these perfect subtrees, the largest first; none when they do not fit.
    #[must_use]
    pub fn with(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        let fits = u32::try_from(peaks.len()).is_ok_and(|count| count == size.count_ones());
        fits.then_some(Self { size, peaks })
    }

    /// The roots of its perfect subtrees, the largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Its root; the hash of nothing when it is empty.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            Some(last) => peaks.fold(*last, |right, left| node(left, &right)),
            None => Sha256::digest([]).into(),
        }
    }
}

/// Where the tree over `size` leaves (two or more) divides: after the largest power of two below it.
fn divide(leaves: &[Hash]) -> Option<(&[Hash], &[Hash])> {
    leaves.split_at_checked(leaves.len().next_power_of_two() / 2)
}

/// The hashes that lead from a leaf to the root; none when there is no such leaf.
#[must_use]
pub fn inclusion(leaves: &[Hash], index: usize) -> Option<Vec<Hash>> {
    if index >= leaves.len() {
        return None;
    }
    let (mut rest, mut index, mut proof) = (leaves, index, Vec::new());
    while rest.len() > 1 {
        let (left, right) = divide(rest)?;
        if index < left.len() {
            proof.push(Tree::of(right).root());
            rest = left;
        } else {
            proof.push(Tree::of(left).root());
            index -= left.len();
            rest = right;
        }
    }
    proof.reverse();
    Some(proof)
}

/// The hashes that prove that the tree of the first `old` leaves is the beginning of the tree of all; none when there
/// are not so many.
#[must_use]
pub fn consistency(leaves: &[Hash], old: usize) -> Option<Vec<Hash>> {
    if old > leaves.len() {
        return None;
    }
    let mut proof = Vec::new();
    if old == 0 || old == leaves.len() {
        return Some(proof);
    }
    let (mut rest, mut old, mut whole) = (leaves, old, true);
    while old < rest.len() {
        let (left, right) = divide(rest)?;
        if old <= left.len() {
            proof.push(Tree::of(right).root());
            rest = left;
        } else {
            proof.push(Tree::of(left).root());
            old -= left.len();
            rest = right;
            whole = false;
        }
    }
    if !whole {
        proof.push(Tree::of(rest).root());
    }
    proof.reverse();
    Some(proof)
}

/// Whether the proof leads from the leaf at `index` to the root of a tree of `size` leaves (RFC 9162, 2.1.3.2).
#[must_use]
pub fn includes(root: &Hash, size: u64, index: u64, leaf: &Hash, proof: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut hash) = (index, size - 1, *leaf);
    for step in proof {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            hash = node(step, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether the proof shows that the tree of `old` leaves is the beginning of the one of `new` (RFC 9162, 2.1.4.2).
#[must_use]
pub fn consistent(old: (u64, &Hash), new: (u64, &Hash), proof: &[Hash]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    if old_size > new_size {
        return false;
    }
    if old_size == 0 {
        return proof.is_empty() && *old_root == Tree::default().root();
    }
    let (mut at, mut last) = (old_size - 1, new_size - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let mut steps = proof.iter();
    // A perfect old tree is itself the first step.
    let first = if old_size.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(first) = first else { return false };
    let (mut from_old, mut from_new) = (*first, *first);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at & 1 == 1 || at == last {
            from_old = node(step, &from_old);
            from_new = node(step, &from_new);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node(&from_new, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && from_old == *old_root && from_new == *new_root
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        text.as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// The definition of RFC 6962, 2.1, word for word: the model that the tree is held against.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            _ => {
                let mut k = 1;
                while k * 2 < leaves.len() {
                    k *= 2;
                }
                node(&defined(&leaves[..k]), &defined(&leaves[k..]))
            }
        }
    }

    /// The test vectors of the certificate-transparency reference implementation.
    #[test]
    fn the_published_roots_come_out() {
        let inputs = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ];
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let empty = hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(Tree::default().root().to_vec(), empty);
        let mut tree = Tree::default();
        for (input, root) in inputs.into_iter().zip(roots) {
            tree.push(leaf(&hex(input)));
            assert_eq!(tree.root().to_vec(), hex(root), "{} leaves", tree.size());
        }
    }

    fn leaves(seeds: &[u64]) -> Vec<Hash> {
        seeds.iter().map(|seed| leaf(&seed.to_be_bytes())).collect()
    }

    fn size(leaves: &[Hash]) -> u64 {
        u64::try_from(leaves.len()).unwrap()
    }

    proptest! {
        #[test]
        fn the_tree_is_the_one_defined(seeds in prop::collection::vec(any::<u64>(), 0..70)) {
            let leaves = leaves(&seeds);
            let tree = Tree::of(&leaves);
            prop_assert_eq!(tree.root(), defined(&leaves));
            prop_assert_eq!(tree.size(), size(&leaves));
            prop_assert_eq!(Tree::with(tree.size(), tree.peaks().to_vec()), Some(tree.clone()));
            prop_assert_eq!(Tree::with(tree.size() + 1, Vec::new()), None);
        }

        #[test]
        fn every_leaf_is_proved_and_nothing_else(
            seeds in prop::collection::vec(any::<u64>(), 1..70), at in any::<prop::sample::Index>(), bit in 0_usize..256,
        ) {
            let leaves = leaves(&seeds);
            let (root, index) = (defined(&leaves), at.index(leaves.len()));
            let proof = inclusion(&leaves, index).unwrap();
            let place = u64::try_from(index).unwrap();
            let n = size(&leaves);
            prop_assert!(includes(&root, n, place, &leaves[index], &proof));
            let mut other = leaves[index];
            other[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!includes(&root, n, place, &other, &proof));
            prop_assert!(!includes(&other, n, place, &leaves[index], &proof));
            prop_assert!(!includes(&root, n, n, &leaves[index], &proof));
            let mut longer = proof.clone();
            longer.push(root);
            prop_assert!(!includes(&root, n, place, &leaves[index], &longer));
            for step in 0..proof.len() {
                let mut bent = proof.clone();
                bent[step][bit / 8] ^= 1 << (bit % 8);
                prop_assert!(!includes(&root, n, place, &leaves[index], &bent));
                let mut shorter = proof.clone();
                shorter.remove(step);
                prop_assert!(!includes(&root, n, place, &leaves[index], &shorter));
            }
            prop_assert_eq!(inclusion(&leaves, leaves.len()), None);
        }

        #[test]
        fn a_tree_that_grew_is_told_from_one_that_changed(
            seeds in prop::collection::vec(any::<u64>(), 1..70), at in any::<prop::sample::Index>(), bent in any::<prop::sample::Index>(),
        ) {
            let leaves = leaves(&seeds);
            let old = at.index(leaves.len() + 1);
            let (old_root, new_root) = (defined(&leaves[..old]), defined(&leaves));
            let (m, n) = (size(&leaves[..old]), size(&leaves));
            let proof = consistency(&leaves, old).unwrap();
            prop_assert!(consistent((m, &old_root), (n, &new_root), &proof));
            // Another leaf in the beginning: the old root is no beginning of the new tree, whatever is shown for it.
            if old > 0 {
                let mut forked = leaves.clone();
                forked[bent.index(old)][0] ^= 1;
                let forked_root = defined(&forked);
                let shown = consistency(&forked, old).unwrap();
                prop_assert!(!consistent((m, &old_root), (n, &forked_root), &shown));
                prop_assert!(!consistent((m, &old_root), (n, &forked_root), &proof));
            }
            prop_assert_eq!(consistency(&leaves, leaves.len() + 1), None);
        }
    }
}
