//! What children look like on the wire: the record, the page with what is owed, the line of a list.

use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::counts;
use homeward_domain::duty::Cause;
use homeward_domain::episode;
use homeward_domain::id::Id;
use homeward_store::children::{Child, Listed};
use homeward_store::duties::Owed;
use homeward_store::episodes::Episode;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::counts::absences;
use crate::http::duties::DutyView;
use crate::http::views::post_return;
use crate::wire::Code;
use crate::wire::codes::{CareStatusCode, EpisodeStateCode, EthnicityCode, RaceCode, SexCode};

/// How many episodes the page of a child shows.
const LATEST: usize = 10;

/// The record of a child.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChildView {
    id: Uuid,
    /// The agency's own id of the person.
    agency_person_id: String,
    given_name: String,
    family_name: String,
    date_of_birth: NaiveDate,
    sex: Option<SexCode>,
    race: Vec<RaceCode>,
    ethnicity: Option<EthnicityCode>,
    height_inches: Option<i32>,
    weight_pounds: Option<i32>,
    hair_color: Option<String>,
    eye_color: Option<String>,
    unit_code: String,
    assigned_to: Option<Uuid>,
    care_status: CareStatusCode,
    version: i32,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    created_at: DateTime<Utc>,
}

/// The record of a child, with the latest episodes and what is owed now.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChildPage {
    #[serde(flatten)]
    child: ChildView,
    /// The latest ten, newest first.
    episodes: Vec<ChildEpisode>,
    /// What is owed now, most urgent first.
    open_duties: Vec<DutyView>,
    /// All missing episodes up to now, as under `runaway-counts`.
    missing_count: usize,
    /// Null while the child is not missing.
    open_episode_id: Option<Uuid>,
}

/// One line in the list of a child's episodes.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChildEpisode {
    id: Uuid,
    number: i32,
    state: EpisodeStateCode,
    agency_information_received_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

/// One line in a list of children: who it is, and no description.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChildLine {
    id: Uuid,
    agency_person_id: String,
    given_name: String,
    family_name: String,
    date_of_birth: NaiveDate,
    unit_code: String,
    assigned_to: Option<Uuid>,
    care_status: CareStatusCode,
    /// Null while the child is not missing.
    open_episode_id: Option<Uuid>,
    created_at: DateTime<Utc>,
}

impl ChildView {
    pub(super) fn of(it: Child) -> Self {
        let profile = it.profile;
        Self {
            id: it.id.uuid(),
            agency_person_id: profile.agency_person_id,
            given_name: profile.given_name,
            family_name: profile.family_name,
            date_of_birth: profile.date_of_birth,
            sex: profile.sex.map(Code),
            race: profile.race.into_iter().map(Code).collect(),
            ethnicity: profile.ethnicity.map(Code),
            height_inches: profile.height_inches,
            weight_pounds: profile.weight_pounds,
            hair_color: profile.hair_color,
            eye_color: profile.eye_color,
            unit_code: profile.unit_code,
            assigned_to: profile.assigned_to.map(Id::uuid),
            care_status: Code(profile.care_status),
            version: it.version,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            created_at: it.created_at,
        }
    }
}

impl ChildPage {
    /// The child as of `now`, from all episodes, newest first, and all that is outstanding.
    pub(super) fn of(child: Child, episodes: &[Episode], owed: &[Owed], now: DateTime<Utc>) -> Self {
        Self {
            child: ChildView::of(child),
            episodes: episodes.iter().take(LATEST).map(|it| ChildEpisode::of(it, owed)).collect(),
            open_duties: DutyView::shown(owed, now),
            missing_count: counts::count(&absences(episodes), now).missing,
            open_episode_id: episodes.iter().find(|it| it.ended_at().is_none()).map(|it| it.id.uuid()),
        }
    }
}

impl ChildEpisode {
    fn of(it: &Episode, owed: &[Owed]) -> Self {
        let own: Vec<Owed> = owed.iter().filter(|duty| duty.cause == Cause::Episode(it.id)).cloned().collect();
        Self {
            id: it.id.uuid(),
            number: it.number,
            state: Code(episode::state(&it.facts(Vec::new(), Vec::new()), post_return(&own))),
            agency_information_received_at: it.moments.received_at,
            ended_at: it.ended_at(),
        }
    }
}

impl ChildLine {
    pub(super) fn of(it: Listed) -> Self {
        Self {
            id: it.id.uuid(),
            agency_person_id: it.agency_person_id,
            given_name: it.given_name,
            family_name: it.family_name,
            date_of_birth: it.date_of_birth,
            unit_code: it.unit_code,
            assigned_to: it.assigned_to.map(Id::uuid),
            care_status: Code(it.care_status),
            open_episode_id: it.open_episode.map(Id::uuid),
            created_at: it.created_at,
        }
    }
}
