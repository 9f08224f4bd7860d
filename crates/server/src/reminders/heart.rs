//! The heartbeat of one loop: written after a whole round of real work, and never by anything else (DM-01).

use std::sync::Arc;
use std::time::{Duration, Instant};

use homeward_domain::silence::Task;
use homeward_store::Store;
use homeward_store::silence::Lookout;

use crate::clock::Clock;

/// A beat says no more when it comes more often.
const EVERY: Duration = Duration::from_secs(10);

pub(super) struct Heart {
    lookout: Lookout,
    clock: Arc<dyn Clock>,
    worker: String,
    task: Task,
    last: Option<Instant>,
}

impl Heart {
    pub(super) fn new(store: &Store, clock: &Arc<dyn Clock>, worker: &str, task: Task) -> Self {
        Self { lookout: store.lookout(), clock: clock.clone(), worker: worker.to_owned(), task, last: None }
    }

    pub(super) async fn beat(&mut self) {
        if self.last.is_some_and(|last| last.elapsed() < EVERY) {
            return;
        }
        match self.lookout.beat(&self.worker, self.task, self.clock.now()).await {
            Ok(()) => self.last = Some(Instant::now()),
            Err(error) => tracing::error!(%error, worker = self.worker, task = %self.task, "a heartbeat was not kept"),
        }
    }

    /// Whoever is told to stop says so, and is not missed.
    pub(super) async fn stop(self) {
        if let Err(error) = self.lookout.say_goodbye(&self.worker, self.task).await {
            tracing::warn!(%error, worker = self.worker, "the end of a worker was not kept");
        }
    }
}
