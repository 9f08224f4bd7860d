//! Two synthetic cases with something to do, dated from the moment the demo is loaded.
//!
//! They come in as an agency's own records would; the rest is told as the caseworker would tell it. Nobody has observed or concluded anything in them: data that showed
//! both together would teach a rule that is none.

use chrono::{DateTime, Days, TimeDelta, Utc};
use homeward_domain::child::{CareStatus, PlacementSetting};
use homeward_domain::episode::MissingType;
use homeward_domain::id::{AgencyId, ChildId, UnitId};
use homeward_domain::notification::{NotificationKind, NotificationMethod, NotificationStatus, Recipient};
use homeward_domain::placement::LivingArrangement;
use homeward_domain::zone::Zone;
use homeward_store::import::{
    Arrival, Asked, ChildFacts, EpisodeFacts, EpisodeLine, Importer, Line, NotificationFacts, PlacementFacts, Worker,
    child_id, content, content_id, episode_id,
};
use homeward_store::{Store, StoreError};

use super::hand::Hand;
use super::{DemoError, SAMPLES, back, born, missing};
use crate::objects::Objects;

/// Who is missing, and who is back.
const MISSING: &str = "DEMO-SIX";
const BACK: &str = "DEMO-SEVEN";

/// The records come in, and what is known for the report is stated, this long before it is sent: what changes at the
/// instant of a contact has to be shared once more.
const EARLIER: TimeDelta = TimeDelta::minutes(15);

/// What it takes to tell of a case.
struct Teller {
    agency: AgencyId,
    unit: UnitId,
    worker: String,
    zone: Zone,
    now: DateTime<Utc>,
}

/// Where the demo's people work: the database behind the policy, and the pictures.
pub struct Stage {
    /// With the keys that seal.
    pub store: Store,
    /// Of photos.
    pub objects: Objects,
}

/// Loads both cases into the demo agency as the owner of the tables at `url`, unless they are there, and tells them on.
pub async fn load_cases(url: &str, stage: &Stage, now: DateTime<Utc>) -> Result<(), DemoError> {
    let [sample, _] = &SAMPLES;
    let importer = Importer::connect(url, stage.store.keyring()).await?;
    let agency = importer.agencies().await?.into_iter().find(|it| it.name == sample.name);
    let agency = agency.ok_or(StoreError::NotFound)?;
    importer.hold(agency.id).await?;
    let asked = Asked { agency_person_ids: vec![MISSING.to_owned(), BACK.to_owned()], ..Asked::default() };
    let known = importer.known(agency.id, &asked).await?;
    if !known.children.is_empty() {
        return Ok(());
    }
    let unit = *known.units.get("north-county").ok_or(StoreError::NotFound)?;
    let worker = format!("caseworker@{}", sample.domain);
    let clerk = importer.enlist(&agency, &[Worker { email: worker.clone(), unit }], now - EARLIER).await?;
    let teller = Teller { agency: agency.id, unit, worker, zone: agency.zone, now };
    importer.import_batch(&clerk, &[teller.missing(), teller.back()]).await?;
    let hand = Hand::of(stage, &teller.worker, now - EARLIER, now).await?;
    missing::tell(&hand, child_id(agency.id, MISSING), episode_id(agency.id, &format!("{MISSING}-1"))).await?;
    back::tell(&hand, child_id(agency.id, BACK), episode_id(agency.id, &format!("{BACK}-1"))).await?;
    Ok(hand.rest().await?)
}

impl Teller {
    /// Since yesterday. Law enforcement was told in time; NCMEC has not been told, and is due within hours.
    fn missing(&self) -> Arrival {
        let mut case = self.case(MISSING, "Six", 2011);
        let received_at = self.hours_ago(20);
        let episode = EpisodeFacts {
            agency_episode_id: format!("{MISSING}-1"),
            absence_began_at: Some(self.hours_ago(22)),
            received_at,
            located_at: None,
            returned_to_care_at: None,
            missing_type: MissingType::AbsentWithoutPermission,
            missing_from: Some(PlacementSetting::GroupHome),
            recovery_type: None,
        };
        let away = PlacementFacts {
            afcars_living_arrangement: Some(LivingArrangement::Runaway),
            ..self.stay(PlacementSetting::Other, self.hours_ago(22), None)
        };
        self.place(&mut case, self.stay(PlacementSetting::GroupHome, self.days_ago(120), Some(self.hours_ago(22))));
        self.place(&mut case, away);
        self.tell(&mut case, &episode, Recipient::LawEnforcement, received_at + TimeDelta::minutes(50));
        case.episodes.push(Line { id: episode_id(self.agency, &episode.agency_episode_id), facts: episode });
        case
    }

