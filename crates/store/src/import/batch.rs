//! One transaction of whole children: the facts, what follows from them, and the entries that explain them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use homeward_domain::audit::{Change, Entry};
use homeward_domain::episode::{Facts, Moments, Recovery};
use homeward_domain::id::{ChildId, EpisodeId, Id, NotificationId, ObservationId, PlacementId, UserId};
use homeward_domain::notification::{NotificationStatus, Told};
use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::people::json;
use super::{
    Arrival, ChildFacts, Clerk, EpisodeFacts, EpisodeLine, Importer, Line, NotificationFacts, ObservationFacts,
    PlacementFacts,
};
use crate::call::Child;
use crate::children::Named;
use crate::convert::code;
use crate::duties::{self, Owed};
use crate::episodes::{self, Confirmed, Episode};
use crate::error::{StoreError, StoreResult};
use crate::replan::birthdays::review_at;
use crate::replan::{self, Place, Subject};
use crate::rungs::Queue;
use crate::seal::{Safe, Sealed};
use crate::search::{self, Source};
use crate::sql::sql;
use crate::{audit, tx};

const INSERT_CHILDREN: &str = "insert into children select * from json_populate_recordset(null::children, ?::json)";

const INSERT_EPISODES: &str =
    "insert into missing_episodes select * from json_populate_recordset(null::missing_episodes, ?::json)";

const INSERT_PLACEMENTS: &str =
    "insert into placements select * from json_populate_recordset(null::placements, ?::json) on conflict do nothing";

const INSERT_NOTIFICATIONS: &str = "insert into notifications \
    select * from json_populate_recordset(null::notifications, ?::json) on conflict do nothing";

const INSERT_OBSERVATIONS: &str = "insert into observations \
    select * from json_populate_recordset(null::observations, ?::json) on conflict do nothing";

const CHILDREN: &str = "select c.id, c.unit_id, c.assigned_to, c.care_status, c.identity, c.version as child_version, \
    (select max(e.number) from missing_episodes e where e.agency_id = c.agency_id and e.child_id = c.id) as last_number \
    from children c where c.agency_id = ? and c.id = any(?) order by c.id";

/// A row of the extract in its table. What the table does not name is left out, what the row does not name is null.
#[derive(Serialize)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    episode_id: Option<Uuid>,
    /// All but what is sealed.
    #[serde(flatten)]
    facts: Map<String, Value>,
    told: Option<Sealed>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

#[derive(Serialize)]
struct ChildRow {
    #[serde(flatten)]
    row: Row,
    identity: Sealed,
    assigned_to: Option<Uuid>,
    version: i32,
    created_at: DateTime<Utc>,
}

/// A placement's first version.
#[derive(Serialize)]
struct PlacementRow {
    #[serde(flatten)]
    row: Row,
    version: i32,
}

#[derive(QueryableByName)]
struct Present {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    unit_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    assigned_to: Option<Uuid>,
    #[diesel(sql_type = Text)]
    care_status: String,
    #[diesel(embed)]
    named: Named,
    #[diesel(sql_type = Nullable<Integer>)]
    last_number: Option<i32>,
}

/// Writes rows of what is told, for whom, and seals what is to be sealed.
struct Scribe<'a> {
    clerk: &'a Clerk,
    safe: Safe<'a>,
}

