//! What the database says of its archive and its replicas, and what the watch last saw of every ground.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Double, Nullable, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::silence::{Ground, SeenGround, Sight};
use homeward_domain::vocabulary::Vocabulary as _;

use super::Lookout;
use crate::convert::code;
use crate::error::StoreResult;
use crate::sql::sql;

/// It fails while the last that failed is later than the last that was archived.
const ARCHIVE: &str = "select current_setting('archive_mode') <> 'off' as is_on, case when last_failed_time is not null \
    and last_failed_time > coalesce(last_archived_time, '-infinity') then extract(epoch from clock_timestamp() \
    - coalesce(last_archived_time, stats_reset, last_failed_time))::float8 else 0 end as failing_seconds \
    from pg_stat_archiver";

/// A replica that says nothing any more keeps the lag that it last had, so its silence counts too. Without the right to
/// read statistics a replica has no state.
const REPLICAS: &str = "select count(*) as there, count(state) as told, max(greatest(coalesce(extract(epoch from \
    replay_lag), 0), extract(epoch from clock_timestamp() - reply_time)))::float8 as behind_seconds \
    from pg_stat_replication where state is null or state in ('streaming', 'catchup')";

const KEEP: &str = "insert into grounds (ground, is_watched, detail, looked_at) values (?, ?, ?, ?) \
    on conflict (ground) do update set is_watched = excluded.is_watched, detail = excluded.detail, \
    looked_at = excluded.looked_at";

/// What a newer version of the program watches is left out.
const ALL: &str = "select ground, is_watched, detail, looked_at from grounds where ground = any(?) order by ground";

#[derive(QueryableByName)]
struct ArchiveRow {
    #[diesel(sql_type = Bool)]
    is_on: bool,
    #[diesel(sql_type = Double)]
    failing_seconds: f64,
}

#[derive(QueryableByName)]
struct ReplicasRow {
    #[diesel(sql_type = BigInt)]
    there: i64,
    #[diesel(sql_type = BigInt)]
    told: i64,
    #[diesel(sql_type = Nullable<Double>)]
    behind_seconds: Option<f64>,
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    ground: String,
    #[diesel(sql_type = Bool)]
    is_watched: bool,
    #[diesel(sql_type = Text)]
    detail: String,
    #[diesel(sql_type = Timestamptz)]
    looked_at: DateTime<Utc>,
}

impl Row {
    fn seen(self) -> StoreResult<SeenGround> {
        Ok(SeenGround {
            ground: code(&self.ground, "grounds.ground")?,
            is_watched: self.is_watched,
            detail: self.detail,
            looked_at: self.looked_at,
        })
    }
}

impl ReplicasRow {
    /// Replicas that are there are watched; with a number, so are those that should be.
    fn sight(&self, wanted: Option<u32>) -> Sight {
        let wanted_there = wanted.map_or(0, i64::from);
        if self.there < wanted_there {
            return Sight::Unseen(format!("{} of {wanted_there} are connected", self.there));
        }
        match (self.there, wanted) {
            (0, _) => Sight::NotWatched,
            (there, Some(_)) if self.told < there => {
                Sight::Unseen("the login of the watch may not read pg_stat_replication".to_owned())
            }
            (there, None) if self.told < there => Sight::NotWatched,
            _ => Sight::Seen(seconds(self.behind_seconds.unwrap_or(0.0))),
        }
    }
}

impl Lookout {
    /// How archiving goes, and the replicas, of which so many are `wanted`.
    pub async fn replication(&self, wanted: Option<u32>) -> StoreResult<[(Ground, Sight); 2]> {
        self.sweep(async |conn| {
            let archive: ArchiveRow = sql(ARCHIVE).get_result(&mut &*conn).await?;
            let replicas: ReplicasRow = sql(REPLICAS).get_result(&mut &*conn).await?;
            let archive = if archive.is_on { Sight::Seen(seconds(archive.failing_seconds)) } else { Sight::NotWatched };
            Ok([(Ground::Archive, archive), (Ground::Replicas, replicas.sight(wanted))])
        })
        .await
    }

    /// Keeps what was seen, for the page.
    pub async fn keep_grounds(&self, seen: &[(Ground, Sight)], now: DateTime<Utc>) -> StoreResult<()> {
        self.sweep(async |conn| {
            for (ground, sight) in seen {
                sql(KEEP)
                    .bind::<Text, _>(ground.code())
                    .bind::<Bool, _>(*sight != Sight::NotWatched)
                    .bind::<Text, _>(ground.detail(sight))
                    .bind::<Timestamptz, _>(now)
                    .execute(&mut &*conn)
                    .await?;
            }
            Ok(())
        })
        .await
    }
}

pub(super) async fn all(conn: &AsyncPgConnection) -> StoreResult<Vec<SeenGround>> {
    let known: Vec<&str> = Ground::ALL.iter().map(|it| it.code()).collect();
    let rows: Vec<Row> = sql(ALL).bind::<Array<Text>, _>(known).load(&mut &*conn).await?;
    rows.into_iter().map(Row::seen).collect()
}

fn seconds(count: f64) -> TimeDelta {
    std::time::Duration::try_from_secs_f64(count).ok().and_then(|it| TimeDelta::from_std(it).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(there: i64, told: i64, wanted: Option<u32>) -> Sight {
        ReplicasRow { there, told, behind_seconds: (0 < told).then_some(7.0) }.sight(wanted)
    }

    #[test]
    fn dm_04_replicas_that_are_there_are_watched_and_those_that_should_be_are_missed() {
        assert_eq!(sight(0, 0, None), Sight::NotWatched);
        assert_eq!(sight(1, 0, None), Sight::NotWatched);
        assert_eq!(sight(1, 1, None), Sight::Seen(TimeDelta::seconds(7)));
        assert_eq!(sight(1, 1, Some(2)), Sight::Unseen("1 of 2 are connected".to_owned()));
        assert!(matches!(sight(1, 0, Some(1)), Sight::Unseen(_)));
        assert_eq!(sight(2, 2, Some(2)), Sight::Seen(TimeDelta::seconds(7)));
    }
}
