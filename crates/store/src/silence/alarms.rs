//! Alarms as they are kept: the page reads them, and a watch that starts anew takes them up.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::silence::{Alarm, Condition};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use super::Lookout;
use crate::convert::code;
use crate::error::StoreResult;
use crate::sql::sql;

/// What a newer version of the program has raised is left to that.
const STANDING: &str = "select condition, raised_at, told_at, detail from alarms where cleared_at is null \
    and condition = any(?) order by raised_at, condition";

/// Another watch may have raised the same one: there is one row for what stands.
const RAISE: &str = "insert into alarms (id, condition, raised_at, detail) values (?, ?, ?, ?) on conflict do nothing";

const BRING_UP: &str = "update alarms set told_at = ?, cleared_at = ?, detail = ? \
    where id = ? or (condition = ? and cleared_at is null)";

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    condition: String,
    #[diesel(sql_type = Timestamptz)]
    raised_at: DateTime<Utc>,
    #[diesel(sql_type = Nullable<Timestamptz>)]
    told_at: Option<DateTime<Utc>>,
    #[diesel(sql_type = Text)]
    detail: String,
}

impl Row {
    fn alarm(self) -> StoreResult<Alarm> {
        Ok(Alarm {
            condition: code(&self.condition, "alarms.condition")?,
            detail: self.detail,
            raised_at: self.raised_at,
            told_at: self.told_at,
            cleared_at: None,
        })
    }
}

impl Lookout {
    /// What stands, as another run of the watch left it.
    pub async fn standing_alarms(&self) -> StoreResult<Vec<Alarm>> {
        self.sweep(async |conn| standing(conn).await).await
    }

    /// Keeps an alarm as it is now.
    pub async fn keep_alarm(&self, alarm: &Alarm) -> StoreResult<()> {
        // The same alarm has the same id, however often it is kept: also one that rose while the database was away.
        let name = format!("{} {}", alarm.condition, alarm.raised_at.timestamp_micros());
        let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes());
        let raise = sql(RAISE).bind::<SqlUuid, _>(id).bind::<Text, _>(alarm.condition.code());
        let raise = raise.bind::<Timestamptz, _>(alarm.raised_at).bind::<Text, _>(alarm.detail.clone());
        let bring_up = sql(BRING_UP)
            .bind::<Nullable<Timestamptz>, _>(alarm.told_at)
            .bind::<Nullable<Timestamptz>, _>(alarm.cleared_at)
            .bind::<Text, _>(alarm.detail.clone())
            .bind::<SqlUuid, _>(id)
            .bind::<Text, _>(alarm.condition.code());
        self.sweep(async |conn| {
            raise.execute(&mut &*conn).await?;
            bring_up.execute(&mut &*conn).await?;
            Ok(())
        })
        .await
    }
}

pub(super) async fn standing(conn: &AsyncPgConnection) -> StoreResult<Vec<Alarm>> {
    let known: Vec<&str> = Condition::ALL.iter().map(|it| it.code()).collect();
    let rows: Vec<Row> = sql(STANDING).bind::<Array<Text>, _>(known).load(&mut &*conn).await?;
    rows.into_iter().map(Row::alarm).collect()
}
