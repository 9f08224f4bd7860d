//! Queueing what is to leave, in the transaction that puts the rung into inboxes.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::delivery::{Channel, Pressure, leaves_at};
use homeward_domain::id::{Id, names};
use serde::Serialize;
use uuid::Uuid;

use crate::call;
use crate::error::{StoreError, StoreResult};
use crate::reminders::inbox::Rung;
use crate::reminders::people::Person;
use crate::sql::sql;

/// To each person's first address that has not bounced; where all have, the first is tried again.
const MAIL: &str = "insert into deliveries (agency_id, id, channel, rung_id, duty_id, episode_id, user_id, position, \
    pressing, message_id, queued_at, leaves_at, next_try_at, tries, fence) \
    select t.agency_id, t.id, t.channel, t.rung_id, t.duty_id, t.episode_id, t.user_id, \
    coalesce((select min(a.position) from addresses_of(t.agency_id, t.user_id) a where not a.bounced), 0), \
    t.pressing, t.message_id, t.queued_at, t.leaves_at, t.leaves_at, 0, 0 \
    from json_populate_recordset(null::deliveries, ?::json) t on conflict on constraint deliveries_once do nothing";

/// The last word on a duty is enough for one person. An older rung that is widened takes no newer one's place.
const SUPERSEDE: &str = "update deliveries d set ended_at = ?, ending = 'superseded' from rungs theirs, rungs this \
    where d.agency_id = ? and d.duty_id = ? and theirs.agency_id = d.agency_id and theirs.id = d.rung_id \
    and this.agency_id = d.agency_id and this.id = ? and theirs.ordinal < this.ordinal \
    and d.ended_at is null and (d.webhook_id is not null or d.user_id = any(?))";

const HOOKS: &str = "insert into deliveries (agency_id, id, channel, rung_id, duty_id, episode_id, webhook_id, \
    position, pressing, message_id, queued_at, leaves_at, next_try_at, tries, fence) \
    select t.agency_id, gen_random_uuid(), 'webhook', t.rung_id, t.duty_id, t.episode_id, w.id, 0, t.pressing, \
    gen_random_uuid(), t.queued_at, t.queued_at, t.queued_at, 0, 0 \
    from json_populate_record(null::deliveries, ?::json) t join webhooks w on w.agency_id = t.agency_id \
    where w.active_from <= t.queued_at and w.proven_at is not null and w.removed_at is null and w.paused_at is null \
    on conflict on constraint deliveries_once do nothing";

/// What was called back from a worker who stands on the rung by another name leaves after all.
const RESUME: &str = "update deliveries set ended_at = null, ending = null \
    where agency_id = ? and rung_id = ? and ending = 'handed_over' and user_id = any(?)";

/// The names of the columns of `deliveries`.
#[derive(Serialize)]
struct Queued {
    agency_id: Uuid,
    id: Uuid,
    channel: Channel,
    rung_id: Uuid,
    duty_id: Uuid,
    episode_id: Option<Uuid>,
    user_id: Option<Uuid>,
    pressing: bool,
    message_id: Uuid,
    queued_at: DateTime<Utc>,
    leaves_at: DateTime<Utc>,
}

/// Queues the rung for everyone who was given it now, and for the agency's endpoints.
pub(crate) async fn queue(conn: &AsyncPgConnection, rung: &Rung<'_>, people: Vec<Person>) -> StoreResult<()> {
    let users: Vec<Uuid> = people.iter().map(|it| it.id).collect();
    sql(SUPERSEDE)
        .bind::<Timestamptz, _>(rung.now)
        .bind::<SqlUuid, _>(rung.leased.agency.uuid())
        .bind::<SqlUuid, _>(rung.owed.id.uuid())
        .bind::<SqlUuid, _>(rung.leased.id.uuid())
        .bind::<Array<SqlUuid>, _>(users)
        .execute(&mut &*conn)
        .await?;
    // Nobody can choose to hear less of a limit of law.
    let always = rung.pressure == Pressure::High || rung.owed.duty.due_at.is_some();
    let wanted = |it: &Person| rung.mails && (always || it.mail_for_aims);
    let rows: Vec<Queued> = people.into_iter().filter(wanted).map(|it| Queued::mail(rung, &it)).collect();
    if !rows.is_empty() {
        sql(MAIL).bind::<Text, _>(json(&rows)?).execute(&mut &*conn).await?;
    }
    sql(HOOKS).bind::<Text, _>(json(&Queued::of(rung))?).execute(&mut &*conn).await?;
    Ok(())
}

/// Lets the mail of a rung leave that was called back from these people, who stand on it now.
pub(crate) async fn resume(conn: &AsyncPgConnection, rung: &Rung<'_>, users: Vec<Uuid>) -> StoreResult<()> {
    sql(RESUME)
        .bind::<SqlUuid, _>(rung.leased.agency.uuid())
        .bind::<SqlUuid, _>(rung.leased.id.uuid())
        .bind::<Array<SqlUuid>, _>(users)
        .execute(&mut &*conn)
        .await?;
    Ok(())
}

impl Queued {
    fn of(rung: &Rung<'_>) -> Self {
        let id = call::new_id::<names::Rung>(rung.now).uuid();
        Self {
            agency_id: rung.leased.agency.uuid(),
            id,
            channel: Channel::Webhook,
            rung_id: rung.leased.id.uuid(),
            duty_id: rung.owed.id.uuid(),
            episode_id: rung.owed.cause.episode().map(Id::uuid),
            user_id: None,
            pressing: rung.pressure == Pressure::High,
            message_id: id,
            queued_at: rung.now,
            leaves_at: rung.now,
        }
    }

    fn mail(rung: &Rung<'_>, person: &Person) -> Self {
        let one = Self::of(rung);
        let leaves_at = leaves_at(rung.pressure, rung.owed.duty.limit_at(), person.digest_at, rung.zone, rung.now);
        // All that waits for the same digest is one message, over every try.
        let digest = || Uuid::new_v5(&person.id, leaves_at.to_rfc3339().as_bytes());
        let message_id = if leaves_at == rung.now { one.id } else { digest() };
        Self { channel: Channel::Email, user_id: Some(person.id), message_id, leaves_at, ..one }
    }
}

fn json<T: Serialize>(rows: &T) -> StoreResult<String> {
    serde_json::to_string(rows).map_err(|_| StoreError::Corrupt("deliveries"))
}
