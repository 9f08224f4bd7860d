//! One transaction of whole children: the facts, what follows from them, and the entries that explain them.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{Array, Date, Integer, Nullable, Text, Uuid as SqlUuid};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use homeward_domain::audit::{Change, Entry};
use homeward_domain::child::eighteenth_birthday;
use homeward_domain::episode::{Moments, Recovery};
use homeward_domain::id::{ChildId, EpisodeId, Id, UserId};
use homeward_domain::notification::{NotificationStatus, Told};
use serde::Serialize;
use uuid::Uuid;

use super::people::json;
use super::{Arrival, ChildFacts, Clerk, EpisodeFacts, EpisodeLine, Importer, Line, NotificationFacts, PlacementFacts};
use crate::call::Child;
use crate::convert::code;
use crate::duties::{self, Owed};
use crate::episodes::{self, Confirmed, Episode};
use crate::error::{StoreError, StoreResult};
use crate::replan::{self, Place};
use crate::rungs::Queue;
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

const CHILDREN: &str = "select c.id, c.unit_id, c.assigned_to, c.care_status, c.date_of_birth, \
    (select max(e.number) from missing_episodes e where e.agency_id = c.agency_id and e.child_id = c.id) as last_number \
    from children c where c.agency_id = ? and c.id = any(?) order by c.id";

/// A row of the extract in its table. What the table does not name is left out, what the row does not name is null.
#[derive(Serialize)]
struct Row<'a, F> {
    agency_id: Uuid,
    id: Uuid,
    child_id: Uuid,
    episode_id: Option<Uuid>,
    #[serde(flatten)]
    facts: &'a F,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

#[derive(Serialize)]
struct ChildRow<'a> {
    #[serde(flatten)]
    row: Row<'a, ChildFacts>,
    assigned_to: Option<Uuid>,
    version: i32,
    created_at: DateTime<Utc>,
}

/// A placement's first version.
#[derive(Serialize)]
struct PlacementRow<'a> {
    #[serde(flatten)]
    row: Row<'a, PlacementFacts>,
    version: i32,
}

#[derive(diesel::QueryableByName)]
struct Present {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    unit_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    assigned_to: Option<Uuid>,
    #[diesel(sql_type = Text)]
    care_status: String,
    #[diesel(sql_type = Date)]
    date_of_birth: NaiveDate,
    #[diesel(sql_type = Nullable<Integer>)]
    last_number: Option<i32>,
}

/// A child of the batch as the database has them, and the number of their last episode.
pub(super) struct Stands {
    pub(super) child: Child,
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
            Ok(()) => Ok((&self.conn).batch_execute("commit").await?),
            Err(error) => {
                // The first error is the one to tell; a connection that cannot roll back ends its transaction anyway.
                let _ = (&self.conn).batch_execute("rollback").await;
                Err(error)
            }
        }
    }

    async fn land(&self, clerk: &Clerk, arrivals: &[Arrival]) -> StoreResult<()> {
        self.insert_children(clerk, arrivals).await?;
        let children = self.children(clerk, arrivals).await?;
        self.insert(INSERT_PLACEMENTS, &placements(clerk, arrivals)).await?;
        let episodes = new_episodes(clerk, arrivals, &children)?;
        let rows: Vec<_> = episodes.iter().map(|it| episodes::Row::of(clerk.agency.id, it)).collect();
        self.insert(INSERT_EPISODES, &rows).await?;
        self.insert(INSERT_NOTIFICATIONS, &notifications(clerk, arrivals)).await?;
        self.insert(INSERT_OBSERVATIONS, &observations(clerk, arrivals)).await?;
        self.plan(clerk, arrivals, &children, &episodes).await?;
        let entries: Vec<Entry> = arrivals.iter().map(|it| entry(clerk, it)).collect();
        audit::insert_all(&self.conn, &entries, clerk.at, None).await
    }

    async fn insert_children(&self, clerk: &Clerk, arrivals: &[Arrival]) -> StoreResult<()> {
        let rows = arrivals.iter().filter_map(|it| Some(child_row(clerk, it.child, it.record.as_ref()?)));
        self.insert(INSERT_CHILDREN, &rows.collect::<Vec<_>>()).await
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
            let child = Child {
                id: Id::from_uuid(it.id),
                unit: Id::from_uuid(it.unit_id),
                assigned_to: it.assigned_to.map(Id::from_uuid),
                care_status: code(&it.care_status, "children.care_status")?,
                date_of_birth: it.date_of_birth,
            };
            Ok((child.id, Stands { child, last_number: it.last_number.unwrap_or(0) }))
        };
        rows.into_iter().map(stands).collect()
    }

    /// Duties for every episode that is new or was told of anew, and rungs for what is still owed.
    async fn plan(&self, clerk: &Clerk, arrivals: &[Arrival], children: &Children, new: &[Episode]) -> StoreResult<()> {
        let told = told(arrivals);
        let mut owed = self.revisit(clerk, arrivals, children).await?;
        for episode in new {
            let child = &children.get(&episode.child).ok_or(StoreError::NotFound)?.child;
            let facts = episode.facts(told.get(&episode.id).cloned().unwrap_or_default(), Vec::new());
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

fn row<'a, I, F>(clerk: &Clerk, id: Id<I>, child: ChildId, facts: &'a F) -> Row<'a, F> {
    Row {
        agency_id: clerk.agency.id.uuid(),
        id: id.uuid(),
        child_id: child.uuid(),
        episode_id: None,
        facts,
        recorded_at: clerk.at,
        recorded_by: clerk.grant.actor().uuid(),
    }
}

