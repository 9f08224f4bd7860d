//! Whether a process can do its work: what `/readyz`, `/metrics` and `/status` are made of.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use homeward_domain::silence::SKEW_UNREADY;
use homeward_store::silence::Lookout;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::time::timeout;

use crate::clock::Clock;
use crate::data_keys;

/// Whoever asks whether it is ready does not wait longer.
const PATIENCE: Duration = Duration::from_secs(4);

/// What a process shows of itself.
#[derive(Clone)]
pub struct Pulse {
    /// The database.
    pub lookout: Lookout,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The keys that seal values; none where the process needs none.
    pub key_file: Option<PathBuf>,
    /// Whether it does nothing right by a wrong clock. Whoever records that a child is missing is never turned away for
    /// it (CK-09).
    pub needs_the_time: bool,
    /// What `/metrics` prints; none in tests.
    pub metrics: Option<PrometheusHandle>,
}

/// What is missing, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    /// It does not answer.
    #[error("database")]
    Database,
    /// They are not those of this program.
    #[error("tables")]
    Tables,
    /// It is gone or cannot be read.
    #[error("key")]
    Key,
    /// It is wrong.
    #[error("clock")]
    Clock,
}

impl Pulse {
    /// Whether it can do its work now.
    pub async fn ready(&self) -> Result<(), Unready> {
        if self.key_file.as_ref().is_some_and(|it| !data_keys::is_usable(it)) {
            return Err(Unready::Key);
        }
        let asked = timeout(PATIENCE, self.lookout.readiness(|| self.clock.now())).await;
        let Ok(Ok(readiness)) = asked else { return Err(Unready::Database) };
        if !readiness.is_current {
            return Err(Unready::Tables);
        }
        if self.needs_the_time && SKEW_UNREADY < readiness.skew.abs() {
            return Err(Unready::Clock);
        }
        Ok(())
    }
}
