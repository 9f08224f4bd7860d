//! Missing episodes: the rows, and the versions they replaced.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Jsonb, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use homeward_domain::child::{CareStatus, PlacementSetting};
use homeward_domain::episode::{Closure, Completed, Facts, MissingType, Moments, Recovery, WhereaboutsKnown};
use homeward_domain::id::{ChildId, EpisodeId, Id, UnitId, UserId};
use homeward_domain::notification::Told;
use homeward_domain::policy::{Action, OpenEpisode, Permit};

use crate::error::{StoreError, StoreResult};
use crate::replan::Touched;
use crate::schema::missing_episodes::{self, dsl};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

mod list;
mod row;

pub use list::{Filter, Listed, list};
pub(crate) use row::{Row, facts};

/// One missing episode, with everything recorded about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    /// The episode.
    pub id: EpisodeId,
    /// The child.
    pub child: ChildId,
    /// Counts up from 1 for each child.
    pub number: i32,
    /// The agency's own name for it, if it came with an import.
    pub agency_episode_id: Option<String>,
    /// The unit that answered for the child at receipt.
    pub unit: UnitId,
    /// The worker the child was assigned to at receipt.
    pub worker: Option<UserId>,
    /// Why the agency answered for the child at receipt.
    pub care_status: CareStatus,
    /// The clocks.
    pub moments: Moments,
    /// When someone last had contact.
    pub last_contact_at: Option<DateTime<Utc>>,
    /// Where.
    pub last_contact_place: Option<String>,
    /// The agency's working description.
    pub missing_type: MissingType,
    /// What setting the child is missing from.
    pub missing_from: Option<PlacementSetting>,
    /// Whether someone knows where the child is.
    pub whereabouts_known: Option<WhereaboutsKnown>,
    /// What happened, in a person's words.
    pub circumstances: Option<String>,
    /// How it ended, as far as it has.
    pub recovery: Recovery,
    /// Where the child was located or recovered.
    pub recovery_place: Option<String>,
    /// How, in a person's words.
    pub recovery_circumstances: Option<String>,
    /// The end, if a person has ended it.
    pub closure: Option<Closure>,
    /// What they said.
    pub closure_statement: Option<String>,
    /// The episode that this one duplicated.
    pub merged_into: Option<EpisodeId>,
    /// Who confirmed at the end that both recipients know.
    pub confirmed: Confirmed,
    /// Came with an import after it had ended: it raises no reminders.
    pub is_history: bool,
    /// When facts worth telling the recipients changed.
    pub material_changes: Vec<DateTime<Utc>>,
    /// The conditions that a person chose, by the names of the rules.
    pub choices: Vec<String>,
    /// Who chose them.
    pub chosen_by_name: Option<String>,
    /// Why this version replaced the one before, where that needed a reason.
    pub change_reason: Option<String>,
    /// Counts up from 1.
    pub version: i32,
    /// When this version was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
    /// When the episode was first recorded.
    pub created_at: DateTime<Utc>,
}

/// A named person's word that a recipient was told. Evidence, and no discharge: only a contact is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Who says so.
    pub by_name: String,
    /// When they were told.
    pub at: DateTime<Utc>,
}

impl Confirmation {
    pub(crate) fn of(by_name: Option<String>, at: Option<DateTime<Utc>>) -> Option<Self> {
        by_name.zip(at).map(|(by_name, at)| Self { by_name, at })
    }
}

/// That both know of a child who is still missing when the episode is closed (T27).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confirmed {
    /// That law enforcement was told.
    pub law_enforcement: Option<Confirmation>,
    /// That NCMEC was told.
    pub ncmec: Option<Confirmation>,
}

impl Episode {
    /// What the law looks at, but the birthday, of which the record of the child tells.
    pub fn facts(&self, told: Vec<Told>, completed: Vec<Completed>) -> Facts {
        Facts {
            care_status: self.care_status,
            moments: self.moments,
            recovery: self.recovery,
            material_changes: self.material_changes.clone(),
            choices: self.choices.clone(),
            birthday_at: None,
            told,
            completed,
            closure: self.closure,
        }
    }

    /// The same, with a fact changed that recipients have to hear of.
    pub fn with_material_change(mut self, at: DateTime<Utc>) -> Self {
        self.material_changes.push(at);
        self
    }