/// A row of each line of every arrival.
fn each<'a, L: 'a, R>(
    arrivals: &'a [Arrival],
    lines: impl Fn(&'a Arrival) -> &'a [L],
    row: impl Fn(ChildId, &'a L) -> StoreResult<R>,
) -> StoreResult<Vec<R>> {
    arrivals.iter().flat_map(|it| lines(it).iter().map(|line| row(it.child, line))).collect()
}

/// A child of the batch as the database has them, and the number of their last episode.
pub(super) struct Stands {
    pub(super) subject: Subject,
    last_number: i32,
}

pub(super) type Children = HashMap<ChildId, Stands>;

impl Importer {
    /// Lands the arrivals in one transaction: all of each child, or nothing of any.
    pub async fn import_batch(&self, clerk: &Clerk, arrivals: &[Arrival]) -> StoreResult<()> {
        // As the running role, row-level security holds the import too.
        let open = format!("{}; set local role homeward_app", tx::open_for(clerk.agency.id));
        (&self.conn).batch_execute(&open).await?;
        match self.land(clerk, arrivals).await {
            Ok(()) => {
                (&self.conn).batch_execute("commit").await?;
                self.count_key_uses().await
            }
            Err(error) => {
                // The first error is the one to tell; a connection that cannot roll back ends its transaction anyway.
                let _ = (&self.conn).batch_execute("rollback").await;
                Err(error)
            }
        }
    }

    async fn land(&self, clerk: &Clerk, arrivals: &[Arrival]) -> StoreResult<()> {
        let scribe = Scribe { clerk, safe: self.safe(clerk.agency.id) };
        self.insert_children(&scribe, arrivals).await?;
        let children = self.children(clerk, arrivals).await?;
        let placements = each(arrivals, |it| &it.placements, |child, line| scribe.placement(child, line))?;
        self.insert(INSERT_PLACEMENTS, &placements).await?;
        let episodes = new_episodes(clerk, arrivals, &children)?;
        let rows = episodes.iter().map(|it| episodes::Row::seal(scribe.safe, clerk.agency.id, it));
        self.insert(INSERT_EPISODES, &rows.collect::<StoreResult<Vec<_>>>()?).await?;
        let notifications = each(arrivals, |it| &it.notifications, |child, line| scribe.notification(child, line))?;
        self.insert(INSERT_NOTIFICATIONS, &notifications).await?;
        let observations = each(arrivals, |it| &it.observations, |child, line| scribe.observation(child, line))?;
        self.insert(INSERT_OBSERVATIONS, &observations).await?;
        self.plan(clerk, arrivals, &children, &episodes).await?;
        let entries: Vec<Entry> = arrivals.iter().map(|it| entry(clerk, it)).collect();
        audit::insert_all(&self.conn, &entries, audit::By::unasked(clerk.at)).await
    }

    async fn insert_children(&self, scribe: &Scribe<'_>, arrivals: &[Arrival]) -> StoreResult<()> {
        let new: Vec<_> = arrivals.iter().filter_map(|it| Some((it.child, it.record.as_ref()?))).collect();
        if new.is_empty() {
            return Ok(());
        }
        let rows = new.iter().map(|(id, facts)| scribe.child(*id, facts)).collect::<StoreResult<Vec<_>>>()?;
        self.insert(INSERT_CHILDREN, &rows).await?;
        let clerk = scribe.clerk;
        let terms = new.iter().map(|(id, facts)| (*id, facts.identity().terms(&clerk.index))).collect();
        search::put(clerk.agency.id, Source::Identity, terms).execute(&mut &self.conn).await?;
        Ok(())
    }

    async fn insert<R: Serialize>(&self, statement: &'static str, rows: &[R]) -> StoreResult<()> {
        if !rows.is_empty() {
            sql(statement).bind::<Text, _>(json(rows)?).execute(&mut &self.conn).await?;
        }
        Ok(())
    }

    async fn children(&self, clerk: &Clerk, arrivals: &[Arrival]) -> StoreResult<Children> {
        let ids: Vec<Uuid> = arrivals.iter().map(|it| it.child.uuid()).collect();
        let rows: Vec<Present> = sql(CHILDREN)
            .bind::<SqlUuid, _>(clerk.agency.id.uuid())
            .bind::<Array<SqlUuid>, _>(ids)
            .load(&mut &self.conn)
            .await?;
        let stands = |it: Present| {
            let id = Id::from_uuid(it.id);
            let born_on = it.named.open(self.safe(clerk.agency.id), id)?.date_of_birth;
            let child = Child {
                id,
                unit: Id::from_uuid(it.unit_id),
                assigned_to: it.assigned_to.map(Id::from_uuid),
                care_status: code(&it.care_status, "children.care_status")?,
            };
            Ok((id, Stands { subject: Subject { child, born_on }, last_number: it.last_number.unwrap_or(0) }))
        };
        rows.into_iter().map(stands).collect()
    }

    /// Duties for every episode that is new or was told of anew, and rungs for what is still owed.
    async fn plan(&self, clerk: &Clerk, arrivals: &[Arrival], children: &Children, new: &[Episode]) -> StoreResult<()> {
        let told = told(arrivals);
        let mut owed = self.revisit(clerk, arrivals, children).await?;
        for episode in new {
            let Subject { child, born_on } = &children.get(&episode.child).ok_or(StoreError::NotFound)?.subject;
            let birthday_at = review_at(&clerk.agency, *born_on, episode.moments.received_at, clerk.at);
            let told = told.get(&episode.id).cloned().unwrap_or_default();
            let facts = Facts { birthday_at, ..episode.facts(told, Vec::new()) };
            let place = Place { agency: &clerk.agency, book: &clerk.book, child, at: clerk.at };
            owed.extend(replan::plan(&place, episode, &facts, &[]));
        }
        let rows = duties::sync(clerk.agency.id, &owed)?;
        let loud: Vec<Owed> = owed.into_iter().filter(|it| !it.is_history).collect();
        let queue = Queue { conn: &self.conn, agency: clerk.agency.id, at: clerk.at };
        let changes = queue.changes(&loud).await?;
        queue.write(rows, changes).await
    }
}

impl Scribe<'_> {
    /// A row of what is told, without the words that are sealed in it.
    fn row<I>(&self, id: Id<I>, child: ChildId, facts: &impl Serialize, words: &impl Serialize) -> StoreResult<Row> {
        let mut facts = object(facts)?;
        for word in object(words)?.keys() {
            facts.remove(word);
        }
        Ok(Row {
            agency_id: self.clerk.agency.id.uuid(),
            id: id.uuid(),
            child_id: child.uuid(),
            episode_id: None,
            facts,
            told: None,
            recorded_at: self.clerk.at,
            recorded_by: self.clerk.grant.actor().uuid(),
        })
    }

    fn child(&self, id: ChildId, facts: &ChildFacts) -> StoreResult<ChildRow> {
        let clerk = self.clerk;
        let worker: Option<UserId> = facts.worker.as_ref().and_then(|it| clerk.workers.get(it)).copied();
        let identity = facts.identity();
        let row = self.row(id, id, facts, &identity)?;
        let identity = identity.seal(self.safe, id, 1)?;
        Ok(ChildRow { row, identity, assigned_to: worker.map(Id::uuid), version: 1, created_at: clerk.at })
    }

    fn placement(&self, child: ChildId, line: &Line<PlacementId, PlacementFacts>) -> StoreResult<PlacementRow> {
        let words = line.facts.words();
        let row = self.row(line.id, child, &line.facts, &words)?;
        let told = Some(words.seal(self.safe, line.id, 1)?);
        Ok(PlacementRow { row: Row { told, ..row }, version: 1 })
    }

    fn notification(
        &self,
        child: ChildId,
        line: &EpisodeLine<NotificationId, EpisodeId, NotificationFacts>,
    ) -> StoreResult<Row> {
        let words = line.facts.words();
        let row = self.row(line.id, child, &line.facts, &words)?;
        let told = Some(words.seal(self.safe, line.id)?);
        Ok(Row { told, episode_id: Some(line.episode.uuid()), ..row })
    }

    fn observation(
        &self,
        child: ChildId,
        line: &EpisodeLine<ObservationId, Option<EpisodeId>, ObservationFacts>,
    ) -> StoreResult<Row> {
        let words = line.facts.words();
        let row = self.row(line.id, child, &line.facts, &words)?;
        let told = Some(words.seal(self.safe, line.id)?);
        Ok(Row { told, episode_id: line.episode.map(Id::uuid), ..row })
    }
}

fn object(value: &impl Serialize) -> StoreResult<Map<String, Value>> {
    match serde_json::to_value(value) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(StoreError::Corrupt("import")),
    }
}

