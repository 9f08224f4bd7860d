//! Servers and workers that are stopped or killed one after the other while clients write (OP-02, OP-03). Of two servers one
//! is always there. `make stops` stops them a thousand times.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use homeward_server::clock::{Clock as _, SystemClock};
use reqwest::Method;
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::support::{Person, Program, TestApp, new_child, setting, told};

const CLIENTS: usize = 4;
const PASSWORD: &str = "a password for tests only";
/// Tokens last five minutes.
const TOKEN: Duration = Duration::from_secs(200);

/// How often they are stopped.
fn rounds() -> u64 {
    setting("STOPS").unwrap_or(10)
}

/// Writes contacts about one episode, and goes to the other server where one does not answer.
struct Client {
    nobody: Person,
    servers: [String; 2],
    url: String,
    stop: Arc<AtomicBool>,
}

/// What one client was told, by the key under which it asked; and how often it was told to come again.
#[derive(Default)]
struct Told {
    ids: BTreeMap<String, String>,
    /// No answer, or 503: to be asked again under the same key.
    again: usize,
    /// What a client can do nothing about.
    wrong: Vec<String>,
}

impl Client {
    async fn write(self) -> Told {
        let mut told_so_far = Told::default();
        let (mut by, mut since, mut at) = (self.sign_in(0).await, Instant::now(), 0);
        while !self.stop.load(Ordering::Relaxed) {
            if TOKEN < since.elapsed() {
                (by, since) = (self.sign_in(at).await, Instant::now());
            }
            self.write_one(&by, &mut at, &mut told_so_far).await;
        }
        told_so_far
    }

    async fn sign_in(&self, first: usize) -> Person {
        let who = json!({ "email": "caseworker@demo.homeward.test", "password": PASSWORD }).to_string();
        for server in self.servers.iter().cycle().skip(first) {
            let body = Some(("application/json", who.clone().into_bytes()));
            let there = self.nobody.at_replica(server);
            if let Ok(reply) = there.try_answer(Method::POST, "/v1/auth/login", body, &[]).await
                && reply.status == 200
            {
                return there.with_token(reply.json()["access_token"].as_str().unwrap());
            }
            sleep(Duration::from_millis(20)).await;
        }
        unreachable!("there are two servers")
    }

    async fn write_one(&self, by: &Person, at: &mut usize, so_far: &mut Told) {
        let (key, now) = (Uuid::new_v4().to_string(), SystemClock.now().to_rfc3339());
        let body = told("ncmec", &now).to_string().into_bytes();
        loop {
            let there = by.at_replica(&self.servers[*at % 2]);
            let asked = Some(("application/json", body.clone()));
            match there.try_answer(Method::POST, &self.url, asked, &[("idempotency-key", &key)]).await {
                Ok(reply) if reply.status == 201 => {
                    so_far.ids.insert(key, reply.json()["id"].as_str().unwrap().to_owned());
                    return;
                }
                Ok(reply) if reply.status != 503 => {
                    so_far.wrong.push(reply.text);
                    return;
                }
                _ => so_far.again += 1,
            }
            *at += 1;
            sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Two servers, a worker, an episode, and clients that write about it while each program in turn is ended.
struct Yard {
    app: TestApp,
    programs: [Program; 3],
    url: String,
}

impl Yard {
    async fn new() -> Self {
        let app = TestApp::at(&SystemClock.now().to_rfc3339()).await;
        let url = app.given_case().await.url("/notifications");
        let first = Program::start("serve", &app.db.url).await;
        let others = [first.beside("serve").await, first.beside("work").await];
        let [second, work] = others;
        let programs = [first, second, work];
        Self { app, programs, url }
    }

    /// What all clients together were told while `rounds` programs ended in this way.
    async fn written_while(&mut self, rounds: u64, end: impl AsyncFn(&mut Program)) -> Told {
        let stop = Arc::new(AtomicBool::new(false));
        let servers = [self.programs[0].address(), self.programs[1].address()];
        let client = || Client {
            nobody: self.app.nobody(),
            servers: servers.clone(),
            url: self.url.clone(),
            stop: stop.clone(),
        };
        let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(client().write())).collect();
        for round in 0..rounds {
            self.open_one().await;
            sleep(Duration::from_millis(u64::from(Uuid::new_v4().as_bytes()[0]))).await;
            let program = &mut self.programs[usize::try_from(round % 3).unwrap()];
            end(program).await;
            program.start_again().await;
        }
        stop.store(true, Ordering::Relaxed);
        let mut all = Told::default();
        for client in clients {
            let told = client.await.unwrap();
            all.ids.extend(told.ids);
            all.again += told.again;
            all.wrong.extend(told.wrong);
        }
        all
    }

    /// An episode with two rungs that are due, for the worker to claim.
    async fn open_one(&self) {
        let by = self.app.caseworker().await;
        let child = new_child(&by, json!({})).await;
        let receipt = json!({ "agency_information_received_at": self.app.now().to_rfc3339() });
        by.post(&format!("/v1/children/{child}/missing-episodes"), receipt, 201).await;
    }

    /// What was acknowledged is there, once, and nothing that was due is left.
    async fn lacks(&self, told: &Told) -> Vec<String> {
        let owner = self.app.db.owner().await;
        let rows = owner.query("select id::text from notifications", &[]).await.unwrap();
        let there: Vec<String> = rows.iter().map(|it| it.get(0)).collect();
        let mut lacks: Vec<String> = told.ids.values().filter(|it| !there.contains(it)).cloned().collect();
        if there.len() != told.ids.len() {
            lacks.push(format!("{} were asked for, {} are there", told.ids.len(), there.len()));
        }
        lacks
    }

    async fn waits_for_rungs(&self) -> i64 {
        let due = "select count(*) from rungs where sent_at is null and cancelled_at is null and fire_at <= now()";
        let owner = self.app.db.owner().await;
        let mut left = i64::MAX;
        for _ in 0..100 {
            left = owner.query_one(due, &[]).await.unwrap().get(0);
            if left == 0 {
                break;
            }
            sleep(Duration::from_millis(500)).await;
        }
        left
    }
}

fn print(what: &str, rounds: u64, told: &Told) {
    println!("{rounds} {what}: {} writes, {} asked again, {} wrong", told.ids.len(), told.again, told.wrong.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn op_02_programs_that_are_told_to_stop_under_load_lose_no_write_and_no_claim() {
    let mut yard = Yard::new().await;
    let told = yard.written_while(rounds(), async |it| assert!(it.stop().await.success())).await;
    print("stops", rounds(), &told);
    assert_eq!(told.wrong, [""; 0]);
    assert!(told.ids.len() > 20);
    assert_eq!(yard.lacks(&told).await, [""; 0]);
    assert_eq!(yard.waits_for_rungs().await, 0);
    // The control: a write that is lost is missed.
    let lost = "set session_replication_role = replica; delete from notifications where id = \
        (select id from notifications limit 1)";
    yard.app.db.owner().await.batch_execute(lost).await.unwrap();
    assert_eq!(yard.lacks(&told).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn op_03_programs_that_are_killed_under_load_lose_no_write_and_no_claim() {
    let mut yard = Yard::new().await;
    let told = yard.written_while(rounds(), async |it| assert!(!it.kill().success())).await;
    print("kills", rounds(), &told);
    assert_eq!(told.wrong, [""; 0]);
    assert!(told.again > 0, "nothing was cut off");
    assert_eq!(yard.lacks(&told).await, [""; 0]);
    assert_eq!(yard.waits_for_rungs().await, 0);
}
