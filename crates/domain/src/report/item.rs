//! Every item that a report asks for: the statute, and what NCMEC and the police ask for in practice.

use super::ReportGroup;
use crate::vocabulary::vocabulary;

const PHOTO: &str = "42 U.S.C. 671(a)(35)(B)(i)";
const FEATURES: &str = "42 U.S.C. 671(a)(35)(B)(ii)";
const ENDANGERMENT: &str = "42 U.S.C. 671(a)(35)(B)(iii)";
const IDENTITY: &str = "34 U.S.C. 41308(3)(A)";
const LAST_CONTACT: &str = "34 U.S.C. 41308(3)(C)";
const CATEGORY: &str = "34 U.S.C. 41308(3)(D)";
const PRACTICE: &str = "NCMEC reporting practice";

vocabulary! {
    /// What a person states for a report, in their own words.
    ReportItem {
        /// The full legal name, where it differs from the record.
        FullLegalName = "full_legal_name",
        /// Nicknames and other names.
        Aliases = "aliases",
        /// Gender, in the words of the child.
        Gender = "gender",
        /// Complexion.
        Complexion = "complexion",
        /// Glasses or contact lenses.
        GlassesOrContacts = "glasses_or_contacts",
        /// Braces and teeth.
        BracesOrDental = "braces_or_dental",
        /// Scars, marks, tattoos, piercings, as they look.
        Marks = "marks",
        /// Impairments that others can notice.
        Impairments = "impairments",
        /// Languages.
        Languages = "languages",
        /// Numbers of papers, where they help to find the child.
        IdentityNumbers = "identity_numbers",
        /// Why there is no photo, or none that is recent.
        NoPhoto = "no_photo",
        /// Membership of a Tribe.
        TribalMembership = "tribal_membership",
        /// Pregnancy status.
        PregnancyStatus = "pregnancy_status",
        /// Prescription medications.
        PrescriptionMedications = "prescription_medications",
        /// Suicidal tendencies.
        SuicidalTendencies = "suicidal_tendencies",
        /// In the words of a person who knows the child; never drawn from anything else (NC-3).
        VulnerabilityToBeingSexTrafficked = "vulnerability_to_being_sex_trafficked",
        /// Medical conditions.
        MedicalConditions = "medical_conditions",
        /// Mental health.
        MentalHealth = "mental_health",
        /// Disability.
        Disability = "disability",
        /// Dependence on a substance.
        SubstanceDependence = "substance_dependence",
        /// People who are a danger to the child.
        DangerousCompanions = "dangerous_companions",
        /// Anything else about health and dangers.
        OtherHealthOrRiskFactors = "other_health_or_risk_factors",
        /// Phone numbers.
        PhoneNumbers = "phone_numbers",
        /// E-mail addresses.
        EmailAddresses = "email_addresses",
        /// Accounts and handles.
        SocialMediaAccounts = "social_media_accounts",
        /// Clothing last worn.
        ClothingLastWorn = "clothing_last_worn",
        /// Bag, phone and other things.
        Belongings = "belongings",
        /// A vehicle.
        Vehicle = "vehicle",
        /// Who saw the child last.
        LastSeenBy = "last_seen_by",
        /// With whom the child is believed to be.
        BelievedCompanions = "believed_companions",
        /// Where the child is believed to go.
        BelievedDestination = "believed_destination",
        /// Whether someone says it was against the will of the child.
        AgainstTheirWill = "against_their_will",
        /// Whether an AMBER alert was asked for, of whom and when.
        AmberRequestMade = "amber_request_made",
        /// Under which category the police entered the child, as they say.
        PoliceCategory = "police_category",
        /// The number of the police agency (ORI).
        PoliceOri = "police_ori",
        /// Signs that the child is in another State.
        OutOfStateIndications = "out_of_state_indications",
        /// Probation or parole.
        ProbationStatus = "probation_status",
        /// Phone and e-mail of the worker, the supervisor and after hours.
        AgencyContacts = "agency_contacts",
        /// Who told the agency: name, role, relation to the child.
        ReportedBy = "reported_by",
    }
}

vocabulary! {
    /// What a report takes from the record of the child and of the episode.
    RecordItem {
        /// Given and family name.
        Name = "name",
        /// Day of birth.
        DateOfBirth = "date_of_birth",
        /// Sex as recorded.
        Sex = "sex",
        /// Race as recorded.
        Race = "race",
        /// Ethnicity as recorded.
        Ethnicity = "ethnicity",
        /// Height.
        HeightInches = "height_inches",
        /// Weight.
        WeightPounds = "weight_pounds",
        /// Colour of hair.
        HairColor = "hair_color",
        /// Colour of eyes.
        EyeColor = "eye_color",
        /// A photo.
        Photo = "photo",
        /// When the agency was told.
        ReceivedAt = "agency_information_received_at",
        /// When someone last had contact.
        LastContactAt = "last_contact_at",
        /// Where.
        LastContactPlace = "last_contact_place",
        /// From what setting.
        MissingFrom = "missing_from",
        /// What happened.
        Circumstances = "circumstances",
    }
}