fn child_row<'a>(clerk: &Clerk, id: ChildId, facts: &'a ChildFacts) -> ChildRow<'a> {
    let worker: Option<UserId> = facts.worker.as_ref().and_then(|it| clerk.workers.get(it)).copied();
    let row = row(clerk, id, id, facts);
    ChildRow { row, assigned_to: worker.map(Id::uuid), version: 1, created_at: clerk.at }
}

fn placements<'a>(clerk: &Clerk, arrivals: &'a [Arrival]) -> Vec<PlacementRow<'a>> {
    let first = |row| PlacementRow { row, version: 1 };
    let of = |it: &'a Arrival| it.placements.iter().map(move |line| first(row(clerk, line.id, it.child, &line.facts)));
    arrivals.iter().flat_map(of).collect()
}

fn notifications<'a>(clerk: &Clerk, arrivals: &'a [Arrival]) -> Vec<Row<'a, NotificationFacts>> {
    let about = |child, line: &'a EpisodeLine<_, EpisodeId, _>| Row {
        episode_id: Some(line.episode.uuid()),
        ..row(clerk, line.id, child, &line.facts)
    };
    arrivals.iter().flat_map(|it| it.notifications.iter().map(move |line| about(it.child, line))).collect()
}

fn observations<'a>(clerk: &Clerk, arrivals: &'a [Arrival]) -> Vec<Row<'a, super::ObservationFacts>> {
    let about = |child, line: &'a EpisodeLine<_, Option<EpisodeId>, _>| Row {
        episode_id: line.episode.map(Id::uuid),
        ..row(clerk, line.id, child, &line.facts)
    };
    arrivals.iter().flat_map(|it| it.observations.iter().map(move |line| about(it.child, line))).collect()
}

/// Numbered by when the absence began, after those the child had before.
fn new_episodes(clerk: &Clerk, arrivals: &[Arrival], children: &Children) -> StoreResult<Vec<Episode>> {
    let mut all = Vec::new();
    for arrival in arrivals {
        let stands = children.get(&arrival.child).ok_or(StoreError::NotFound)?;
        let mut lines: Vec<_> = arrival.episodes.iter().collect();
        lines.sort_by_key(|it| (began_at(&it.facts), it.facts.received_at, &it.facts.agency_episode_id));
        let numbered = lines.into_iter().zip(stands.last_number.saturating_add(1)..);
        all.extend(numbered.map(|(line, number)| Episode { number, ..episode(clerk, &stands.child, line) }));
    }
    Ok(all)
}

fn began_at(facts: &EpisodeFacts) -> DateTime<Utc> {
    facts.absence_began_at.unwrap_or(facts.received_at)
}

fn episode(clerk: &Clerk, child: &Child, line: &Line<EpisodeId, EpisodeFacts>) -> Episode {
    let facts = &line.facts;
    let birthday = eighteenth_birthday(child.date_of_birth).map(|day| clerk.agency.zone.start_of_day(day));
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
        birthday_at: birthday.filter(|at| facts.received_at < *at),
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
