//! The program as it is run: whatever starts first, settings that are wrong, two migrations at once.

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use homeward_server::demo;
use homeward_server::postgres::{Cluster, Durability};
use homeward_store::migrate;
use tokio::process::Child;
use tokio::time::sleep;

use crate::support::{Database, PASSWORD, TestApp, at, keyring, program};

const NOW: &str = "2026-05-01T08:00:00Z";
/// OP-04: whatever was away, all of it works again within this time.
const RECOVERY: Duration = Duration::from_secs(10);

fn homeward(arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program());
    command.args(arguments).env_clear().envs(settings.iter().copied()).stdin(Stdio::null());
    command.output().unwrap()
}

#[tokio::test]
async fn op_06_of_two_migrations_at_once_one_runs_and_the_other_finds_it_done() {
    let db = Database::empty().await;
    let up = || migrate::up(&db.url, Box::leak(Box::new(keyring())), at(NOW));
    let (one, other) = tokio::join!(up(), up());
    let mut applied = [one.unwrap(), other.unwrap()];
    applied.sort_unstable();
    assert!(applied[0] == 0 && 40 < applied[1], "{applied:?}");
    assert!(migrate::is_current(&db.url).await.unwrap());
}

#[tokio::test]
async fn op_06_a_program_on_tables_that_are_not_its_own_migrates_nothing_and_does_not_start() {
    let db = Database::empty().await;
    let folder = tempfile::tempdir().unwrap();
    let settings = [("DATABASE_URL", db.url.as_str()), ("HOMEWARD_DATA_DIR", folder.path().to_str().unwrap())];
    for command in ["serve", "work"] {
        let ended = homeward(&[command], &settings);
        assert!(!ended.status.success());
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(said.contains("run `homeward migrate` first"), "{said}");
    }
    assert!(!migrate::is_current(&db.url).await.unwrap());
}

/// Every setting that can be wrong, each wrong.
const WRONG: [(&str, &str); 20] = [
    ("DATABASE_URL", "mysql://somewhere"),
    ("HOMEWARD_MIGRATE_URL", "nowhere"),
    ("HOMEWARD_LISTEN", "everywhere"),
    ("HOMEWARD_TLS_CERT", "/nowhere/chain.pem"),
    ("HOMEWARD_TLS_KEY", "/nowhere/key.pem"),
    ("HOMEWARD_CONNECTIONS", "0"),
    ("HOMEWARD_THREADS", "many"),
    ("HOMEWARD_SMTP_URL", "relay.example"),
    ("HOMEWARD_MAIL_FROM", "nobody"),
    ("HOMEWARD_PUBLIC_URL", "homeward"),
    ("HOMEWARD_WEBHOOK_ALLOW", "localhost"),
    ("HOMEWARD_IDLE_MINUTES", "31"),
    ("HOMEWARD_REQUESTS_A_MINUTE", "59"),
    ("HOMEWARD_SESSION_HOURS", "13"),
    ("HOMEWARD_SESSIONS_AT_ONCE", "0"),
    ("HOMEWARD_UNLOCK_MINUTES", "1"),
    ("HOMEWARD_WORK_LISTEN", "here"),
    ("HOMEWARD_WATCH_LISTEN", "there"),
    ("HOMEWARD_ALARM_URL", "pager"),
    ("HOMEWARD_CANARY_MAILBOX", "nobody"),
];

#[test]
fn op_07_every_fault_of_the_settings_is_told_at_once_and_nothing_starts() {
    for command in ["serve", "work", "watch", "migrate"] {
        let ended = homeward(&[command], &WRONG);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        let untold: Vec<&str> = WRONG.iter().map(|(name, _)| *name).filter(|name| !said.contains(name)).collect();
        assert!(untold.is_empty(), "{command} does not tell of {untold:?}:\n{said}");
    }
}

