//! The program itself, which can be stopped and killed.

use std::net::TcpListener;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::time::sleep;

use super::{KEYS, program};

/// OP-02: told to stop, it is gone by then.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Program {
    role: &'static str,
    child: Child,
    port: u16,
    database: String,
    folder: Arc<TempDir>,
}

impl Program {
    /// `serve` or `work` on this database, once it is ready.
    pub async fn start(role: &'static str, database: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("data.keys");
        std::fs::write(&keys, KEYS).unwrap();
        std::fs::set_permissions(&keys, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Self::within(role, database, Arc::new(folder)).await
    }

    /// Another beside it, with the same database and keys.
    pub async fn beside(&self, role: &'static str) -> Self {
        Self::within(role, &self.database, self.folder.clone()).await
    }

    async fn within(role: &'static str, database: &str, folder: Arc<TempDir>) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = spawn(role, database, &folder, port);
        let program = Self { role, child, port, database: database.to_owned(), folder };
        program.wait().await;
        program
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    async fn wait(&self) {
        for _ in 0..600 {
            if reqwest::get(format!("{}/readyz", self.address())).await.is_ok_and(|it| it.status() == 200) {
                return;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not start");
    }

    /// Without a word.
    pub fn kill(&mut self) -> ExitStatus {
        self.child.kill().unwrap();
        self.child.wait().unwrap()
    }

    /// By SIGTERM. How it ended.
    pub async fn stop(&mut self) -> ExitStatus {
        let since = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(since.elapsed() < PATIENCE, "{} does not stop", self.role);
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// At the same address.
    pub async fn start_again(&mut self) {
        self.child = spawn(self.role, &self.database, &self.folder, self.port);
        self.wait().await;
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(role: &str, database: &str, folder: &TempDir, port: u16) -> Child {
    let mut command = Command::new(program());
    let listen = if role == "work" { "HOMEWARD_WORK_LISTEN" } else { "HOMEWARD_LISTEN" };
    command.arg(role).env("DATABASE_URL", database).env("HOMEWARD_DATA_DIR", folder.path());
    command.env(listen, format!("127.0.0.1:{port}")).env("HOMEWARD_CONNECTIONS", "4");
    command.env("HOMEWARD_REQUESTS_A_MINUTE", "1000000");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}
