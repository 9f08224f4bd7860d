//! The loop that links, signs and anchors.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use homeward_domain::id::AgencyId;
use homeward_store::Store;
use homeward_store::audit::trail::{Checkpoint, Signer};
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::anchors::{Anchors, Tail, append, tail};
use super::{TrailError, anchors};
use crate::clock::Clock;

/// What is new is anchored within a minute, with as much to spare for the work itself (AD-07).
const EVERY: Duration = Duration::from_secs(30);

/// So many checkpoints are written to an anchor at once.
const BATCH: i64 = 1000;

/// Whoever signs. One is enough; where there are several they take turns.
pub struct Notary {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The key.
    pub signer: Signer,
    /// Where checkpoints go.
    pub anchors: Anchors,
}

impl Notary {
    /// Signs until `stop` says so, and once more then: what a server wrote before it stopped is signed too.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow_and_update() {
            self.try_round().await;
            tokio::select! {
                () = sleep(EVERY) => {}
                _ = stop.changed() => {}
            }
        }
        self.try_round().await;
    }

    async fn try_round(&self) {
        if let Err(error) = self.round().await {
            tracing::error!(%error, "the trail was not signed; it will be tried again");
        }
    }

    /// Signs and anchors the trail of every agency once. One that fails keeps no other waiting.
    pub async fn round(&self) -> Result<(), TrailError> {
        let mut failed = Ok(());
        for agency in self.store.agencies().await? {
            if let Err(error) = self.of_agency(agency).await {
                tracing::error!(%error, %agency, "the trail of an agency was not signed or not anchored");
                failed = Err(error);
            }
        }
        failed
    }

    async fn of_agency(&self, agency: AgencyId) -> Result<(), TrailError> {
        // Before anything is signed: a database that is older than its anchors must not tell another story with this key.
        let mut reached = Vec::new();
        let mut failed = Ok(());
        for path in self.anchors.files(agency) {
            match self.tail(agency, &path).await {
                Ok(tail) => reached.push((path, tail)),
                Err(error @ TrailError::Ahead { .. }) => return Err(error),
                Err(error) => failed = Err(error),
            }
        }
        self.store.notarize(agency, &self.signer, self.clock.now()).await?;
        for (path, tail) in reached {
            if let Err(error) = self.catch_up(agency, path, tail).await {
                failed = Err(error);
            }
        }
        failed
    }

    /// The end of an anchor, which has to be a checkpoint that the database has too.
    async fn tail(&self, agency: AgencyId, path: &Path) -> Result<Tail, TrailError> {
        let tail = blocking(path.to_owned(), tail).await?;
        if let Some(last) = tail.last {
            let number = last.says.number;
            let known = self.store.checkpoints_after(agency, number.saturating_sub(1), 1).await?;
            if known.first() != Some(&last) {
                return Err(TrailError::Ahead { path: path.to_owned(), agency, number });
            }
        }
        Ok(tail)
    }

    async fn catch_up(&self, agency: AgencyId, path: PathBuf, mut tail: Tail) -> Result<(), TrailError> {
        loop {
            let after = tail.last.map_or(0, |it| it.says.number);
            let checkpoints: Vec<Checkpoint> = self.store.checkpoints_after(agency, after, BATCH).await?;
            if checkpoints.is_empty() {
                return Ok(());
            }
            tail = blocking(path.clone(), move |path| {
                append(path, tail, &checkpoints)?;
                anchors::tail(path)
            })
            .await?;
        }
    }
}

/// A folder may lie on another machine, so that a file may take its time.
async fn blocking<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce(&Path) -> std::io::Result<T> + Send + 'static,
) -> Result<T, TrailError> {
    let done = spawn_blocking(move || work(&path).map_err(TrailError::file(&path)));
    done.await.map_err(|error| TrailError::File { path: PathBuf::new(), source: std::io::Error::other(error) })?
}
