//! What the database knows of the children and episodes that an extract names.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Integer, Jsonb, Nullable, Text, Uuid as SqlUuid};
use diesel::{ExpressionMethods as _, QueryDsl as _, QueryableByName, SelectableHelper as _};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::episode::ClosureReason;
use homeward_domain::id::{AgencyId, ChildId, EpisodeId, Id, UnitId};
use uuid::Uuid;

use super::{ChildFacts, EpisodeFacts, Importer};
use crate::children::Named;
use crate::convert::{code, optional};
use crate::episodes::{self, Episode};
use crate::error::{StoreError, StoreResult};
use crate::schema::missing_episodes::dsl;
use crate::seal::Safe;
use crate::sql::sql;

/// Whom and what the extract names.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Children, by the agency's own names.
    pub agency_person_ids: Vec<String>,
    /// Episodes, by the agency's own names.
    pub agency_episode_ids: Vec<String>,
}

/// What is there before the import.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Every unit, by its code.
    pub units: HashMap<String, UnitId>,
    /// By the agency's own name, and by names they had before that no one else has now.
    pub children: HashMap<String, KnownChild>,
    /// By the agency's own name.
    pub episodes: HashMap<String, KnownEpisode>,
    /// Every absence of those children, whoever recorded it.
    pub absences: HashMap<ChildId, Vec<Absence>>,
}

/// A child who is there.
#[derive(Clone, Debug)]
pub struct KnownChild {
    /// Their id.
    pub id: ChildId,
    /// What the record says, and what it said before people changed it.
    pub forms: Vec<ChildFacts>,
}

/// An episode that is there.
#[derive(Clone, Debug)]
pub struct KnownEpisode {
    /// Its id.
    pub id: EpisodeId,
    /// Whose.
    pub child: ChildId,
    /// When the agency received the information, as recorded now.
    pub received_at: DateTime<Utc>,
    /// What it says, and what it said before people changed it.
    pub forms: Vec<EpisodeFacts>,
}

/// A time away: from its beginning up to, and not with, its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// When it began; the receipt where that is not known.
    pub began_at: DateTime<Utc>,
    /// When it ended, if it has.
    pub ended_at: Option<DateTime<Utc>>,
}

impl Absence {
    /// Whether there is an instant that lies in both. One that ended as it began holds none.
    pub fn overlaps(&self, other: &Self) -> bool {
        let starts_in = |one: &Self, other: &Self| other.ended_at.is_none_or(|end| one.began_at < end);
        !self.is_empty() && !other.is_empty() && starts_in(self, other) && starts_in(other, self)
    }

    fn is_empty(&self) -> bool {
        self.ended_at.is_some_and(|end| end <= self.began_at)
    }

    /// As the constraint of the table sees it: what turned out to be no absence is none.
    fn of(episode: &Episode) -> Option<Self> {
        let reason = episode.closure.map(|it| it.reason);
        if matches!(reason, Some(ClosureReason::NotMissing | ClosureReason::MergedDuplicate)) {
            return None;
        }
        let ends = episode.recovery.ended_at().into_iter().chain(episode.closure.map(|it| it.closed_at));
        Some(Self { began_at: episode.began_at(), ended_at: ends.min() })
    }
}

const UNITS: &str = "select code, id from units where agency_id = ?";

const CHILDREN: &str = include_str!("children.sql");

/// As JSON the row type of the present episodes serves the replaced ones too.
const VERSIONS: &str = "select to_jsonb(v) as row from missing_episode_versions v \
    where v.agency_id = ? and v.child_id = any(?) and v.agency_episode_id is not null";

#[derive(QueryableByName)]
struct Json {
    #[diesel(sql_type = Jsonb)]
    row: serde_json::Value,
}

