//! A missing episode: what is known about one absence, and where it stands.

use chrono::{DateTime, TimeDelta, Utc};

use crate::child::CareStatus;
use crate::duty::TaskKind;
use crate::notification::Told;
use crate::vocabulary::vocabulary;

#[cfg(test)]
mod tests;

vocabulary! {
    /// The agency's working description of an absence. It never changes a deadline (CLK-11).
    MissingType {
        AbsentWithoutPermission = "absent_without_permission",
        AbductionFamily = "abduction_family",
        AbductionNonfamily = "abduction_nonfamily",
        LostInjuredOtherwise = "lost_injured_otherwise",
        Disaster = "disaster",
        CaregiverAbsconded = "caregiver_absconded",
        LostInCare = "lost_in_care",
        MissingYoungAdult = "missing_young_adult",
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Whether someone knows where the child is; the child may still be away.
    WhereaboutsKnown { No = "no", YesVerified = "yes_verified", YesUnverified = "yes_unverified", }
}

vocabulary! {
    /// How the child came to be located or recovered.
    RecoveryType {
        ReturnedOnOwn = "returned_on_own",
        LocatedByLawEnforcement = "located_by_law_enforcement",
        LocatedByAgencyStaff = "located_by_agency_staff",
        LocatedByCaregiverOrFamily = "located_by_caregiver_or_family",
        LocatedViaNcmecLead = "located_via_ncmec_lead",
        LocatedViaPublicTip = "located_via_public_tip",
        LocatedAtHospitalOrShelter = "located_at_hospital_or_shelter",
        Detained = "detained",
        OtherStateReturnIcj = "other_state_return_icj",
        Deceased = "deceased",
        NeverMissing = "never_missing",
        Other = "other",
        Unknown = "unknown",
    }
}

vocabulary! {
    /// Why a named person ended the episode (the side exits of the lifecycle, and the plain end).
    ClosureReason {
        TasksDone = "tasks_done",
        NotMissing = "not_missing_miscommunication",
        AgedOutStillMissing = "aged_out_still_missing",
        CustodyEndedStillMissing = "custody_ended_still_missing",
        Deceased = "deceased",
        MergedDuplicate = "merged_duplicate",
    }
}

vocabulary! {
    /// Where an episode stands. Derived from facts; nobody can set it.
    EpisodeState {
        Suspected = "suspected",
        OpenMissing = "open_missing",
        LocatedNotRecovered = "located_not_recovered",
        Recovered = "recovered",
        ReturnedToCare = "returned_to_care",
        PlacedElsewhere = "placed_elsewhere",
        DetainedOrHospitalized = "detained_or_hospitalized",
        PostReturnTasksOpen = "post_return_tasks_open",
        Closed = "closed",
        ClosedNotMissing = "closed_not_missing",
        ClosedAgedOutStillMissing = "closed_aged_out_still_missing",
        ClosedCustodyEndedStillMissing = "closed_custody_ended_still_missing",
        ClosedDeceased = "closed_deceased",
        MergedDuplicate = "merged_duplicate",
    }
}

/// The instants that start or bound clocks, kept apart because rules anchor on different ones (CLK-8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moments {
    /// When the agency received the information: the federal clock starts here (CLK-1).
    pub received_at: DateTime<Utc>,
    /// When the absence began: last seen.
    pub absence_began_at: Option<DateTime<Utc>>,
    /// When the caregiver learnt of it. Not the agency's receipt (CLK-9).
    pub caregiver_learned_at: Option<DateTime<Utc>>,
    /// When someone first suspected it.
    pub first_suspected_at: Option<DateTime<Utc>>,
    /// When the agency determined that the child is missing. Buys no time.
    pub determined_missing_at: Option<DateTime<Utc>>,
}

/// Being located, recovered and returned are three events, kept apart (domain 7.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    /// Whereabouts known; the child may still be away.
    pub located_at: Option<DateTime<Utc>>,
    /// In safe physical custody.
    pub recovered_at: Option<DateTime<Utc>>,
    /// Back in an approved placement.
    pub returned_to_care_at: Option<DateTime<Utc>>,
    /// Placed somewhere other than where the child was missing from.
    pub placed_elsewhere_at: Option<DateTime<Utc>>,
    /// How it came about.
    pub kind: Option<RecoveryType>,
}