    /// Gone for four days. Both were told in time. That the child is back is told on in [`back`].
    fn back(&self) -> Arrival {
        let mut case = self.case(BACK, "Seven", 2009);
        let (received_at, returned_at) = (self.days_ago(6), self.days_ago(2));
        let episode = EpisodeFacts {
            agency_episode_id: format!("{BACK}-1"),
            absence_began_at: Some(received_at - TimeDelta::hours(2)),
            received_at,
            located_at: None,
            returned_to_care_at: None,
            missing_type: MissingType::AbsentWithoutPermission,
            missing_from: Some(PlacementSetting::FosterFamilyHome),
            recovery_type: None,
        };
        self.place(&mut case, self.stay(PlacementSetting::FosterFamilyHome, self.days_ago(300), Some(received_at)));
        self.place(&mut case, self.stay(PlacementSetting::RelativeHome, returned_at, None));
        self.tell(&mut case, &episode, Recipient::LawEnforcement, received_at + TimeDelta::hours(1));
        self.tell(&mut case, &episode, Recipient::Ncmec, received_at + TimeDelta::hours(3));
        case.episodes.push(Line { id: episode_id(self.agency, &episode.agency_episode_id), facts: episode });
        case
    }

    fn case(&self, agency_person_id: &str, family_name: &str, year: i32) -> Arrival {
        let mut case = Arrival::of(child_id(self.agency, agency_person_id));
        case.record = Some(ChildFacts {
            agency_person_id: agency_person_id.to_owned(),
            given_name: "Sample".to_owned(),
            family_name: family_name.to_owned(),
            date_of_birth: born(year, 5, 17),
            sex: None,
            race: Vec::new(),
            ethnicity: None,
            height_inches: None,
            weight_pounds: None,
            hair_color: None,
            eye_color: None,
            unit: self.unit,
            worker: Some(self.worker.clone()),
            care_status: CareStatus::FosterCare,
        });
        case
    }

    fn stay(&self, setting: PlacementSetting, from: DateTime<Utc>, to: Option<DateTime<Utc>>) -> PlacementFacts {
        PlacementFacts {
            setting,
            started_on: self.zone.local_date(from),
            ended_on: to.map(|at| self.zone.local_date(at)),
            provider_name: None,
            afcars_living_arrangement: None,
        }
    }

    fn place(&self, case: &mut Arrival, facts: PlacementFacts) {
        let id = content_id::<PlacementFacts>(self.agency, &content(case.child, &facts), 0);
        case.placements.push(Line { id, facts });
    }

    /// A completed initial report.
    fn tell(&self, case: &mut Arrival, episode: &EpisodeFacts, recipient: Recipient, made_at: DateTime<Utc>) {
        let facts = NotificationFacts {
            agency_episode_id: episode.agency_episode_id.clone(),
            recipient,
            kind: NotificationKind::InitialReport,
            status: NotificationStatus::Completed,
            method: NotificationMethod::Phone,
            made_at,
            agency_name: None,
            person_contacted: Some("Sample Officer".to_owned()),
            case_number: (recipient == Recipient::LawEnforcement).then(|| "DEMO-0417".to_owned()),
            ncic_number: None,
            reference_number: None,
        };
        let child: ChildId = case.child;
        let id = content_id::<NotificationFacts>(self.agency, &content(child, &facts), 0);
        let episode = episode_id(self.agency, &episode.agency_episode_id);
        case.notifications.push(EpisodeLine { id, episode, facts });
    }

    fn hours_ago(&self, hours: i64) -> DateTime<Utc> {
        self.now - TimeDelta::hours(hours)
    }

    fn days_ago(&self, days: u64) -> DateTime<Utc> {
        self.now.checked_sub_days(Days::new(days)).unwrap_or(self.now)
    }
}
