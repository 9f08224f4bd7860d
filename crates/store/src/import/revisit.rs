//! Episodes that are there, and were told of anew: what is owed for them is planned again.

use std::collections::HashSet;

use homeward_domain::id::{EpisodeId, Id};
use uuid::Uuid;

use super::batch::Children;
use super::{Arrival, Clerk, Importer};
use crate::duties::Owed;
use crate::error::StoreResult;
use crate::replan::many::Many;

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
        let many = Many { conn: &self.conn, agency: &clerk.agency, book: &clerk.book, at: clerk.at };
        many.plan(&ids, |id| children.get(&id).map(|it| &it.subject)).await
    }
}

/// Episodes with new contacts that are not themselves new.
fn told_anew(arrivals: &[Arrival]) -> Vec<Uuid> {
    let new: HashSet<EpisodeId> = arrivals.iter().flat_map(|it| &it.episodes).map(|it| it.id).collect();
    let told = arrivals.iter().flat_map(|it| &it.notifications).map(|it| it.episode);
    let anew: HashSet<EpisodeId> = told.filter(|it| !new.contains(it)).collect();
    anew.into_iter().map(Id::uuid).collect()
}
