//! One history: what happens, from a seed.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use tokio_postgres::Client;
use uuid::Uuid;

use super::dice::Dice;
use super::model::roster::Roster;
use super::model::tables::Hook;
use super::model::{Bug, Model};
use super::people::{Someone, gather};
use super::work::{Flight, Pair};
use super::{difference, memory, tables};
use crate::support::{Person, Relay, TestApp, at};

/// Ahead of the database's own clock, which has a say where a clock went back.
const FIRST_AT: &str = "2040-05-01T08:00:00Z";
/// A process makes no id that is earlier than one before: a later history takes place later.
const APART: i64 = 400;

/// What has to happen at least once in a run.
pub const KINDS: [&str; 31] = [
    "delivered",
    "went up",
    "given again",
    "widened",
    "unseen",
    "rested",
    "lost",
    "accepted",
    "refused",
    "later",
    "passed on",
    "mark lost",
    "digest",
    "event",
    "bounce",
    "opened",
    "told",
    "taken back",
    "receipt moved",
    "recovered",
    "closed",
    "reopened",
    "handed over",
    "assigned anew",
    "seen",
    "absence",
    "shift",
    "disabled",
    "endpoint paused",
    "crashed",
    "clock went back",
];

/// An episode, and the child's worker.
pub struct Missing {
    pub child: String,
    pub episode: Uuid,
    pub worker: Option<usize>,
    /// The contacts that stand.
    pub told: Vec<String>,
}

pub struct History {
    pub app: TestApp,
    pub owner: Client,
    pub model: Model,
    pub dice: Dice,
    pub now: DateTime<Utc>,
    pub people: Vec<Someone>,
    pub hooks: Vec<Uuid>,
    pub cases: Vec<Missing>,
    /// Who signed in, and when.
    pub signed_in: HashMap<String, (Person, DateTime<Utc>)>,
    /// Rungs in the hands of a worker that is slow.
    pub slow: Vec<Pair>,
    /// Messages that are on their way.
    pub flights: Vec<Flight>,
    /// Under which id which messages left.
    pub ids: BTreeMap<Vec<usize>, Uuid>,
    /// What a relay took, by the id under which it left.
    pub taken: Vec<(Uuid, usize)>,
    pub happened: BTreeMap<&'static str, usize>,
    pub log: Vec<String>,
    _relay: Relay,
}

impl History {
    pub async fn begin(seed: u64, bug: Option<Bug>) -> Self {
        let relay = Relay::start().await;
        let begins_at = at(FIRST_AT) + TimeDelta::days(APART) * i32::try_from(seed).unwrap();
        let app = TestApp::mailing(&begins_at.to_rfc3339(), &relay).await;
        let owner = app.db.owner().await;
        let mut dice = Dice::new(seed);
        let (people, roster, zone) = gather(&owner, &mut dice).await;
        // A sign-in that nobody uses closes, and this may be the year 3000.
        owner.execute("update sign_ins set used_at = $1", &[&begins_at]).await.unwrap();
        let model = Model::new(zone, Roster::clone(&roster), bug);
        let mut history = Self {
            app,
            owner,
            model,
            dice,
            now: begins_at,
            people,
            hooks: Vec::new(),
            cases: Vec::new(),
            signed_in: HashMap::new(),
            slow: Vec::new(),
            flights: Vec::new(),
            ids: BTreeMap::new(),
            taken: Vec::new(),
            happened: BTreeMap::new(),
            log: Vec::new(),
            _relay: relay,
        };
        if history.dice.percent(50) {
            history.hooks = super::people::endpoints(&history.app, &history.owner).await;
            history.model.hooks = vec![Hook { is_paused: false, is_removed: false }; history.hooks.len()];
        }
        history.pass(TimeDelta::days(5));
        history.open().await;
        history
    }

    /// Time goes on. Two things never happen at one instant.
    pub fn pass(&mut self, time: TimeDelta) {
        self.now += time;
        self.app.set_clock(&self.now.to_rfc3339());
    }

    pub fn tick(&mut self) {
        self.pass(TimeDelta::milliseconds(7));
    }

    pub fn count(&mut self, what: &'static str) {
        *self.happened.entry(what).or_default() += 1;
    }

    pub fn note(&mut self, what: &str) {
        self.log.push(format!("{} {what}", self.now.to_rfc3339()));
    }

    /// One thing happens on both sides, which then have to say the same.
    pub async fn step(&mut self) -> Result<(), String> {
        match self.dice.below(20) {
            0..=8 => self.go_on().await?,
            9..=13 => self.act().await?,
            14 | 15 => self.see().await,
            16 | 17 => self.change_roster().await,
            18 => self.bounce().await?,
            _ => self.wrong_clock().await?,
        }
        self.compare().await
    }

    pub async fn compare(&self) -> Result<(), String> {
        let (store, model) = (tables::said(self).await, memory::said(self));
        if let Some(fault) = self.model.faults.first() {
            return Err(format!("the model: {fault}"));
        }
        difference(&store, &model).map_or(Ok(()), Err)
    }

    /// Time passes, most often to what is due next, and workers work.
    async fn go_on(&mut self) -> Result<(), String> {
        let next = self.app.state.store.next_work_at().await.unwrap();
        let due = next.map_or(TimeDelta::minutes(1), |it| (it - self.now).max(TimeDelta::zero()));
        let by = match self.dice.below(10) {
            0..=6 => due,
            7 => TimeDelta::seconds(self.dice.between(1, 60)),
            8 => TimeDelta::minutes(self.dice.between(1, 600)),
            _ => TimeDelta::hours(self.dice.between(1, 90)),
        };
        let phase = self.dice.between(1, 900);
        self.pass(by + TimeDelta::milliseconds(phase));
        self.note("time has passed");
        for _ in 0..2 {
            self.deliver_slowly().await?;
            self.work_on_rungs().await?;
            self.land_some().await?;
            self.send(true).await?;
            self.send(false).await?;
        }
        Ok(())
    }

    /// A clock that is hours ahead works for a while, and is set right.
    async fn wrong_clock(&mut self) -> Result<(), String> {
        let by = TimeDelta::minutes(self.dice.between(2, 3 * 24 * 60));
        self.pass(by);
        self.note("the clock is ahead");
        if self.dice.percent(70) {
            self.work_on_rungs().await?;
            self.send(true).await?;
        }
        if self.dice.percent(80) {
            self.pass(-by);
            self.count("clock went back");
        }
        self.app.state.store.clock_went_back(self.now).await.unwrap();
        self.model.clock_went_back(self.now);
        self.note("a worker has looked at the clock");
        Ok(())
    }
}
