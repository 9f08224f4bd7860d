//! How many children somebody opened of late, from the looks that are recorded anyway (LM-06, ADR 0036).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::ChildId;
use homeward_domain::notice::Notice;
use homeward_domain::policy::{self, ReviewLooks, Role};
use homeward_domain::reading::{Opened, ReadingBudget};
use homeward_domain::vocabulary::Vocabulary as _;

use crate::call::Call;
use crate::convert::code;
use crate::error::StoreResult;
use crate::sql::sql;
use crate::tx::Store;

/// What is known of a reader who asks for a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reader {
    /// What they may open.
    pub budget: ReadingBudget,
    /// What they have opened, and this child.
    pub opened: Opened,
    /// Whether this child is one of those, or opened in an emergency: then it is no further one.
    pub may_anyway: bool,
    /// When the first look falls out of the hour.
    pub hour_ends_at: DateTime<Utc>,
    /// When the first look falls out of the day.
    pub day_ends_at: DateTime<Utc>,
}

const HOUR: TimeDelta = TimeDelta::hours(1);
const DAY: TimeDelta = TimeDelta::days(1);

/// A list shows many children at once and is everybody's daily work; what counts is whose record was opened.
const COUNT: &str = "with opened as (select l.at, min(s.child_id::text)::uuid as child_id from looks l \
    join look_children s on s.agency_id = l.agency_id and s.look_id = l.id \
    where l.agency_id = ? and l.actor_id = ? and ? < l.at \
    and l.kind not in ('read_audit', 'read_access_log', 'review_looks') \
    group by l.id, l.at having count(*) = 1) \
    select u.role, b.an_hour, b.a_day, \
    (select count(distinct o.child_id) from opened o where ? < o.at) as in_an_hour, \
    (select count(distinct o.child_id) from opened o) as in_a_day, \
    (select min(o.at) from opened o where ? < o.at) as first_of_hour, (select min(o.at) from opened o) as first_of_day, \
    exists (select from opened o where o.child_id = ?) as is_known, \
    exists (select from emergency_accesses g where g.agency_id = u.agency_id and g.user_id = u.id and g.child_id = ? \
    and ? < g.expires_at and g.reviewed_at is null and g.session_id = ?) as in_emergency \
    from users u left join reading_budgets b on b.agency_id = u.agency_id and b.role = u.role \
    where u.agency_id = ? and u.id = ?";

/// To those who review looks, once a day for each reader.
const TELL: &str = "insert into notices (agency_id, id, user_id, about_id, kind, happened_at, next_try_at, tries) \
    select u.agency_id, gen_random_uuid(), u.id, ?, ?, ?, ?, 0 from users u \
    where u.agency_id = ? and u.disabled_at is null and u.id <> ? and u.role = any(?) \
    and not exists (select from notices n where n.agency_id = u.agency_id and n.about_id = ? and n.kind = ? \
    and ? < n.happened_at)";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Nullable<Integer>)]
    an_hour: Option<i32>,
    #[diesel(sql_type = Nullable<Integer>)]
    a_day: Option<i32>,
    #[diesel(sql_type = BigInt)]
    in_an_hour: i64,
    #[diesel(sql_type = BigInt)]
    in_a_day: i64,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    first_of_hour: Option<DateTime<Utc>>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    first_of_day: Option<DateTime<Utc>>,
    #[diesel(sql_type = Bool)]
    is_known: bool,
    #[diesel(sql_type = Bool)]
    in_emergency: bool,
}

impl Row {
    fn reader(self, at: DateTime<Utc>) -> StoreResult<Reader> {
        let role: Role = code(&self.role, "users.role")?;
        let chosen = self.an_hour.zip(self.a_day).and_then(|(hour, day)| {
            Some(ReadingBudget { an_hour: u32::try_from(hour).ok()?, a_day: u32::try_from(day).ok()? })
        });
        let with_this = |count: i64| u32::try_from(count + i64::from(!self.is_known)).unwrap_or(u32::MAX);
        Ok(Reader {
            budget: chosen.unwrap_or_else(|| ReadingBudget::usual(role)),
            opened: Opened { in_an_hour: with_this(self.in_an_hour), in_a_day: with_this(self.in_a_day) },
            may_anyway: self.is_known || self.in_emergency,
            hour_ends_at: self.first_of_hour.unwrap_or(at) + HOUR,
            day_ends_at: self.first_of_day.unwrap_or(at) + DAY,
        })
    }
}

impl Store {
    /// What whoever calls has opened of late; none where they are nobody.
    pub async fn reader(&self, call: &Call, child: ChildId) -> StoreResult<Option<Reader>> {
        let count = sql(COUNT)
            .bind::<SqlUuid, _>(call.agency.uuid())
            .bind::<SqlUuid, _>(call.user.uuid())
            .bind::<Timestamptz, _>(call.at - DAY)
            .bind::<Timestamptz, _>(call.at - HOUR)
            .bind::<Timestamptz, _>(call.at - HOUR)
            .bind::<SqlUuid, _>(child.uuid())
            .bind::<SqlUuid, _>(child.uuid())
            .bind::<Timestamptz, _>(call.at)
            .bind::<SqlUuid, _>(call.session.uuid())
            .bind::<SqlUuid, _>(call.agency.uuid())
            .bind::<SqlUuid, _>(call.user.uuid());
        let row: Option<Row> =
            self.within(call.agency, async |conn| Ok(count.get_result(&mut &*conn).await.optional()?)).await?;
        row.map(|it| it.reader(call.at)).transpose()
    }

    /// Tells those who review looks that somebody opened more children than their work asks for; nothing where no mail
    /// leaves the installation: there the review of looks shows it.
    pub async fn tell_of_reader(&self, call: &Call) -> StoreResult<()> {
        if !self.mails {
            return Ok(());
        }
        let (reviewers, notice) = (policy::roles_that_may::<ReviewLooks>().map(Role::code), Notice::ManyChildrenOpened);
        let tell = sql(TELL)
            .bind::<SqlUuid, _>(call.user.uuid())
            .bind::<Text, _>(notice.code())
            .bind::<Timestamptz, _>(call.at)
            .bind::<Timestamptz, _>(call.at)
            .bind::<SqlUuid, _>(call.agency.uuid())
            .bind::<SqlUuid, _>(call.user.uuid())
            .bind::<Array<Text>, _>(reviewers.collect::<Vec<_>>())
            .bind::<SqlUuid, _>(call.user.uuid())
            .bind::<Text, _>(notice.code())
            .bind::<Timestamptz, _>(call.at - DAY);
        self.within(call.agency, async |conn| Ok(tell.execute(&mut &*conn).await?)).await?;
        Ok(())
    }
}
