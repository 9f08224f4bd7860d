//! Many episodes of one agency planned again at once: by an import that tells of them anew, and by rules that changed.

use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, QueryDsl as _, SelectableHelper as _,
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use futures_util::try_join;
use homeward_domain::duty::{Cause, DutyState, TaskKind};
use homeward_domain::episode::{Completed, Facts};
use homeward_domain::id::{ChildId, Id};
use homeward_domain::law::RuleBook;
use homeward_domain::notification::Told;
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use super::{Place, Subject, birthdays, plan};
use crate::call::{Agency, Child};
use crate::duties::{self, Owed};
use crate::episodes::{self, Episode};
use crate::error::{StoreError, StoreResult};
use crate::rungs::Queue;
use crate::seal::Safe;
use crate::{children, notifications, schema};

/// Episodes of one agency in a running transaction, by whose rules, and when.
pub(crate) struct Many<'a> {
    pub(crate) conn: &'a AsyncPgConnection,
    pub(crate) agency: &'a Agency,
    pub(crate) book: &'a RuleBook,
    pub(crate) at: chrono::DateTime<chrono::Utc>,
}

impl Many<'_> {
    /// What is owed for these episodes now, each duty under the id it had before. They are held against other writers.
    pub(crate) async fn plan<'c>(
        &self,
        ids: &[Uuid],
        subject: impl Fn(ChildId) -> Option<&'c Subject>,
    ) -> StoreResult<Vec<Owed>> {
        let (episodes, stored) = (self.lock(ids).await?, self.stored(ids).await?);
        let whom = |it: &Episode, _: &[Owed]| {
            let Subject { child, born_on } = subject(it.child)?;
            Some((*child, birthdays::review_at(self.agency, *born_on, it.moments.received_at, self.at)))
        };
        self.plan_of(episodes, &stored, ids, whom).await
    }

    /// Plans these episodes of these children again, and brings the duties and the queue in line.
    pub(crate) async fn again(&self, safe: Safe<'_>, ids: &[Uuid], children: &[Uuid]) -> StoreResult<()> {
        let subjects = self.subjects(safe, children).await?;
        let owed = self.plan(ids, |id| subjects.iter().find(|it| it.child.id == id)).await?;
        let queue = Queue { conn: self.conn, agency: self.agency.id, at: self.at };
        let changes = queue.changes(&owed).await?;
        queue.write(duties::sync(self.agency.id, &owed)?, changes).await
    }

    /// How many duties of these episodes are stored otherwise than the rules say, or stand otherwise in SQL than in the
    /// domain (CK-07). Nothing is held: the transaction sees one moment. Nothing is opened: a birthday is believed.
    pub(crate) async fn disagreeing<'c>(
        &self,
        ids: &[Uuid],
        child: impl Fn(ChildId) -> Option<&'c Child>,
    ) -> StoreResult<usize> {
        let (episodes, stored) = (self.read(ids).await?, self.stored(ids).await?);
        let whom = |it: &Episode, stored: &[Owed]| Some((*child(it.child)?, birthdays::planned_at(stored)));
        let planned = self.plan_of(episodes, &stored, ids, whom).await?;
        let is_stored = |it: &Owed| stored.iter().any(|stored| stored.id == it.id && stored.duty == it.duty);
        let otherwise = planned.iter().filter(|it| !it.is_history && !is_stored(it)).count();
        let overdue = self.overdue(ids).await?;
        let is_overdue = |it: &Owed| it.duty.is_outstanding() && it.duty.state_at(self.at) == DutyState::Overdue;
        let divided = stored.iter().filter(|it| is_overdue(it) != overdue.contains(&it.id.uuid())).count();
        Ok(otherwise + divided)
    }

    async fn plan_of(
        &self,
        episodes: Vec<Episode>,
        stored: &[Owed],
        ids: &[Uuid],
        whom: impl Fn(&Episode, &[Owed]) -> Option<(Child, Option<DateTime<Utc>>)>,
    ) -> StoreResult<Vec<Owed>> {
        let (told, mut completed) = (self.told(ids).await?, self.completed(ids).await?);
        completed.extend(self.searched(ids).await?);
        let mut owed = Vec::new();
        for episode in episodes {
            let id = episode.id;
            let told = told.iter().filter(|it| it.0 == id.uuid()).map(|it| it.1).collect();
            let done = completed.iter().filter(|it| it.0 == id.uuid()).map(|it| it.1).collect();
            let before: Vec<Owed> = stored.iter().filter(|it| it.cause == Cause::Episode(id)).cloned().collect();
            let (child, birthday_at) = whom(&episode, &before).ok_or(StoreError::NotFound)?;
            let place = Place { agency: self.agency, book: self.book, child: &child, at: self.at };
            let facts = Facts { birthday_at, ..episode.facts(told, done) };
            owed.extend(plan(&place, &episode, &facts, &before));
        }
        Ok(owed)
    }

    async fn read(&self, ids: &[Uuid]) -> StoreResult<Vec<Episode>> {
        use schema::missing_episodes::dsl;
        let rows: Vec<episodes::Row> = dsl::missing_episodes
            .filter(dsl::agency_id.eq(self.agency.id.uuid()))
            .filter(dsl::id.eq_any(ids))
            .select(episodes::Row::as_select())
            .load(&mut &*self.conn)
            .await?;
        rows.into_iter().map(episodes::Row::unopened).collect()
    }

    /// What is overdue as the worklist says it.
    async fn overdue(&self, ids: &[Uuid]) -> StoreResult<Vec<Uuid>> {
        use schema::duties::dsl;
        Ok(dsl::duties
            .filter(dsl::agency_id.eq(self.agency.id.uuid()))
            .filter(dsl::episode_id.eq_any(ids))
            .filter(dsl::done_at.is_null())
            .filter(dsl::closed_undone_at.is_null())
            .filter(dsl::superseded_at.is_null())
            .filter(dsl::due_at.lt(self.at))
            .select(dsl::id)
            .load(&mut &*self.conn)
            .await?)
    }

    async fn lock(&self, ids: &[Uuid]) -> StoreResult<Vec<Episode>> {
        use schema::missing_episodes::dsl;
        let rows: Vec<episodes::Row> = dsl::missing_episodes
            .filter(dsl::agency_id.eq(self.agency.id.uuid()))
            .filter(dsl::id.eq_any(ids))
            .order(dsl::id)
            .select(episodes::Row::as_select())
            .for_update()
            .load(&mut &*self.conn)
            .await?;
        rows.into_iter().map(episodes::Row::unopened).collect()
    }

    async fn told(&self, ids: &[Uuid]) -> StoreResult<Vec<(Uuid, Told)>> {
        use schema::notifications::dsl;
        let rows: Vec<notifications::Row> = dsl::notifications
            .filter(dsl::agency_id.eq(self.agency.id.uuid()))
            .filter(dsl::episode_id.eq_any(ids))
            .select(notifications::Row::as_select())
            .load(&mut &*self.conn)
            .await?;
        let all = rows.iter().map(notifications::Row::told).collect::<StoreResult<Vec<_>>>()?;
        Ok(all.into_iter().flatten().filter_map(|(about, told)| Some((about.episode()?.uuid(), told))).collect())
    }

    async fn completed(&self, ids: &[Uuid]) -> StoreResult<Vec<(Uuid, Completed)>> {
        use schema::completions::dsl;
        use schema::retractions as back;
        let rows: Vec<(Uuid, String, chrono::DateTime<chrono::Utc>)> = dsl::completions
            .left_join(back::table.on(back::agency_id.eq(dsl::agency_id).and(back::record_id.eq(dsl::record_id))))
            .filter(back::record_id.is_null())
            .filter(dsl::agency_id.eq(self.agency.id.uuid()))
            .filter(dsl::episode_id.eq_any(ids))
            .select((dsl::episode_id, dsl::task, dsl::completed_at))
            .load(&mut &*self.conn)
            .await?;
        let task = |it: &str| TaskKind::parse(it).map_err(|_| StoreError::Corrupt("completions.task"));
        rows.into_iter().map(|(id, it, at)| Ok((id, Completed { task: task(&it)?, at }))).collect()
    }

    async fn searched(&self, ids: &[Uuid]) -> StoreResult<Vec<(Uuid, Completed)>> {
        use schema::search_efforts::dsl;
        let rows: Vec<(Uuid, chrono::DateTime<chrono::Utc>)> = dsl::search_efforts
            .filter(dsl::agency_id.eq(self.agency.id.uuid()))
            .filter(dsl::episode_id.eq_any(ids))
            .filter(dsl::retracted_at.is_null())
            .select((dsl::episode_id, dsl::made_at))
            .load(&mut &*self.conn)
            .await?;
        Ok(rows.into_iter().map(|(id, at)| (id, Completed { task: TaskKind::SearchEffort, at })).collect())
    }

    async fn stored(&self, ids: &[Uuid]) -> StoreResult<Vec<Owed>> {
        use schema::duties::dsl;
        let rows: Vec<duties::Row> = dsl::duties
            .filter(dsl::agency_id.eq(self.agency.id.uuid()))
            .filter(dsl::episode_id.eq_any(ids))
            .select(duties::Row::as_select())
            .load(&mut &*self.conn)
            .await?;
        rows.into_iter().map(duties::Row::unopened).collect()
    }

    /// Every episode of the agency that a person has not closed, and that is not history.
    pub(crate) async fn unclosed(&self) -> StoreResult<Vec<(Uuid, Uuid)>> {
        use schema::missing_episodes::dsl;
        Ok(dsl::missing_episodes
            .filter(dsl::agency_id.eq(self.agency.id.uuid()))
            .filter(dsl::closed_at.is_null())
            .filter(dsl::is_history.eq(false))
            .order(dsl::id)
            .select((dsl::id, dsl::child_id))
            .load(&mut &*self.conn)
            .await?)
    }

    async fn subjects(&self, safe: Safe<'_>, ids: &[Uuid]) -> StoreResult<Vec<Subject>> {
        let (children, births) = try_join!(self.children(ids), children::births(self.conn, safe, ids))?;
        let subject = |child: Child| Some(Subject { child, born_on: *births.get(&child.id)? });
        Ok(children.into_iter().filter_map(subject).collect())
    }

    /// What a plan needs of these children.
    pub(crate) async fn children(&self, ids: &[Uuid]) -> StoreResult<Vec<Child>> {
        use schema::children::dsl;
        type Columns = (Uuid, Uuid, Option<Uuid>, String);
        let rows: Vec<Columns> = dsl::children
            .filter(dsl::agency_id.eq(self.agency.id.uuid()))
            .filter(dsl::id.eq_any(ids))
            .select((dsl::id, dsl::unit_id, dsl::assigned_to, dsl::care_status))
            .load(&mut &*self.conn)
            .await?;
        let child = |(id, unit, assigned_to, care_status): Columns| {
            Ok(Child {
                id: Id::from_uuid(id),
                unit: Id::from_uuid(unit),
                assigned_to: assigned_to.map(Id::from_uuid),
                care_status: crate::convert::code(&care_status, "children.care_status")?,
            })
        };
        rows.into_iter().map(child).collect()
    }
}
