//! What an extract says, field for field as the tables call it, and the ids that follow from it.

use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::child::{CareStatus, Ethnicity, PlacementSetting, Race, Sex};
use homeward_domain::episode::{MissingType, RecoveryType};
use homeward_domain::id::{AgencyId, ChildId, EpisodeId, Id, NotificationId, ObservationId, PlacementId, UnitId};
use homeward_domain::indicator::IndicatorCode;
use homeward_domain::notification::{NotificationKind, NotificationMethod, NotificationStatus, Recipient};
use homeward_domain::observation::ObservationSource;
use homeward_domain::placement::LivingArrangement;
use serde::Serialize;
use uuid::Uuid;

use crate::children::Identity;
use crate::{notifications, observations, placements};

/// A child. Who that is goes into the row sealed, and never as it stands here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ChildFacts {
    /// The agency's own name for the child.
    pub agency_person_id: String,
    /// Given name.
    #[serde(skip)]
    pub given_name: String,
    /// Family name.
    #[serde(skip)]
    pub family_name: String,
    /// Date of birth.
    #[serde(skip)]
    pub date_of_birth: NaiveDate,
    /// As recorded.
    pub sex: Option<Sex>,
    /// As recorded.
    pub race: Vec<Race>,
    /// As recorded.
    pub ethnicity: Option<Ethnicity>,
    /// In inches.
    pub height_inches: Option<i32>,
    /// In pounds.
    pub weight_pounds: Option<i32>,
    /// In words.
    #[serde(skip)]
    pub hair_color: Option<String>,
    /// In words.
    #[serde(skip)]
    pub eye_color: Option<String>,
    /// The unit that answers for the child.
    #[serde(rename = "unit_id")]
    pub unit: UnitId,
    /// The worker's e-mail address, in lower case.
    #[serde(skip)]
    pub worker: Option<String>,
    /// Why the agency answers for the child.
    pub care_status: CareStatus,
}

/// A placement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlacementFacts {
    /// Where.
    pub setting: PlacementSetting,
    /// The first day.
    pub started_on: NaiveDate,
    /// The last day.
    pub ended_on: Option<NaiveDate>,
    /// With whom.
    pub provider_name: Option<String>,
    /// The federal code. Left out of what names the row where it is not stated, so that rows keep the ids they had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub afcars_living_arrangement: Option<LivingArrangement>,
}

/// A missing episode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpisodeFacts {
    /// The agency's own name for the episode.
    pub agency_episode_id: String,
    /// When the absence began.
    pub absence_began_at: Option<DateTime<Utc>>,
    /// When the agency received the information.
    pub received_at: DateTime<Utc>,
    /// Whereabouts known.
    pub located_at: Option<DateTime<Utc>>,
    /// Back in an approved placement.
    pub returned_to_care_at: Option<DateTime<Utc>>,
    /// The agency's working description.
    pub missing_type: MissingType,
    /// What setting the child is missing from.
    pub missing_from: Option<PlacementSetting>,
    /// How it ended.
    pub recovery_type: Option<RecoveryType>,
}

/// A contact with a recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotificationFacts {
    /// About which episode.
    pub agency_episode_id: String,
    /// Who was told.
    pub recipient: Recipient,
    /// What for.
    pub kind: NotificationKind,
    /// What came of it.
    pub status: NotificationStatus,
    /// How they were reached.
    pub method: NotificationMethod,
    /// When.
    pub made_at: DateTime<Utc>,
    /// The body that was told.
    pub agency_name: Option<String>,
    /// Who there.
    pub person_contacted: Option<String>,
    /// Their case number.
    pub case_number: Option<String>,
    /// The number of the NCIC entry.
    pub ncic_number: Option<String>,
    /// NCMEC's reference.
    pub reference_number: Option<String>,
}

/// What a named person saw or was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObservationFacts {
    /// During which episode.
    pub agency_episode_id: Option<String>,
    /// What, by the catalogue.
    pub indicator_code: IndicatorCode,
    /// When, if known.
    pub observed_at: Option<DateTime<Utc>>,
    /// By whom.
    pub observed_by_name: String,
    /// What they are to the child.
    pub observer_role: String,
    /// Where it comes from.
    pub source: ObservationSource,
    /// In a person's words.
    pub context: String,
}

/// The id of a child the agency calls so: the same in every import.
pub fn child_id(agency: AgencyId, agency_person_id: &str) -> ChildId {
    named(agency, "children", agency_person_id)
}

