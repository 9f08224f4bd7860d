//! What leaves the program: leased, sent, then marked. Each way has a loop of its own, so none waits for another.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;
use homeward_domain::delivery::{After, Channel};
use homeward_domain::silence::Task;
use homeward_store::deliveries::{Answer, Held};
use homeward_store::{Store, StoreError, StoreResult};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::heart::Heart;
use crate::clock::Clock;
use crate::mail::Mailer;
use crate::webhook::{Event, Post, Poster};

/// How long an idle loop waits before it looks again.
const POLL: Duration = Duration::from_secs(1);
/// How long it waits after the database failed.
const RETRY: Duration = Duration::from_secs(2);
/// So many messages are on their way at once.
const IN_FLIGHT: usize = 16;
/// What is on its way when it is told to stop may arrive until then; the rest is given back (OP-02).
const LANDING: Duration = Duration::from_secs(20);
/// So many of them to one endpoint: a slow one keeps no other waiting (WH-10).
const TO_ONE_ENDPOINT: usize = 4;

/// A way that messages take.
#[derive(Clone)]
pub enum Way {
    /// By mail.
    Mail(Mailer),
    /// To the agency's endpoints.
    Hooks(Poster),
}

/// One loop that sends what waits for one way.
#[derive(Clone)]
pub struct Outbox {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The way.
    pub way: Way,
    /// Written beside every attempt.
    pub name: String,
}

/// What is on its way now.
#[derive(Default)]
struct Flights {
    tasks: JoinSet<()>,
    /// What each task has on its way; canaries are not counted.
    aboard: HashMap<Id, Vec<Held>>,
}

impl Flights {
    fn start(&mut self, outbox: Outbox, together: Vec<Held>) {
        let held = together.clone();
        let task = self.tasks.spawn(async move { outbox.send_or_count(&together).await });
        self.aboard.insert(task.id(), held);
    }

    fn land(&mut self, landed: Result<(Id, ()), JoinError>) {
        let id = landed.as_ref().map_or_else(JoinError::id, |(id, ())| *id);
        self.aboard.remove(&id);
        if let Err(error) = landed {
            // It keeps its lease until that ends, and is sent again.
            tracing::error!(%error, "alarm: sending a message panicked");
        }
    }

    /// Waits for whatever is on its way.
    async fn land_all(&mut self) {
        while let Some(landed) = self.tasks.join_next_with_id().await {
            self.land(landed);
        }
    }

    /// The endpoints that have as many on their way as they may.
    fn busy(&self) -> Vec<Uuid> {
        let mut flying: HashMap<Uuid, usize> = HashMap::new();
        for webhook in self.aboard.values().filter_map(|held| held.first()?.webhook) {
            *flying.entry(webhook).or_default() += 1;
        }
        flying.into_iter().filter(|(_, count)| TO_ONE_ENDPOINT <= *count).map(|(webhook, _)| webhook).collect()
    }

    fn room(&self) -> i64 {
        i64::try_from(IN_FLIGHT.saturating_sub(self.tasks.len())).unwrap_or(0)
    }
}

