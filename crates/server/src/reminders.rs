//! The worker: leases due rungs and delivers them into inboxes, until it is told to stop. What leaves the program is the
//! work of `outbox`.
//!
//! Replicas are equal. Due time is a column and the claim is atomic, so there is no leader and no schedule.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use homeward_domain::silence::Task;
use homeward_store::reminders::{Failed, LEASE, Outcome};
use homeward_store::{Leased, Store, StoreError, StoreResult};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::objects::Objects;

mod heart;
mod notices;
mod outbox;

use heart::Heart;
pub use outbox::{Outbox, Way};

/// How long an idle worker waits before it looks again. Nothing depends on being woken (DL-15).
const POLL: Duration = Duration::from_secs(1);
/// How long it waits after the database failed.
const RETRY: Duration = Duration::from_secs(2);
/// How many rungs it takes at once.
const BATCH: i64 = 50;
/// It gives a rung up this long before the lease ends, so that it never works on one it may have lost.
const MARGIN: TimeDelta = TimeDelta::seconds(5);
/// One rung that takes longer has failed, and waits for its next turn (DL-12).
const PATIENCE: Duration = Duration::from_secs(10);
/// A clock that shows so much less than before was set back.
const BACK: TimeDelta = TimeDelta::minutes(1);
/// How often it clears what is kept for a time only.
const HOUSEKEEPING: TimeDelta = TimeDelta::hours(1);
/// How often it looks for birthdays that have come near, which are planned two days ahead.
const BIRTHDAYS: TimeDelta = TimeDelta::hours(1);
/// How often it looks for agencies whose rules have changed.
const REPLAN: TimeDelta = TimeDelta::minutes(1);

/// One worker.
#[derive(Clone)]
pub struct Worker {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where pictures are kept; those without a row are swept.
    pub objects: Objects,
    /// Written beside every lease and attempt.
    pub name: String,
}

