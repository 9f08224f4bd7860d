//! What the tables say.

use chrono::{DateTime, Utc};
use homeward_domain::delivery::Pressure;
use homeward_domain::duty::DutyKind;
use homeward_domain::notification::Recipient;
use homeward_domain::vocabulary::Vocabulary as _;
use tokio_postgres::Row;
use uuid::Uuid;

use super::Said;
use super::history::History;

type At = DateTime<Utc>;

#[derive(Debug)]
#[expect(dead_code, reason = "they are printed")]
pub struct DutyLine {
    pub is_owed: bool,
    pub assigned_to: Option<usize>,
    pub limit_at: At,
    pub waiting: usize,
    pub seen_at: Option<At>,
    pub unseen: Vec<usize>,
}

#[derive(Debug)]
#[expect(dead_code, reason = "they are printed")]
pub struct RungLine {
    pub step: String,
    pub audience: String,
    pub pressure: Pressure,
    pub fire_at: At,
    pub leased_until: Option<At>,
    pub fence: i64,
    pub sent_at: Option<At>,
    pub cancelled_at: Option<At>,
    pub reached: Option<String>,
    pub went_up: Option<bool>,
    pub handed_over: bool,
    pub follow_up_at: Option<At>,
    pub told: Vec<(usize, At)>,
    pub said_told: usize,
    pub alarms: usize,
}

#[derive(Debug)]
#[expect(dead_code, reason = "they are printed")]
pub struct MessageLine {
    pub part_of: String,
    pub pressure: Pressure,
    pub queued_at: At,
    pub leaves_at: At,
    pub next_try_at: At,
    pub tries: u32,
    pub leased_until: Option<At>,
    pub fence: i64,
    pub passed_on_at: Option<At>,
    pub ended: Option<(At, String)>,
}

const DUTIES: &str = "select d.episode_id, d.kind, d.recipient, d.sequence, \
    d.done_at is null and d.closed_undone_at is null and d.superseded_at is null as is_owed, d.assigned_to, \
    coalesce(d.due_at, d.target_at) as limit_at, \
    (select count(*) from rungs r where r.duty_id = d.id and r.sent_at is null and r.cancelled_at is null) as waiting, \
    (select max(m.acknowledged_at) from reminders m where m.duty_id = d.id) as seen_at, \
    array(select m.user_id from reminders m where m.duty_id = d.id and m.acknowledged_at is null) as unseen from duties d";

const RUNGS: &str = "select d.episode_id, d.kind, d.recipient, d.sequence, r.ordinal, r.id, r.step, r.audience, r.pressing, \
    r.fire_at, r.leased_until, r.fence, r.sent_at, r.cancelled_at, r.reached, r.went_up, \
    r.handed_over_at is not null as handed_over, r.follow_up_at, \
    array(select m.user_id from reminders m where m.rung_id = r.id order by m.id) as told, \
    array(select m.sent_at from reminders m where m.rung_id = r.id order by m.id) as told_at, \
    (select coalesce(sum(a.recipients), 0) from delivery_attempts a where a.rung_id = r.id and a.channel = 'inbox') \
    as said_told, \
    (select count(*) from delivery_attempts a where a.rung_id = r.id and a.outcome = 'unseen') as alarms \
    from rungs r join duties d on d.id = r.duty_id";

const MESSAGES: &str = "select d.episode_id, d.kind, d.recipient, d.sequence, r.ordinal, v.id, v.user_id, v.webhook_id, \
    v.position, v.message_id, v.pressing, v.queued_at, v.leaves_at, v.next_try_at, v.tries, v.leased_until, v.fence, \
    v.passed_on_at, v.ended_at, v.ending from deliveries v join rungs r on r.id = v.rung_id join duties d on d.id = v.duty_id";

const ADDRESSES: &str = "select a.position, a.bounced from users u cross join lateral addresses_of(u.agency_id, u.id) a \
    where u.id = $1 order by a.position";

pub async fn said(history: &History) -> Said {
    let mut said = Said::new();
    for row in history.owner.query(DUTIES, &[]).await.unwrap() {
        said.insert(duty_of(history, &row), format!("{:?}", duty(history, &row)));
    }
    for row in history.owner.query(RUNGS, &[]).await.unwrap() {
        said.insert(rung_of(history, &row), format!("{:?}", rung(history, &row)));
    }
    let messages = history.owner.query(MESSAGES, &[]).await.unwrap();
    for row in &messages {
        let whole = row.get::<_, Option<Uuid>>("webhook_id").map(|_| "itself".to_owned());
        let first = messages.iter().find(|it| it.get::<_, Uuid>("id") == row.get::<_, Uuid>("message_id"));
        let one = || first.map_or_else(|| "a digest".to_owned(), |it| message_of(history, it));
        said.insert(message_of(history, row), format!("{:?}", message(row, whole.unwrap_or_else(one))));
    }
    for (number, person) in history.people.iter().enumerate() {
        let rows = history.owner.query(ADDRESSES, &[&person.id]).await.unwrap();
        let addresses: Vec<(i32, bool)> = rows.iter().map(|it| (it.get(0), it.get(1))).collect();
        said.insert(format!("person {number}"), format!("{addresses:?}"));
    }
    said
}

