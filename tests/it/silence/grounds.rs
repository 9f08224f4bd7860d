//! What the reminders stand on: real files, real certificates, the database as it is (DM-04).

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::TimeDelta;
use homeward_server::headers::Reached;
use homeward_server::serve::{self, Door};
use homeward_server::tls::{Certificate, CertificateFiles};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::TcpStream;

use super::NOW;
use super::watched::Watched;
use crate::support::TestApp;

/// What was told of these, in one round of a watch that starts now.
async fn told(app: &TestApp, settings: &[(&str, &str)]) -> (Vec<String>, String) {
    let mut watched = Watched::with(app, settings);
    watched.round().await;
    let ours = ["backup_stale", "archiving_fails", "replica_lags", "certificate_ends"];
    let said = watched.said("raised").into_iter().filter(|it| ours.contains(&it.as_str())).collect();
    (said, watched.text())
}

async fn ground(app: &TestApp, name: &str) -> Value {
    let proof = app.caseworker().await.get("/v1/reminder-proof", 200).await;
    let all = proof["grounds"].as_array().unwrap().clone();
    all.into_iter().find(|it| it["ground"] == name).unwrap()
}

/// A file that was touched so long before the clock's now.
fn stamp(app: &TestApp, folder: &Path, before: TimeDelta) -> String {
    let file = folder.join("backup.stamp");
    let touched = SystemTime::from(app.now() - before);
    File::create(&file).unwrap().set_modified(touched).unwrap();
    file.display().to_string()
}

/// A certificate for `localhost` that ends at this midnight.
fn certificate(folder: &Path, (year, month, day): (i32, u8, u8)) -> CertificateFiles {
    let mut made = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    made.not_before = rcgen::date_time_ymd(2026, 1, 1);
    made.not_after = rcgen::date_time_ymd(year, month, day);
    let key = rcgen::KeyPair::generate().unwrap();
    let files = CertificateFiles { chain: folder.join("chain.pem"), key: folder.join("key.pem") };
    std::fs::write(&files.chain, made.self_signed(&key).unwrap().pem()).unwrap();
    std::fs::write(&files.key, key.serialize_pem()).unwrap();
    std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o600)).unwrap();
    files
}

/// The port of this server behind TLS.
fn behind_tls(app: &TestApp, files: CertificateFiles) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = Some(Certificate::load(files).unwrap().config().unwrap());
    tokio::spawn(
        serve::server(app.state.clone(), Door { reached: Reached::ByTls, tls, ..Door::plain(listener) }).unwrap(),
    );
    port
}

/// A relay that speaks in the clear until it is asked for TLS, which the server at `port` then does.
async fn relay(port: u16) -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            agree_on_tls(&mut stream).await;
            let mut tls = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            let _ = copy_bidirectional(&mut stream, &mut tls).await;
        }
    });
    own
}

