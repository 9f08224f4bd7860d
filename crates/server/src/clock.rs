//! The one file that reads the time.

use chrono::{DateTime, SubsecRound as _, Utc};

/// Where the time comes from. Tests have a clock of their own.
pub trait Clock: Send + Sync {
    /// Now, to the microsecond: what the database can keep.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that may")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}