#[test]
fn op_07_a_setting_that_is_none_and_a_secret_that_is_not_there_are_faults_too() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, "HOMEWARD_LISTN = \"127.0.0.1:1\"\nHOMEWARD_THREADS = 0\n").unwrap();
    let settings = [("HOMEWARD_CONFIG", file.to_str().unwrap()), ("HOMEWARD_SMTP_URL_FILE", "/nowhere/secret")];
    let ended = homeward(&["serve"], &settings);
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1));
    assert!(said.contains("`HOMEWARD_LISTN` is not a setting") && said.contains("/nowhere/secret"), "{said}");
}

/// A durable cluster in a folder, with a server and a worker that belong to it.
struct Installation {
    folder: tempfile::TempDir,
    cluster: Option<Cluster>,
    url: String,
    processes: Vec<Child>,
}

impl Installation {
    async fn new() -> Self {
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        let cluster = start(folder.path());
        cluster.ensure_database("homeward").unwrap();
        let url = cluster.url("homeward");
        migrate::up(&url, &keyring(), at(NOW)).await.unwrap();
        demo::load(&url, &keyring(), Some(PASSWORD.to_owned()), at(NOW)).await.unwrap();
        Self { folder, cluster: Some(cluster), url, processes: Vec::new() }
    }

    async fn stop(&mut self) {
        let cluster = self.cluster.take().unwrap();
        tokio::task::spawn_blocking(|| cluster.stop().unwrap()).await.unwrap();
    }

    async fn start(&mut self) {
        let folder = self.folder.path().to_owned();
        self.cluster = Some(tokio::task::spawn_blocking(move || start(&folder)).await.unwrap());
    }

    /// Starts a process that shows at this address how it is.
    fn run(&mut self, arguments: &[&str], listen: &str, address: &str, keys: &Path) {
        let mut command = tokio::process::Command::new(program());
        command.args(arguments).env("DATABASE_URL", &self.url).env(listen, address).env("HOMEWARD_CONNECTIONS", "2");
        command.env("HOMEWARD_DATA_DIR", self.folder.path().join("of-the-program"));
        command.env("HOMEWARD_DATA_KEY_FILE", keys).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.processes.push(command.spawn().unwrap());
    }
}

fn start(folder: &Path) -> Cluster {
    Cluster::start(folder, Durability::Durable).unwrap()
}

/// An address of this machine at which nobody listens.
fn free() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// What a process says of itself; nothing where it does not answer.
async fn ready(address: &str) -> Option<u16> {
    let asked = reqwest::get(format!("http://{address}/readyz")).await;
    asked.ok().map(|it| it.status().as_u16())
}

async fn until_ready(addresses: &[String]) -> Duration {
    let since = Instant::now();
    for address in addresses {
        while ready(address).await != Some(200) {
            assert!(since.elapsed() < RECOVERY, "{address} is not ready");
            sleep(Duration::from_millis(50)).await;
        }
    }
    since.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn op_04_server_and_worker_start_before_their_database_and_outlive_its_restarts() {
    let app = TestApp::at(NOW).await;
    let mut yard = Installation::new().await;
    let keys = yard.folder.path().join("data.keys");
    app.write_keys(&keys);
    yard.stop().await;
    let addresses = [free(), free()];
    yard.run(&["serve"], "HOMEWARD_LISTEN", &addresses[0], &keys);
    yard.run(&["work"], "HOMEWARD_WORK_LISTEN", &addresses[1], &keys);
    sleep(Duration::from_secs(2)).await;
    assert!(yard.processes.iter_mut().all(|it| it.try_wait().unwrap().is_none()), "one gave up");
    assert_eq!((ready(&addresses[0]).await, ready(&addresses[1]).await), (None, None));
    yard.start().await;
    let mut worst = until_ready(&addresses).await;
    for _ in 0..5 {
        yard.stop().await;
        assert_eq!((ready(&addresses[0]).await, ready(&addresses[1]).await), (Some(503), Some(503)));
        yard.start().await;
        worst = worst.max(until_ready(&addresses).await);
    }
    println!("ready {worst:?} after the database, at the latest");
    assert!(yard.processes.iter_mut().all(|it| it.try_wait().unwrap().is_none()), "one gave up");
}
