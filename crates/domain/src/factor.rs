//! What led to an absence, as a named person says. 42 U.S.C. 671(a)(35)(A)(ii).

use crate::impossible::Impossible;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What a child ran from or to. A person chooses; nothing suggests one (NJ-4).
    PrimaryFactor {
        ConflictInPlacement = "conflict_in_placement",
        MissingFamilyOrSiblings = "missing_family_or_siblings",
        WantingFriendsOrPartner = "wanting_friends_or_partner",
        FreedomOrRules = "freedom_or_rules",
        FeelingUnsafe = "feeling_unsafe",
        HarmInPlacement = "harm_in_placement",
        SchoolProblems = "school_problems",
        Bullying = "bullying",
        IdentityNotAccepted = "identity_not_accepted",
        MentalHealth = "mental_health",
        SubstanceUse = "substance_use",
        PulledByAnotherPerson = "pulled_by_another_person",
        CourtOrPlacementNews = "court_or_placement_news",
        BoredomOrSpontaneous = "boredom_or_spontaneous",
        NotMissingMiscommunication = "not_missing_miscommunication",
        Other = "other",
        NotDetermined = "not_determined",
    }
}

/// Shown with the list of factors, always and in these words, whatever is recorded.
pub const MANDATED_REPORT: &str = "Harm in a placement, told or seen, is reported to the child-abuse hotline at once by \
    whoever is a mandated reporter. Recording it here is not that report.";

impl PrimaryFactor {
    /// The factor in words.
    pub fn text(self) -> &'static str {
        match self {
            Self::ConflictInPlacement => "Conflict in the placement",
            Self::MissingFamilyOrSiblings => "Missing family or siblings",
            Self::WantingFriendsOrPartner => "Wanting to be with friends or a partner",
            Self::FreedomOrRules => "Freedom, or rules",
            Self::FeelingUnsafe => "Feeling unsafe",
            Self::HarmInPlacement => "Harm in the placement",
            Self::SchoolProblems => "Problems at school",
            Self::Bullying => "Bullying",
            Self::IdentityNotAccepted => "Identity not accepted",
            Self::MentalHealth => "Mental health",
            Self::SubstanceUse => "Substance use",
            Self::PulledByAnotherPerson => "Pulled by another person",
            Self::CourtOrPlacementNews => "News from the court, or of a change of placement",
            Self::BoredomOrSpontaneous => "Boredom, or on the spur of the moment",
            Self::NotMissingMiscommunication => "Not missing: a miscommunication",
            Self::Other => "Other, in words",
            Self::NotDetermined => "Not determined",
        }
    }
}

/// Every fault in a choice of factors. `other` has its words, and what is not determined stands alone.
pub fn faults(factors: &[PrimaryFactor], other: Option<&str>) -> Vec<Impossible> {
    let is_repeated = |(at, it): (usize, &PrimaryFactor)| factors.iter().take(at).any(|before| before == it);
    let is_other = factors.contains(&PrimaryFactor::Other);
    let is_open = factors.contains(&PrimaryFactor::NotDetermined);
    let found = [
        (factors.is_empty(), Impossible::of("factors", "must name one at least; not_determined is one")),
        (factors.iter().enumerate().any(is_repeated), Impossible::of("factors", "must not name the same twice")),
        (is_open && 1 < factors.len(), Impossible::of("factors", "has not_determined beside others")),
        (is_other && other.is_none(), Impossible::of("other", "is required with the factor other")),
        (!is_other && other.is_some(), Impossible::of("other", "is for the factor other only")),
    ];
    found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, fault)| fault).collect()
}
