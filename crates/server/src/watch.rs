//! The watch: a process of its own that raises an alarm when the reminders fall silent, on another way than theirs (DM-05).
//!
//! It believes nobody who says that they are well: it looks at what was done, and sends canaries.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::silence::{
    Alarm, CANARY_EVERY, Condition, Finding, Ledger, Owing, Queue, Task, Word, judge_machine, judge_owing, judge_queue,
};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::StoreResult;
use homeward_store::silence::{Lookout, Parts};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::clock::Clock;
use crate::config::Config;
use crate::trail::Anchors;

mod certificate;
mod grounds;
mod guard;
mod host;
mod measure;
mod nest;
mod tell;
mod trail;

use grounds::Surveyor;
use guard::Guard;
pub use host::{Host, worker_name};
use nest::Nest;
pub use tell::Teller;
use trail::Auditor;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(15);
/// How often it looks at every duty.
const DUTIES: Duration = Duration::from_mins(1);
/// How long one question may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long all duties may take.
const PATIENCE_WITH_DUTIES: Duration = Duration::from_secs(40);
/// How often whoever watches the watch hears of it (DM-03).
const PING: Duration = Duration::from_mins(1);

/// The watch.
pub struct Watch {
    lookout: Lookout,
    clock: Arc<dyn Clock>,
    teller: Teller,
    host: Host,
    nest: Option<Nest>,
    parts: Parts,
    ledger: Ledger,
    /// Whether what stood before was taken up.
    took_up: bool,
    /// The alarms as the database has them.
    kept: Vec<Alarm>,
    /// Those that are over and that the database could not take yet.
    unkept: Vec<Alarm>,
    duties: Duties,
    auditor: Option<Auditor>,
    surveyor: Surveyor,
    began: Instant,
    pinged: Option<Instant>,
}

/// What was last seen of the duties.
#[derive(Default)]
struct Duties {
    owing: Owing,
    looked: Option<Instant>,
    seen: Option<Instant>,
}

impl Watch {
    /// A watch over the database, set up as configured.
    pub fn new(lookout: Lookout, clock: Arc<dyn Clock>, config: &Config) -> Self {
        let watch = &config.watch;
        Self {
            lookout,
            clock,
            teller: Teller::new(watch),
            host: Host::new(&config.data_dir, &config.data_key_file),
            nest: watch.canary_maildir.clone().map(Nest::new),
            parts: Parts { relay: watch.canary_mailbox.is_some(), mailbox: watch.canary_maildir.is_some() },
            ledger: Ledger::default(),
            took_up: false,
            kept: Vec::new(),
            unkept: Vec::new(),
            duties: Duties::default(),
            auditor: None,
            surveyor: Surveyor::new(config),
            began: Instant::now(),
            pinged: None,
        }
    }

    /// The same, which also verifies the trail of the database at `url` against these anchors (AD-10).
    pub fn auditing(self, url: &str, anchors: Anchors) -> Self {
        Self { auditor: Some(Auditor::new(url, anchors)), ..self }
    }

