//! Everything recorded and done about one episode, for its timeline. Observations are no part of it (T18).

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use futures_util::try_join;
use homeward_domain::id::{DutyId, EpisodeId, Id, ReminderId, UserId};
use homeward_domain::policy::{Permit, ReadChild};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::completions::{self, Completion};
use crate::disclosures::{self, Disclosure};
use crate::duties::{self, Owed};
use crate::episodes::{self, Episode};
use crate::error::StoreResult;
use crate::factor_responses::{self, Step};
use crate::factors;
use crate::interviews::{self, Held};
use crate::notifications::{self, Notification};
use crate::packets::{self, Packet};
use crate::screenings::{self, Given};
use crate::search_efforts::{self, SearchEffort};
use crate::sql::sql;
use crate::tx::ReadTx;
use crate::whereabouts::{self, Stated};

/// One episode and all that was recorded and done about it.
#[derive(Clone, Debug)]
pub struct Course {
    /// Every version, the present one last.
    pub versions: Vec<Episode>,
    /// What one version changed of the one before, in the same order.
    pub corrections: Vec<Correction>,
    /// Who was told.
    pub notifications: Vec<Notification>,
    /// Which tasks were finished.
    pub completions: Vec<Completion>,
    /// What was done to find the child.
    pub efforts: Vec<SearchEffort>,
    /// What was told of the whereabouts.
    pub whereabouts: Vec<Stated>,
    /// What was done after the return, and nothing of what was said.
    pub aftercare: Aftercare,
    /// What was put together, and what of it went out: of what the caller may know of.
    pub packets: (Vec<Packet>, Vec<Disclosure>),
    /// What is and was owed.
    pub duties: Vec<Owed>,
    /// Every message to a person.
    pub reminders: Vec<Sent>,
    /// Every try to deliver one.
    pub attempts: Vec<Attempt>,
}

/// What was done for a child who is back: that it was done, when and by whom.
#[derive(Clone, Debug)]
pub struct Aftercare {
    /// Which interviews were offered, declined or held.
    pub interviews: Vec<Held>,
    /// Which screenings were given.
    pub screenings: Vec<Given>,
    /// When and by whom factors were recorded.
    pub factors: Vec<(DateTime<Utc>, UserId)>,
    /// When and by whom responses were planned or done.
    pub responses: Vec<Step>,
}

/// A version that corrected or completed the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// The version it made.
    pub version: i32,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: UserId,
    /// What it changed, by the names of the API.
    pub fields: Vec<String>,
    /// The receipt before and after, where it moved.
    pub receipt: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Why, where that was told.
    pub reason: Option<String>,
}

/// One message to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The message.
    pub id: ReminderId,
    /// The duty it is about.
    pub duty: DutyId,
    /// To whom.
    pub user: UserId,
    /// Which rung of the ladder.
    pub step: String,
    /// When it was delivered.
    pub sent_at: DateTime<Utc>,
    /// When they said that they saw it.
    pub acknowledged_at: Option<DateTime<Utc>>,
}

/// One try to deliver a rung, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The duty it is about.
    pub duty: DutyId,
    /// Which rung of the ladder.
    pub step: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Over what.
    pub channel: String,
    /// `delivered`, `nobody` or `no_longer_owed`.
    pub outcome: String,
    /// How many people it reached.
    pub recipients: i32,
    /// For whom the rung was meant, as a code.
    pub audience: String,
    /// The highest person it was given to so far, as a code.
    pub reached: Option<String>,
    /// Nobody stood on it when it fired, and the next one up who exists had it.
    pub went_up: bool,
}

const REMINDERS: &str = "select r.id, r.duty_id, r.user_id, r.step, r.sent_at, r.acknowledged_at from reminders r \
    where r.agency_id = ? and r.episode_id = ? and r.child_id = ? order by r.sent_at, r.id";

/// An attempt names no child; its duty does.
const ATTEMPTS: &str = "select g.duty_id, g.step, a.attempted_at, a.channel, a.outcome, a.recipients, \
    g.audience, g.reached, coalesce(g.went_up, false) as went_up \
    from delivery_attempts a join rungs g on g.agency_id = a.agency_id and g.id = a.rung_id \
    join duties d on d.agency_id = g.agency_id and d.id = g.duty_id \
    where a.agency_id = ? and a.episode_id = ? and d.child_id = ? order by a.attempted_at, a.id";

#[derive(QueryableByName)]
struct SentRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    duty_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Text)]
    step: String,
    #[diesel(sql_type = Timestamptz)]
    sent_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    acknowledged_at: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct AttemptRow {
    #[diesel(sql_type = SqlUuid)]
    duty_id: Uuid,
    #[diesel(sql_type = Text)]
    step: String,
    #[diesel(sql_type = Timestamptz)]
    attempted_at: DateTime<Utc>,
    #[diesel(sql_type = Text)]
    channel: String,
    #[diesel(sql_type = Text)]
    outcome: String,
    #[diesel(sql_type = Integer)]
    recipients: i32,
    #[diesel(sql_type = Text)]
    audience: String,
    #[diesel(sql_type = Nullable<Text>)]
    reached: Option<String>,
    #[diesel(sql_type = Bool)]
    went_up: bool,
}

impl From<SentRow> for Sent {
    fn from(row: SentRow) -> Self {
        Self {
            id: Id::from_uuid(row.id),
            duty: Id::from_uuid(row.duty_id),
            user: Id::from_uuid(row.user_id),
            step: row.step,
            sent_at: row.sent_at,
            acknowledged_at: row.acknowledged_at,
        }
    }
}