#[derive(QueryableByName)]
struct Unit {
    #[diesel(sql_type = Text)]
    code: String,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Child {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    agency_person_id: String,
    #[diesel(embed)]
    named: Named,
    #[diesel(sql_type = Nullable<Text>)]
    sex: Option<String>,
    #[diesel(sql_type = Array<Text>)]
    race: Vec<String>,
    #[diesel(sql_type = Nullable<Text>)]
    ethnicity: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    height_inches: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    weight_pounds: Option<i32>,
    #[diesel(sql_type = SqlUuid)]
    unit_id: Uuid,
    #[diesel(sql_type = Nullable<Text>)]
    worker: Option<String>,
    #[diesel(sql_type = Text)]
    care_status: String,
}

impl Child {
    fn facts(self, safe: Safe<'_>) -> StoreResult<ChildFacts> {
        let identity = self.named.open(safe, Id::from_uuid(self.id))?;
        Ok(ChildFacts {
            agency_person_id: self.agency_person_id,
            given_name: identity.given_name,
            family_name: identity.family_name,
            date_of_birth: identity.date_of_birth,
            sex: optional(self.sex, "children.sex")?,
            race: self.race.iter().map(|it| code(it, "children.race")).collect::<StoreResult<_>>()?,
            ethnicity: optional(self.ethnicity, "children.ethnicity")?,
            height_inches: self.height_inches,
            weight_pounds: self.weight_pounds,
            hair_color: identity.hair_color,
            eye_color: identity.eye_color,
            unit: Id::from_uuid(self.unit_id),
            worker: self.worker,
            care_status: code(&self.care_status, "children.care_status")?,
        })
    }
}

impl Importer {
    /// What is there of the children and episodes asked for.
    pub async fn known(&self, agency: AgencyId, asked: &Asked) -> StoreResult<Known> {
        let mut known = Known { units: units(&self.conn, agency).await?, ..Known::default() };
        for row in children(&self.conn, agency, asked).await? {
            let id = Id::from_uuid(row.id);
            let facts = row.facts(self.safe(agency))?;
            let new = || KnownChild { id, forms: Vec::new() };
            let child = known.children.entry(facts.agency_person_id.clone()).or_insert_with(new);
            if child.id == id {
                child.forms.push(facts);
            }
        }
        let ids: Vec<Uuid> = known.children.values().map(|it| it.id.uuid()).collect();
        for episode in episodes(&self.conn, self.safe(agency), agency, &ids).await? {
            known.absences.entry(episode.child).or_default().extend(Absence::of(&episode));
            known.add(&episode);
        }
        for episode in versions(&self.conn, self.safe(agency), agency, ids).await? {
            known.add(&episode);
        }
        Ok(known)
    }
}

impl Known {
    /// The present form of an episode comes before those it replaced.
    fn add(&mut self, episode: &Episode) {
        let Some(name) = &episode.agency_episode_id else { return };
        let new = || KnownEpisode {
            id: episode.id,
            child: episode.child,
            received_at: episode.moments.received_at,
            forms: Vec::new(),
        };
        self.episodes.entry(name.clone()).or_insert_with(new).forms.push(EpisodeFacts {
            agency_episode_id: name.clone(),
            absence_began_at: episode.moments.absence_began_at,
            received_at: episode.moments.received_at,
            located_at: episode.recovery.located_at,
            returned_to_care_at: episode.recovery.returned_to_care_at,
            missing_type: episode.missing_type,
            missing_from: episode.missing_from,
            recovery_type: episode.recovery.kind,
        });
    }
}

async fn units(conn: &AsyncPgConnection, agency: AgencyId) -> StoreResult<HashMap<String, UnitId>> {
    let rows: Vec<Unit> = sql(UNITS).bind::<SqlUuid, _>(agency.uuid()).load(&mut &*conn).await?;
    Ok(rows.into_iter().map(|it| (it.code, Id::from_uuid(it.id))).collect())
}

async fn children(conn: &AsyncPgConnection, agency: AgencyId, asked: &Asked) -> StoreResult<Vec<Child>> {
    Ok(sql(CHILDREN)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<Array<Text>, _>(asked.agency_person_ids.clone())
        .bind::<Array<Text>, _>(asked.agency_episode_ids.clone())
        .load(&mut &*conn)
        .await?)
}

async fn episodes(
    conn: &AsyncPgConnection,
    safe: Safe<'_>,
    agency: AgencyId,
    children: &[Uuid],
) -> StoreResult<Vec<Episode>> {
    let rows: Vec<episodes::Row> = dsl::missing_episodes
        .filter(dsl::agency_id.eq(agency.uuid()))
        .filter(dsl::child_id.eq_any(children))
        .select(episodes::Row::as_select())
        .load(&mut &*conn)
        .await?;
    rows.into_iter().map(|it| it.episode(safe)).collect()
}

async fn versions(
    conn: &AsyncPgConnection,
    safe: Safe<'_>,
    agency: AgencyId,
    children: Vec<Uuid>,
) -> StoreResult<Vec<Episode>> {
    let rows: Vec<Json> =
        sql(VERSIONS).bind::<SqlUuid, _>(agency.uuid()).bind::<Array<SqlUuid>, _>(children).load(&mut &*conn).await?;
    let parse = |it: Json| {
        serde_json::from_value::<episodes::Row>(it.row).map_err(|_| StoreError::Corrupt("missing_episode_versions"))
    };
    rows.into_iter().map(|it| parse(it)?.episode(safe)).collect()
}