/// Numbered by when the absence began, after those the child had before.
fn new_episodes(clerk: &Clerk, arrivals: &[Arrival], children: &Children) -> StoreResult<Vec<Episode>> {
    let mut all = Vec::new();
    for arrival in arrivals {
        let stands = children.get(&arrival.child).ok_or(StoreError::NotFound)?;
        let mut lines: Vec<_> = arrival.episodes.iter().collect();
        lines.sort_by_key(|it| (began_at(&it.facts), it.facts.received_at, &it.facts.agency_episode_id));
        let numbered = lines.into_iter().zip(stands.last_number.saturating_add(1)..);
        all.extend(numbered.map(|(line, number)| Episode { number, ..episode(clerk, stands, line) }));
    }
    Ok(all)
}

fn began_at(facts: &EpisodeFacts) -> DateTime<Utc> {
    facts.absence_began_at.unwrap_or(facts.received_at)
}

fn episode(clerk: &Clerk, stands: &Stands, line: &Line<EpisodeId, EpisodeFacts>) -> Episode {
    let (facts, child) = (&line.facts, &stands.subject.child);
    Episode {
        id: line.id,
        child: child.id,
        number: 0,
        agency_episode_id: Some(facts.agency_episode_id.clone()),
        unit: child.unit,
        worker: child.assigned_to,
        care_status: child.care_status,
        moments: facts.moments(),
        last_contact_at: None,
        last_contact_place: None,
        missing_type: facts.missing_type,
        missing_from: facts.missing_from,
        whereabouts_known: None,
        circumstances: None,
        recovery: facts.recovery(),
        recovery_place: None,
        recovery_circumstances: None,
        closure: None,
        closure_statement: None,
        merged_into: None,
        confirmed: Confirmed::default(),
        is_history: facts.returned_to_care_at.is_some(),
        material_changes: Vec::new(),
        choices: Vec::new(),
        chosen_by_name: None,
        change_reason: None,
        version: 1,
        recorded_at: clerk.at,
        recorded_by: clerk.grant.actor(),
        created_at: clerk.at,
    }
}

