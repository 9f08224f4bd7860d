//! What a named person saw or was told. It decides nothing (domain rules NJ-1 to NJ-10).

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Where an observation comes from.
    ObservationSource {
        DirectObservation = "direct_observation",
        ChildStatement = "child_statement",
        CaregiverReport = "caregiver_report",
        LawEnforcement = "law_enforcement",
        School = "school",
        Medical = "medical",
        Document = "document",
    }
}
