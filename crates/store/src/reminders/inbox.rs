//! Giving one rung to people: into their inboxes, and on to the ways that leave the program.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::delivery::Pressure;
use homeward_domain::id::{Id, names};
use homeward_domain::reminder;
use homeward_domain::zone::Zone;
use uuid::Uuid;

use super::people::Person;
use crate::call;
use crate::deliveries;
use crate::duties::Owed;
use crate::error::StoreResult;
use crate::rungs::Leased;
use crate::sql::sql;

/// Whoever has the rung already is passed over.
const INSERT: &str = "insert into reminders (agency_id, id, user_id, duty_id, rung_id, child_id, episode_id, \
    determination_id, step, due_at, message, sent_at) select ?, t.id, t.user_id, ?, ?, ?, ?, ?, ?, ?, ?, ? \
    from unnest(?, ?) as t(id, user_id) on conflict (agency_id, rung_id, user_id) do nothing returning user_id";

const ATTEMPT: &str = "insert into delivery_attempts (agency_id, id, rung_id, episode_id, attempted_at, channel, \
    outcome, recipients, worker, fence) values (?, ?, ?, ?, ?, 'inbox', ?, ?, ?, ?)";

#[derive(QueryableByName)]
struct Told {
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
}

/// A rung in a worker's hands, with all it takes to give it to people.
pub(crate) struct Rung<'a> {
    pub(crate) leased: &'a Leased,
    pub(crate) worker: &'a str,
    pub(crate) now: DateTime<Utc>,
    pub(crate) owed: Owed,
    pub(crate) step: String,
    pub(crate) zone: Zone,
    pub(crate) pressure: Pressure,
    /// Whether mail leaves this installation.
    pub(crate) mails: bool,
}

impl Rung<'_> {
    /// Gives the rung to these people, each once. Says how many had not had it.
    pub(crate) async fn give(&self, conn: &AsyncPgConnection, people: Vec<Person>) -> StoreResult<i32> {
        let ids: Vec<Uuid> = people.iter().map(|_| call::new_id::<names::Reminder>(self.now).uuid()).collect();
        let users: Vec<Uuid> = people.iter().map(|it| it.id).collect();
        let owed = &self.owed;
        let told: Vec<Told> = sql(INSERT)
            .bind::<SqlUuid, _>(self.leased.agency.uuid())
            .bind::<SqlUuid, _>(owed.id.uuid())
            .bind::<SqlUuid, _>(self.leased.id.uuid())
            .bind::<SqlUuid, _>(owed.child.uuid())
            .bind::<Nullable<SqlUuid>, _>(owed.cause.episode().map(Id::uuid))
            .bind::<Nullable<SqlUuid>, _>(owed.cause.determination().map(Id::uuid))
            .bind::<Text, _>(self.step.clone())
            .bind::<Timestamptz, _>(owed.duty.limit_at())
            .bind::<Text, _>(reminder::message(&owed.duty, self.now, self.zone))
            .bind::<Timestamptz, _>(self.now)
            .bind::<Array<SqlUuid>, _>(ids)
            .bind::<Array<SqlUuid>, _>(users)
            .load(&mut &*conn)
            .await?;
        let new = people.into_iter().filter(|it| told.iter().any(|told| told.user_id == it.id)).collect();
        deliveries::queue(conn, self, new).await?;
        Ok(i32::try_from(told.len()).unwrap_or(i32::MAX))
    }

    /// Keeps what came of a try (DL-06).
    pub(crate) async fn attempted(
        &self,
        conn: &AsyncPgConnection,
        outcome: &'static str,
        people: i32,
    ) -> StoreResult<()> {
        sql(ATTEMPT)
            .bind::<SqlUuid, _>(self.leased.agency.uuid())
            .bind::<SqlUuid, _>(call::new_id::<names::Rung>(self.now).uuid())
            .bind::<SqlUuid, _>(self.leased.id.uuid())
            .bind::<Nullable<SqlUuid>, _>(self.owed.cause.episode().map(Id::uuid))
            .bind::<Timestamptz, _>(self.now)
            .bind::<Text, _>(outcome)
            .bind::<Integer, _>(people)
            .bind::<Text, _>(self.worker.to_owned())
            .bind::<BigInt, _>(self.leased.fence)
            .execute(&mut &*conn)
            .await?;
        Ok(())
    }
}
