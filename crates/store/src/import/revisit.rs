//! Episodes that are there, and were told of anew: what is owed for them is planned again.

use std::collections::HashSet;

use diesel::{ExpressionMethods as _, QueryDsl as _, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use homeward_domain::duty::{Cause, TaskKind};
use homeward_domain::episode::Completed;
use homeward_domain::id::{EpisodeId, Id};
use homeward_domain::vocabulary::Vocabulary;
use uuid::Uuid;

use super::batch::Children;
use super::{Arrival, Clerk, Importer};
use crate::duties::{self, Owed};
use crate::episodes::{self, Episode};
use crate::error::{StoreError, StoreResult};
use crate::notifications::{self, Notification};
use crate::replan::{self, Place};
use crate::schema;

impl Importer {
    /// What is owed for them now, each duty under the id it had before.
    pub(super) async fn revisit(
        &self,
        clerk: &Clerk,
        arrivals: &[Arrival],
        children: &Children,
    ) -> StoreResult<Vec<Owed>> {
        let ids = told_anew(arrivals);
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let episodes = self.lock_episodes(clerk, &ids).await?;
        let told = self.contacts(clerk, &ids).await?;
        let completed = self.completed(clerk, &ids).await?;
        let stored = self.stored_duties(clerk, &ids).await?;
        let mut owed = Vec::new();
        for episode in episodes {
            let child = &children.get(&episode.child).ok_or(StoreError::NotFound)?.child;
            let cause = Cause::Episode(episode.id);
            let of_it: Vec<Owed> = stored.iter().filter(|it| it.cause == cause).cloned().collect();
            let told = told.iter().filter(|it| it.about == cause).filter_map(Notification::told).collect();
            let done = completed.iter().filter(|(id, _)| *id == episode.id.uuid()).map(|(_, it)| *it).collect();
            let place = Place { agency: &clerk.agency, book: &clerk.book, child, at: clerk.at };
            owed.extend(replan::plan(&place, &episode, &episode.facts(told, done), &of_it));
        }
        Ok(owed)
    }

    /// Held against other writers, as a person's contact would hold them.
    async fn lock_episodes(&self, clerk: &Clerk, ids: &[Uuid]) -> StoreResult<Vec<Episode>> {
        use schema::missing_episodes::dsl;
        let rows: Vec<episodes::Row> = dsl::missing_episodes
            .filter(dsl::agency_id.eq(clerk.agency.id.uuid()))
            .filter(dsl::id.eq_any(ids))
            .order(dsl::id)
            .select(episodes::Row::as_select())
            .for_update()
            .load(&mut &self.conn)
            .await?;
        rows.into_iter().map(episodes::Row::episode).collect()
    }

    async fn contacts(&self, clerk: &Clerk, ids: &[Uuid]) -> StoreResult<Vec<Notification>> {
        use schema::notifications::dsl;
        let rows: Vec<notifications::Row> = dsl::notifications
            .filter(dsl::agency_id.eq(clerk.agency.id.uuid()))
            .filter(dsl::episode_id.eq_any(ids))
            .select(notifications::Row::as_select())
            .load(&mut &self.conn)
            .await?;
        rows.into_iter().map(notifications::Row::notification).collect()
    }

    async fn completed(&self, clerk: &Clerk, ids: &[Uuid]) -> StoreResult<Vec<(Uuid, Completed)>> {
        use schema::completions::dsl;
        let rows: Vec<(Uuid, String, chrono::DateTime<chrono::Utc>)> = dsl::completions
            .filter(dsl::agency_id.eq(clerk.agency.id.uuid()))
            .filter(dsl::episode_id.eq_any(ids))
            .select((dsl::episode_id, dsl::task, dsl::completed_at))
            .load(&mut &self.conn)
            .await?;
        let task = |it: &str| TaskKind::parse(it).map_err(|_| StoreError::Corrupt("completions.task"));
        rows.into_iter().map(|(id, it, at)| Ok((id, Completed { task: task(&it)?, at }))).collect()
    }

    async fn stored_duties(&self, clerk: &Clerk, ids: &[Uuid]) -> StoreResult<Vec<Owed>> {
        use schema::duties::dsl;
        let rows: Vec<duties::Row> = dsl::duties
            .filter(dsl::agency_id.eq(clerk.agency.id.uuid()))
            .filter(dsl::episode_id.eq_any(ids))
            .select(duties::Row::as_select())
            .load(&mut &self.conn)
            .await?;
        rows.into_iter().map(duties::Row::owed).collect()
    }
}

/// Episodes with new contacts that are not themselves new.
fn told_anew(arrivals: &[Arrival]) -> Vec<Uuid> {
    let new: HashSet<EpisodeId> = arrivals.iter().flat_map(|it| &it.episodes).map(|it| it.id).collect();
    let told = arrivals.iter().flat_map(|it| &it.notifications).map(|it| it.episode);
    let anew: HashSet<EpisodeId> = told.filter(|it| !new.contains(it)).collect();
    anew.into_iter().map(Id::uuid).collect()
}