impl Recovery {
    /// When the absence ended: the first moment the child was safe. Being located does not end it.
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        [self.recovered_at, self.returned_to_care_at, self.placed_elsewhere_at].into_iter().flatten().min()
    }
}

impl Recovery {
    /// When the child came back. Who died, or was never away, is asked nothing.
    pub fn returned_at(&self) -> Option<DateTime<Utc>> {
        let is_back = !matches!(self.kind, Some(RecoveryType::Deceased | RecoveryType::NeverMissing));
        self.ended_at().filter(|_| is_back)
    }
}

/// A named person's act of ending the episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closure {
    /// When.
    pub closed_at: DateTime<Utc>,
    /// Why.
    pub reason: ClosureReason,
}

/// A task a person finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Which task.
    pub task: TaskKind,
    /// When it was done.
    pub at: DateTime<Utc>,
}

/// All that the law looks at in an episode.
///
/// It holds no observation, determination, sex or age, so no rule can depend on one (NJ-5, COV-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Why the agency answers for the child.
    pub care_status: CareStatus,
    /// The clocks.
    pub moments: Moments,
    /// How it ended, as far as it has.
    pub recovery: Recovery,
    /// When facts worth telling the recipients changed (CLK-10). Order does not matter.
    pub material_changes: Vec<DateTime<Utc>>,
    /// The instant of the birthday that asks for a person's review (COV-3).
    pub birthday_at: Option<DateTime<Utc>>,
    /// Who was told what. Order does not matter.
    pub told: Vec<Told>,
    /// Which tasks were done. Order does not matter.
    pub completed: Vec<Completed>,
    /// The conditions that a person chose, by the names of the rules. Nothing else ever chooses one (NJ-4).
    pub choices: Vec<String>,
    /// The end, if a person has ended it.
    pub closure: Option<Closure>,
}

/// How far a client's clock may run ahead of ours before a receipt counts as in the future (CK-05).
pub const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(5);

/// A receipt that is older than this is confirmed by whoever records it: more often the date is mistyped (CK-05, H-08).
pub const LONG_AGO: TimeDelta = TimeDelta::hours(72);

/// Whether a receipt is so old that a person has to confirm it.
pub fn is_long_ago(received_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    received_at + LONG_AGO < now
}

/// What makes a set of moments impossible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MomentsError {
    /// It has not happened yet.
    #[error("{field} is in the future")]
    InTheFuture {
        /// The field at fault.
        field: &'static str,
    },
    /// One event cannot come before the other.
    #[error("{field} is before {earlier}")]
    OutOfOrder {
        /// The field at fault.
        field: &'static str,
        /// The event it must not precede.
        earlier: &'static str,
    },
}

impl MomentsError {
    /// The field at fault, as the API names it.
    pub fn field(&self) -> &'static str {
        match self {
            Self::InTheFuture { field } | Self::OutOfOrder { field, .. } => field,
        }
    }
}

/// Every fault in the moments and the recovery of an episode, as of `now`.
pub fn check_moments(moments: &Moments, recovery: &Recovery, now: DateTime<Utc>) -> Vec<MomentsError> {
    let Moments { received_at, absence_began_at, caregiver_learned_at, first_suspected_at, determined_missing_at } =
        *moments;
    let dated = [
        ("agency_information_received_at", Some(received_at)),
        ("absence_began_at", absence_began_at),
        ("caregiver_learned_at", caregiver_learned_at),
        ("first_suspected_at", first_suspected_at),
        ("determined_missing_at", determined_missing_at),
        ("located_at", recovery.located_at),
        ("recovered_at", recovery.recovered_at),
        ("returned_to_care_at", recovery.returned_to_care_at),
        ("placed_elsewhere_at", recovery.placed_elsewhere_at),
    ];
    let future = dated
        .into_iter()
        .filter(|(_, at)| at.is_some_and(|at| now + CLOCK_SKEW < at))
        .map(|(field, _)| MomentsError::InTheFuture { field });
    future.chain(out_of_order(absence_began_at, recovery)).collect()
}

