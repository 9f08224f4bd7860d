//! What workers do, on both sides at once: lease, deliver, compose, send, mark; late, or never.

use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::delivery::{After, Channel, Ending, Reply};
use homeward_store::Leased;
use homeward_store::deliveries::{Answer, Failure, Held, Mail};
use uuid::Uuid;

use super::history::History;
use super::memory::{message_name, rung_name};
use super::model;
use super::model::tables::To;
use super::tables;

const BATCH: i64 = 50;

/// A rung in the hands of one worker, as the store leased it and as the model did.
pub type Pair = (Leased, model::Leased);
type Both = (Held, model::Held);

/// What has left, or is about to: the lines that will be marked, and what the other side says.
pub struct Flight {
    lines: Vec<Both>,
    id: Uuid,
    reply: Reply,
    /// Before this instant the other side says nothing: often long enough for the lease to end.
    lands_at: DateTime<Utc>,
}

impl History {
    pub(super) async fn work_on_rungs(&mut self) -> Result<(), String> {
        self.tick();
        let leased = self.app.state.store.lease("a worker", self.now, BATCH).await.unwrap();
        let theirs = self.model.lease(self.now, usize::try_from(BATCH).unwrap());
        for pair in self.pairs(leased, &theirs).await? {
            match self.dice.below(12) {
                0 => self.slow.push(pair),
                1 => self.count("crashed"),
                _ => self.deliver(&pair).await?,
            }
        }
        Ok(())
    }

    /// The same rungs on both sides, in the order of the store.
    async fn pairs(&self, leased: Vec<Leased>, theirs: &[model::Leased]) -> Result<Vec<Pair>, String> {
        let names = tables::rungs(self).await;
        let name = |it: &Leased| names.iter().find(|(id, _)| *id == it.id.uuid()).map(|it| it.1.clone()).unwrap();
        let mut mine: Vec<String> = leased.iter().map(name).collect();
        let mut other: Vec<String> = theirs.iter().map(|it| rung_name(&self.model, it.rung)).collect();
        let in_order = |it: &Leased| {
            let wanted = name(it);
            theirs.iter().find(|it| rung_name(&self.model, it.rung) == wanted).copied()
        };
        let pairs: Vec<Pair> = leased.iter().filter_map(|it| Some((*it, in_order(it)?))).collect();
        mine.sort();
        other.sort();
        if mine == other { Ok(pairs) } else { Err(format!("leased by the store {mine:#?}\nby the model {other:#?}")) }
    }

    async fn deliver(&mut self, (leased, theirs): &Pair) -> Result<(), String> {
        self.tick();
        let mine = self.app.state.store.deliver(leased, "a worker", self.now).await.unwrap();
        let other = self.model.deliver(theirs, self.now);
        let mine = format!("{mine:?}").split('(').next().unwrap_or_default().to_owned();
        self.note(&format!("{}: {mine}", rung_name(&self.model, theirs.rung)));
        self.count(match other {
            model::Outcome::Delivered => "delivered",
            model::Outcome::WentUp => "went up",
            model::Outcome::GivenAgain => "given again",
            model::Outcome::Nobody => "nobody",
            model::Outcome::NoLongerOwed => "no longer owed",
            model::Outcome::Widened => "widened",
            model::Outcome::Unseen => "unseen",
            model::Outcome::Rested => "rested",
            model::Outcome::Lost => "lost",
        });
        if mine == format!("{other:?}") { Ok(()) } else { Err(format!("the store {mine}, the model {other:?}")) }
    }

    /// A worker that was slow goes on with what it leased long ago.
    pub(super) async fn deliver_slowly(&mut self) -> Result<(), String> {
        for pair in std::mem::take(&mut self.slow) {
            if self.dice.percent(50) {
                self.deliver(&pair).await?;
            } else {
                self.slow.push(pair);
            }
        }
        Ok(())
    }

    /// Mail, or events, as far as they are due.
    pub(super) async fn send(&mut self, mail: bool) -> Result<(), String> {
        self.tick();
        let channel = if mail { Channel::Email } else { Channel::Webhook };
        let busy: Vec<usize> = (0..self.hooks.len()).filter(|_| self.dice.percent(10)).collect();
        let hooks = busy.iter().map(|it| self.hooks[*it]).collect();
        let leased = self.app.state.store.lease_messages(channel, self.now, 200, hooks).await.unwrap();
        let theirs = self.model.lease_messages(mail, self.now, 200, &busy);
        let mut together: Vec<Vec<Both>> = Vec::new();
        for both in self.both(leased, &theirs).await? {
            match together.iter_mut().find(|it| mail && it[0].0.message == both.0.message) {
                Some(group) => group.push(both),
                None => together.push(vec![both]),
            }
        }
        for group in together {
            self.compose(mail, &group).await?;
        }
        Ok(())
    }

    async fn both(&self, leased: Vec<Held>, theirs: &[model::Held]) -> Result<Vec<Both>, String> {
        let names = tables::messages(self).await;
        let name = |it: &Held| names.iter().find(|(id, _)| *id == it.id).map(|it| it.1.clone()).unwrap();
        let theirs: Vec<(String, model::Held)> =
            theirs.iter().map(|it| (message_name(&self.model, &self.model.deliveries[it.id]), *it)).collect();
        let mut mine: Vec<String> = leased.iter().map(name).collect();
        let mut other: Vec<String> = theirs.iter().map(|it| it.0.clone()).collect();
        let of = |it: &Held| theirs.iter().find(|(other, _)| *other == name(it)).map(|it| it.1);
        let both = leased.iter().filter_map(|it| Some((*it, of(it)?))).collect();
        mine.sort();
        other.sort();
        if mine == other { Ok(both) } else { Err(format!("leased by the store {mine:#?}\nby the model {other:#?}")) }
    }

