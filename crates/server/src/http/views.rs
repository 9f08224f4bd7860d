//! What episodes look like on the wire, whole and in a list.

use chrono::{DateTime, Utc};
use homeward_domain::duty::DutyKind;
use homeward_domain::episode::{self, EpisodeState, PostReturn};
use homeward_domain::id::Id;
use homeward_store::duties::Owed;
use homeward_store::episodes::{Confirmation, Episode, Listed};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::duties::DutyView;
use crate::wire::Code;
use crate::wire::codes::{
    ClosureReasonCode, EpisodeStateCode, MissingTypeCode, PlacementSettingCode, RecoveryTypeCode, WhereaboutsKnownCode,
};

/// One missing episode, with what is owed for it.
#[derive(Serialize, ToSchema)]
pub struct EpisodeView {
    pub id: Uuid,
    pub child_id: Uuid,
    /// Counts up from 1 for each child.
    pub number: i32,
    pub agency_episode_id: Option<String>,
    /// Where it stands. Derived from facts; nobody can set it.
    pub state: EpisodeStateCode,
    pub agency_information_received_at: DateTime<Utc>,
    pub absence_began_at: Option<DateTime<Utc>>,
    pub last_contact_at: Option<DateTime<Utc>>,
    pub last_contact_place: Option<String>,
    pub caregiver_learned_at: Option<DateTime<Utc>>,
    pub first_suspected_at: Option<DateTime<Utc>>,
    pub determined_missing_at: Option<DateTime<Utc>>,
    pub missing_type: MissingTypeCode,
    pub missing_from: Option<PlacementSettingCode>,
    pub whereabouts_known: Option<WhereaboutsKnownCode>,
    pub circumstances: Option<String>,
    /// The conditions of the agency's rules that a person says are met.
    pub choices: Vec<String>,
    /// Who said so last.
    pub chosen_by_name: Option<String>,
    pub recovery: RecoveryView,
    /// Null while a person has not ended the episode.
    pub closure: Option<ClosureView>,
    /// What is owed, done or not, in the order it fell due.
    pub duties: Vec<DutyView>,
    pub version: i32,
    pub recorded_at: DateTime<Utc>,
    pub recorded_by: Uuid,
    pub created_at: DateTime<Utc>,
}

/// Being located, recovered and returned are three events.
#[derive(Serialize, ToSchema)]
pub struct RecoveryView {
    pub located_at: Option<DateTime<Utc>>,
    pub recovered_at: Option<DateTime<Utc>>,
    pub returned_to_care_at: Option<DateTime<Utc>>,
    pub placed_elsewhere_at: Option<DateTime<Utc>>,
    pub recovery_type: Option<RecoveryTypeCode>,
    pub place: Option<String>,
    pub circumstances: Option<String>,
}

/// A named person's act of ending the episode.
#[derive(Serialize, ToSchema)]
pub struct ClosureView {
    pub closed_at: DateTime<Utc>,
    pub reason: ClosureReasonCode,
    pub statement: Option<String>,
    pub merged_into_episode_id: Option<Uuid>,
    /// Who confirmed that law enforcement was told, where the child was still missing.
    pub confirmed_told_law_enforcement: Option<ConfirmationView>,
    /// The same for NCMEC.
    pub confirmed_told_ncmec: Option<ConfirmationView>,
}

/// A named person's word that a recipient was told. It discharges nothing.
#[derive(Serialize, ToSchema)]
pub struct ConfirmationView {
    pub by_name: String,
    pub at: DateTime<Utc>,
}

/// One line in a list of episodes.
#[derive(Serialize, ToSchema)]
pub struct EpisodeLine {
    pub id: Uuid,
    pub child_id: Uuid,
    pub child_given_name: String,
    pub child_family_name: String,
    pub number: i32,
    pub state: EpisodeStateCode,
    pub agency_information_received_at: DateTime<Utc>,
    pub absence_began_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub missing_type: MissingTypeCode,
}

/// Whether a duty towards a child who is back stands open.
pub fn post_return(owed: &[Owed]) -> PostReturn {
    let kinds = [DutyKind::RecoveryNotice, DutyKind::ReturnInterview, DutyKind::Screening];
    let open = owed.iter().any(|it| kinds.contains(&it.duty.key.kind) && it.duty.is_outstanding());
    if open { PostReturn::TasksOpen } else { PostReturn::Done }
}

fn state(episode: &Episode, post_return: PostReturn) -> EpisodeState {
    episode::state(&episode.facts(Vec::new(), Vec::new()), post_return)
}

impl EpisodeView {
    /// The episode and its duties as they stand at `as_of`.
    pub fn of(it: &Episode, owed: &[Owed], as_of: DateTime<Utc>) -> Self {
        Self {
            id: it.id.uuid(),
            child_id: it.child.uuid(),
            number: it.number,
            agency_episode_id: it.agency_episode_id.clone(),
            state: Code(state(it, post_return(owed))),
            agency_information_received_at: it.moments.received_at,
            absence_began_at: it.moments.absence_began_at,
            last_contact_at: it.last_contact_at,
            last_contact_place: it.last_contact_place.clone(),
            caregiver_learned_at: it.moments.caregiver_learned_at,
            first_suspected_at: it.moments.first_suspected_at,
            determined_missing_at: it.moments.determined_missing_at,
            missing_type: Code(it.missing_type),
            missing_from: it.missing_from.map(Code),
            whereabouts_known: it.whereabouts_known.map(Code),
            circumstances: it.circumstances.clone(),
            choices: it.choices.clone(),
            chosen_by_name: it.chosen_by_name.clone(),
            recovery: RecoveryView::of(it),
            closure: ClosureView::of(it),
            duties: DutyView::shown(owed, as_of),
            version: it.version,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            created_at: it.created_at,
        }
    }
}

impl RecoveryView {
    /// What is recorded of the recovery.
    pub fn of(it: &Episode) -> Self {
        Self {
            located_at: it.recovery.located_at,
            recovered_at: it.recovery.recovered_at,
            returned_to_care_at: it.recovery.returned_to_care_at,
            placed_elsewhere_at: it.recovery.placed_elsewhere_at,
            recovery_type: it.recovery.kind.map(Code),
            place: it.recovery_place.clone(),
            circumstances: it.recovery_circumstances.clone(),
        }
    }
}

impl ClosureView {
    fn of(it: &Episode) -> Option<Self> {
        it.closure.map(|closure| Self {
            closed_at: closure.closed_at,
            reason: Code(closure.reason),
            statement: it.closure_statement.clone(),
            merged_into_episode_id: it.merged_into.map(Id::uuid),
            confirmed_told_law_enforcement: it.confirmed.law_enforcement.as_ref().map(ConfirmationView::of),
            confirmed_told_ncmec: it.confirmed.ncmec.as_ref().map(ConfirmationView::of),
        })
    }
}

impl ConfirmationView {
    fn of(it: &Confirmation) -> Self {
        Self { by_name: it.by_name.clone(), at: it.at }
    }
}

impl EpisodeLine {
    /// One line.
    pub fn of(it: Listed) -> Self {
        Self {
            id: it.episode.id.uuid(),
            child_id: it.episode.child.uuid(),
            number: it.episode.number,
            state: Code(state(&it.episode, it.post_return)),
            agency_information_received_at: it.episode.moments.received_at,
            absence_began_at: it.episode.moments.absence_began_at,
            ended_at: it.episode.ended_at(),
            missing_type: Code(it.episode.missing_type),
            child_given_name: it.given_name,
            child_family_name: it.family_name,
        }
    }
}
