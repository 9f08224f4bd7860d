//! A database that is killed has kept all that was acknowledged, once.

use std::collections::HashSet;
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use homeward_server::ctx::AppState;
use homeward_server::demo;
use homeward_server::postgres::{Cluster, Durability};
use homeward_server::serve::{self, Door};
use homeward_store::{Store, migrate};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;
use tokio_postgres::Client;
use uuid::Uuid;

use super::{Dice, NOW};
use crate::support::{Person, Reply, TestApp, at, keyring};

const CLIENTS: usize = 8;
const PASSWORD: &str = "a password for tests only";

/// What a client asked for under which key, and what it was told.
pub(super) struct Asked {
    key: String,
    path: String,
    body: Value,
    pub(super) status: u16,
    text: String,
}

impl Asked {
    fn id(&self) -> Uuid {
        let body: Value = serde_json::from_str(&self.text).unwrap();
        body["id"].as_str().unwrap().parse().unwrap()
    }

    pub(super) fn is_acknowledged(&self) -> bool {
        self.status == 201
    }
}

/// A durable cluster of its own, a server on it, and someone who is signed in.
pub(super) struct Yard {
    cluster: Option<Cluster>,
    url: String,
    client: Person,
    dice: Dice,
    // Of the template: its clock, its keys.
    _app: TestApp,
    folder: TempDir,
}

impl Yard {
    async fn new(settings: &str) -> Self {
        Self::within(tempfile::tempdir_in("/tmp").unwrap(), settings).await
    }

    /// In a folder of one's own, with these settings.
    pub(super) async fn within(folder: TempDir, settings: &str) -> Self {
        let cluster = Cluster::start(folder.path(), Durability::Durable).unwrap();
        cluster.ensure_database("homeward").unwrap();
        let url = cluster.url("homeward");
        migrate::up(&url, &keyring(), at(NOW)).await.unwrap();
        demo::load(&url, &keyring(), Some(PASSWORD.to_owned()), at(NOW)).await.unwrap();
        for setting in settings.split_terminator(';') {
            connect(&url).await.batch_execute(setting).await.unwrap();
        }
        let app = TestApp::at(NOW).await;
        let client = sign_in(&app.nobody().at_replica(&serve(&app, &url).await)).await;
        connect(&url).await.batch_execute("checkpoint").await.unwrap();
        Self { cluster: Some(cluster), url, client, dice: Dice::new(), _app: app, folder }
    }

    /// Clients write until `fault` is over. What they asked for and were told.
    pub(super) async fn load_during(&self, fault: impl Future<Output = ()>) -> Vec<Asked> {
        let stop = Arc::new(AtomicBool::new(false));
        let clients: Vec<_> = (0..CLIENTS).map(|_| tokio::spawn(write(self.client.clone(), stop.clone()))).collect();
        fault.await;
        stop.store(true, Ordering::Relaxed);
        let mut asked = Vec::new();
        for client in clients {
            asked.extend(client.await.unwrap());
        }
        asked
    }

    /// Clients write until the database is killed under them. What they asked for and were told.
    async fn load_and_kill(&mut self) -> Vec<Asked> {
        let pause = Duration::from_millis(800 + self.dice.below(700));
        let asked = self
            .load_during(async {
                sleep(pause).await;
                self.kill();
            })
            .await;
        self.restart().await;
        asked
    }

    /// The postmaster and all its children, without a word; none may be left.
    pub(super) fn kill(&self) {
        let file = self.cluster.as_ref().unwrap().dir().join("data/postmaster.pid");
        let Ok(text) = std::fs::read_to_string(file) else { return };
        let script = "children=$(ps -o pid= --ppid \"$1\"); kill -9 \"$1\" $children";
        Command::new("/bin/sh").args(["-c", script, "sh", text.lines().next().unwrap()]).status().unwrap();
    }

    /// Nothing but a commit now writes the log: what a commit does not wait for stays in memory.
    async fn stop_the_writer(&self) {
        let query = "select pid from pg_stat_activity where backend_type = 'walwriter'";
        let pid: i32 = connect(&self.url).await.query_one(query, &[]).await.unwrap().get(0);
        assert!(Command::new("kill").args(["-STOP", &pid.to_string()]).status().unwrap().success());
    }

