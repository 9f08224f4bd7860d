//! What people do, over HTTP; the model is told what came of it, as far as that is a duty.

use std::sync::Arc;

use chrono::TimeDelta;
use homeward_domain::duty::{Done, Duty, DutyKey, DutyKind, Lapse};
use homeward_domain::law::RuleRef;
use homeward_domain::notification::NotificationKind;
use homeward_domain::vocabulary::Vocabulary as _;
use reqwest::Method;
use serde_json::{Value, json};
use tokio_postgres::Row;
use uuid::Uuid;

use super::history::{History, Missing};
use super::model::roster::{Absence, Shift};
use super::people::{CASEWORKERS, SUPERVISOR};
use super::tables;
use crate::support::{Person, Reply, new_child};

const WANTED: &str = "select kind, recipient, sequence, starts_at, due_at, target_at, done_at, closed_undone_at, \
    superseded_at from duties where episode_id = $1 order by id";

const ABSENCE: &str = "insert into absences (agency_id, id, user_id, substitute_id, starts_at, ends_at, recorded_at, \
    recorded_by) select agency_id, gen_random_uuid(), id, $2, $3, $4, $3, id from users where id = $1";

const SHIFT: &str = "insert into on_call_shifts (agency_id, id, user_id, starts_at, ends_at, recorded_at, recorded_by) \
    select agency_id, gen_random_uuid(), id, $2, $3, $2, id from users where id = $1";

const BACK_UP: &str = "insert into back_ups (agency_id, user_id, version, back_up_id, recorded_at, recorded_by) \
    select u.agency_id, u.id, 1 + (select count(*)::int4 from back_ups b where b.user_id = u.id), $2, $3, u.id \
    from users u where u.id = $1";

impl History {
    /// Someone, signed in.
    async fn sign_in(&mut self, name: &str) -> Person {
        if let Some((person, since)) = self.signed_in.get(name)
            && *since <= self.now
            && self.now < *since + TimeDelta::minutes(14)
        {
            return person.clone();
        }
        let person = self.app.person(name).await;
        self.signed_in.insert(name.to_owned(), (person.clone(), self.now));
        person
    }

    async fn supervisor(&mut self) -> Person {
        self.sign_in(self.people[SUPERVISOR].name).await
    }

    /// A child is missing; some are keyed in late.
    pub(super) async fn open(&mut self) {
        self.tick();
        let by = self.supervisor().await;
        let late = if self.dice.percent(40) { self.dice.skewed(90 * 3600) } else { self.dice.between(0, 600) };
        let received_at = self.now - TimeDelta::seconds(late);
        let works = !self.model.roster.people[0].is_disabled && self.dice.percent(85);
        let worker = works.then_some(self.people[0].id.to_string());
        let born_on = (self.now - TimeDelta::days(11 * 365 + 180)).date_naive();
        let child = new_child(&by, json!({ "date_of_birth": born_on, "assigned_to": worker })).await;
        let body = json!({ "agency_information_received_at": received_at.to_rfc3339(), "receipt_is_confirmed": true });
        let opened = by.post(&format!("/v1/children/{child}/missing-episodes"), body, 201).await;
        let episode = opened["id"].as_str().unwrap().parse().unwrap();
        self.cases.push(Missing { child, episode, worker: worker.map(|_| 0), told: Vec::new() });
        self.count("opened");
        self.note("an episode is opened");
        self.plan(self.cases.len() - 1).await;
    }

    /// The model plans what the tables say is owed.
    async fn plan(&mut self, number: usize) {
        let case = &self.cases[number];
        let rows = self.owner.query(WANTED, &[&case.episode]).await.unwrap();
        let rule = Arc::new(RuleRef { code: String::new(), citation: String::new(), jurisdiction: String::new() });
        let duty = |row: &Row| Duty {
            key: DutyKey { kind: tables::kind(row), recipient: tables::recipient(row), sequence: row.get("sequence") },
            rule: rule.clone(),
            starts_at: row.get("starts_at"),
            due_at: row.get("due_at"),
            target_at: row.get("target_at"),
            done: row.get::<_, Option<_>>("done_at").map(|at| Done { at, notification: None }),
            lapse: lapse(row),
            returned_before_due: false,
        };
        let (worker, wanted) = (case.worker, rows.iter().map(duty).collect());
        self.model.plan(number, worker, wanted, self.now);
    }

