//! Nobody reads children without end (LM-06, ADR 0036): beyond what their role asks for they are slowed down and somebody is
//! told, and beyond twice as many they are stopped. What they opened before, and an emergency, stay open.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::id::{ChildId, UserId};
use homeward_domain::reading::Reading;
use homeward_store::Store;
use homeward_store::call::Call;

use crate::problem::{Problem, TooMany};

/// How long another child takes beyond the budget.
const SLOWED: Duration = Duration::from_secs(1);
/// So long a count is good for: other replicas show children too.
const FRESH: TimeDelta = TimeDelta::minutes(1);
/// So much of what is left is given out before it is counted again.
const SHARE: u32 = 4;
/// So many readers are remembered.
const ROOM: usize = 10_000;

/// What was counted of each reader, and whom they opened since.
#[derive(Default)]
pub struct Readers(Mutex<HashMap<UserId, Counted>>);

struct Counted {
    at: DateTime<Utc>,
    more: u32,
    opened: HashSet<ChildId>,
}

impl Readers {
    /// Lets a reader open a child, now or after a while, or not.
    pub async fn admit(&self, store: &Store, call: &Call, child: ChildId) -> Result<(), Problem> {
        if self.is_within(call, child) {
            return Ok(());
        }
        let Some(reader) = store.reader(call, child).await?.filter(|it| !it.may_anyway) else { return Ok(()) };
        let seconds_until = |end: DateTime<Utc>| u64::try_from((end - call.at).num_seconds()).unwrap_or(0).max(1);
        let stopped = |end| Problem::TooMany { what: TooMany::Children, seconds: seconds_until(end) };
        match reader.budget.judge(reader.opened) {
            Reading::Open { more } => self.remember(call, child, more / SHARE),
            Reading::Slow => {
                store.tell_of_reader(call).await?;
                tokio::time::sleep(SLOWED).await;
            }
            Reading::EndOfHour => return Err(stopped(reader.hour_ends_at)),
            Reading::EndOfDay => return Err(stopped(reader.day_ends_at)),
        }
        Ok(())
    }

    /// Whether it was counted a moment ago, and this child is no more than was left then.
    fn is_within(&self, call: &Call, child: ChildId) -> bool {
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |it: &&mut Counted| (it.at..it.at + FRESH).contains(&call.at);
        let Some(counted) = readers.get_mut(&call.user).filter(fresh) else { return false };
        if counted.opened.contains(&child) {
            return true;
        }
        let Some(more) = counted.more.checked_sub(1) else { return false };
        counted.more = more;
        counted.opened.insert(child)
    }

    fn remember(&self, call: &Call, child: ChildId, more: u32) {
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ROOM <= readers.len() {
            readers.retain(|_, it| call.at < it.at + FRESH);
        }
        readers.insert(call.user, Counted { at: call.at, more, opened: HashSet::from([child]) });
    }
}
