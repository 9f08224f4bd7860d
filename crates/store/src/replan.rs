//! From facts to duties to rungs, in the transaction of the facts.
//!
//! Nobody creates a duty or a reminder: both follow from what was recorded. The same function runs for a new
//! episode, for a change, and for an import.

use chrono::{DateTime, NaiveDate, Utc};
use futures_util::try_join;
use homeward_domain::determination::{Identification, identifications};
use homeward_domain::duty::{Cause, Duty};
use homeward_domain::episode::Facts;
use homeward_domain::law::{self, Identified, RuleBook};
use homeward_domain::notification::Told;
use homeward_domain::policy::{self, ReadDeterminations};

use crate::call::{self, Agency, Child};
use crate::completions::Completion;
use crate::duties::{self, Owed};
use crate::episodes::Episode;
use crate::error::{StoreError, StoreResult};
use crate::rungs::Queue;
use crate::search_efforts::SearchEffort;
use crate::tx::WriteTx;
use crate::{children, completions, determinations, notifications, search_efforts};

pub(crate) mod birthdays;
pub(crate) mod many;
pub(crate) mod rules;

/// Whose facts changed in this transaction.
#[derive(Debug)]
pub(crate) enum Touched {
    /// It is new: nobody has been told, and there is nothing to load.
    Opened(Box<Episode>),
    /// It was changed, and is held against other writers.
    Changed(Box<Episode>),
    /// The determinations about the child, or what was told of them.
    Determined,
}

/// Plans the duties and rungs again, and gives what is owed now.
pub(crate) async fn again(tx: &WriteTx, touched: Touched) -> StoreResult<Vec<Owed>> {
    let book = tx.agency().rule_book()?;
    let place = Place { agency: tx.agency(), book: &book, child: tx.child()?, at: tx.at() };
    let queue = Queue { conn: tx.conn(), agency: tx.call().agency, at: tx.at() };
    let (owed, changes) = match touched {
        Touched::Opened(it) => {
            let born_on = tx.identity()?.date_of_birth;
            let birthday_at = birthdays::review_at(tx.agency(), born_on, it.moments.received_at, tx.at());
            let facts = Facts { birthday_at, ..it.facts(Vec::new(), Vec::new()) };
            let owed = plan(&place, &it, &facts, &[]);
            let changes = queue.first(&owed);
            (owed, changes)
        }
        Touched::Changed(it) => {
            let (facts, stored) = recorded(tx, &it).await?;
            let owed = plan(&place, &it, &facts, &stored);
            let changes = queue.changes(&owed).await?;
            (owed, changes)
        }
        Touched::Determined => {
            let owed = of_determinations(tx, &place).await?;
            let changes = queue.changes(&owed).await?;
            (owed, changes)
        }
    };
    if !owed.is_empty() {
        queue.write(duties::sync(tx.call().agency, &owed)?, changes).await?;
    }
    Ok(owed)
}

/// What is recorded about an episode, and what was owed for it before, in one round trip. The day of birth too: this
/// transaction may have corrected it.
async fn recorded(tx: &WriteTx, episode: &Episode) -> StoreResult<(Facts, Vec<Owed>)> {
    let permit = policy::planner(&tx.standing().caller, tx.child()?.id);
    let child = [permit.child().uuid()];
    let (births, told, completed, efforts, stored) = try_join!(
        children::births(tx.conn(), tx.safe(), &child),
        notifications::told(tx, &permit, episode.id),
        completions::of_episode(tx, &permit, episode.id),
        search_efforts::of_episode(tx, &permit, episode.id),
        duties::of_episode(tx, &permit, episode.id),
    )?;
    let completed = completed.iter().filter_map(Completion::fact).chain(efforts.iter().filter_map(SearchEffort::fact));
    let born_on = *births.get(&permit.child()).ok_or(StoreError::NotFound)?;
    let birthday_at = birthdays::review_at(tx.agency(), born_on, episode.moments.received_at, tx.at());
    Ok((Facts { birthday_at, ..episode.facts(told, completed.collect()) }, stored))
}

/// A child as a plan needs them, and when they were born.
pub(crate) struct Subject {
    pub(crate) child: Child,
    pub(crate) born_on: NaiveDate,
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
            cause: Cause::Episode(episode.id),
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

/// What is owed for the determinations about the child, each duty under the id it had before. No row goes away, so no
/// duty of one does.
async fn of_determinations(tx: &WriteTx, place: &Place<'_>) -> StoreResult<Vec<Owed>> {
    let permit = tx.also::<ReadDeterminations>()?;
    let (recorded, told, stored) = try_join!(
        determinations::recorded(tx, &permit),
        determinations::told(tx, &permit),
        duties::of_determinations(tx, &permit),
    )?;
    let wanted = identifications(&recorded);
    Ok(wanted.iter().filter_map(|it| of_identification(place, it, &told, &stored)).collect())
}

fn of_identification(
    place: &Place<'_>,
    identification: &Identification,
    told: &[(Cause, Told)],
    stored: &[Owed],
) -> Option<Owed> {
    let is_about = |cause: &Cause| cause.determination().is_some_and(|id| identification.rows.contains(&id));
    let told: Vec<Told> = told.iter().filter(|(cause, _)| is_about(cause)).map(|(_, told)| *told).collect();
    let facts = Identified { care_status: place.child.care_status, identification, told: &told };
    let duty = law::identification_report(place.book, place.agency.under_twenty_six, facts)?;
    let cause = Cause::Determination(identification.first);
    let kept = stored.iter().find(|it| it.cause == cause && it.duty.key == duty.key);
    Some(Owed {
        id: kept.map_or_else(|| call::new_id(place.at), |it| it.id),
        undone_reason: None,
        child: place.child.id,
        cause,
        unit: place.child.unit,
        assigned_to: place.child.assigned_to,
        is_history: false,
        planned_at: place.at,
        duty,
    })
}
