//! Who stands on a rung at a moment: found when it is delivered, never before (DL-13).

use chrono::{DateTime, NaiveTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text, Time, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::delivery::DIGEST_AT;
use homeward_domain::duty::Cause;
use homeward_domain::id::{AgencyId, Id};
use homeward_domain::policy::{self, ReadDeterminations};
use homeward_domain::reminder::Audience;
use homeward_domain::vocabulary::Vocabulary;
use uuid::Uuid;

use crate::duties::Owed;
use crate::error::{StoreError, StoreResult};
use crate::sql::sql;

/// Everyone up to the rung's audience; where nobody stands there, the next one up who exists.
const PEOPLE: &str = include_str!("people.sql");

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Integer)]
    reached: i32,
    #[diesel(sql_type = Nullable<Time>)]
    digest_at: Option<NaiveTime>,
    #[diesel(sql_type = Nullable<Bool>)]
    mail_for_aims: Option<bool>,
}

/// Someone to be told, and what they chose.
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) digest_at: NaiveTime,
    pub(crate) mail_for_aims: bool,
}

/// Everyone to be told, and how high that reaches.
pub(crate) struct People {
    pub(crate) people: Vec<Person>,
    pub(crate) reached: Audience,
}

/// Who stands on a rung of this height for this duty now.
pub(crate) async fn standing(
    conn: &AsyncPgConnection,
    agency: AgencyId,
    owed: &Owed,
    audience: Audience,
    now: DateTime<Utc>,
) -> StoreResult<People> {
    let rows: Vec<Row> = sql(PEOPLE)
        .bind::<SqlUuid, _>(agency.uuid())
        .bind::<SqlUuid, _>(owed.unit.uuid())
        .bind::<Nullable<SqlUuid>, _>(owed.assigned_to.map(Id::uuid))
        .bind::<Integer, _>(height(audience))
        .bind::<Nullable<Array<Text>>, _>(who_may_know(owed.cause))
        .bind::<Timestamptz, _>(now)
        .bind::<SqlUuid, _>(owed.child.uuid())
        .load(&mut &*conn)
        .await?;
    let reached = rows.as_slice().first().map_or(Ok(audience), |row| at_height(row.reached))?;
    Ok(People { people: rows.into_iter().map(Person::from).collect(), reached })
}

impl From<Row> for Person {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            digest_at: row.digest_at.unwrap_or(DIGEST_AT),
            mail_for_aims: row.mail_for_aims.unwrap_or(true),
        }
    }
}

/// The roles that may be told, where not everyone may. Whoever is left out is passed over for the next one up.
fn who_may_know(cause: Cause) -> Option<Vec<&'static str>> {
    let roles = || policy::roles_that_may::<ReadDeterminations>().map(Vocabulary::code).collect();
    cause.determination().map(|_| roles())
}

fn height(audience: Audience) -> i32 {
    (0..).zip(Audience::ALL).find(|(_, it)| **it == audience).map_or(0, |(height, _)| height)
}

fn at_height(height: i32) -> StoreResult<Audience> {
    let found = usize::try_from(height).ok().and_then(|height| Audience::ALL.get(height));
    found.copied().ok_or(StoreError::Corrupt("rungs.reached"))
}
