//! What a packet says: the report to law enforcement, the report to NCMEC. As JSON it is kept and sent.
//!
//! What goes in is decided by the table in `homeward_domain::disclosure`, through [`gate`]; nothing is inferred.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::codes::{
    CareStatusCode, ContentStatusCode, DeterminationSourceCode, DeterminationTypeCode, EthnicityCode, MissingTypeCode,
    ObservationSourceCode, PacketRecipientCode, PlacementSettingCode, RaceCode, RecipientCode, RecoveryTypeCode,
    ReportGroupCode, SexCode, WhereaboutsKnownCode,
};

mod compose;
mod concluded;
pub mod differences;
pub mod gate;
pub mod laid;
mod observed;
pub mod sheet;

pub use compose::{Asked, Draft, compose};
pub use sheet::sheet;

/// What a packet says.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum PacketContent {
    /// To law enforcement.
    LawEnforcement(LawEnforcementPacket),
    /// To NCMEC.
    Ncmec(NcmecPacket),
}

/// The report to law enforcement (42 U.S.C. 671(a)(35)(B); 34 U.S.C. 41308).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LawEnforcementPacket {
    #[serde(flatten)]
    pub report: ReportBody,
    pub prior_missing_reports: PriorReports,
    /// What people concluded, where a person named each one (42 U.S.C. 671(a)(34)(A)); else it is left out, which says
    /// nothing about the child.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub determinations: Option<Vec<PacketDetermination>>,
}

/// The report to NCMEC (42 U.S.C. 671(a)(35)(B)).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NcmecPacket {
    #[serde(flatten)]
    pub report: ReportBody,
    /// What law enforcement was told, with their numbers: wanted by NCMEC, and never a condition.
    pub law_enforcement_reports: Vec<PacketContact>,
}

/// What both are told.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ReportBody {
    /// Of this form of report; counts up.
    pub format: i32,
    pub recipient: PacketRecipientCode,
    pub version: i32,
    pub made_at: DateTime<Utc>,
    pub agency: String,
    /// Who put it together.
    pub prepared_by: String,
    pub prepared_by_email: String,
    pub child: PacketChild,
    pub event: PacketEvent,
    pub photo: Option<PacketPhoto>,
    /// What people stated, in their own words.
    pub items: Vec<PacketItem>,
    /// The missing episodes before this one, newest first.
    pub earlier_episodes: Vec<PacketEpisode>,
    /// What a person chose one by one, by date; null where nobody chose any, which says nothing about the child.
    pub observed: Option<PacketObserved>,
    pub note: Option<String>,
    /// Why records of a program under 42 CFR part 2 could go in.
    pub part2_basis: Option<String>,
    /// Why school records could go in.
    pub ferpa_basis: Option<String>,
}

/// Who is missing.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PacketChild {
    pub given_name: String,
    pub family_name: String,
    pub date_of_birth: NaiveDate,
    pub age: Option<u32>,
    pub sex: Option<SexCode>,
    pub race: Vec<RaceCode>,
    pub ethnicity: Option<EthnicityCode>,
    pub height_inches: Option<i32>,
    pub weight_pounds: Option<i32>,
    pub hair_color: Option<String>,
    pub eye_color: Option<String>,
    pub care_status: Option<CareStatusCode>,
    pub placement: Option<PacketPlacement>,
}

/// Where the child lived.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PacketPlacement {
    pub setting: PlacementSettingCode,
    pub started_on: NaiveDate,
    pub provider_name: Option<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PacketEvent {
    pub agency_information_received_at: Option<DateTime<Utc>>,
    pub absence_began_at: Option<DateTime<Utc>>,
    pub last_contact_at: Option<DateTime<Utc>>,
    pub last_contact_place: Option<String>,
    pub missing_type: Option<MissingTypeCode>,
    pub missing_from: Option<PlacementSettingCode>,
    pub whereabouts_known: Option<WhereaboutsKnownCode>,
    pub circumstances: Option<String>,
}

/// The photo in the document.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PacketPhoto {
    pub id: Uuid,
    pub taken_on: NaiveDate,
    pub source: String,
}

/// One item, as a person stated it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PacketItem {
    pub item: &'static str,
    pub group: ReportGroupCode,
    pub status: ContentStatusCode,
    pub value: Option<String>,
}

/// An absence before this one.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PacketEpisode {
    pub began_at: DateTime<Utc>,
    pub located_at: Option<DateTime<Utc>>,
    pub recovered_at: Option<DateTime<Utc>>,
    pub recovery_type: Option<RecoveryTypeCode>,
    pub recovery_place: Option<String>,
    pub recovery_circumstances: Option<String>,
}

/// Reports of this child before: dates, and no label.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PriorReports {
    /// Counted back from the receipt of this one.
    pub months: u32,
    pub reports: usize,
    pub reported_at: Vec<DateTime<Utc>>,
}

/// Whom the agency told.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PacketContact {
    pub recipient: RecipientCode,
    pub made_at: DateTime<Utc>,
    pub agency_name: Option<String>,
    pub person_contacted: Option<String>,
    pub badge: Option<String>,
    pub case_number: Option<String>,
    pub ncic_number: Option<String>,
    pub ncic_entry_confirmed_at: Option<DateTime<Utc>>,
}

/// What a person chose to send of what people observed.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PacketObserved {
    /// The documents' own caution.
    pub caveat: &'static str,
    pub sightings: Vec<PacketSighting>,
}

/// One thing that a named person saw or was told.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PacketSighting {
    pub id: Uuid,
    pub indicator_code: &'static str,
    pub observed_at: Option<DateTime<Utc>>,
    pub observed_by_name: String,
    pub observer_role: String,
    pub source: ObservationSourceCode,
    pub context: String,
}

/// What a named person concluded, as they said it. Whom they asked is not the recipient's.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PacketDetermination {
    pub id: Uuid,
    pub determination_type: DeterminationTypeCode,
    pub determination_source: DeterminationSourceCode,
    pub determined_by_name: String,
    pub determined_by_role: String,
    pub determined_by_agency: String,
    pub determined_at: DateTime<Utc>,
    pub agency_information_received_at: DateTime<Utc>,
    pub basis: String,
}

impl PacketContent {
    /// What people concluded, as far as it is in here.
    pub fn determinations(&self) -> &[PacketDetermination] {
        match self {
            Self::LawEnforcement(it) => it.determinations.as_deref().unwrap_or_default(),
            Self::Ncmec(_) => &[],
        }
    }

    /// What both kinds say.
    pub fn report(&self) -> &ReportBody {
        match self {
            Self::LawEnforcement(it) => &it.report,
            Self::Ncmec(it) => &it.report,
        }
    }
}