    /// The service has to be back within ten seconds (M-06).
    pub(super) async fn restart(&mut self) {
        let since = Instant::now();
        drop(self.cluster.take());
        self.cluster = Some(Cluster::start(self.folder.path(), Durability::Durable).unwrap());
        while self.client.send(reqwest::Method::GET, "/v1/me", None, &[]).await.status != 200 {
            assert!(since.elapsed() < Duration::from_secs(10));
            sleep(Duration::from_millis(20)).await;
        }
        println!("the service was back after {:?}", since.elapsed());
    }

    /// Acknowledged, and not there.
    pub(super) async fn missing(&self, asked: &[Asked]) -> usize {
        let query = "select id from children union all select id from missing_episodes";
        let rows = connect(&self.url).await.query(query, &[]).await.unwrap();
        let there: HashSet<Uuid> = rows.iter().map(|row| row.get(0)).collect();
        asked.iter().filter(|it| it.is_acknowledged() && !there.contains(&it.id())).count()
    }

    /// How many rows all clients together have made.
    async fn made(&self) -> usize {
        let query = "select (select count(*) from children where agency_person_id like 'P-%') \
            + (select count(*) from missing_episodes)";
        usize::try_from(super::count(&connect(&self.url).await, query).await).unwrap()
    }

    /// Every key is sent again: the answer is a 201, and where there was one before, that one.
    pub(super) async fn ask_again(&self, asked: &[Asked]) {
        for it in asked {
            let again = self.client.post_once(&it.key, &it.path, it.body.clone()).await;
            assert_eq!(again.status, 201, "{}", again.text);
            assert!(!it.is_acknowledged() || again.text == it.text);
        }
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn serve(app: &TestApp, url: &str) -> String {
    let store = Store::open(url, 6, app.keyring.clone()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(
        serve::server(AppState { store, ..app.state.clone() }, Door { threads: 2, ..Door::plain(listener) }).unwrap(),
    );
    address
}

async fn sign_in(nobody: &Person) -> Person {
    let who = json!({ "email": "caseworker@demo.homeward.test", "password": PASSWORD });
    let tokens = nobody.post("/v1/auth/login", who, 200).await;
    nobody.with_token(tokens["access_token"].as_str().unwrap())
}

/// A child and an episode of theirs, again and again, until something goes wrong or the time is over.
async fn write(client: Person, stop: Arc<AtomicBool>) -> Vec<Asked> {
    let mut asked = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let child = json!({
            "agency_person_id": format!("P-{}", Uuid::new_v4().simple()), "unit_code": "north-county",
            "given_name": "Sample", "family_name": "Child", "date_of_birth": "2011-03-04",
            "care_status": "foster_care",
        });
        let added = ask(&client, "/v1/children", child).await;
        let is_there = added.is_acknowledged();
        let path = is_there.then(|| format!("/v1/children/{}/missing-episodes", added.id()));
        asked.push(added);
        let Some(path) = path else { break };
        asked.push(ask(&client, &path, json!({ "agency_information_received_at": NOW })).await);
    }
    asked
}

async fn ask(client: &Person, path: &str, body: Value) -> Asked {
    let key = Uuid::new_v4().to_string();
    let Reply { status, text, .. } = client.post_once(&key, path, body.clone()).await;
    Asked { key, path: path.to_owned(), body, status, text }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_a_killed_database_and_is_there_once() {
    let mut yard = Yard::new("").await;
    let mut all = Vec::new();
    for _ in 0..2 {
        let asked = yard.load_and_kill().await;
        let acknowledged = asked.iter().filter(|it| it.is_acknowledged()).count();
        println!("{acknowledged} acknowledged, {} left open", asked.len() - acknowledged);
        assert!(0 < acknowledged && asked.iter().all(|it| [201, 503].contains(&it.status)));
        assert_eq!(yard.missing(&asked).await, 0);
        yard.ask_again(&asked).await;
        all.extend(asked);
        assert_eq!(yard.made().await, all.len());
    }
    let dropped = format!("delete from missing_episodes where id = '{}'", all[1].id());
    let forced = format!("begin; set local session_replication_role = replica; {dropped}; commit");
    connect(&yard.url).await.batch_execute(&forced).await.unwrap();
    assert_eq!(yard.missing(&all).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_acknowledges_too_early_would_be_found() {
    let mut yard = Yard::new("alter system set synchronous_commit = off;select pg_reload_conf()").await;
    yard.stop_the_writer().await;
    let asked = yard.load_and_kill().await;
    let missing = yard.missing(&asked).await;
    println!("{missing} of {} acknowledged writes are gone", asked.len());
    assert!(10 < missing);
}
