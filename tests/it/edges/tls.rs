//! TLS at the server's own door.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use homeward_server::headers::Reached;
use homeward_server::serve::{self, Door};
use homeward_server::tls::{Certificate, CertificateFiles};
use reqwest::Client;
use tempfile::TempDir;

use super::raw::Line;
use crate::support::TestApp;

const NOW: &str = "2026-05-01T08:00:00Z";

struct Folder {
    _dir: TempDir,
    files: CertificateFiles,
}

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let files = CertificateFiles { chain: dir.path().join("chain.pem"), key: dir.path().join("key.pem") };
        Self { _dir: dir, files }
    }

    /// Puts a certificate of its own for `localhost` there. A client that trusts nobody else.
    fn certify(&self) -> Client {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        fs::write(&self.files.chain, made.cert.pem()).unwrap();
        self.write_key(&made.signing_key.serialize_pem());
        let root = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap();
        Client::builder().tls_certs_only([root]).build().unwrap()
    }

    fn write_key(&self, pem: &str) {
        fs::write(&self.files.key, pem).unwrap();
        fs::set_permissions(&self.files.key, Permissions::from_mode(0o600)).unwrap();
    }
}

/// The port of a server that shows the certificate.
fn open(app: &TestApp, certificate: &Arc<Certificate>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let tls = Some(certificate.config().unwrap());
    let door = Door { reached: Reached::ByTls, tls, ..Door::plain(listener) };
    tokio::spawn(serve::server(app.state.clone(), door).unwrap());
    port
}

async fn lives(client: &Client, port: u16) -> bool {
    let url = format!("https://localhost:{port}/livez");
    client.get(url).send().await.is_ok_and(|it| it.status() == 200)
}

#[tokio::test]
async fn nt_01_and_nt_02_who_comes_by_tls_is_told_to_come_so_always_and_others_are_not_answered() {
    let app = TestApp::at(NOW).await;
    let folder = Folder::new();
    let client = folder.certify();
    let port = open(&app, &Certificate::load(folder.files.clone()).unwrap());
    let answer = client.get(format!("https://localhost:{port}/livez")).send().await.unwrap();
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=63072000; includeSubDomains");
    let mut line = Line::to(&format!("http://127.0.0.1:{port}")).await;
    line.say("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n").await;
    assert!(!line.hear(Duration::from_secs(2)).await.contains("HTTP/1.1"));
    let stranger = Folder::new().certify();
    assert!(!lives(&stranger, port).await);
}

#[tokio::test]
async fn nt_01_a_certificate_is_replaced_while_requests_go_on() {
    let app = TestApp::at(NOW).await;
    let folder = Folder::new();
    let before = folder.certify();
    let certificate = Certificate::load(folder.files.clone()).unwrap();
    let port = open(&app, &certificate);
    assert!(lives(&before, port).await);
    let after = folder.certify();
    certificate.renew().unwrap();
    assert!(lives(&before, port).await, "a connection that stands goes on");
    assert!(lives(&after, port).await);
    fs::write(&folder.files.chain, "no certificate").unwrap();
    assert!(certificate.renew().is_err());
    assert!(lives(&after, port).await);
}

#[tokio::test]
async fn lg_05_a_key_that_everyone_can_read_or_that_is_anothers_is_refused() {
    let folder = Folder::new();
    folder.certify();
    assert!(Certificate::load(folder.files.clone()).is_ok());
    let another = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::set_permissions(&folder.files.key, Permissions::from_mode(0o604)).unwrap();
    assert!(Certificate::load(folder.files.clone()).is_err());
    folder.write_key(&another.signing_key.serialize_pem());
    assert!(Certificate::load(folder.files.clone()).is_err());
}
