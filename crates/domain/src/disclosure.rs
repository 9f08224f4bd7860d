//! What may go to whom: one table (domain 9.2). Whatever leaves the agency is asked of it, and of nothing else.

use crate::report::{RecordItem, ReportItem};
use crate::vocabulary::vocabulary;

mod basis;

#[cfg(test)]
mod tests;

pub use basis::{BasisFault, LegalBasis};

vocabulary! {
    /// A kind of data about a child.
    Datum {
        Identity = "identity",
        Description = "description",
        Photo = "photo",
        LastContact = "last_contact",
        CareStatus = "care_status",
        Health = "health",
        VulnerabilityStatement = "vulnerability_statement",
        Observations = "observations",
        Determination = "determination",
        ReporterIdentity = "reporter_identity",
        ProtectedOrigin = "part2_or_ferpa_origin",
    }
}

vocabulary! {
    /// Where data can go.
    Destination {
        LawEnforcement = "law_enforcement",
        Ncmec = "ncmec",
        Poster = "poster",
        Notice = "notice",
    }
}

vocabulary! {
    /// For whom a packet is put together.
    PacketRecipient { LawEnforcement = "law_enforcement", Ncmec = "ncmec", }
}

vocabulary! {
    /// Whether a kind of data goes somewhere.
    Rule {
        Yes = "yes",
        WithConsent = "with consent",
        Limited = "limited",
        ChosenOneByOne = "chosen one by one",
        ByRecordedChoice = "by recorded choice",
        WithRecordedBasis = "with recorded basis",
        PerStateRule = "per State rule",
        Minimum = "minimum",
        Never = "never",
    }
}

/// What a person recorded or did that opens a way that is closed by default. Nothing else opens one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The consent to publish stands.
    Consent,
    /// A person named this very record.
    Chosen,
    /// A person chose to send it, and the choice is recorded.
    RecordedChoice,
    /// The basis in law is recorded.
    RecordedBasis,
    /// A rule of the State says so.
    StateRule,
}

/// The rule for one cell of the table.
pub const fn rule(datum: Datum, destination: Destination) -> Rule {
    let [law_enforcement, ncmec, poster, notice] = row(datum);
    match destination {
        Destination::LawEnforcement => law_enforcement,
        Destination::Ncmec => ncmec,
        Destination::Poster => poster,
        Destination::Notice => notice,
    }
}

/// To law enforcement, to NCMEC, on a poster, in a notice to a court, a guardian ad litem or a parent.
const fn row(datum: Datum) -> [Rule; 4] {
    use Rule as R;
    match datum {
        Datum::Identity => [R::Yes, R::Yes, R::WithConsent, R::Yes],
        Datum::Description | Datum::Photo => [R::Yes, R::Yes, R::WithConsent, R::Never],
        Datum::LastContact => [R::Yes, R::Yes, R::Limited, R::Limited],
        // 6.4: nothing in public says that a child is in care.
        Datum::CareStatus => [R::Yes, R::Yes, R::Never, R::PerStateRule],
        // 42 U.S.C. 671(a)(35)(B)(iii).
        Datum::Health => [R::Yes, R::Yes, R::Never, R::Minimum],
        Datum::VulnerabilityStatement => [R::Yes, R::Yes, R::Never, R::ByRecordedChoice],
        Datum::Observations => [R::ChosenOneByOne, R::ChosenOneByOne, R::Never, R::Never],
        // 42 U.S.C. 671(a)(34)(A).
        Datum::Determination => [R::Yes, R::ByRecordedChoice, R::Never, R::PerStateRule],
        Datum::ReporterIdentity => [R::WithRecordedBasis, R::Never, R::Never, R::Never],
        // 42 CFR part 2; 34 CFR 99.31, 99.36.
        Datum::ProtectedOrigin => [R::WithRecordedBasis, R::WithRecordedBasis, R::Never, R::Never],
    }
}

impl From<PacketRecipient> for Destination {
    fn from(recipient: PacketRecipient) -> Self {
        match recipient {
            PacketRecipient::LawEnforcement => Self::LawEnforcement,
            PacketRecipient::Ncmec => Self::Ncmec,
        }
    }
}

impl Rule {
    /// The only ground that opens the way; none where it is open or shut for good.
    const fn ground(self) -> Option<Ground> {
        match self {
            Self::Yes | Self::Limited | Self::Minimum | Self::Never => None,
            Self::WithConsent => Some(Ground::Consent),
            Self::ChosenOneByOne => Some(Ground::Chosen),
            Self::ByRecordedChoice => Some(Ground::RecordedChoice),
            Self::WithRecordedBasis => Some(Ground::RecordedBasis),
            Self::PerStateRule => Some(Ground::StateRule),
        }
    }
}

/// Whether the data may go there, on these grounds.
pub fn may_go(datum: Datum, destination: Destination, grounds: &[Ground]) -> bool {
    let rule = rule(datum, destination);
    rule != Rule::Never && rule.ground().is_none_or(|it| grounds.contains(&it))
}

impl From<ReportItem> for Datum {
    fn from(item: ReportItem) -> Self {
        use ReportItem as I;
        match item {
            I::FullLegalName | I::Aliases | I::IdentityNumbers => Self::Identity,
            I::Gender
            | I::Complexion
            | I::GlassesOrContacts
            | I::BracesOrDental
            | I::Marks
            | I::Languages
            | I::ClothingLastWorn => Self::Description,
            I::NoPhoto => Self::Photo,
            I::Impairments
            | I::PregnancyStatus
            | I::PrescriptionMedications
            | I::SuicidalTendencies
            | I::MedicalConditions
            | I::MentalHealth
            | I::Disability
            | I::SubstanceDependence
            | I::DangerousCompanions
            | I::OtherHealthOrRiskFactors => Self::Health,
            I::VulnerabilityToBeingSexTrafficked => Self::VulnerabilityStatement,
            I::PhoneNumbers
            | I::EmailAddresses
            | I::SocialMediaAccounts
            | I::Belongings
            | I::Vehicle
            | I::LastSeenBy
            | I::BelievedCompanions
            | I::BelievedDestination
            | I::AgainstTheirWill
            | I::AmberRequestMade
            | I::PoliceCategory
            | I::PoliceOri
            | I::OutOfStateIndications => Self::LastContact,
            I::TribalMembership | I::ProbationStatus | I::AgencyContacts => Self::CareStatus,
            I::ReportedBy => Self::ReporterIdentity,
        }
    }
}

impl From<RecordItem> for Datum {
    fn from(item: RecordItem) -> Self {
        use RecordItem as I;
        match item {
            I::Name | I::DateOfBirth => Self::Identity,
            I::Sex | I::Race | I::Ethnicity | I::HeightInches | I::WeightPounds | I::HairColor | I::EyeColor => {
                Self::Description
            }
            I::Photo => Self::Photo,
            I::ReceivedAt | I::LastContactAt | I::LastContactPlace | I::Circumstances => Self::LastContact,
            I::MissingFrom => Self::CareStatus,
        }
    }
}