/// The name of each rung, by its id.
pub async fn rungs(history: &History) -> Vec<(Uuid, String)> {
    let rows = history.owner.query(RUNGS, &[]).await.unwrap();
    rows.iter().map(|row| (row.get("id"), rung_of(history, row))).collect()
}

/// The name of each message, by its id.
pub async fn messages(history: &History) -> Vec<(Uuid, String)> {
    let rows = history.owner.query(MESSAGES, &[]).await.unwrap();
    rows.iter().map(|row| (row.get("id"), message_of(history, row))).collect()
}

pub fn duty_name(episode: usize, kind: DutyKind, recipient: Option<Recipient>, sequence: i32) -> String {
    let recipient = recipient.map_or("nobody", |it| it.code());
    format!("episode {episode} {} {recipient} {sequence}", kind.code())
}

fn duty_of(history: &History, row: &Row) -> String {
    let episode: Uuid = row.get("episode_id");
    let episode = history.cases.iter().position(|it| it.episode == episode).unwrap();
    duty_name(episode, kind(row), recipient(row), row.get("sequence"))
}

pub fn kind(row: &Row) -> DutyKind {
    let code: &str = row.get("kind");
    DutyKind::ALL.iter().copied().find(|it| it.code() == code).unwrap()
}

pub fn recipient(row: &Row) -> Option<Recipient> {
    let code: Option<&str> = row.get("recipient");
    code.map(|code| Recipient::ALL.iter().copied().find(|it| it.code() == code).unwrap())
}

fn rung_of(history: &History, row: &Row) -> String {
    format!("{} #{}", duty_of(history, row), row.get::<_, i32>("ordinal"))
}

fn message_of(history: &History, row: &Row) -> String {
    let person: Option<Uuid> = row.get("user_id");
    let to = match person {
        Some(person) => format!("person {} at {}", history.number(person), row.get::<_, i32>("position")),
        None => {
            let hook: Uuid = row.get("webhook_id");
            format!("endpoint {}", history.hooks.iter().position(|it| *it == hook).unwrap())
        }
    };
    format!("{} to {to}", rung_of(history, row))
}

fn duty(history: &History, row: &Row) -> DutyLine {
    let is_owed: bool = row.get("is_owed");
    let worker: Option<Uuid> = row.get("assigned_to");
    let mut unseen: Vec<usize> = row.get::<_, Vec<Uuid>>("unseen").into_iter().map(|it| history.number(it)).collect();
    unseen.sort_unstable();
    DutyLine {
        is_owed,
        assigned_to: worker.filter(|_| is_owed).map(|it| history.number(it)),
        limit_at: row.get("limit_at"),
        waiting: usize::try_from(row.get::<_, i64>("waiting")).unwrap(),
        seen_at: row.get("seen_at"),
        unseen,
    }
}

fn pressure(row: &Row) -> Pressure {
    if row.get("pressing") { Pressure::High } else { Pressure::Low }
}

fn rung(history: &History, row: &Row) -> RungLine {
    let people = row.get::<_, Vec<Uuid>>("told").into_iter().map(|it| history.number(it));
    let mut told: Vec<(usize, At)> = people.zip(row.get::<_, Vec<At>>("told_at")).collect();
    told.sort_unstable();
    RungLine {
        step: row.get("step"),
        audience: row.get("audience"),
        pressure: pressure(row),
        fire_at: row.get("fire_at"),
        leased_until: row.get("leased_until"),
        fence: row.get("fence"),
        sent_at: row.get("sent_at"),
        cancelled_at: row.get("cancelled_at"),
        reached: row.get("reached"),
        went_up: row.get("went_up"),
        handed_over: row.get("handed_over"),
        follow_up_at: row.get("follow_up_at"),
        told,
        said_told: usize::try_from(row.get::<_, i64>("said_told")).unwrap(),
        alarms: usize::try_from(row.get::<_, i64>("alarms")).unwrap(),
    }
}

fn message(row: &Row, part_of: String) -> MessageLine {
    let ended_at: Option<At> = row.get("ended_at");
    MessageLine {
        part_of,
        pressure: pressure(row),
        queued_at: row.get("queued_at"),
        leaves_at: row.get("leaves_at"),
        next_try_at: row.get("next_try_at"),
        tries: u32::try_from(row.get::<_, i32>("tries")).unwrap(),
        leased_until: row.get("leased_until"),
        fence: row.get("fence"),
        passed_on_at: row.get("passed_on_at"),
        ended: ended_at.map(|at| (at, row.get("ending"))),
    }
}

impl History {
    /// Which of the people this is.
    pub fn number(&self, id: Uuid) -> usize {
        self.people.iter().position(|it| it.id == id).unwrap()
    }
}