impl EpisodeFacts {
    /// The clocks.
    pub fn moments(&self) -> Moments {
        Moments {
            received_at: self.received_at,
            absence_began_at: self.absence_began_at,
            caregiver_learned_at: None,
            first_suspected_at: None,
            determined_missing_at: None,
        }
    }

    /// How it ended, as far as it has.
    pub fn recovery(&self) -> Recovery {
        Recovery {
            located_at: self.located_at,
            returned_to_care_at: self.returned_to_care_at,
            kind: self.recovery_type,
            ..Recovery::default()
        }
    }
}

/// What the law makes of the new contacts, by episode.
fn told(arrivals: &[Arrival]) -> HashMap<EpisodeId, Vec<Told>> {
    let mut told: HashMap<EpisodeId, Vec<Told>> = HashMap::new();
    for line in arrivals.iter().flat_map(|it| &it.notifications) {
        let NotificationFacts { recipient, kind, made_at, status, .. } = line.facts;
        if status == NotificationStatus::Completed {
            let new = Told { id: line.id, recipient, kind, made_at, ncic_confirmed_at: None };
            told.entry(line.episode).or_default().push(new);
        }
    }
    told
}

fn entry(clerk: &Clerk, arrival: &Arrival) -> Entry {
    clerk.grant.did(Some(arrival.child), Change::Imported { rows: arrival.rows() })
}
