//! The 18th birthday within an episode, which asks a person to review (COV-3). The day is sealed with the child, so the
//! review is planned only when it is near: until then no row outside the record tells when a child was born.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::child::eighteenth_birthday;
use homeward_domain::duty::{DutyKind, Lapse};
use homeward_domain::id::Id;
use uuid::Uuid;

use super::many::Many;
use super::rules::BATCH;
use crate::agencies;
use crate::call::Agency;
use crate::children;
use crate::duties::Owed;
use crate::error::StoreResult;
use crate::seal::Safe;
use crate::sql::sql;
use crate::tx::Store;

/// How long before the birthday its review is planned. The worker looks every hour.
const AHEAD: TimeDelta = TimeDelta::days(2);

/// Absences that go on and have no review planned.
const WITHOUT_REVIEW: &str = "select e.id, e.child_id, e.agency_information_received_at as received_at \
    from missing_episodes e where e.agency_id = ? and e.closed_at is null and e.recovered_at is null \
    and e.returned_to_care_at is null and e.placed_elsewhere_at is null and not e.is_history \
    and not exists (select from duties d where d.agency_id = e.agency_id and d.episode_id = e.id \
    and d.kind = 'birthday_review' and d.superseded_at is null) order by e.id";

#[derive(QueryableByName)]
struct Absence {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    child_id: Uuid,
    #[diesel(sql_type = Timestamptz)]
    received_at: DateTime<Utc>,
}

/// When the review begins: where the birthday lies after the receipt, and is past or near.
pub(crate) fn review_at(
    agency: &Agency,
    born_on: NaiveDate,
    received_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let birthday = eighteenth_birthday(born_on).map(|day| agency.zone.start_of_day(day))?;
    (received_at < birthday && birthday <= now + AHEAD).then_some(birthday)
}

/// When it begins by what is planned, for those who cannot open the child's record.
pub(crate) fn planned_at(stored: &[Owed]) -> Option<DateTime<Utc>> {
    let mut reviews = stored.iter().filter(|it| it.duty.key.kind == DutyKind::BirthdayReview);
    reviews.find(|it| !matches!(it.duty.lapse, Some(Lapse::Superseded(_)))).map(|it| it.duty.starts_at)
}

impl Store {
    /// Plans the reviews of birthdays that have come near. Says for how many absences. An agency that cannot be planned
    /// holds up no other.
    pub async fn plan_birthdays(&self, now: DateTime<Utc>) -> StoreResult<usize> {
        let mut planned = Ok(0);
        for row in self.every_agency().await? {
            let of_agency = self.plan_birthdays_of(row, now).await;
            planned = planned.and_then(|before| of_agency.map(|more| before + more));
        }
        planned
    }

    async fn plan_birthdays_of(&self, row: agencies::Row, now: DateTime<Utc>) -> StoreResult<usize> {
        let agency = row.agency()?;
        let safe = Safe::new(&self.keyring, agency.id);
        self.within(agency.id, async |conn| of_agency(conn, &agency, safe, now).await).await
    }
}

async fn of_agency(conn: &AsyncPgConnection, agency: &Agency, safe: Safe<'_>, at: DateTime<Utc>) -> StoreResult<usize> {
    let book = agency.rule_book()?;
    let many = Many { conn, agency, book: &book, at };
    let absences: Vec<Absence> = sql(WITHOUT_REVIEW).bind::<SqlUuid, _>(agency.id.uuid()).load(&mut &*conn).await?;
    let mut planned = 0;
    for batch in absences.chunks(BATCH) {
        let ids: Vec<Uuid> = batch.iter().map(|it| it.child_id).collect();
        let births = children::births(conn, safe, &ids).await?;
        let born_on = |it: &Absence| births.get(&Id::from_uuid(it.child_id)).copied();
        let is_near =
            |it: &&Absence| born_on(it).is_some_and(|day| review_at(agency, day, it.received_at, at).is_some());
        let (ids, children): (Vec<Uuid>, Vec<Uuid>) =
            batch.iter().filter(is_near).map(|it| (it.id, it.child_id)).unzip();
        if !ids.is_empty() {
            many.again(safe, &ids, &children).await?;
        }
        planned += ids.len();
    }
    Ok(planned)
}
