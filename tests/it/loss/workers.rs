//! Workers that are killed without a word lose nothing and say nothing twice (DL-01 to DL-04).

use std::process::Stdio;
use std::time::{Duration, Instant};

use homeward_server::clock::{Clock as _, SystemClock};
use tokio::process::{Child, Command};
use tokio::time::sleep;
use tokio_postgres::Client;

use super::{Dice, Faults, count, kills, open_many};
use crate::support::{Person, TestApp, program};

const WORKERS: usize = 4;
/// DL-03: whatever a killed worker held is delivered within this time.
const PATIENCE: Duration = Duration::from_secs(60);

const HOLDERS: &str = "select distinct leased_by from rungs where sent_at is null and leased_by is not null";
/// While someone holds this table, no attempt can be written: a worker stands still between message and commit.
const GATE: &str = "begin; lock table delivery_attempts in share row exclusive mode";

fn start(database: &str) -> Child {
    let mut command = Command::new(program());
    command.arg("work").env("DATABASE_URL", database).env("HOMEWARD_CONNECTIONS", "2").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Whether this is what it writes beside its leases: the machine and its number.
fn is_of(worker: &Child, name: &str) -> bool {
    name.ends_with(&format!("-{}", worker.id().unwrap()))
}

/// Workers on one database, and somebody who kills them.
struct Yard {
    database: String,
    owner: Client,
    gatekeeper: Client,
    workers: Vec<Child>,
    dice: Dice,
    /// Kills of a worker that held rungs.
    struck: usize,
}

impl Yard {
    async fn new(app: &TestApp) -> Self {
        let database = app.db.url.clone();
        let workers = (0..WORKERS).map(|_| start(&database)).collect();
        let (owner, gatekeeper) = (app.db.owner().await, app.db.owner().await);
        Self { database, owner, gatekeeper, workers, dice: Dice::new(), struck: 0 }
    }

    /// More is due; then one is killed, and another takes its place. Every second one dies in the middle of a message.
    async fn round(&mut self, by: &Person, number: usize) {
        let gated = number.is_multiple_of(2);
        if gated {
            self.gatekeeper.batch_execute(GATE).await.unwrap();
        }
        open_many(by, &SystemClock.now().to_rfc3339(), 10).await;
        sleep(Duration::from_millis(self.dice.below(300))).await;
        let victim = if gated { self.holder().await } else { self.anyone() };
        self.kill(victim).await;
        if gated {
            self.gatekeeper.batch_execute("rollback").await.unwrap();
        }
    }

    fn anyone(&mut self) -> usize {
        usize::try_from(self.dice.below(WORKERS.try_into().unwrap())).unwrap()
    }

    /// Who holds rungs, as soon as somebody does.
    async fn holder(&self) -> usize {
        for _ in 0..200 {
            let rows = self.owner.query(HOLDERS, &[]).await.unwrap();
            let holders: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
            if let Some(holder) = self.workers.iter().position(|it| holders.iter().any(|holder| is_of(it, holder))) {
                return holder;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("nobody took what was due");
    }

    async fn kill(&mut self, victim: usize) {
        let rows = self.owner.query(HOLDERS, &[]).await.unwrap();
        self.struck += usize::from(rows.iter().any(|row| is_of(&self.workers[victim], row.get(0))));
        let mut dead = std::mem::replace(&mut self.workers[victim], start(&self.database));
        dead.kill().await.unwrap();
    }

    /// Until nothing that was due waits any more. How long that took.
    async fn settle(&self) -> Duration {
        let since = Instant::now();
        loop {
            let found = Faults::find(&self.owner, SystemClock.now()).await;
            assert_eq!(Faults { overdue: 0, ..found }, Faults::default());
            if found.overdue == 0 {
                return since.elapsed();
            }
            assert!(since.elapsed() < PATIENCE, "{found:?}");
            sleep(Duration::from_millis(250)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dl_03_and_op_03_workers_that_are_killed_lose_nothing_and_send_nothing_twice() {
    let app = TestApp::at(&SystemClock.now().to_rfc3339()).await;
    let by = app.caseworker().await;
    let mut yard = Yard::new(&app).await;
    let kills = kills(20);
    for number in 0..kills {
        app.set_clock(&SystemClock.now().to_rfc3339());
        yard.round(&by, number).await;
        let found = Faults::find(&yard.owner, SystemClock.now()).await;
        assert_eq!(Faults { overdue: 0, ..found }, Faults::default(), "after kill {number}");
    }
    let settled = yard.settle().await;
    println!("{kills} workers killed, {} while they held rungs; all was sent {settled:?} later", yard.struck);
    assert!(kills / 2 <= yard.struck, "too few were killed in the middle of anything");
    let due = i64::try_from(kills * 10 * 2).unwrap();
    assert_eq!(count(&yard.owner, "select count(*) from reminders where step = 'at_once'").await, due);
    assert_eq!(count(&yard.owner, "select count(distinct (rung_id, user_id)) from reminders").await, due);
    assert_eq!(count(&yard.owner, "select count(*) from rungs where sent_at is not null").await, due);
}
