//! A mail as it is to leave: to whom and with what is found now, not when it was queued (DL-13).

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Jsonb, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::reminder;
use homeward_domain::zone::Zone;
use uuid::Uuid;

use super::{Held, no_longer_owed};
use crate::duties;
use crate::error::{StoreError, StoreResult};
use crate::reminders::LEASE;
use crate::sql::sql;
use crate::tx::Store;

/// What is due, for one mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The message in the outbox.
    pub held: Held,
    /// The reminder in the person's inbox.
    pub reminder: Option<Uuid>,
    /// The act, to whom, the time; nothing about a child (DL-20).
    pub text: String,
    /// The law's limit, else the agency's own aim, as the agency's clock shows it.
    pub due: String,
}

/// One mail to one address: one line, or the lines of a digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Where to. None where the address is gone, or the person is.
    pub to: Option<String>,
    /// The same over every try.
    pub message_id: Uuid,
    /// What is due; never empty.
    pub lines: Vec<Line>,
}

/// What this worker holds, and all that leaves with it and that nobody holds.
const TOGETHER: &str = "with mine as (select d.agency_id, d.id, d.message_id from deliveries d \
    join unnest(?, ?) as h(id, fence) on h.id = d.id and h.fence = d.fence \
    where d.agency_id = ? and d.ended_at is null), \
    taken as (update deliveries d set leased_until = ?, fence = d.fence + 1 from (select o.agency_id, o.id \
    from deliveries o where o.agency_id = ? and o.message_id in (select message_id from mine) \
    and o.ended_at is null and o.next_try_at <= ? and (o.id in (select id from mine) \
    or o.leased_until is null or o.leased_until <= ?) \
    for update skip locked) o where d.agency_id = o.agency_id and d.id = o.id returning d.*) \
    select t.id, t.fence, t.next_try_at, t.message_id, to_jsonb(u) as duty, a.time_zone, \
    (select m.id from reminders m where m.agency_id = t.agency_id and m.rung_id = t.rung_id \
    and m.user_id = t.user_id) as reminder_id, \
    (select x.email from addresses_of(t.agency_id, t.user_id) x where x.position = t.position) as email \
    from taken t join duties u on u.agency_id = t.agency_id and u.id = t.duty_id \
    join agencies a on a.id = t.agency_id order by coalesce(u.due_at, u.target_at), t.id";

/// A report that a digest failed names the id it went out under.
const SENT_AS: &str = "update deliveries set sent_as = ? where agency_id = ? and id = any(?)";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    fence: i64,
    #[diesel(sql_type = Timestamptz)]
    next_try_at: DateTime<Utc>,
    #[diesel(sql_type = SqlUuid)]
    message_id: Uuid,
    #[diesel(sql_type = Jsonb)]
    duty: serde_json::Value,
    #[diesel(sql_type = Text)]
    time_zone: String,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    reminder_id: Option<Uuid>,
    #[diesel(sql_type = Nullable<Text>)]
    email: Option<String>,
}

impl Store {
    /// The mail of these messages, which leave together, with everything else that leaves with them. None where nothing
    /// of it is owed any more, or another worker holds it.
    pub async fn mail(&self, together: &[Held], now: DateTime<Utc>) -> StoreResult<Option<Mail>> {
        let Some(first) = together.first() else { return Ok(None) };
        self.within(first.agency, async |conn| compose(conn, first, together, now).await).await
    }
}

impl Mail {
    fn to(to: Option<String>, lines: Vec<Line>) -> Option<Self> {
        let [first, ..] = lines.as_slice() else { return None };
        // A digest that is sent again with other lines is another message: no mail server may take it for the same.
        let ids: Vec<u8> = lines.iter().flat_map(|line| line.held.id.into_bytes()).collect();
        let message_id = match lines.len() {
            1 => first.held.id,
            _ => Uuid::new_v5(&first.held.message, &ids),
        };
        Some(Self { to, message_id, lines })
    }
}

async fn compose(
    conn: &AsyncPgConnection,
    first: &Held,
    together: &[Held],
    now: DateTime<Utc>,
) -> StoreResult<Option<Mail>> {
    let rows: Vec<Row> = sql(TOGETHER)
        .bind::<Array<SqlUuid>, _>(together.iter().map(|it| it.id).collect::<Vec<_>>())
        .bind::<Array<BigInt>, _>(together.iter().map(|it| it.fence).collect::<Vec<_>>())
        .bind::<SqlUuid, _>(first.agency.uuid())
        .bind::<Timestamptz, _>(now + LEASE)
        .bind::<SqlUuid, _>(first.agency.uuid())
        .bind::<Timestamptz, _>(now)
        .bind::<Timestamptz, _>(now)
        .load(&mut &*conn)
        .await?;
    let to = rows.as_slice().first().and_then(|row| row.email.clone());
    let mut lines = Vec::new();
    // What goes to another of the person's addresses is another mail: it is leased again when its lease ends.
    for row in rows.into_iter().filter(|row| row.email == to) {
        lines.extend(owed(conn, first, row, now).await?);
    }
    let mail = Mail::to(to, lines);
    if let Some(digest) = mail.as_ref().filter(|it| 1 < it.lines.len()) {
        sql(SENT_AS)
            .bind::<SqlUuid, _>(digest.message_id)
            .bind::<SqlUuid, _>(first.agency.uuid())
            .bind::<Array<SqlUuid>, _>(digest.lines.iter().map(|it| it.held.id).collect::<Vec<_>>())
            .execute(&mut &*conn)
            .await?;
    }
    Ok(mail)
}

/// The line of a message whose duty is still owed. One that is not ends here.
async fn owed(conn: &AsyncPgConnection, held: &Held, row: Row, now: DateTime<Utc>) -> StoreResult<Option<Line>> {
    let held = Held { id: row.id, fence: row.fence, due_at: row.next_try_at, message: row.message_id, ..*held };
    let duty: duties::Row = serde_json::from_value(row.duty).map_err(|_| StoreError::Corrupt("duties"))?;
    let duty = duty.unopened()?.duty;
    if !duty.is_outstanding() {
        no_longer_owed(conn, &held, now).await?;
        return Ok(None);
    }
    let zone = Zone::parse(&row.time_zone).map_err(|_| StoreError::Corrupt("agencies.time_zone"))?;
    let text = reminder::message(&duty, now, zone);
    Ok(Some(Line { held, reminder: row.reminder_id, text, due: reminder::wall_time(duty.limit_at(), zone) }))
}