impl ReportItem {
    /// Where it belongs.
    pub fn group(self) -> ReportGroup {
        match self {
            Self::FullLegalName
            | Self::Aliases
            | Self::Gender
            | Self::Complexion
            | Self::GlassesOrContacts
            | Self::BracesOrDental
            | Self::Marks
            | Self::Impairments
            | Self::Languages
            | Self::IdentityNumbers
            | Self::TribalMembership
            | Self::NoPhoto => ReportGroup::Description,
            Self::PregnancyStatus
            | Self::PrescriptionMedications
            | Self::SuicidalTendencies
            | Self::VulnerabilityToBeingSexTrafficked
            | Self::MedicalConditions
            | Self::MentalHealth
            | Self::Disability
            | Self::SubstanceDependence
            | Self::DangerousCompanions
            | Self::OtherHealthOrRiskFactors => ReportGroup::Endangerment,
            Self::PhoneNumbers | Self::EmailAddresses | Self::SocialMediaAccounts => ReportGroup::Contacts,
            Self::ClothingLastWorn
            | Self::Belongings
            | Self::Vehicle
            | Self::LastSeenBy
            | Self::BelievedCompanions
            | Self::BelievedDestination
            | Self::AgainstTheirWill
            | Self::AmberRequestMade
            | Self::PoliceCategory
            | Self::PoliceOri
            | Self::OutOfStateIndications
            | Self::ProbationStatus
            | Self::AgencyContacts
            | Self::ReportedBy => ReportGroup::Event,
        }
    }

    /// What asks for it.
    pub fn citation(self) -> &'static str {
        match self {
            Self::NoPhoto => PHOTO,
            Self::FullLegalName
            | Self::Aliases
            | Self::Languages
            | Self::IdentityNumbers
            | Self::TribalMembership
            | Self::PhoneNumbers
            | Self::EmailAddresses
            | Self::SocialMediaAccounts
            | Self::ClothingLastWorn
            | Self::Belongings
            | Self::Vehicle
            | Self::BelievedCompanions
            | Self::BelievedDestination
            | Self::AgainstTheirWill
            | Self::AmberRequestMade
            | Self::PoliceOri
            | Self::OutOfStateIndications
            | Self::ProbationStatus
            | Self::AgencyContacts
            | Self::ReportedBy => PRACTICE,
            Self::Gender
            | Self::Complexion
            | Self::GlassesOrContacts
            | Self::BracesOrDental
            | Self::Marks
            | Self::Impairments => FEATURES,
            Self::PregnancyStatus
            | Self::PrescriptionMedications
            | Self::SuicidalTendencies
            | Self::VulnerabilityToBeingSexTrafficked
            | Self::MedicalConditions
            | Self::MentalHealth
            | Self::Disability
            | Self::SubstanceDependence
            | Self::DangerousCompanions
            | Self::OtherHealthOrRiskFactors => ENDANGERMENT,
            Self::LastSeenBy => LAST_CONTACT,
            Self::PoliceCategory => CATEGORY,
        }
    }
}

impl RecordItem {
    /// Where it belongs.
    pub fn group(self) -> ReportGroup {
        match self {
            Self::Name
            | Self::DateOfBirth
            | Self::Sex
            | Self::Race
            | Self::Ethnicity
            | Self::HeightInches
            | Self::WeightPounds
            | Self::HairColor
            | Self::EyeColor
            | Self::Photo => ReportGroup::Description,
            Self::ReceivedAt
            | Self::LastContactAt
            | Self::LastContactPlace
            | Self::MissingFrom
            | Self::Circumstances => ReportGroup::Event,
        }
    }

    /// What asks for it.
    pub fn citation(self) -> &'static str {
        match self {
            Self::Name | Self::DateOfBirth => IDENTITY,
            Self::Sex
            | Self::Race
            | Self::Ethnicity
            | Self::HeightInches
            | Self::WeightPounds
            | Self::HairColor
            | Self::EyeColor => FEATURES,
            Self::Photo => PHOTO,
            Self::ReceivedAt | Self::MissingFrom | Self::Circumstances => PRACTICE,
            Self::LastContactAt | Self::LastContactPlace => LAST_CONTACT,
        }
    }
}
