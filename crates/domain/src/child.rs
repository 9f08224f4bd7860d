//! A child, and why the agency answers for them.

use chrono::{Datelike as _, NaiveDate};

use crate::vocabulary::vocabulary;

vocabulary! {
    /// How the agency is responsible for a child or youth (COV-2; 42 U.S.C. 671(a)(9)(C)(i)).
    CareStatus {
        FosterCare = "foster_care",
        ExtendedFosterCare = "extended_foster_care",
        OpenCaseInHome = "open_case_in_home",
        ChafeeServices = "chafee_services",
        SupervisionOnly = "supervision_only",
        VoluntaryPlacement = "voluntary_placement",
        TrialHomeVisit = "trial_home_visit",
        StateOptionUnder26 = "state_option_under_26",
    }
}

vocabulary! {
    /// Sex as recorded; part of the description in the report, and of nothing else.
    Sex { Female = "female", Male = "male", Other = "other", Unknown = "unknown", }
}

vocabulary! {
    /// Race as recorded; a child can have several.
    Race {
        AmericanIndianOrAlaskaNative = "american_indian_or_alaska_native",
        Asian = "asian",
        BlackOrAfricanAmerican = "black_or_african_american",
        NativeHawaiianOrPacificIslander = "native_hawaiian_or_pacific_islander",
        White = "white",
        Other = "other",
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Ethnicity as recorded.
    Ethnicity { Hispanic = "hispanic", NotHispanic = "not_hispanic", Unknown = "unknown", }
}

vocabulary! {
    /// Where a child lives or lived (maps to AFCARS living arrangements).
    PlacementSetting {
        FosterFamilyHome = "foster_family_home",
        RelativeHome = "relative_home",
        KinshipUnlicensed = "kinship_unlicensed",
        TherapeuticHome = "therapeutic_home",
        GroupHome = "group_home",
        Shelter = "shelter",
        ResidentialTreatment = "residential_treatment",
        Qrtp = "qrtp",
        ChildCareInstitution = "child_care_institution",
        SupervisedIndependentLiving = "supervised_independent_living",
        JuvenileJustice = "juvenile_justice",
        MedicalRehab = "medical_rehab",
        PsychiatricHospital = "psychiatric_hospital",
        TrialHomeVisit = "trial_home_visit",
        OwnHomeOpenCase = "own_home_open_case",
        ChafeeNotInCare = "chafee_not_in_care",
        HotelOrOfficeStay = "hotel_or_office_stay",
        Other = "other",
    }
}

/// Whether the State took up the option of 42 U.S.C. 671(a)(9)(C)(i)(II).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnderTwentySix {
    /// The State reports only the federal population. The default.
    NotElected,
    /// The State reports individuals under 26 too.
    Elected,
}

/// Whether a missing report is owed for someone of this status (COV-1, COV-2).
///
/// Only the status of care decides. Type, age, placement, sex and anything observed never do.
pub fn is_covered(status: CareStatus, option: UnderTwentySix) -> bool {
    status != CareStatus::StateOptionUnder26 || option == UnderTwentySix::Elected
}

/// The day a person born on `born` turns 18; 1 March for those born on 29 February.
pub fn eighteenth_birthday(born: NaiveDate) -> Option<NaiveDate> {
    let year = born.year() + 18;
    born.with_year(year).or_else(|| NaiveDate::from_ymd_opt(year, 3, 1))
}