    /// When the absence began; its receipt where that is not known.
    pub fn began_at(&self) -> DateTime<Utc> {
        self.moments.absence_began_at.unwrap_or(self.moments.received_at)
    }

    /// When it ended: the child was safe, or a person closed it.
    pub fn ended_at(&self) -> Option<DateTime<Utc>> {
        self.recovery.ended_at().or(self.closure.map(|it| it.closed_at))
    }
}

/// What a person tells of a new episode. Everything else follows from the child and the caller.
#[derive(Clone, Debug)]
pub struct NewEpisode {
    /// The clocks.
    pub moments: Moments,
    /// When someone last had contact.
    pub last_contact_at: Option<DateTime<Utc>>,
    /// Where.
    pub last_contact_place: Option<String>,
    /// The agency's working description.
    pub missing_type: MissingType,
    /// What setting the child is missing from.
    pub missing_from: Option<PlacementSetting>,
    /// Whether someone knows where the child is.
    pub whereabouts_known: Option<WhereaboutsKnown>,
    /// What happened, in a person's words.
    pub circumstances: Option<String>,
}

/// The number is taken from the rows in the same statement; a race meets the unique constraint.
const INSERT: &str = "insert into missing_episodes \
    select e.* from jsonb_populate_record(null::missing_episodes, \
    ? || jsonb_build_object('number', (select coalesce(max(number), 0) + 1 from missing_episodes \
    where agency_id = ? and child_id = ?))) e returning number";

/// The version that is replaced is kept first. By name: the two tables do not have their columns in the same order.
const KEEP_VERSION: &str = "insert into missing_episode_versions select v.* from missing_episodes e, \
    jsonb_populate_record(null::missing_episode_versions, to_jsonb(e) || jsonb_build_object('superseded_at', ?)) v \
    where e.agency_id = ? and e.id = ? and e.version = ?";

const UPDATE: &str = include_str!("episodes/update.sql");

/// The same columns as the episode, and when they were replaced; as JSON one row type serves both tables.
const VERSIONS: &str = "select to_jsonb(v) as row from missing_episode_versions v \
    where v.agency_id = ? and v.id = ? and v.child_id = ? order by v.version";

#[derive(diesel::QueryableByName)]
struct Json {
    #[diesel(sql_type = Jsonb)]
    row: serde_json::Value,
}

#[derive(diesel::QueryableByName)]
struct Number {
    #[diesel(sql_type = diesel::sql_types::Integer)]
    number: i32,
}

/// Opens an episode for the permitted child.
pub async fn insert(tx: &WriteTx, permit: &Permit<OpenEpisode>, new: NewEpisode) -> StoreResult<Episode> {
    let child = *tx.child()?;
    let mut episode = Episode {
        id: tx.new_id(),
        child: permit.child(),
        number: 0,
        agency_episode_id: None,
        unit: child.unit,
        worker: child.assigned_to,
        care_status: child.care_status,
        moments: new.moments,
        last_contact_at: new.last_contact_at,
        last_contact_place: new.last_contact_place,
        missing_type: new.missing_type,
        missing_from: new.missing_from,
        whereabouts_known: new.whereabouts_known,
        circumstances: new.circumstances,
        recovery: Recovery::default(),
        recovery_place: None,
        recovery_circumstances: None,
        closure: None,
        closure_statement: None,
        merged_into: None,
        confirmed: Confirmed::default(),
        is_history: false,
        material_changes: Vec::new(),
        choices: Vec::new(),
        chosen_by_name: None,
        change_reason: None,
        version: 1,
        recorded_at: tx.at(),
        recorded_by: permit.actor(),
        created_at: tx.at(),
    };
    let number: Number = sql(INSERT)
        .bind::<Jsonb, _>(Row::seal(tx.safe(), permit.agency(), &episode)?.json()?)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .get_result(&mut tx.conn())
        .await?;
    episode.number = number.number;
    tx.touch(Touched::Opened(Box::new(episode.clone())));
    Ok(episode)
}