fn out_of_order(began: Option<DateTime<Utc>>, recovery: &Recovery) -> impl Iterator<Item = MomentsError> + use<> {
    let after_absence = [
        ("located_at", recovery.located_at),
        ("recovered_at", recovery.recovered_at),
        ("returned_to_care_at", recovery.returned_to_care_at),
        ("placed_elsewhere_at", recovery.placed_elsewhere_at),
    ];
    let absence = after_absence
        .into_iter()
        .filter(move |(_, at)| at.zip(began).is_some_and(|(at, began)| at < began))
        .map(|(field, _)| MomentsError::OutOfOrder { field, earlier: "absence_began_at" });
    let located = recovery.located_at;
    let safe = after_absence
        .into_iter()
        .skip(1)
        .filter(move |(_, at)| at.zip(located).is_some_and(|(at, located)| at < located))
        .map(|(field, _)| MomentsError::OutOfOrder { field, earlier: "located_at" });
    absence.chain(safe)
}

/// Why a change of the receipt is refused (CLK-5).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the receipt may move earlier freely; to move it later takes a supervisor and a reason")]
pub struct ReceiptMovesLater;

/// What a correction of the receipt asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceiptMove {
    /// Same instant.
    Unchanged,
    /// Gives less time: anyone who may change the episode may do it.
    Earlier,
    /// Gives more time: takes a supervisor and a reason.
    Later,
}

/// Compares a corrected receipt with the recorded one.
pub fn receipt_move(recorded: DateTime<Utc>, corrected: DateTime<Utc>) -> ReceiptMove {
    match corrected.cmp(&recorded) {
        std::cmp::Ordering::Less => ReceiptMove::Earlier,
        std::cmp::Ordering::Equal => ReceiptMove::Unchanged,
        std::cmp::Ordering::Greater => ReceiptMove::Later,
    }
}

/// The clock of a merged duplicate: the earliest receipt (domain 10.3, T28).
pub fn merged_receipt(one: DateTime<Utc>, other: DateTime<Utc>) -> DateTime<Utc> {
    one.min(other)
}

/// Whether a closure for this reason leaves a child away. Where it turned out that they were not missing, or that
/// another record tells of the same absence, it does not (T27).
pub fn is_still_missing(recovery: &Recovery, reason: ClosureReason) -> bool {
    match reason {
        ClosureReason::AgedOutStillMissing | ClosureReason::CustodyEndedStillMissing | ClosureReason::Deceased => true,
        ClosureReason::TasksDone => recovery.ended_at().is_none(),
        ClosureReason::NotMissing | ClosureReason::MergedDuplicate => false,
    }
}

/// Whether work is still owed to a child who is back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostReturn {
    /// A notice, an interview or a screening is outstanding.
    TasksOpen,
    /// Nothing is outstanding.
    Done,
}

/// Where the episode stands (domain 10.3).
pub fn state(facts: &Facts, post_return: PostReturn) -> EpisodeState {
    if let Some(closure) = facts.closure {
        return closed_state(closure.reason);
    }
    if let Some(back) = back_state(&facts.recovery) {
        return match post_return {
            PostReturn::TasksOpen => EpisodeState::PostReturnTasksOpen,
            PostReturn::Done => back,
        };
    }
    let Moments { first_suspected_at, determined_missing_at, .. } = facts.moments;
    if facts.recovery.located_at.is_some() {
        EpisodeState::LocatedNotRecovered
    } else if first_suspected_at.is_some() && determined_missing_at.is_none() {
        EpisodeState::Suspected
    } else {
        EpisodeState::OpenMissing
    }
}

fn back_state(recovery: &Recovery) -> Option<EpisodeState> {
    if recovery.returned_to_care_at.is_some() {
        return Some(EpisodeState::ReturnedToCare);
    }
    if recovery.placed_elsewhere_at.is_some() {
        return Some(EpisodeState::PlacedElsewhere);
    }
    recovery.recovered_at?;
    Some(match recovery.kind {
        Some(RecoveryType::Detained | RecoveryType::LocatedAtHospitalOrShelter) => EpisodeState::DetainedOrHospitalized,
        _ => EpisodeState::Recovered,
    })
}

fn closed_state(reason: ClosureReason) -> EpisodeState {
    match reason {
        ClosureReason::TasksDone => EpisodeState::Closed,
        ClosureReason::NotMissing => EpisodeState::ClosedNotMissing,
        ClosureReason::AgedOutStillMissing => EpisodeState::ClosedAgedOutStillMissing,
        ClosureReason::CustodyEndedStillMissing => EpisodeState::ClosedCustodyEndedStillMissing,
        ClosureReason::Deceased => EpisodeState::ClosedDeceased,
        ClosureReason::MergedDuplicate => EpisodeState::MergedDuplicate,
    }
}
