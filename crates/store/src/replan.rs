//! From facts to duties to rungs, in the transaction of the facts.
//!
//! Nobody creates a duty or a reminder: both follow from what was recorded. The same function runs for a new
//! episode, for a change, and for an import.

use homeward_domain::duty::Duty;
use homeward_domain::episode::Facts;
use homeward_domain::law;
use homeward_domain::policy::ReadChild;

use crate::duties::{self, Owed};
use crate::episodes::Episode;
use crate::error::StoreResult;
use crate::tx::WriteTx;
use crate::{completions, notifications, rungs};

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
    let permit = tx.also::<ReadChild>()?;
    let (episode, facts, stored) = match touched {
        Touched::Opened(it) => {
            let facts = it.facts(Vec::new(), Vec::new());
            (it, facts, Vec::new())
        }
        Touched::Changed(it) => {
            let told = notifications::told(tx, &permit, it.id).await?;
            let completed = completions::of_episode(tx, &permit, it.id).await?;
            let facts = it.facts(told, completed.iter().map(|it| it.fact()).collect());
            let stored = duties::of_episode(tx, &permit, it.id).await?;
            (it, facts, stored)
        }
    };
    let owed = plan(tx, &episode, &facts, stored)?;
    duties::sync(tx, &owed).await?;
    rungs::sync(tx, &owed).await?;
    Ok(owed)
}

/// What is owed now, each under the id it had before. What no rule asks for any more is kept as superseded.
fn plan(tx: &WriteTx, episode: &Episode, facts: &Facts, stored: Vec<Owed>) -> StoreResult<Vec<Owed>> {
    let wanted = law::duties(&tx.agency().rule_book()?, tx.agency().under_twenty_six, facts);
    let child = tx.child()?;
    let kept = |duty: &Duty| stored.iter().find(|it| it.duty.key == duty.key);
    let mut owed: Vec<Owed> = wanted
        .into_iter()
        .map(|duty| Owed {
            id: kept(&duty).map_or_else(|| tx.new_id(), |it| it.id),
            undone_reason: kept(&duty).and_then(|it| it.undone_reason.clone()),
            child: episode.child,
            episode: episode.id,
            unit: child.unit,
            assigned_to: child.assigned_to,
            is_history: episode.is_history,
            duty,
        })
        .collect();
    let dropped = stored.iter().filter(|it| !owed.iter().any(|now| now.id == it.id)).map(|it| it.superseded(tx.at()));
    let dropped: Vec<Owed> = dropped.collect();
    owed.extend(dropped);
    Ok(owed)
}
