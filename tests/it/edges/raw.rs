//! A line to a server, on which anything can be said.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

pub(super) struct Line(TcpStream);

impl Line {
    pub(super) async fn to(address: &str) -> Self {
        Self(TcpStream::connect(address.trim_start_matches("http://")).await.unwrap())
    }

    pub(super) async fn say(&mut self, words: &str) {
        self.0.write_all(words.as_bytes()).await.unwrap();
    }

    /// All that comes until the other end hangs up or says nothing for so long.
    pub(super) async fn hear(&mut self, patience: Duration) -> String {
        let mut heard = Vec::new();
        let mut some = [0; 4096];
        while let Ok(Ok(length @ 1..)) = timeout(patience, self.0.read(&mut some)).await {
            heard.extend_from_slice(&some[..length]);
        }
        String::from_utf8_lossy(&heard).into_owned()
    }

    pub(super) async fn is_closed(&mut self) -> bool {
        matches!(timeout(Duration::from_secs(1), self.0.read(&mut [0])).await, Ok(Ok(0) | Err(_)))
    }
}

/// The status of the first answer.
pub(super) fn status_of(heard: &str) -> &str {
    heard.split(' ').nth(1).unwrap_or_default()
}