/// RFC 3207, as the relay.
async fn agree_on_tls(stream: &mut BufReader<TcpStream>) {
    stream.write_all(b"220 relay\r\n").await.unwrap();
    for (wanted, answer) in [("EHLO", "250-relay\r\n250 STARTTLS\r\n"), ("STARTTLS", "220 go ahead\r\n")] {
        let mut line = String::new();
        stream.read_line(&mut line).await.unwrap();
        assert!(line.starts_with(wanted), "{line}");
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn dm_04_a_backup_that_did_not_end_for_a_day_is_told_and_so_is_one_whose_file_is_gone() {
    let app = TestApp::at(NOW).await;
    let folder = tempfile::tempdir().unwrap();
    let fresh = stamp(&app, folder.path(), TimeDelta::hours(25));
    assert_eq!(told(&app, &[("HOMEWARD_BACKUP_STAMP", &fresh)]).await.0, Vec::<String>::new());
    assert_eq!(ground(&app, "backups").await["detail"], "the last was 1500 min ago");
    let stale = stamp(&app, folder.path(), TimeDelta::hours(27));
    assert_eq!(told(&app, &[("HOMEWARD_BACKUP_STAMP", &stale)]).await.0, ["backup_stale"]);
    let gone = folder.path().join("nothing").display().to_string();
    let other = TestApp::at(NOW).await;
    assert_eq!(told(&other, &[("HOMEWARD_BACKUP_STAMP", &gone)]).await.0, ["backup_stale"]);
}

#[tokio::test]
async fn dm_04_a_certificate_in_a_file_is_told_of_at_each_step_by_whatever_watch_runs() {
    let app = TestApp::at(NOW).await;
    let folder = tempfile::tempdir().unwrap();
    let files = certificate(folder.path(), (2026, 6, 10));
    let path = |it: &PathBuf| it.display().to_string();
    let (chain, key) = (path(&files.chain), path(&files.key));
    let settings = [("HOMEWARD_TLS_CERT", chain.as_str()), ("HOMEWARD_TLS_KEY", key.as_str())];
    for (now, step) in [
        ("2026-05-01T08:00:00Z", None),
        ("2026-05-12T08:00:00Z", Some("expires within 30 days")),
        ("2026-05-20T08:00:00Z", None),
        ("2026-05-28T08:00:00Z", Some("expires within 14 days")),
        ("2026-06-04T08:00:00Z", Some("expires within 7 days")),
        ("2026-06-09T08:00:00Z", Some("expires within 1 days")),
        ("2026-06-10T08:00:00Z", Some("has expired")),
    ] {
        app.set_clock(now);
        let (said, text) = told(&app, &settings).await;
        assert_eq!(said, step.map(|_| vec!["certificate_ends"]).unwrap_or_default(), "{now} {text}");
        assert!(text.contains(step.unwrap_or_default()), "{now} {text}");
    }
    certificate(folder.path(), (2027, 6, 10));
    let mut watched = Watched::with(&app, &settings);
    watched.round().await;
    assert!(watched.said("cleared").contains(&"certificate_ends".to_owned()), "{}", watched.text());
}

#[tokio::test]
async fn dm_04_a_certificate_is_seen_as_whoever_connects_sees_it_by_tls_and_by_starttls() {
    let app = TestApp::at(NOW).await;
    let folder = tempfile::tempdir().unwrap();
    let port = behind_tls(&app, certificate(folder.path(), (2026, 5, 5)));
    let server = format!("https://localhost:{port}");
    let (smtps, smtp) =
        (format!("smtps://localhost:{port}"), format!("smtp://localhost:{}?tls=required", relay(port).await));
    for (settings, whose) in [
        (vec![("HOMEWARD_PUBLIC_URL", server.as_str())], "the server's certificate expires within 7 days"),
        (vec![("HOMEWARD_SMTP_URL", smtps.as_str())], "the mail relay's certificate expires within 7 days"),
        (vec![("HOMEWARD_SMTP_URL", smtp.as_str())], "the mail relay's certificate expires within 7 days"),
    ] {
        app.db.owner().await.batch_execute("delete from alarms").await.unwrap();
        let (said, text) = told(&app, &settings).await;
        assert!(said == ["certificate_ends"] && text.contains(whose), "{text}");
    }
    assert_eq!(ground(&app, "relay_certificate").await["detail"], "3 days are left");
}

#[tokio::test]
async fn dm_04_a_certificate_that_nobody_shows_is_told() {
    let app = TestApp::at(NOW).await;
    let (said, text) = told(&app, &[("HOMEWARD_SMTP_URL", "smtps://localhost:1")]).await;
    assert!(said == ["certificate_ends"] && text.contains("no certificate is shown"), "{text}");
}

#[tokio::test]
async fn dm_04_a_replica_that_should_be_there_and_is_not_connected_is_told() {
    let app = TestApp::at(NOW).await;
    let (said, text) = told(&app, &[("HOMEWARD_REPLICAS", "1")]).await;
    assert!(said == ["replica_lags"] && text.contains("0 of 1 are connected"), "{text}");
}

#[tokio::test]
async fn dm_04_what_is_not_watched_says_so_on_the_page_and_raises_nothing() {
    let app = TestApp::at(NOW).await;
    let page = async || reqwest::get(format!("{}/status", app.address)).await.unwrap().text().await.unwrap();
    assert!(page().await.contains("Backups, replicas and certificates are not watched."));
    assert_eq!(told(&app, &[]).await.0, Vec::<String>::new());
    for name in ["backups", "replicas", "server_certificate", "relay_certificate"] {
        let seen = ground(&app, name).await;
        assert_eq!((&seen["is_watched"], &seen["detail"]), (&json!(false), &json!("not watched")), "{name}");
    }
    assert!(page().await.contains("<li>Backups: not watched."));
}
