//! What must never be lost, doubled or left open: killed workers, a killed database, clients that hang up.
//!
//! Each checker is shown a broken world first and has to find what is wrong with it: one that has never seen a loss
//! proves nothing.

mod audit;
mod cancelled;
mod claims;
mod clock;
mod controls;
mod database;
mod disk;
mod fence;
mod messages;
mod workers;

use chrono::{DateTime, Utc};
use serde_json::json;
use tokio_postgres::Client;
use uuid::Uuid;

use crate::support::{Person, new_child};

const NOW: &str = "2026-05-01T08:00:00Z";

/// Everything that can be wrong with the queue and the inboxes. All zero is right.
#[derive(Debug, Default, PartialEq, Eq)]
struct Faults {
    /// Duties that are owed and of which nobody will ever be reminded (DL-01).
    forgotten: i64,
    /// Rungs marked as sent whose messages, as many as the attempt says, are not in the inboxes.
    unheard: i64,
    /// Messages that one person has twice, and rungs that were delivered twice.
    doubled: i64,
    /// Rungs that were due and are still waiting.
    overdue: i64,
}

const FORGOTTEN: &str = "select count(*) from duties d where done_at is null and closed_undone_at is null \
    and superseded_at is null and not is_history and not exists (select from rungs r where r.agency_id = d.agency_id \
    and r.duty_id = d.id and r.sent_at is null and r.cancelled_at is null)";

const UNHEARD: &str = "select count(*) from rungs r where sent_at is not null and \
    (select coalesce(sum(a.recipients), -1) from delivery_attempts a where a.rung_id = r.id and a.channel = 'inbox') \
    <> (select count(*) from reminders m where m.rung_id = r.id)";

const DOUBLED: &str = "select count(*) from (select from reminders group by duty_id, step, user_id having 1 < count(*) \
    union all select from delivery_attempts where channel = 'inbox' and outcome = 'delivered' \
    group by rung_id having 1 < count(*)) twice";

const OVERDUE: &str = "select count(*) from rungs where sent_at is null and cancelled_at is null and fire_at <= $1";

impl Faults {
    async fn find(owner: &Client, now: DateTime<Utc>) -> Self {
        Self {
            forgotten: count(owner, FORGOTTEN).await,
            unheard: count(owner, UNHEARD).await,
            doubled: count(owner, DOUBLED).await,
            overdue: owner.query_one(OVERDUE, &[&now]).await.unwrap().get(0),
        }
    }
}

async fn count(owner: &Client, query: &str) -> i64 {
    owner.query_one(query, &[]).await.unwrap_or_else(|error| panic!("{query}: {error}")).get(0)
}

/// Opens an episode of a new child, received at `received_at`.
async fn open_one(by: &Person, received_at: &str) {
    let child = new_child(by, json!({})).await;
    let body = json!({ "agency_information_received_at": received_at });
    by.post(&format!("/v1/children/{child}/missing-episodes"), body, 201).await;
}

/// Opens `number` episodes, ten at a time.
async fn open_many(by: &Person, received_at: &str, number: usize) {
    for _ in 0..number.div_ceil(10) {
        let tasks = (0..10).map(|_| {
            let (by, received_at) = (by.clone(), received_at.to_owned());
            tokio::spawn(async move { open_one(&by, &received_at).await })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    }
}

/// How many workers are killed: a few in each run of the tests, a thousand at night (`make kills`).
#[expect(clippy::disallowed_methods, reason = "a length of a test, and no setting of the program")]
fn kills(default: usize) -> usize {
    std::env::var("KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(default)
}

/// Chance that can be repeated: the seed is printed.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let (seed, _) = Uuid::new_v4().as_u64_pair();
        println!("seed {seed:#x}");
        Self(seed)
    }

    /// Below `end`: a step of splitmix64.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }
}
