//! Looking for a child: what people did, and when. 42 U.S.C. 671(a)(35)(A)(i).

use chrono::{DateTime, Utc};

use crate::episode::Moments;
use crate::impossible::Impossible;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What was done to find the child.
    SearchEffortKind {
        VisitToPlace = "visit_to_place",
        CallToRelative = "call_to_relative",
        CallToFriend = "call_to_friend",
        CallToFormerCaregiver = "call_to_former_caregiver",
        CallToSchool = "call_to_school",
        MessageToChild = "message_to_child",
        /// A person looked; the program looks at nothing and matches nothing.
        SocialMediaLookup = "social_media_lookup",
        LawEnforcementContact = "law_enforcement_contact",
        NcmecContact = "ncmec_contact",
        RecordsCheck = "records_check",
        Posters = "posters",
        Other = "other",
    }
}

/// The fault of the instant of an effort. A caregiver may have looked before the agency was told.
pub fn untimely(made_at: DateTime<Utc>, moments: &Moments, now: DateTime<Utc>) -> Option<Impossible> {
    let earliest = moments.absence_began_at.map_or(moments.received_at, |began| began.min(moments.received_at));
    if now < made_at {
        return Some(Impossible::of("made_at", "is in the future"));
    }
    (made_at < earliest).then(|| Impossible::of("made_at", "is before the absence was known"))
}
