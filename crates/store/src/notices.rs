//! What people are told by mail that is no reminder: of sign-ins, and of emergencies. Queued with what happened, sent by
//! whoever sends mail; one that is sent twice harms nobody.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::id::{AgencyId, Id, UnitId, UserId};
pub use homeward_domain::notice::Notice;
use homeward_domain::policy::{self, ChangeEpisode, ConfigureRules, Grant, ManagePeople, Permit, ReviewEmergencies};
use homeward_domain::vocabulary::Vocabulary;
use homeward_domain::zone::Zone;
use uuid::Uuid;

use crate::convert::code;
use crate::error::{StoreError, StoreResult};
use crate::sql::sql;
use crate::tx::{Store, WriteTx};

pub(crate) mod queue;

use queue::{LEASE, NEWS};

/// A notice that this worker holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Of which agency.
    pub agency: AgencyId,
    /// The notice.
    pub id: Uuid,
    /// Who is told.
    pub to: UserId,
    /// Whose sign-in it is about.
    pub about: UserId,
    /// What happened.
    pub notice: Notice,
    /// When.
    pub happened_at: DateTime<Utc>,
}

/// Where it goes, and in which words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The address that they sign in with.
    pub to: String,
    /// What it says.
    pub text: String,
}

/// To the person, and to those who administer them where it concerns these.
const QUEUE: &str = "insert into notices (agency_id, id, user_id, about_id, kind, happened_at, next_try_at, tries) \
    select p.agency_id, gen_random_uuid(), u.id, p.id, ?, ?, ?, 0 from users p \
    join users u on u.agency_id = p.agency_id and u.disabled_at is null and (u.id = p.id or (? and u.role = any(?) \
    and (u.whole_agency or exists (select from user_units a join user_units b on b.agency_id = a.agency_id \
    and b.unit_id = a.unit_id where a.agency_id = p.agency_id and a.user_id = u.id and b.user_id = p.id)))) \
    where p.agency_id = ? and p.id = ?";

/// To those who judge emergencies, and to the supervisors of the unit.
const ALARM: &str = "insert into notices (agency_id, id, user_id, about_id, kind, happened_at, next_try_at, tries) \
    select u.agency_id, gen_random_uuid(), u.id, ?, ?, ?, ?, 0 from users u \
    where u.agency_id = ? and u.disabled_at is null and u.id <> ? and (u.role = any(?) or (u.role = 'supervisor' \
    and exists (select from user_units x where x.agency_id = u.agency_id and x.user_id = u.id and x.unit_id = ?)))";

const TAKE: &str = "update notices n set tries = n.tries + 1, next_try_at = ? from \
    (select o.agency_id, o.id from notices o where o.sent_at is null and o.next_try_at <= ? and ? < o.happened_at \
    order by o.next_try_at, o.id limit ? for update skip locked) o \
    where n.agency_id = o.agency_id and n.id = o.id \
    returning n.agency_id, n.id, n.user_id, n.about_id, n.kind, n.happened_at";

const LETTER: &str = "select u.email, p.email as about, a.time_zone from users u \
    join users p on p.agency_id = u.agency_id and p.id = ? join agencies a on a.id = u.agency_id \
    where u.agency_id = ? and u.id = ? and u.disabled_at is null";

const SENT: &str = "update notices set sent_at = ? where agency_id = ? and id = ? and sent_at is null";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    about_id: Uuid,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Timestamptz)]
    happened_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct LetterRow {
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = Text)]
    about: String,
    #[diesel(sql_type = Text)]
    time_zone: String,
}

impl Row {
    fn held(self) -> StoreResult<Held> {
        Ok(Held {
            agency: Id::from_uuid(self.agency_id),
            id: self.id,
            to: Id::from_uuid(self.user_id),
            about: Id::from_uuid(self.about_id),
            notice: code(&self.kind, "notices.kind")?,
            happened_at: self.happened_at,
        })
    }
}

