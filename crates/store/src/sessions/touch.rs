//! That a session was used: written at most once a minute, and on the way with a commit that goes out anyway.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};

use crate::call::Call;
use crate::sql::{Sql, sql};

/// How exactly the end of an idle session is known.
const PRECISION: TimeDelta = TimeDelta::minutes(1);

/// One that somebody else holds is being used or ended: no request waits for that.
const TOUCH: &str = "update sessions set idle_until = ? where agency_id = ? and id in (select s.id from sessions s \
    where s.agency_id = ? and s.id = ? and s.ended_at is null and s.idle_until < ? for update skip locked)";

/// When a session ends idle, and how much longer each use lets it stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Touch {
    pub(crate) idle_until: DateTime<Utc>,
    pub(crate) idle: TimeDelta,
}

impl Touch {
    /// The statement that moves the end on; none where it was moved within the minute, or where there is no session.
    pub(crate) fn statement(&self, call: &Call) -> Option<Sql> {
        let until = call.at + self.idle;
        (call.key.is_none() && self.idle_until + PRECISION <= until).then(|| touch(call, until))
    }

    /// The same for a session that nobody has used for ever, to be prepared.
    pub(crate) fn prepared(call: &Call) -> Sql {
        touch(call, call.at)
    }
}

fn touch(call: &Call, until: DateTime<Utc>) -> Sql {
    sql(TOUCH)
        .bind::<Timestamptz, _>(until)
        .bind::<SqlUuid, _>(call.agency.uuid())
        .bind::<SqlUuid, _>(call.agency.uuid())
        .bind::<SqlUuid, _>(call.session.uuid())
        .bind::<Timestamptz, _>(until)
}
