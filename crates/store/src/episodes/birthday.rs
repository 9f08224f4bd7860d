//! The 18th birthday within an episode, which asks a person to review (COV-3). It follows the record of the child.

use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::child::eighteenth_birthday;
use homeward_domain::policy::{Action, Permit};

use super::{Episode, lock, of_child, save};
use crate::error::StoreResult;
use crate::tx::{ReadTx, WriteTx};

/// When it begins, if that is after the receipt.
pub(super) fn within(tx: &ReadTx, date_of_birth: NaiveDate, received_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let birthday = eighteenth_birthday(date_of_birth).map(|day| tx.agency().zone.start_of_day(day));
    birthday.filter(|at| received_at < *at)
}

/// Moves it in every episode that is not closed, once the day of birth was corrected. The review moves with it.
pub(crate) async fn moved<A: Action>(tx: &WriteTx, permit: &Permit<A>, date_of_birth: NaiveDate) -> StoreResult<()> {
    for episode in of_child(tx, permit).await?.into_iter().filter(|it| it.closure.is_none()) {
        let episode = lock(tx, permit, episode.id).await?;
        let birthday_at = within(tx, date_of_birth, episode.moments.received_at);
        if episode.closure.is_none() && episode.birthday_at != birthday_at {
            let change_reason = Some("the date of birth was corrected".to_owned());
            save(tx, permit, Episode { birthday_at, change_reason, ..episode }).await?;
        }
    }
    Ok(())
}