    /// Watches until `stop` says so.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let guard = Guard::start(self.teller.clone(), self.clock.clone());
        while !*stop.borrow_and_update() {
            self.round().await;
            guard.is_alive();
            tokio::select! {
                () = sleep(EVERY) => {}
                _ = stop.changed() => {}
            }
        }
        guard.stop();
        // Nothing more can be done if this fails; the page says that nobody watches either way.
        let _ = self.lookout.say_goodbye(&worker_name("watch"), Task::Watch).await;
    }

    /// Looks once at everything, and says what has to be said.
    pub async fn round(&mut self) {
        let now = self.clock.now();
        let mut found = judge_machine(&self.host.look());
        let answered = match self.queue().await {
            Ok(queue) => {
                measure::queue(&queue);
                found.extend(judge_queue(&queue));
                true
            }
            Err(finding) => {
                found.push(finding);
                false
            }
        };
        if answered {
            self.take_up().await;
            found.extend(self.judge_duties(now).await);
            if let Some(auditor) = &mut self.auditor {
                found.extend(auditor.judge(now).await);
            }
        }
        let lookout = answered.then_some(&self.lookout);
        found.extend(self.surveyor.judge(lookout, now).await);
        let unjudged: Vec<Condition> =
            Condition::ALL.iter().copied().filter(|it| !answered && it.is_of_the_database()).collect();
        self.ledger.settle(&found, &unjudged, now);
        measure::alarms(&self.ledger);
        let over = self.say(now).await;
        let is_whole = answered && self.look_after(now, over).await;
        metrics::counter!("watch_rounds_total", "outcome" => if is_whole { "whole" } else { "broken" }).increment(1);
        if is_whole && self.ledger.is_quiet() {
            self.ping().await;
        }
    }

    /// What the database says of the queue; or that it says nothing.
    async fn queue(&self) -> Result<Queue, Finding> {
        let watched_for = TimeDelta::from_std(self.began.elapsed()).unwrap_or(TimeDelta::MAX);
        let asked = timeout(PATIENCE, self.lookout.queue(|| self.clock.now(), watched_for)).await;
        let detail = match asked {
            Ok(Ok(queue)) => return Ok(queue),
            Ok(Err(error)) => {
                tracing::error!(%error, "the database refused to say how it is");
                "no connection, or a question was refused"
            }
            Err(_) => "it did not answer within 10 s",
        };
        Err(Finding { condition: Condition::DatabaseUnreachable, detail: detail.to_owned() })
    }

    /// An alarm that an earlier run left standing is said again no sooner, and closed when it is over.
    async fn take_up(&mut self) {
        if self.took_up {
            return;
        }
        if let Ok(Ok(alarms)) = timeout(PATIENCE, self.lookout.standing_alarms()).await {
            self.kept.clone_from(&alarms);
            self.ledger.take_up(alarms);
            self.took_up = true;
        }
    }

    async fn judge_duties(&mut self, now: DateTime<Utc>) -> Vec<Finding> {
        if self.duties.looked.is_none_or(|it| DUTIES <= it.elapsed()) {
            self.duties.looked = Some(Instant::now());
            match timeout(PATIENCE_WITH_DUTIES, self.lookout.owing(now)).await {
                Ok(Ok(owing)) => {
                    measure::owing(&owing);
                    self.duties.owing = owing;
                    self.duties.seen = Some(Instant::now());
                }
                Ok(Err(error)) => tracing::error!(%error, "the duties could not be looked at"),
                Err(_) => tracing::error!("the duties could not be looked at in time"),
            }
        }
        let mut found = judge_owing(&self.duties.owing);
        let unseen_for = self.duties.seen.unwrap_or(self.began).elapsed();
        if TimeDelta::from_std(unseen_for).is_ok_and(|it| homeward_domain::silence::QUIET < it) {
            let detail = format!("the duties could not be looked at for {} s", unseen_for.as_secs());
            found.push(Finding { condition: Condition::WatchStuck, detail });
        }
        found
    }

    /// Says what is due, all at once: a way that hangs keeps no alarm waiting. Gives those whose end was said.
    async fn say(&mut self, now: DateTime<Utc>) -> Vec<Alarm> {
        let due = self.ledger.due(now);
        let told = futures_util::future::join_all(due.iter().map(|it| self.teller.tell(it, now))).await;
        let mut over = Vec::new();
        for (saying, told) in due.into_iter().zip(told) {
            if told {
                self.ledger.said(&saying, now);
                over.extend((saying.word == Word::Cleared).then_some(saying.alarm));
            }
        }
        over
    }

    /// What it writes down: alarms, canaries, its own heartbeat.
    async fn look_after(&mut self, now: DateTime<Utc>, over: Vec<Alarm>) -> bool {
        let written = timeout(PATIENCE, async {
            self.keep(over).await?;
            self.look_after_canaries(now).await?;
            self.lookout.forget_the_replaced().await?;
            self.lookout.beat(&worker_name("watch"), Task::Watch, self.clock.now()).await
        })
        .await;
        match written {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::error!(%error, "the watch could not write down what it saw");
                false
            }
            Err(_) => false,
        }
    }

    async fn keep(&mut self, over: Vec<Alarm>) -> StoreResult<()> {
        self.unkept.extend(over);
        while let Some(alarm) = self.unkept.last() {
            self.lookout.keep_alarm(alarm).await?;
            self.unkept.pop();
        }
        let standing: Vec<Alarm> = self.ledger.standing().cloned().collect();
        for alarm in standing.iter().filter(|it| !self.kept.contains(it)) {
            self.lookout.keep_alarm(alarm).await?;
        }
        self.kept = standing;
        Ok(())
    }

    async fn look_after_canaries(&self, now: DateTime<Utc>) -> StoreResult<()> {
        let arrived = match &self.nest {
            Some(nest) => nest.arrived().await,
            None => Vec::new(),
        };
        for canary in arrived {
            self.lookout.canary_read_back(canary.id, now).await?;
            canary.forget();
        }
        self.lookout.acknowledge_canaries(self.parts, now).await?;
        self.lookout.sing(CANARY_EVERY, now).await?;
        Ok(())
    }

    async fn ping(&mut self) {
        if self.pinged.is_none_or(|it| PING <= it.elapsed()) && self.teller.ping().await {
            self.pinged = Some(Instant::now());
        }
    }
}