impl From<AttemptRow> for Attempt {
    fn from(row: AttemptRow) -> Self {
        Self {
            duty: Id::from_uuid(row.duty_id),
            step: row.step,
            at: row.attempted_at,
            channel: row.channel,
            outcome: row.outcome,
            recipients: row.recipients,
            audience: row.audience,
            reached: row.reached,
            went_up: row.went_up,
        }
    }
}

/// The course of one episode of the permitted child, in one round trip.
pub async fn of_episode(tx: &ReadTx, permit: &Permit<ReadChild>, id: EpisodeId) -> StoreResult<Course> {
    let (present, mut versions, notifications, completions, efforts, whereabouts, aftercare) = try_join!(
        episodes::find(tx, permit, id),
        episodes::versions(tx, permit, id),
        notifications::of_episode(tx, permit, id),
        completions::of_episode(tx, permit, id),
        search_efforts::of_episode(tx, permit, id),
        whereabouts::of_episode(tx, permit, id),
        aftercare(tx, permit, id),
    )?;
    let (duties, reminders, attempts, packets, mut disclosures) = try_join!(
        duties::of_episode(tx, permit, id),
        reminders(tx, permit, id),
        attempts(tx, permit, id),
        packets::of_episode(tx, permit, id, packets::ALL),
        disclosures::of_episode(tx, permit, id),
    )?;
    disclosures.retain(|it| packets.iter().any(|packet| packet.id == it.packet));
    versions.push(present);
    let corrections = corrections(&versions)?;
    Ok(Course {
        versions,
        corrections,
        notifications,
        completions,
        efforts,
        whereabouts,
        aftercare,
        packets: (packets, disclosures),
        duties,
        reminders,
        attempts,
    })
}

async fn aftercare(tx: &ReadTx, permit: &Permit<ReadChild>, id: EpisodeId) -> StoreResult<Aftercare> {
    let (interviews, screenings, factors, responses) = try_join!(
        interviews::facts(tx, permit, id),
        screenings::of_episode(tx, permit, id),
        factors::recordings(tx, permit, id),
        factor_responses::steps(tx, permit, id),
    )?;
    Ok(Aftercare { interviews, screenings, factors, responses })
}

async fn reminders(tx: &ReadTx, permit: &Permit<ReadChild>, id: EpisodeId) -> StoreResult<Vec<Sent>> {
    let rows: Vec<SentRow> = sql(REMINDERS)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .load(&mut tx.conn())
        .await?;
    Ok(rows.into_iter().map(Sent::from).collect())
}

async fn attempts(tx: &ReadTx, permit: &Permit<ReadChild>, id: EpisodeId) -> StoreResult<Vec<Attempt>> {
    let rows: Vec<AttemptRow> = sql(ATTEMPTS)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .load(&mut tx.conn())
        .await?;
    Ok(rows.into_iter().map(Attempt::from).collect())
}

/// When a duty was first planned. Its id is made from that instant, and tells it to the millisecond.
pub fn planned_at(owed: &Owed) -> Option<DateTime<Utc>> {
    let (seconds, nanos) = owed.id.uuid().get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}

/// What every version has of its own, and what the program keeps for itself.
const NOT_FACTS: [&str; 5] = ["version", "recorded_at", "recorded_by", "change_reason", "material_changes"];

/// How an episode ended. To tell it for the first time corrects nothing.
const OUTCOME: [&str; 15] = [
    "located_at",
    "recovered_at",
    "returned_to_care_at",
    "placed_elsewhere_at",
    "recovery_type",
    "recovery_place",
    "recovery_circumstances",
    "closed_at",
    "closure_reason",
    "closure_statement",
    "merged_into",
    "told_law_enforcement_by",
    "told_law_enforcement_at",
    "told_ncmec_by",
    "told_ncmec_at",
];

fn corrections(versions: &[Episode]) -> StoreResult<Vec<Correction>> {
    let mut corrections = Vec::new();
    for (before, after) in versions.iter().zip(versions.iter().skip(1)) {
        let (was, is) = (before.moments.received_at, after.moments.received_at);
        let fields = changed(&episodes::facts(before)?, &episodes::facts(after)?);
        if !fields.is_empty() {
            corrections.push(Correction {
                version: after.version,
                at: after.recorded_at,
                by: after.recorded_by,
                fields,
                receipt: (was != is).then_some((was, is)),
                reason: after.change_reason.clone(),
            });
        }
    }
    Ok(corrections)
}

fn changed(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<String> {
    let is_told_first = |field: &str, was: &Value| was.is_null() && OUTCOME.contains(&field);
    before
        .iter()
        .filter(|(field, was)| after.get(*field) != Some(was) && !NOT_FACTS.contains(&field.as_str()))
        .filter(|(field, was)| !is_told_first(field, was))
        .map(|(field, _)| api_name(field))
        .collect()
}

/// A few columns have another name in the API.
fn api_name(column: &str) -> String {
    match column {
        "recovery_place" => "recovery.place",
        "recovery_circumstances" => "recovery.circumstances",
        "closure_statement" => "closure.statement",
        "merged_into" => "closure.merged_into_episode_id",
        "told_law_enforcement_by" | "told_law_enforcement_at" => "closure.confirmed_told_law_enforcement",
        "told_ncmec_by" | "told_ncmec_at" => "closure.confirmed_told_ncmec",
        other => other,
    }
    .to_owned()
}