    /// Somebody records something. What is refused changes nothing.
    pub(super) async fn act(&mut self) -> Result<(), String> {
        self.tick();
        let number = self.dice.below(self.cases.len());
        match self.dice.below(20) {
            0..=5 => self.tell(number).await,
            6 => self.take_back(number).await,
            7..=9 => self.move_receipt(number).await,
            10 | 11 => self.recover(number).await,
            12 | 13 => self.close(number).await,
            14..=16 => self.hand_over(number).await,
            17 | 18 => self.assign_anew(number).await,
            _ if self.cases.len() < 3 => self.open().await,
            _ => {}
        }
        Ok(())
    }

    async fn record(
        &mut self,
        (number, what): (usize, &'static str),
        method: Method,
        rest: &str,
        body: Value,
    ) -> Reply {
        let by = self.supervisor().await;
        let case = &self.cases[number];
        let url = format!("/v1/children/{}/missing-episodes/{}", case.child, case.episode);
        let etag = by.etag(&url).await;
        let key = Uuid::new_v4().to_string();
        let header = if method == Method::POST { ("idempotency-key", key) } else { ("if-match", etag) };
        let reply = by.send(method, &format!("{url}{rest}"), Some(body), &[(header.0, &header.1)]).await;
        self.note(&format!("episode {number}: {what}, answered {}", reply.status));
        if reply.status < 300 {
            self.count(what);
            self.plan(number).await;
        }
        reply
    }

    async fn tell(&mut self, number: usize) {
        let owed = |it: &&super::model::tables::Owed| {
            it.episode == number && it.duty.is_outstanding() && it.duty.key.recipient.is_some()
        };
        let owed: Vec<DutyKey> = self.model.owed.iter().filter(owed).map(|it| it.duty.key).collect();
        if owed.is_empty() {
            return;
        }
        let key = self.dice.one_of(&owed);
        let recipient = key.recipient.map_or("", |it| it.code());
        let mut body = crate::support::told(recipient, &self.now.to_rfc3339());
        body["kind"] = json!(contact(key.kind).code());
        let reply = self.record((number, "told"), Method::POST, "/notifications", body).await;
        self.cases[number].told.extend(reply.json()["id"].as_str().map(str::to_owned));
    }

    async fn take_back(&mut self, number: usize) {
        let Some(last) = self.cases[number].told.pop() else { return };
        let url = format!("/notifications/{last}/retraction");
        self.record((number, "taken back"), Method::POST, &url, json!({ "reason": "Wrong child." })).await;
    }

    async fn move_receipt(&mut self, number: usize) {
        let by = TimeDelta::seconds(self.dice.skewed(3 * 86_400)) * self.dice.one_of(&[1, -1]);
        let query = "select agency_information_received_at from missing_episodes where id = $1";
        let row = self.owner.query_one(query, &[&self.cases[number].episode]).await.unwrap();
        let to = (row.get::<_, chrono::DateTime<chrono::Utc>>(0) + by).min(self.now);
        let body = json!({ "agency_information_received_at": to.to_rfc3339(), "reason": "The log shows it.",
            "receipt_is_confirmed": true });
        self.record((number, "receipt moved"), Method::PATCH, "", body).await;
    }

    async fn recover(&mut self, number: usize) {
        let at = self.now.to_rfc3339();
        let body = json!({ "recovery_type": "returned_on_own", "returned_to_care_at": at });
        self.record((number, "recovered"), Method::PUT, "/recovery", body).await;
    }

    /// Closed; or, where it was, open again.
    async fn close(&mut self, number: usize) {
        let query = "select id from duties where episode_id = $1";
        let rows = self.owner.query(query, &[&self.cases[number].episode]).await.unwrap();
        let undone = rows.iter().map(|row| json!({ "duty_id": row.get::<_, Uuid>(0), "reason": "Moved." }));
        let confirmed = json!({ "by_name": "Sample Supervisor", "at": self.now.to_rfc3339() });
        let body = json!({
            "reason": "custody_ended_still_missing", "statement": "The court ended custody.",
            "undone": undone.collect::<Vec<_>>(),
            "confirmed_told_law_enforcement": confirmed, "confirmed_told_ncmec": confirmed,
        });
        if 300 <= self.record((number, "closed"), Method::PUT, "/closure", body).await.status {
            let body = json!({ "reason": "The court order was another child's." });
            self.record((number, "reopened"), Method::PUT, "/reopening", body).await;
        }
    }

    /// All children of one worker go to another.
    async fn hand_over(&mut self, number: usize) {
        let Some(from) = self.cases[number].worker else { return };
        let (to, by) = (self.dice.one_of(&CASEWORKERS), self.supervisor().await);
        let body = json!({ "to_user_id": self.people[to].id, "reason": "A new caseload." });
        let url = format!("/v1/users/{}/hand-over", self.people[from].id);
        let key = Uuid::new_v4().to_string();
        let reply = by.send(Method::POST, &url, Some(body), &[("idempotency-key", &key)]).await;
        self.note(&format!("handed over from {from} to {to}, answered {}", reply.status));
        if reply.status != 201 {
            return;
        }
        self.count("handed over");
        for number in 0..self.cases.len() {
            if self.cases[number].worker == Some(from) {
                self.cases[number].worker = Some(to);
                self.model.hand_over(number, Some(from), Some(to), self.now);
            }
        }
    }

    /// The record of a child names another worker.
    async fn assign_anew(&mut self, number: usize) {
        let worker = self.dice.one_of(&CASEWORKERS);
        let by = self.supervisor().await;
        let url = format!("/v1/children/{}", self.cases[number].child);
        let (etag, body) = (by.etag(&url).await, json!({ "assigned_to": self.people[worker].id }));
        let reply = by.send(Method::PATCH, &url, Some(body), &[("if-match", &etag)]).await;
        self.note(&format!("child {number} assigned to {worker}, answered {}", reply.status));
        if reply.status == 200 && self.cases[number].worker != Some(worker) {
            self.count("assigned anew");
            self.cases[number].worker = Some(worker);
            self.model.hand_over(number, None, Some(worker), self.now);
        } else if reply.status == 200 {
            self.model.acted(self.now);
        }
    }

    /// Somebody looks through their inbox, and says that they saw what they have of one duty.
    pub(super) async fn see(&mut self) {
        self.tick();
        let unseen: Vec<(usize, usize)> = self
            .model
            .owed
            .iter()
            .enumerate()
            .flat_map(|(duty, it)| it.unseen.iter().map(move |it| (duty, *it)))
            .collect();
        if unseen.is_empty() {
            return;
        }
        let (duty, person) = self.dice.one_of(&unseen);
        if self.model.roster.people[person].is_disabled {
            return;
        }
        let by = self.sign_in(self.people[person].name).await;
        let query = "select m.id from reminders m join duties d on d.id = m.duty_id where m.user_id = $1 \
            and m.acknowledged_at is null and d.episode_id = $2 and d.kind = $3 and d.sequence = $4 \
            and d.recipient is not distinct from $5";
        let owed = &self.model.owed[duty];
        let (key, episode) = (owed.duty.key, self.cases[owed.episode].episode);
        let (kind, recipient) = (key.kind.code(), key.recipient.map(|it| it.code()));
        let of = (&self.people[person].id, &episode);
        let rows = self.owner.query(query, &[of.0, of.1, &kind, &key.sequence, &recipient]).await.unwrap();
        for row in rows {
            let url = format!("/v1/reminders/{}/acknowledgement", row.get::<_, Uuid>(0));
            by.send(Method::PUT, &url, None, &[]).await.expect_status(200, &url);
        }
        self.model.acknowledge(duty, person, self.now);
        self.count("seen");
        self.note(&format!("person {person} has seen what they have of {key:?}"));
    }

    /// Somebody goes away, comes, leaves, or takes over.
    pub(super) async fn change_roster(&mut self) {
        self.tick();
        let person = self.dice.below(self.people.len());
        let other = Some(self.dice.below(self.people.len())).filter(|it| *it != person && self.dice.percent(70));
        match self.dice.below(10) {
            0..=2 => self.away(person, other).await,
            3 => self.shift(person).await,
            4 => self.set_disabled(person, true).await,
            5 => self.set_disabled(person, false).await,
            6 => self.stand_in(other).await,
            7 => self.mend(person).await,
            8 => self.take_address_back(person).await,
            _ => self.change_endpoint().await,
        }
        self.note("the roster has changed");
    }

    async fn away(&mut self, person: usize, substitute: Option<usize>) {
        if self.model.roster.absences.iter().any(|it| it.person == person && self.now < it.ends_at) {
            return;
        }
        let (starts_at, ends_at) = (self.now, self.now + TimeDelta::hours(1 + self.dice.skewed(200)));
        let standing_in = substitute.map(|it| self.people[it].id);
        self.owner.execute(ABSENCE, &[&self.people[person].id, &standing_in, &starts_at, &ends_at]).await.unwrap();
        self.model.roster.absences.push(Absence { person, substitute, starts_at, ends_at, is_cancelled: false });
        self.count("absence");
    }

    async fn shift(&mut self, person: usize) {
        let (starts_at, ends_at) = (self.now, self.now + TimeDelta::hours(1 + self.dice.skewed(72)));
        self.owner.execute(SHIFT, &[&self.people[person].id, &starts_at, &ends_at]).await.unwrap();
        self.model.roster.shifts.push(Shift { person, starts_at, ends_at });
        self.count("shift");
    }

    async fn set_disabled(&mut self, person: usize, is_disabled: bool) {
        if person == SUPERVISOR {
            return;
        }
        let at = is_disabled.then_some(self.now);
        let update = "update users set disabled_at = $2 where id = $1";
        self.owner.execute(update, &[&self.people[person].id, &at]).await.unwrap();
        self.model.roster.people[person].is_disabled = is_disabled;
        self.count("disabled");
    }

    async fn stand_in(&mut self, back_up: Option<usize>) {
        let worker = self.dice.one_of(&CASEWORKERS);
        let back_up = back_up.filter(|it| *it != worker);
        let id = back_up.map(|it| self.people[it].id);
        self.owner.execute(BACK_UP, &[&self.people[worker].id, &id, &self.now]).await.unwrap();
        self.model.roster.back_ups.push((worker, back_up));
    }

    /// The addresses of a person work again.
    async fn mend(&mut self, person: usize) {
        let update =
            "update bounces set cleared_at = $2, cleared_by = user_id where user_id = $1 and cleared_at is null";
        self.owner.execute(update, &[&self.people[person].id, &self.now]).await.unwrap();
        self.model.roster.people[person].addresses.iter_mut().for_each(|it| it.bounced = false);
    }

    async fn take_address_back(&mut self, person: usize) {
        let last = self.people[person].emails.len() - 1;
        if last == 0 {
            return;
        }
        let update = "update addresses set removed_at = $2 where user_id = $1 and position = $3";
        let position = i32::try_from(last).unwrap();
        self.owner.execute(update, &[&self.people[person].id, &self.now, &position]).await.unwrap();
        self.model.roster.people[person].addresses[last].is_removed = true;
    }

    async fn change_endpoint(&mut self) {
        if self.hooks.is_empty() {
            return;
        }
        let number = self.dice.below(self.hooks.len());
        let is_removed = self.dice.percent(20) || self.model.hooks[number].is_removed;
        let is_paused = !self.model.hooks[number].is_paused;
        let (paused, removed) = (is_paused.then_some(self.now), is_removed.then_some(self.now));
        let update = "update webhooks set paused_at = $2, pause_reason = case when $3 then 'mended' end, \
            removed_at = $4, removal_reason = case when $5 then 'replaced' end where id = $1";
        let row = (&self.hooks[number], &paused, &removed);
        self.owner.execute(update, &[row.0, row.1, &is_paused, row.2, &is_removed]).await.unwrap();
        let hook = &mut self.model.hooks[number];
        (hook.is_paused, hook.is_removed) = (is_paused, is_removed);
        self.count("endpoint paused");
    }
}

fn lapse(row: &Row) -> Option<Lapse> {
    let closed = row.get::<_, Option<_>>("closed_undone_at").map(Lapse::ClosedUndone);
    closed.or_else(|| row.get::<_, Option<_>>("superseded_at").map(Lapse::Superseded))
}

/// The contact that discharges a duty of this kind.
fn contact(kind: DutyKind) -> NotificationKind {
    match kind {
        DutyKind::InitialReport => NotificationKind::InitialReport,
        DutyKind::RecoveryNotice => NotificationKind::RecoveryNotice,
        DutyKind::RecordUpdate => NotificationKind::Record30DayUpdate,
        DutyKind::NcicConfirmation => NotificationKind::NcicConfirmation,
        DutyKind::FollowUp => NotificationKind::WrittenFollowup,
        _ => NotificationKind::UpdateShared,
    }
}
