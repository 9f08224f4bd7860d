//! From facts to duties to rungs, in the transaction of the facts.
//!
//! Nobody creates a duty or a reminder: both follow from what was recorded. The same function runs for a new
//! episode, for a change, and for an import.

use chrono::{DateTime, Utc};
use futures_util::try_join;
use homeward_domain::duty::Duty;
use homeward_domain::episode::Facts;
use homeward_domain::law::{self, RuleBook};
use homeward_domain::policy::ReadChild;

use crate::call::{self, Agency, Child};
use crate::completions::Completion;
use crate::duties::{self, Owed};
use crate::episodes::Episode;
use crate::error::StoreResult;
use crate::rungs::Queue;
use crate::tx::WriteTx;
use crate::{completions, notifications};

pub(crate) mod many;
pub(crate) mod rules;

/// An episode whose facts changed in this transaction.
#[derive(Debug)]
pub(crate) enum Touched {
    /// It is new: nobody has been told, and there is nothing to load.
    Opened(Box<Episode>),
    /// It was changed, and is held against other writers.
    Changed(Box<Episode>),
}

/// Plans the duties and rungs of one episode again, and gives what is owed now.
pub(crate) async fn episode(tx: &WriteTx, touched: Touched) -> StoreResult<Vec<Owed>> {
    let book = tx.agency().rule_book()?;
    let place = Place { agency: tx.agency(), book: &book, child: tx.child()?, at: tx.at() };
    let queue = Queue { conn: tx.conn(), agency: tx.call().agency, at: tx.at() };
    let (owed, changes) = match touched {
        Touched::Opened(it) => {
            let owed = plan(&place, &it, &it.facts(Vec::new(), Vec::new()), &[]);
            let changes = queue.first(&owed);
            (owed, changes)
        }
        Touched::Changed(it) => {
            let (facts, stored) = recorded(tx, &it).await?;
            let owed = plan(&place, &it, &facts, &stored);
            let changes = queue.changes(&owed).await?;
            (owed, changes)
        }
    };
    if !owed.is_empty() {
        queue.write(duties::sync(tx.call().agency, &owed)?, changes).await?;
    }
    Ok(owed)
}

/// What is recorded about an episode, and what was owed for it before, in one round trip.
async fn recorded(tx: &WriteTx, episode: &Episode) -> StoreResult<(Facts, Vec<Owed>)> {
    let permit = tx.also::<ReadChild>()?;
    let (told, completed, stored) = try_join!(
        notifications::told(tx, &permit, episode.id),
        completions::of_episode(tx, &permit, episode.id),
        duties::of_episode(tx, &permit, episode.id),
    )?;
    Ok((episode.facts(told, completed.iter().map(Completion::fact).collect()), stored))
}

/// By whose rules, for which child and when a plan is made.
pub(crate) struct Place<'a> {
    pub(crate) agency: &'a Agency,
    pub(crate) book: &'a RuleBook,
    pub(crate) child: &'a Child,
    pub(crate) at: DateTime<Utc>,
}

/// What is owed now, each under the id it had before. What no rule asks for any more is kept as superseded.
pub(crate) fn plan(place: &Place<'_>, episode: &Episode, facts: &Facts, stored: &[Owed]) -> Vec<Owed> {
    let wanted = law::duties(place.book, place.agency.under_twenty_six, facts);
    let kept = |duty: &Duty| stored.iter().find(|it| it.duty.key == duty.key);
    let mut owed: Vec<Owed> = wanted
        .into_iter()
        .map(|duty| Owed {
            id: kept(&duty).map_or_else(|| call::new_id(place.at), |it| it.id),
            undone_reason: kept(&duty).and_then(|it| it.undone_reason.clone()),
            child: episode.child,
            episode: episode.id,
            unit: place.child.unit,
            assigned_to: place.child.assigned_to,
            is_history: episode.is_history,
            planned_at: place.at,
            duty,
        })
        .collect();
    let dropped = stored.iter().filter(|it| !owed.iter().any(|now| now.id == it.id)).map(|it| it.superseded(place.at));
    let dropped: Vec<Owed> = dropped.collect();
    owed.extend(dropped);
    owed
}
