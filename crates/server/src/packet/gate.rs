//! The table of disclosures, at the door: what may not go is taken out here, and here only.

use homeward_domain::disclosure::{Datum, Destination, Ground, may_go};
use homeward_domain::report::ContentOrigin;

/// Where something goes, and on what grounds.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    pub destination: Destination,
    /// Open the way for everything of their kind.
    pub grounds: &'a [Ground],
    /// Why records of a program under 42 CFR part 2 may go.
    pub part2_basis: Option<&'a str>,
    /// Why school records may go.
    pub ferpa_basis: Option<&'a str>,
}

impl Gate<'_> {
    /// The value, if its kind may go.
    pub fn lets<T>(&self, datum: impl Into<Datum>, value: impl Into<Option<T>>) -> Option<T> {
        value.into().filter(|_| self.opens(datum.into(), self.grounds))
    }

    /// Whether words of this kind, from records of this origin, may go.
    pub fn lets_words(&self, datum: impl Into<Datum>, origin: ContentOrigin) -> bool {
        let basis = match origin {
            ContentOrigin::None => return self.opens(datum.into(), self.grounds),
            ContentOrigin::Part2 => self.part2_basis,
            ContentOrigin::Ferpa => self.ferpa_basis,
        };
        let recorded: &[Ground] = if basis.is_some() { &[Ground::RecordedBasis] } else { &[] };
        self.opens(datum.into(), self.grounds) && self.opens(Datum::ProtectedOrigin, recorded)
    }

    fn opens(&self, datum: Datum, grounds: &[Ground]) -> bool {
        may_go(datum, self.destination, grounds)
    }
}
