//! The rules of one place together, and the library of those that ship.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};

use super::calendar::Calendar;
use super::overlay::Overlay;
use super::pack::{self, Choice};
use super::rule::Rule;
use crate::duty::DutyKind;
use crate::episode::Facts;
use crate::notification::Recipient;
use crate::zone::Zone;

const FEDERAL: &str = include_str!("../../../../rules/federal.toml");

macro_rules! states {
    ($($code:literal)+) => { [$(include_str!(concat!("../../../../rules/states/", $code, ".toml")),)+] };
}

/// One file a State, by postal code.
pub(super) const STATES: &[&str] = &states![
    "ar" "az" "co" "fl" "ga" "id" "il" "in" "ks" "ky" "mi" "mo" "nc" "nh" "ny" "or" "tn" "tx" "ut" "va" "wa" "wi" "wv" "wy"
];

/// The rules of one place: the federal floor, what its State adds, and what an agency adds on top.
#[derive(Clone, Debug)]
pub struct RuleBook {
    rules: Vec<Arc<Rule>>,
    choices: Vec<Choice>,
    calendar: Calendar,
    jurisdiction: String,
}

impl RuleBook {
    /// The floor with an overlay on top. The floor comes first and is never left out.
    pub fn with(overlay: &Overlay) -> Self {
        let floor = library().floor.clone();
        Self { jurisdiction: overlay.jurisdiction().to_owned(), calendar: Calendar::of(overlay.zone()), ..floor }
            .and(overlay)
    }

    /// The same with more rules on top, which can only tighten it.
    pub fn and(mut self, overlay: &Overlay) -> Self {
        self.rules.extend(overlay.rules().iter().cloned());
        self.choices.extend(overlay.choices().iter().cloned());
        self
    }

    /// The same by the clocks and the calendar of this zone.
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { calendar: Calendar::of(zone), ..self }
    }

    /// `US`, or the postal code of the State.
    pub fn jurisdiction(&self) -> &str {
        &self.jurisdiction
    }

    /// Every rule, the federal floor first.
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    /// The conditions that only a person chooses.
    pub fn choices(&self) -> &[Choice] {
        &self.choices
    }

    /// Changes with any word of any rule, so that duties planned with other rules can be told.
    pub fn fingerprint(&self) -> String {
        let mut hasher = DefaultHasher::new();
        format!("{self:?}").hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }

    pub(super) fn calendar(&self) -> Calendar {
        self.calendar
    }

    /// The rules for one thing owed to one recipient that apply to a duty starting at `at`.
    pub(super) fn applying(
        &self,
        kind: DutyKind,
        recipient: Option<Recipient>,
        facts: &Facts,
        at: DateTime<Utc>,
    ) -> Vec<&Arc<Rule>> {
        self.of(kind, recipient).filter(|it| it.applies(facts, at)).collect()
    }

    /// The rules for one thing owed to one recipient, in force or not.
    pub(super) fn of(&self, kind: DutyKind, recipient: Option<Recipient>) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.iter().filter(move |it| it.duty == kind && it.recipient == recipient)
    }

    /// Who is owed this kind of duty by any rule, in a stable order.
    pub(super) fn recipients(&self, kind: DutyKind) -> Vec<Option<Recipient>> {
        let mut all: Vec<_> = self.rules.iter().filter(|it| it.duty == kind).map(|it| it.recipient).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// Every rule that ships with the product.
#[derive(Debug)]
pub struct Library {
    floor: RuleBook,
    states: Vec<Overlay>,
}

impl Library {
    /// The rules for a jurisdiction: `US` for the floor alone, a postal code for a State. None if unknown.
    pub fn book(&self, jurisdiction: &str) -> Option<RuleBook> {
        if jurisdiction == self.floor.jurisdiction {
            return Some(self.floor.clone());
        }
        self.states.iter().find(|it| it.jurisdiction() == jurisdiction).map(RuleBook::with)
    }

    /// Where the federal rules are at home, for whoever asks about no State.
    pub fn zone(&self) -> Zone {
        self.floor.calendar.zone()
    }

    /// The States that ship, in the order of their postal codes.
    pub fn states(&self) -> &[Overlay] {
        &self.states
    }

    pub(super) fn floor(&self) -> &RuleBook {
        &self.floor
    }
}

/// The embedded rules. They are read once; a test proves that every file parses.
///
/// The floor is read before the States, which are held against it.
pub fn library() -> &'static Library {
    static FLOOR: LazyLock<RuleBook> = LazyLock::new(floor);
    static LIBRARY: LazyLock<Library> = LazyLock::new(|| {
        let state = |text: &&str| match Overlay::over(text, &FLOOR) {
            Ok(overlay) => overlay,
            Err(refused) => unreachable!("an embedded State pack is refused: {refused}"),
        };
        Library { floor: FLOOR.clone(), states: STATES.iter().map(state).collect() }
    });
    &LIBRARY
}

fn floor() -> RuleBook {
    match pack::read(FEDERAL) {
        Ok(floor) => RuleBook {
            rules: floor.rules.into_iter().map(|it| Arc::new(it.rule)).collect(),
            choices: floor.choices,
            calendar: Calendar::of(floor.zone),
            jurisdiction: floor.jurisdiction,
        },
        Err(refused) => unreachable!("the embedded federal rules do not parse: {refused}"),
    }
}