/// The id of an episode the agency calls so: the same in every import.
pub fn episode_id(agency: AgencyId, agency_episode_id: &str) -> EpisodeId {
    named(agency, "episodes", agency_episode_id)
}

/// Facts without a name of their own, known by what they say and by which of several equal rows they are.
pub trait Unnamed: Serialize {
    /// What the id names.
    type Name;
    /// The file they come in.
    const FILE: &'static str;
}

impl Unnamed for PlacementFacts {
    type Name = homeward_domain::id::names::Placement;
    const FILE: &'static str = "placements";
}

impl Unnamed for NotificationFacts {
    type Name = homeward_domain::id::names::Notification;
    const FILE: &'static str = "notifications";
}

impl Unnamed for ObservationFacts {
    type Name = homeward_domain::id::names::Observation;
    const FILE: &'static str = "observations";
}

/// What a row says of a child, as the name that its id is made from.
pub fn content<F: Unnamed>(child: ChildId, facts: &F) -> String {
    // Nothing in these types can fail to become JSON; were it otherwise, rows would count as equal and still all land.
    format!("{child} {}", serde_json::to_string(facts).unwrap_or_default())
}

/// The id of the row that says this, `ordinal` counting the rows before it in the file that say the same.
pub fn content_id<F: Unnamed>(agency: AgencyId, content: &str, ordinal: usize) -> Id<F::Name> {
    named(agency, F::FILE, &format!("{ordinal} {content}"))
}

fn named<T>(agency: AgencyId, file: &str, name: &str) -> Id<T> {
    Id::from_uuid(Uuid::new_v5(&agency.uuid(), format!("{file} {name}").as_bytes()))
}

/// A row and its id.
#[derive(Clone, Debug)]
pub struct Line<I, F> {
    /// The id it has in every import.
    pub id: I,
    /// What it says.
    pub facts: F,
}

/// A row about an episode, or perhaps about one.
#[derive(Clone, Debug)]
pub struct EpisodeLine<I, E, F> {
    /// The id it has in every import.
    pub id: I,
    /// The episode.
    pub episode: E,
    /// What it says.
    pub facts: F,
}

/// All that is new about one child. It lands whole or not at all.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The child.
    pub child: ChildId,
    /// The record, where the child is new.
    pub record: Option<ChildFacts>,
    /// New placements.
    pub placements: Vec<Line<PlacementId, PlacementFacts>>,
    /// New episodes.
    pub episodes: Vec<Line<EpisodeId, EpisodeFacts>>,
    /// New contacts, about new episodes or known ones.
    pub notifications: Vec<EpisodeLine<NotificationId, EpisodeId, NotificationFacts>>,
    /// New observations.
    pub observations: Vec<EpisodeLine<ObservationId, Option<EpisodeId>, ObservationFacts>>,
}

impl ChildFacts {
    pub(super) fn identity(&self) -> Identity {
        Identity {
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            date_of_birth: self.date_of_birth,
            hair_color: self.hair_color.clone(),
            eye_color: self.eye_color.clone(),
        }
    }
}

impl PlacementFacts {
    pub(super) fn words(&self) -> placements::Words {
        placements::Words { provider_name: self.provider_name.clone() }
    }
}

impl NotificationFacts {
    pub(super) fn words(&self) -> notifications::Words {
        notifications::Words {
            agency_name: self.agency_name.clone(),
            person_contacted: self.person_contacted.clone(),
            case_number: self.case_number.clone(),
            ncic_number: self.ncic_number.clone(),
            reference_number: self.reference_number.clone(),
            ..notifications::Words::default()
        }
    }
}

impl ObservationFacts {
    pub(super) fn words(&self) -> observations::Words {
        observations::Words {
            observed_by_name: self.observed_by_name.clone(),
            observer_role: self.observer_role.clone(),
            context: self.context.clone(),
        }
    }
}

impl Arrival {
    /// Nothing yet about this child.
    pub fn of(child: ChildId) -> Self {
        Self {
            child,
            record: None,
            placements: Vec::new(),
            episodes: Vec::new(),
            notifications: Vec::new(),
            observations: Vec::new(),
        }
    }

    /// How many rows of the extract it holds.
    pub fn rows(&self) -> usize {
        usize::from(self.record.is_some())
            + self.placements.len()
            + self.episodes.len()
            + self.notifications.len()
            + self.observations.len()
    }
}