impl Worker {
    /// Works until `stop` says so.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut latest = self.clock.now();
        let [mut next_housekeeping, mut next_replan, mut next_birthdays] = [latest; 3];
        let mut planned = true;
        let mut heart = Heart::new(&self.store, &self.clock, &self.name, Task::Rungs);
        while !*stop.borrow_and_update() {
            let now = self.clock.now();
            if now + BACK < latest {
                [next_housekeeping, next_replan, next_birthdays] = [now; 3];
            }
            latest = now;
            let swept = self.sweep_while(|| !*stop.borrow()).await;
            if next_birthdays <= now {
                (planned, next_birthdays) = self.look_ahead(now).await;
            }
            // What is not planned is never sent, so this is silence too.
            if swept.is_ok() && planned {
                heart.beat().await;
            }
            let pause = match swept {
                Ok(0) => POLL,
                Ok(_) => continue,
                Err(error) => {
                    tracing::error!(%error, worker = self.name, "the sweep failed; it will be tried again");
                    RETRY
                }
            };
            if next_housekeeping <= self.clock.now() {
                self.clear_old().await;
                next_housekeeping = self.clock.now() + self.wait_no_longer().await;
            }
            if next_replan <= self.clock.now() {
                next_replan = self.clock.now() + REPLAN;
                self.replan().await;
            }
            tokio::select! {
                () = sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
        heart.stop().await;
    }

    /// Leases what is due now and delivers it. Says how many rungs were leased.
    pub async fn sweep(&self) -> StoreResult<usize> {
        self.sweep_while(|| true).await
    }

    /// The same, as long as it may go on. What was leased and not begun is given back at once (OP-02).
    async fn sweep_while(&self, may_go_on: impl Fn() -> bool) -> StoreResult<usize> {
        let leased_at = self.clock.now();
        let leased = self.store.lease(&self.name, leased_at, BATCH).await?;
        let mut rest = leased.as_slice();
        while let [rung, others @ ..] = rest {
            let now = self.clock.now();
            if !may_go_on() || leased_at + LEASE - MARGIN < now {
                self.store.hand_back(rest).await?;
                break;
            }
            self.deliver(rung, now).await;
            rest = others;
        }
        // After the rungs and by the same path: what keeps a worker from these keeps it from the canary too (DM-02).
        self.store.lookout().claim_canary(self.clock.now()).await?;
        self.measure().await?;
        Ok(leased.len())
    }

    /// One that fails, hangs or panics keeps none of the others waiting. It is leased again when its lease ends.
    async fn deliver(&self, rung: &Leased, now: DateTime<Utc>) {
        let delivering = AssertUnwindSafe(self.store.deliver(rung, &self.name, now)).catch_unwind();
        match timeout(PATIENCE, delivering).await {
            Ok(Ok(Ok(outcome))) => self.observe(outcome, now, rung.fire_at),
            Ok(Ok(Err(error))) => {
                tracing::error!(%error, rung = %rung.id, "a rung was not delivered");
                if !matches!(error, StoreError::Unavailable(_)) {
                    self.count_failure(rung, now).await;
                }
            }
            Ok(Err(_)) => {
                tracing::error!(rung = %rung.id, "alarm: delivering a rung panicked");
                self.count_failure(rung, now).await;
            }
            Err(_) => {
                tracing::error!(rung = %rung.id, "a rung was not delivered in time");
                self.count_failure(rung, now).await;
            }
        }
    }

    async fn count_failure(&self, rung: &Leased, now: DateTime<Utc>) {
        match self.store.rung_failed(rung, now).await {
            Ok(Failed::Held) => {
                tracing::error!(rung = %rung.id, "alarm: a rung failed five times; it is tried every ten minutes");
            }
            Ok(Failed::Again | Failed::Lost) => {}
            Err(error) => tracing::error!(%error, rung = %rung.id, "a failure was not counted"),
        }
    }

    fn observe(&self, outcome: Outcome, now: DateTime<Utc>, fire_at: DateTime<Utc>) {
        let word = match outcome {
            Outcome::Delivered(_) => "delivered",
            Outcome::WentUp(_) => "went_up",
            Outcome::GivenAgain(_) => "given_again",
            Outcome::Nobody => "nobody",
            Outcome::NoLongerOwed => "no_longer_owed",
            Outcome::Widened(_) => "widened",
            Outcome::Unseen => "unseen",
            Outcome::Rested => "rested",
            Outcome::Lost => "lost",
        };
        match outcome {
            Outcome::Nobody => {
                tracing::error!(
                    worker = self.name,
                    "alarm: a rung has nobody on it or above; give the agency a contact"
                );
            }
            Outcome::WentUp(_) => {
                tracing::warn!(worker = self.name, "a rung has nobody on it; the next one up who exists has it");
            }
            Outcome::Unseen => {
                tracing::error!(
                    worker = self.name,
                    "alarm: everyone up to the agency's contact has it, nobody has seen it"
                );
            }
            _ => {}
        }
        metrics::counter!("rungs_total", "outcome" => word).increment(1);
        metrics::histogram!("rung_lateness_seconds").record((now - fire_at).as_seconds_f64());
    }

    async fn measure(&self) -> StoreResult<()> {
        let oldest = self.store.next_rung_at().await?;
        let late = oldest.map_or(0.0, |at| (self.clock.now() - at).as_seconds_f64());
        metrics::gauge!("oldest_unsent_seconds").set(late.max(0.0));
        Ok(())
    }

    /// Plans what comes near. Whether that worked, and when to look again.
    async fn look_ahead(&self, now: DateTime<Utc>) -> (bool, DateTime<Utc>) {
        let planned = self.plan_birthdays().await.is_ok();
        if let Err(error) = self.warn_of_keys().await {
            tracing::error!(%error, "nobody was warned of keys that end; it will be tried again");
        }
        (planned, now + if planned { BIRTHDAYS } else { REPLAN })
    }

    /// Plans the reviews of birthdays that have come near.
    pub async fn plan_birthdays(&self) -> StoreResult<()> {
        match self.store.plan_birthdays(self.clock.now()).await {
            Ok(0) => {}
            Ok(planned) => tracing::info!(planned, "reviews at a birthday were planned"),
            Err(error) => {
                tracing::error!(%error, "reviews at a birthday could not all be planned; it will be tried again");
                return Err(error);
            }
        }
        Ok(())
    }

    /// Queues warnings to the people of keys that end soon (KY-03).
    pub async fn warn_of_keys(&self) -> StoreResult<()> {
        self.store.warn_of_keys(self.clock.now()).await
    }

    /// Plans again what other rules were chosen for, or what an older version of the program planned.
    async fn replan(&self) {
        match self.store.replan_changed(self.clock.now()).await {
            Ok(0) => {}
            Ok(agencies) => tracing::info!(agencies, "planned again by the rules in force"),
            Err(error) => tracing::error!(%error, "agencies could not be planned again; it will be tried again"),
        }
    }

    /// What waits for a clock that was ahead waits no longer. Says when to look again.
    async fn wait_no_longer(&self) -> TimeDelta {
        match self.store.clock_went_back(self.clock.now()).await {
            Ok(0) => {}
            Ok(moved) => {
                tracing::warn!(moved, worker = self.name, "a clock was ahead: what waited for it waits no longer");
            }
            Err(error) => {
                tracing::error!(%error, "what a clock ahead left behind was not looked for; it will be tried again");
                return REPLAN;
            }
        }
        HOUSEKEEPING
    }

    /// Clears what is kept for a time only, and pictures that never got their row.
    pub async fn clear_old(&self) {
        if let Err(error) = self.store.forget_allowances(self.clock.now()).await {
            tracing::warn!(%error, "minutes that are over could not be forgotten");
        }
        if let Err(error) = self.store.clear_old_answers(self.clock.now()).await {
            tracing::warn!(%error, "old idempotency keys could not be cleared");
        }
        match self.objects.sweep(&self.store, self.clock.now()).await {
            Ok(0) => {}
            Ok(swept) => tracing::info!(swept, "pictures without a row were deleted"),
            Err(error) => tracing::warn!(%error, "incoming pictures could not be swept"),
        }
    }
}