/// One episode of the permitted child.
pub async fn find<A: Action>(tx: &ReadTx, permit: &Permit<A>, id: EpisodeId) -> StoreResult<Episode> {
    let row: Option<Row> = dsl::missing_episodes
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(id.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.ok_or(StoreError::NotFound)?.episode(tx.safe())
}

/// The same, held against other writers until the commit.
pub async fn lock<A: Action>(tx: &WriteTx, permit: &Permit<A>, id: EpisodeId) -> StoreResult<Episode> {
    let row: Option<Row> = dsl::missing_episodes
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(id.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .select(Row::as_select())
        .for_update()
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.ok_or(StoreError::NotFound)?.episode(tx.safe())
}

/// The episodes of the permitted child, newest first.
pub async fn of_child<A: Action>(tx: &ReadTx, permit: &Permit<A>) -> StoreResult<Vec<Episode>> {
    let rows: Vec<Row> = dsl::missing_episodes
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order(dsl::number.desc())
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.episode(tx.safe())).collect()
}

/// The versions that an episode's present one replaced, oldest first.
pub async fn versions<A: Action>(tx: &ReadTx, permit: &Permit<A>, id: EpisodeId) -> StoreResult<Vec<Episode>> {
    let rows: Vec<Json> = sql(VERSIONS)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(id.uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .load(&mut tx.conn())
        .await?;
    let parse = |it: Json| serde_json::from_value::<Row>(it.row).map_err(|_| StoreError::Corrupt("missing_episodes"));
    rows.into_iter().map(|it| parse(it)?.episode(tx.safe())).collect()
}

/// The open episode of the permitted child, if they are missing now.
pub async fn open_of_child<A: Action>(tx: &ReadTx, permit: &Permit<A>) -> StoreResult<Option<EpisodeId>> {
    let id = missing_episodes::table
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .filter(dsl::recovered_at.is_null())
        .filter(dsl::returned_to_care_at.is_null())
        .filter(dsl::placed_elsewhere_at.is_null())
        .filter(dsl::closed_at.is_null())
        .select(dsl::id)
        .first::<uuid::Uuid>(&mut tx.conn())
        .await
        .optional()?;
    Ok(id.map(Id::from_uuid))
}

/// Says that a fact about the child that recipients were or will be told has changed: of a missing child they have to
/// hear of it (CLK-10). Where the child is not missing, nothing is owed and nothing happens.
pub async fn material_change<A: Action>(tx: &WriteTx, permit: &Permit<A>) -> StoreResult<()> {
    let Some(id) = open_of_child(tx, permit).await? else { return Ok(()) };
    let episode = lock(tx, permit, id).await?;
    save(tx, permit, episode.with_material_change(tx.at())).await?;
    Ok(())
}

/// Plans what is owed for every episode of the permitted child that is not closed again, for their day of birth was
/// corrected: the review of a birthday goes by it.
pub(crate) async fn born_on_another_day<A: Action>(tx: &WriteTx, permit: &Permit<A>) -> StoreResult<()> {
    for episode in of_child(tx, permit).await?.into_iter().filter(|it| it.closure.is_none()) {
        let episode = lock(tx, permit, episode.id).await?;
        tx.touch(Touched::Changed(Box::new(episode)));
    }
    Ok(())
}

/// Replaces a locked episode with its changed form, and keeps what it said before.
pub async fn save<A: Action>(tx: &WriteTx, permit: &Permit<A>, changed: Episode) -> StoreResult<Episode> {
    let before = changed.version;
    let changed = Episode { version: before + 1, recorded_at: tx.at(), recorded_by: permit.actor(), ..changed };
    let (agency, id) = (permit.agency().uuid(), changed.id.uuid());
    sql(KEEP_VERSION)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(agency)
        .bind::<SqlUuid, _>(id)
        .bind::<diesel::sql_types::Integer, _>(before)
        .execute(&mut tx.conn())
        .await?;
    let saved = sql(UPDATE)
        .bind::<Text, _>(Row::seal(tx.safe(), permit.agency(), &changed)?.json()?.to_string())
        .bind::<SqlUuid, _>(agency)
        .bind::<SqlUuid, _>(id)
        .bind::<diesel::sql_types::Integer, _>(before)
        .execute(&mut tx.conn())
        .await?;
    if saved == 0 {
        return Err(StoreError::Stale);
    }
    tx.touch(Touched::Changed(Box::new(changed.clone())));
    Ok(changed)
}
