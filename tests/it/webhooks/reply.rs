//! Of what an endpoint answers, little is read and less is kept (WH-04); nothing goes by way of a proxy (WH-05).

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use homeward_server::clock::{Clock as _, SystemClock};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

use super::{Active, NOW};
use crate::support::{Endpoint, TestApp, program};

/// As much is read.
const READ: usize = 64 * 1024;
/// What an endpoint would like to see in somebody's logs.
const WORDS: &[u8] = b"SAMPLE CHILD IS AT 12 ELM ROAD. ";

/// An endpoint that goes on talking for as long as anybody listens.
struct Torrent {
    url: String,
    written: Arc<AtomicUsize>,
    hung_up: Arc<AtomicUsize>,
}

impl Torrent {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (written, hung_up) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counts = (written.clone(), hung_up.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pour(stream, counts.clone()));
            }
        });
        Self { url, written, hung_up }
    }
}

async fn request(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while !text.ends_with(b"}") {
        let read = stream.read(&mut buffer).await.unwrap();
        assert_ne!(read, 0);
        text.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8(text).unwrap()
}

async fn pour(mut stream: TcpStream, (written, hung_up): (Arc<AtomicUsize>, Arc<AtomicUsize>)) {
    let heard = request(&mut stream).await;
    let event: Value = serde_json::from_str(heard.split_once("\r\n\r\n").unwrap().1).unwrap();
    if let Some(challenge) = event["data"]["challenge"].as_str() {
        let answer = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", challenge.len());
        stream.write_all(format!("{answer}{challenge}").as_bytes()).await.unwrap();
        return;
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000000\r\n\r\n").await.unwrap();
    while stream.write_all(WORDS).await.is_ok() {
        written.fetch_add(WORDS.len(), Ordering::SeqCst);
    }
    hung_up.fetch_add(1, Ordering::SeqCst);
}

/// The code, and the hash, of each reply that is kept.
async fn kept(app: &TestApp) -> Vec<(Option<i32>, Option<String>)> {
    let attempts = "select reply_code, reply_hash from delivery_attempts where channel = 'webhook'";
    let rows = app.db.owner().await.query(attempts, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|it| format!("{it:02x}")).collect()
}

#[tokio::test]
async fn wh_04_64_kib_of_a_reply_are_read_and_its_status_and_hash_are_kept() {
    let torrent = Torrent::start().await;
    let active = Active::of(TestApp::at(NOW).await, &torrent.url).await;
    active.app.given_case().await;
    active.app.travel_to(NOW).await;
    for _ in 0..200 {
        if torrent.hung_up.load(Ordering::SeqCst) == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(torrent.hung_up.load(Ordering::SeqCst), 2, "nobody hangs up");
    // What it could write beyond lay in the buffers of two connections, and was read by nobody.
    assert!(torrent.written.load(Ordering::SeqCst) < 64 * 1024 * 1024);
    let read: Vec<u8> = WORDS.iter().copied().cycle().take(READ).collect();
    assert_eq!(kept(&active.app).await, vec![(Some(200), Some(hash(&read))); 2]);
    let words = "select count(*) from delivery_attempts a where to_jsonb(a)::text ilike '%elm road%'";
    assert_eq!(active.app.db.owner().await.query_one(words, &[]).await.unwrap().get::<_, i64>(0), 0);
}

#[tokio::test]
async fn wh_04_an_endpoint_that_takes_its_time_is_left_after_ten_seconds() {
    let endpoint = Endpoint::start();
    let active = Active::at(&endpoint).await;
    endpoint.answer(200, Duration::from_secs(25));
    active.app.given_case().await;
    let since = Instant::now();
    active.app.travel_to(NOW).await;
    let took = since.elapsed();
    assert!(Duration::from_secs(10) <= took && took < Duration::from_secs(20), "{took:?}");
    assert_eq!(kept(&active.app).await, [(None, None), (None, None)]);
    assert_eq!(active.messages("failing").await.len(), 2);
}

/// A worker with a proxy in every variable that names one.
fn worker(app: &TestApp, keys: &std::path::Path, endpoint: &Endpoint, proxy: &str) -> Command {
    let mut command = Command::new(program());
    command.arg("work").env("DATABASE_URL", &app.db.url).env("HOMEWARD_CONNECTIONS", "2");
    command.env("HOMEWARD_WEBHOOK_ALLOW", endpoint.authority()).env("HOMEWARD_DATA_KEY_FILE", keys);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env(name, proxy);
    }
    command.env_remove("NO_PROXY").env_remove("no_proxy").kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[tokio::test]
async fn wh_05_an_event_goes_past_the_proxies_that_the_environment_names() {
    let (endpoint, proxy) = (Endpoint::start(), Endpoint::start());
    let now = SystemClock.now().to_rfc3339();
    let active = Active::of(TestApp::at(&now).await, &endpoint.url).await;
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("data.keys");
    active.app.write_keys(&keys);
    active.app.given_case().await;
    let address = format!("http://{}", proxy.authority());
    let mut worker = worker(&active.app, &keys, &endpoint, &address).spawn().unwrap();
    for _ in 0..600 {
        if !endpoint.events().is_empty() || !proxy.heard().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    worker.kill().await.unwrap();
    assert!(!endpoint.events().is_empty() && proxy.heard().is_empty());
    // The control: a client that asks proxies is heard there.
    let asks = reqwest::Client::builder().proxy(reqwest::Proxy::all(&address).unwrap()).build().unwrap();
    asks.post(&endpoint.url).body(r#"{"type": "control"}"#).send().await.unwrap();
    assert_eq!(proxy.heard().len(), 1);
}