impl Outbox {
    /// Sends until `stop` says so, and lets what is on its way arrive.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut flights = Flights::default();
        let mut heart = Heart::new(&self.store, &self.clock, &self.name, self.task());
        while !*stop.borrow_and_update() {
            let launched = self.launch(&mut flights).await;
            if launched.is_ok() {
                heart.beat().await;
            }
            let pause = match launched {
                Ok(0) => POLL,
                Ok(_) => Duration::ZERO,
                Err(error) => {
                    tracing::error!(%error, worker = self.name, "nothing could be leased; it will be tried again");
                    RETRY
                }
            };
            tokio::select! {
                Some(landed) = flights.tasks.join_next_with_id(), if !flights.tasks.is_empty() => flights.land(landed),
                () = sleep(pause) => {}
                _ = stop.changed() => {}
            }
        }
        self.land(flights).await;
        heart.stop().await;
    }

    /// Sends what is due now, and waits for it. Says how much that was.
    pub async fn sweep(&self) -> StoreResult<usize> {
        let mut flights = Flights::default();
        let launched = self.launch(&mut flights).await?;
        flights.land_all().await;
        Ok(launched)
    }

    /// Lets what is on its way arrive; what takes too long is given back, and sent once more by whoever comes next.
    async fn land(&self, mut flights: Flights) {
        if timeout(LANDING, flights.land_all()).await.is_ok() {
            return;
        }
        let held: Vec<Held> = flights.aboard.values().flatten().copied().collect();
        flights.tasks.shutdown().await;
        if let Err(error) = self.store.hand_back_messages(&held).await {
            tracing::error!(%error, worker = self.name, "messages were not given back; their leases end by themselves");
        }
    }

    /// What fails by itself, or panics, is counted: in the end it is tried more seldom, and people are told (DL-12).
    async fn send_or_count(&self, together: &[Held]) {
        match AssertUnwindSafe(self.send(together)).catch_unwind().await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => {
                // The lease ends by itself, and it is sent again.
                tracing::error!(%error, worker = self.name, "a message was not sent or not marked");
                if matches!(error, StoreError::Unavailable(_)) {
                    return;
                }
            }
            Err(_) => tracing::error!(worker = self.name, "alarm: sending a message panicked"),
        }
        for held in together {
            match self.store.message_failed(held, self.clock.now()).await {
                Ok(true) => tracing::error!(message = %held.id, "alarm: a message failed five times"),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, message = %held.id, "a failure was not counted"),
            }
        }
    }

    async fn launch(&self, flights: &mut Flights) -> StoreResult<usize> {
        let now = self.clock.now();
        let leased = match flights.room() {
            0 => Vec::new(),
            room => self.store.lease_messages(self.channel(), now, room, flights.busy()).await?,
        };
        let launched = leased.len();
        for together in together(leased) {
            flights.start(self.clone(), together);
        }
        self.launch_canary(flights, now).await?;
        self.measure(now).await?;
        // What is due goes first: notices wait while there is any of it.
        let told = match &self.way {
            Way::Mail(mailer) if launched == 0 => self.tell(mailer).await?,
            _ => 0,
        };
        Ok(launched + told)
    }

    /// The canary goes where mail goes, and is no more on its way at once than that.
    async fn launch_canary(&self, flights: &mut Flights, now: DateTime<Utc>) -> StoreResult<()> {
        let Way::Mail(mailer) = &self.way else { return Ok(()) };
        if !mailer.sings() || flights.room() == 0 {
            return Ok(());
        }
        if let Some(canary) = self.store.lookout().lease_canary(now).await? {
            let (outbox, mailer) = (self.clone(), mailer.clone());
            flights.tasks.spawn(async move {
                outbox.sing(&mailer, canary).await;
            });
        }
        Ok(())
    }

    async fn sing(&self, mailer: &Mailer, canary: Uuid) {
        if !mailer.sing(canary).await {
            tracing::warn!(worker = self.name, "the relay did not take the canary; it is sent again");
            return;
        }
        if let Err(error) = self.store.lookout().canary_accepted(canary, self.clock.now()).await {
            tracing::error!(%error, worker = self.name, "the canary was taken, and not marked");
        }
    }

    async fn send(&self, together: &[Held]) -> StoreResult<()> {
        let now = self.clock.now();
        let (answer, sent) = match &self.way {
            Way::Mail(mailer) => match self.store.mail(together, now).await? {
                Some(mail) => (mailer.send(&mail).await, mail.lines.into_iter().map(|line| line.held).collect()),
                None => return Ok(()),
            },
            Way::Hooks(poster) => match self.hook(poster, together, now).await? {
                Some(sent) => sent,
                None => return Ok(()),
            },
        };
        for held in &sent {
            self.mark(held, &answer).await?;
        }
        Ok(())
    }

    async fn hook(
        &self,
        poster: &Poster,
        together: &[Held],
        now: DateTime<Utc>,
    ) -> StoreResult<Option<(Answer, Vec<Held>)>> {
        let Some(held) = together.first() else { return Ok(None) };
        let Some(hook) = self.store.hook(held, now).await? else { return Ok(None) };
        let event = Event::due(&hook);
        let post = Post { url: &hook.url, id: hook.message_id, signers: &hook.signers, event: &event };
        Ok(Some((poster.send(&post, now).await, vec![*held])))
    }

    async fn mark(&self, held: &Held, answer: &Answer) -> StoreResult<()> {
        let now = self.clock.now();
        let after = self.store.mark_message(held, answer, &self.name, now).await?;
        let outcome = match after {
            Some(After::End(ending)) => ending.to_string(),
            Some(After::TryAgain { pass_on: false, .. }) => "later".to_owned(),
            Some(After::TryAgain { pass_on: true, .. }) => "passed_on".to_owned(),
            None => "lost".to_owned(),
        };
        let channel = self.channel().to_string();
        metrics::counter!("messages_total", "channel" => channel.clone(), "outcome" => outcome).increment(1);
        let late = (now - held.due_at).as_seconds_f64();
        metrics::histogram!("message_lateness_seconds", "channel" => channel).record(late);
        Ok(())
    }

    async fn measure(&self, now: DateTime<Utc>) -> StoreResult<()> {
        let channel = self.channel();
        let depth = self.store.outbox(channel, now).await?;
        let waiting = u32::try_from(depth.waiting).unwrap_or(u32::MAX);
        metrics::gauge!("outbox_depth", "channel" => channel.to_string()).set(f64::from(waiting));
        metrics::gauge!("outbox_oldest_seconds", "channel" => channel.to_string()).set(depth.oldest_seconds);
        Ok(())
    }

    fn task(&self) -> Task {
        match self.way {
            Way::Mail(_) => Task::Email,
            Way::Hooks(_) => Task::Webhook,
        }
    }

    fn channel(&self) -> Channel {
        match self.way {
            Way::Mail(_) => Channel::Email,
            Way::Hooks(_) => Channel::Webhook,
        }
    }
}

/// What leaves in one message, in the order in which it was leased.
fn together(leased: Vec<Held>) -> Vec<Vec<Held>> {
    let mut groups: Vec<Vec<Held>> = Vec::new();
    for held in leased {
        let same = |group: &&mut Vec<Held>| group.first().is_some_and(|first| first.message == held.message);
        match groups.iter_mut().find(same) {
            Some(group) => group.push(held),
            None => groups.push(vec![held]),
        }
    }
    groups
}
