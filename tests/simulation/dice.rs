//! Chance that can be repeated: splitmix64.

/// A stream of numbers from one seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed);
        dice.next();
        dice
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// From `start` on and below `end`.
    pub fn between(&mut self, start: i64, end: i64) -> i64 {
        let width = u64::try_from(end - start).expect("a range goes up");
        start + i64::try_from(self.next() % width).expect("below the width")
    }

    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a count");
        usize::try_from(self.next() % end).expect("below a count")
    }

    /// So many times in a hundred.
    pub fn percent(&mut self, chance: u64) -> bool {
        self.next() % 100 < chance
    }

    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// Short more often than long, from 1 to `longest`.
    pub fn skewed(&mut self, longest: i64) -> i64 {
        let bits = 64 - longest.leading_zeros();
        let end = (1_i64 << (1 + self.below(usize::try_from(bits).expect("few")))).min(longest + 1).max(2);
        self.between(1, end)
    }
}
