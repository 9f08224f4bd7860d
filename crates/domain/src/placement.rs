//! The federal code of a living arrangement, kept beside a placement as stated (AFCARS, 45 CFR 1355.44(e)(4)).

use crate::child::PlacementSetting;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// AFCARS living arrangements other than a foster family home. No type of absence (AF-1).
    LivingArrangement {
        GroupHomeFamilyOperated = "group_home_family_operated",
        GroupHomeStaffOperated = "group_home_staff_operated",
        GroupHomeShelter = "group_home_shelter",
        ResidentialTreatmentCenter = "residential_treatment_center",
        QualifiedResidentialTreatmentProgram = "qualified_residential_treatment_program",
        ChildCareInstitution = "child_care_institution",
        ChildCareInstitutionShelter = "child_care_institution_shelter",
        SupervisedIndependentLiving = "supervised_independent_living",
        JuvenileJusticeFacility = "juvenile_justice_facility",
        MedicalOrRehabilitativeFacility = "medical_or_rehabilitative_facility",
        PsychiatricHospital = "psychiatric_hospital",
        Runaway = "runaway",
        WhereaboutsUnknown = "whereabouts_unknown",
        PlacedAtHome = "placed_at_home",
    }
}

/// The arrangements of a child who is away. They open no episode and close none (AF-3).
pub const AWAY: [LivingArrangement; 2] = [LivingArrangement::Runaway, LivingArrangement::WhereaboutsUnknown];

/// What the code would be by the setting alone, to be shown beside the stated one and never stored. None where the
/// setting leaves several open, or where another element of AFCARS holds it.
pub fn by_setting(setting: PlacementSetting) -> Option<LivingArrangement> {
    use LivingArrangement as L;
    use PlacementSetting as S;
    match setting {
        S::ResidentialTreatment => Some(L::ResidentialTreatmentCenter),
        S::Qrtp => Some(L::QualifiedResidentialTreatmentProgram),
        S::ChildCareInstitution => Some(L::ChildCareInstitution),
        S::SupervisedIndependentLiving => Some(L::SupervisedIndependentLiving),
        S::JuvenileJustice => Some(L::JuvenileJusticeFacility),
        S::MedicalRehab => Some(L::MedicalOrRehabilitativeFacility),
        S::PsychiatricHospital => Some(L::PsychiatricHospital),
        S::TrialHomeVisit | S::OwnHomeOpenCase => Some(L::PlacedAtHome),
        // 1355.44(e)(2) and (3) hold the homes; a group home and a shelter are of several kinds.
        S::FosterFamilyHome | S::RelativeHome | S::KinshipUnlicensed | S::TherapeuticHome => None,
        S::GroupHome | S::Shelter | S::ChafeeNotInCare | S::HotelOrOfficeStay | S::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Vocabulary as _;

    #[test]
    fn no_setting_says_that_a_child_is_away() {
        assert!(PlacementSetting::ALL.iter().filter_map(|it| by_setting(*it)).all(|it| !AWAY.contains(&it)));
    }
}