    async fn compose(&mut self, mail: bool, group: &[Both]) -> Result<(), String> {
        if self.dice.percent(5) {
            self.count("crashed");
            return Ok(());
        }
        self.tick();
        let (held, theirs): (Vec<Held>, Vec<model::Held>) = group.iter().copied().unzip();
        let (composed, other) = if mail {
            let mail = self.app.state.store.mail(&held, self.now).await.unwrap();
            (mail.map(|it| self.as_sent(it)), self.model.mail_of(&theirs, self.now))
        } else {
            let event = self.app.state.store.hook(&held[0], self.now).await.unwrap();
            (event.map(|it| (None, it.message_id, vec![it.held])), self.model.event_of(&theirs[0], self.now))
        };
        let (Some((to, id, lines)), Some(other)) = (&composed, &other) else {
            let same = composed.is_none() && other.is_none();
            return if same {
                Ok(())
            } else {
                Err(format!("composed by the store {composed:?}, by the model {other:?}"))
            };
        };
        let lines = self.both(lines.clone(), &other.lines).await?;
        self.check_address(*to, other)?;
        self.check_id(*id, &other.id)?;
        self.count(if mail { "mail" } else { "event" });
        if 1 < lines.len() {
            self.count("digest");
        }
        let reply = if mail && to.is_none() { Reply::Refused } else { self.reply() };
        let minutes = if self.dice.percent(25) { self.dice.between(2, 40) } else { 0 };
        let lands_at = self.now + TimeDelta::minutes(minutes);
        self.flights.push(Flight { lines, id: *id, reply, lands_at });
        self.land_some().await
    }

    fn as_sent(&self, mail: Mail) -> (Option<(usize, i32)>, Uuid, Vec<Held>) {
        let place = |(person, email): (usize, &str)| {
            let position = self.people[person].emails.iter().position(|it| it == email)?;
            Some((person, i32::try_from(position).ok()?))
        };
        let to = mail.to.and_then(|to| (0..self.people.len()).find_map(|it| place((it, &to))));
        (to, mail.message_id, mail.lines.into_iter().map(|it| it.held).collect())
    }

    fn check_address(&self, to: Option<(usize, i32)>, other: &model::Mail) -> Result<(), String> {
        let theirs = other.to.and_then(|(to, position)| match to {
            To::Person(person) => Some((person, position)),
            To::Hook(_) => None,
        });
        if to == theirs { Ok(()) } else { Err(format!("the store writes to {to:?}, the model to {theirs:?}")) }
    }

    /// The same is sent under the same id, something else under another.
    fn check_id(&mut self, id: Uuid, theirs: &[usize]) -> Result<(), String> {
        let before = *self.ids.entry(theirs.to_vec()).or_insert(id);
        let alike = self.ids.iter().filter(|it| *it.1 == id).count();
        if before == id && alike == 1 { Ok(()) } else { Err(format!("{theirs:?} left under {before} and under {id}")) }
    }

    fn reply(&mut self) -> Reply {
        match self.dice.below(20) {
            0..=10 => Reply::Accepted,
            11..=16 => Reply::Later,
            _ => Reply::Refused,
        }
    }

    /// Some of what is on its way is marked; some stays long enough to lose its lease; some is forgotten.
    pub(super) async fn land_some(&mut self) -> Result<(), String> {
        let flights = std::mem::take(&mut self.flights).into_iter();
        let (landing, away): (Vec<Flight>, Vec<Flight>) = flights.partition(|it| it.lands_at <= self.now);
        self.flights = away;
        for flight in landing {
            match self.dice.below(10) {
                0 | 1 => self.flights.push(flight),
                2 => self.count("crashed"),
                _ => self.land(flight).await?,
            }
        }
        Ok(())
    }

    async fn land(&mut self, flight: Flight) -> Result<(), String> {
        let reply = flight.reply;
        let answer = Answer { reply, code: Some(250), hash: None };
        for (held, theirs) in flight.lines {
            self.tick();
            let mine = self.app.state.store.mark_message(&held, &answer, "a worker", self.now).await.unwrap();
            let other = self.model.mark_message(&theirs, reply, self.now);
            self.note(&format!("{}: {mine:?}", message_name(&self.model, &self.model.deliveries[theirs.id])));
            if mine != other {
                return Err(format!("after {reply:?} the store says {mine:?}, the model {other:?}"));
            }
            self.count(match mine {
                Some(After::End(Ending::Accepted)) => "accepted",
                Some(After::End(_)) => "refused",
                Some(After::TryAgain { pass_on: false, .. }) => "later",
                Some(After::TryAgain { pass_on: true, .. }) => "passed on",
                None => "mark lost",
            });
            if mine == Some(After::End(Ending::Accepted)) && held.webhook.is_none() {
                self.taken.push((flight.id, theirs.id));
            }
        }
        Ok(())
    }

    /// A report comes that what a relay took has failed.
    pub(super) async fn bounce(&mut self) -> Result<(), String> {
        if self.taken.is_empty() {
            return Ok(());
        }
        self.tick();
        let place = self.dice.below(self.taken.len());
        let mail = self.taken[place].0;
        let failure = Failure { mail, status: "5.1.1".to_owned(), about_address: true, hash: "0".repeat(64) };
        let mine = self.app.state.store.failed(&failure, self.now).await.unwrap();
        let lines: Vec<usize> = self.taken.iter().filter(|it| it.0 == mail).map(|it| it.1).collect();
        let other = lines.into_iter().filter(|it| self.model.bounce(*it, self.now)).count();
        self.note(&format!("a report that {mine} messages failed"));
        self.count("bounce");
        if mine == other { Ok(()) } else { Err(format!("failed for the store: {mine}, for the model: {other}")) }
    }
}