/// Queues a notice about somebody's sign-in.
pub(crate) async fn queue(
    mut conn: &AsyncPgConnection,
    notice: Notice,
    (agency, about): (AgencyId, UserId),
    at: DateTime<Utc>,
) -> StoreResult<()> {
    let administrators: Vec<&str> = policy::roles_that_may::<ManagePeople>().map(Vocabulary::code).collect();
    sql(QUEUE)
        .bind::<Text, _>(notice.code())
        .bind::<Timestamptz, _>(at)
        .bind::<Timestamptz, _>(at)
        .bind::<Bool, _>(notice.concerns_administrators())
        .bind::<Array<Text>, _>(administrators)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<SqlUuid, _>(about.uuid())
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// Queues a notice with what a person did; nothing where no mail leaves the installation.
pub(crate) async fn tell(tx: &WriteTx, notice: Notice, about: UserId) -> StoreResult<()> {
    if tx.mails() { queue(tx.conn(), notice, (tx.call().agency, about), tx.at()).await } else { Ok(()) }
}

/// Tells those who watch over records that a limit of law is later than it was (CK-04).
pub async fn limit_moved_later(tx: &WriteTx, permit: &Permit<ChangeEpisode>) -> StoreResult<()> {
    alarm(tx, Notice::LimitMovedLater, permit.actor(), tx.child()?.unit).await
}

/// Tells those who watch over records that the agency goes by other rules.
pub(crate) async fn rules_chosen(tx: &WriteTx, grant: &Grant<ConfigureRules>) -> StoreResult<()> {
    // Of the whole agency, and of no unit.
    alarm(tx, Notice::RulesChosen, grant.actor(), Id::from_uuid(Uuid::nil())).await
}

/// Queues a notice of what a person did with a record of this unit, to those who watch over that.
pub(crate) async fn alarm(tx: &WriteTx, notice: Notice, about: UserId, unit: UnitId) -> StoreResult<()> {
    if !tx.mails() {
        return Ok(());
    }
    let judges: Vec<&str> = policy::roles_that_may::<ReviewEmergencies>().map(Vocabulary::code).collect();
    sql(ALARM)
        .bind::<SqlUuid, _>(about.uuid())
        .bind::<Text, _>(notice.code())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(tx.call().agency.uuid())
        .bind::<SqlUuid, _>(about.uuid())
        .bind::<Array<Text>, _>(judges)
        .bind::<SqlUuid, _>(unit.uuid())
        .execute(&mut tx.conn())
        .await?;
    Ok(())
}

impl Store {
    /// Whether mail leaves the installation.
    pub fn sends_mail(&self) -> bool {
        self.mails
    }

    /// Takes what is to be told now.
    pub async fn take_notices(&self, at: DateTime<Utc>, limit: i64) -> StoreResult<Vec<Held>> {
        let take = sql(TAKE)
            .bind::<Timestamptz, _>(at + LEASE)
            .bind::<Timestamptz, _>(at)
            .bind::<Timestamptz, _>(at - NEWS)
            .bind::<BigInt, _>(limit);
        let rows: Vec<Row> = self.sweep(async |conn| Ok(take.load(&mut &*conn).await?)).await?;
        rows.into_iter().map(Row::held).collect()
    }

    /// The words of a notice; none where whoever it is for has left.
    pub async fn letter(&self, held: &Held) -> StoreResult<Option<Letter>> {
        let find = sql(LETTER)
            .bind::<SqlUuid, _>(held.about.uuid())
            .bind::<SqlUuid, _>(held.agency.uuid())
            .bind::<SqlUuid, _>(held.to.uuid());
        let row: Option<LetterRow> =
            self.within(held.agency, async |conn| Ok(find.get_result(&mut &*conn).await.optional()?)).await?;
        let Some(row) = row else { return Ok(None) };
        let zone = Zone::parse(&row.time_zone).map_err(|_| StoreError::Corrupt("agencies.time_zone"))?;
        Ok(Some(Letter { to: row.email, text: held.notice.text(&row.about, held.happened_at, zone) }))
    }

    /// The relay has it, or there is nobody to send it to.
    pub async fn notice_sent(&self, held: &Held, at: DateTime<Utc>) -> StoreResult<()> {
        let sent =
            sql(SENT).bind::<Timestamptz, _>(at).bind::<SqlUuid, _>(held.agency.uuid()).bind::<SqlUuid, _>(held.id);
        self.within(held.agency, async |conn| Ok(sent.execute(&mut &*conn).await?)).await?;
        Ok(())
    }
}
