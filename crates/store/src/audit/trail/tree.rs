//! The tree of RFC 6962, section 2.1, over the hashes of the links, kept as its peaks: the roots of the full subtrees.

use aws_lc_rs::digest::{Context, SHA256};

use super::bytes::Hash;
use super::record::hash;

/// A tree that grows at its right edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    size: u64,
    /// From the largest to the smallest.
    peaks: Vec<Hash>,
}

impl Tree {
    /// A tree as it was kept; none if there are not as many peaks as a tree of this size has.
    pub(super) fn of(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        let wanted = usize::try_from(size.count_ones()).ok()?;
        (peaks.len() == wanted).then_some(Self { size, peaks })
    }

    /// Stands for a tree of which only the size is known: its root is none that was ever signed.
    pub(super) fn of_unknown(size: u64) -> Self {
        Self { size, peaks: Vec::new() }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Adds a leaf, and closes every subtree that it fills.
    pub(super) fn add(&mut self, entry: &Hash) {
        self.add_bytes(&entry.0);
    }

    fn add_bytes(&mut self, bytes: &[u8]) {
        let mut node = leaf(bytes);
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = branch(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size = self.size.saturating_add(1);
    }

    pub(super) fn root(&self) -> Hash {
        let mut right_to_left = self.peaks.iter().rev().copied();
        let last = right_to_left.next().unwrap_or_else(|| hash(Context::new(&SHA256)));
        right_to_left.fold(last, |right, left| branch(&left, &right))
    }
}

fn leaf(bytes: &[u8]) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[0]);
    context.update(bytes);
    hash(context)
}

fn branch(left: &Hash, right: &Hash) -> Hash {
    let mut context = Context::new(&SHA256);
    context.update(&[1]);
    context.update(&left.0);
    context.update(&right.0);
    hash(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The leaves and roots that implementations of certificate transparency are tested with.
    const LEAVES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    /// The definition, without anything kept: split at the largest power of two below the size.
    fn defined(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => hash(Context::new(&SHA256)),
            [one] => leaf(&one.0),
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                branch(&defined(left), &defined(right))
            }
        }
    }

    #[test]
    fn ad_06_the_roots_are_those_of_certificate_transparency() {
        let mut tree = Tree::default();
        for (size, root) in ROOTS.iter().enumerate() {
            assert_eq!(tree.root().to_string(), *root, "{size}");
            if let Some(bytes) = LEAVES.get(size) {
                tree.add_bytes(bytes);
            }
        }
    }

    #[test]
    fn ad_06_peaks_give_the_root_that_the_definition_gives() {
        let mut tree = Tree::default();
        let mut leaves = Vec::new();
        for size in 0..200u8 {
            assert_eq!(tree.root(), defined(&leaves), "{size}");
            assert_eq!(Tree::of(u64::from(size), tree.peaks().to_vec()), Some(tree.clone()));
            let next = leaf(&[size]);
            leaves.push(next);
            tree.add(&next);
        }
        assert_eq!(Tree::of(201, tree.peaks().to_vec()), None);
    }
}
