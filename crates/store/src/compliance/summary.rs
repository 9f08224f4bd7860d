//! The figures.

use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Double, Nullable, Text};
use diesel_async::RunQueryDsl as _;
use homeward_domain::policy::{Grant, ReadCompliance};
use homeward_domain::vocabulary::Vocabulary;

use super::{Asked, Reading, judged};
use crate::error::StoreResult;
use crate::tx::ReadTx;

/// By what the figures are set apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// By nothing.
    None,
    /// The unit that answered for the child at receipt.
    Unit,
    /// The worker the child was assigned to at receipt.
    Worker,
    /// The month of receipt, in the agency's civil time.
    Month,
}

impl Vocabulary for GroupBy {
    const NAME: &'static str = "GroupBy";
    const ALL: &'static [Self] = &[Self::None, Self::Unit, Self::Worker, Self::Month];

    fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unit => "unit",
            Self::Worker => "worker",
            Self::Month => "month",
        }
    }
}

/// The figures of one group. The five states add up to the total.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub struct Group {
    /// `all`, the code of a unit, the id of a worker or `unassigned`, or a month such as `2020-03`.
    #[diesel(sql_type = Text)]
    pub key: String,
    /// How many reports were owed: one for each episode and recipient.
    #[diesel(sql_type = BigInt)]
    pub total: i64,
    /// Done in time.
    #[diesel(sql_type = BigInt)]
    pub timely: i64,
    /// Done too late.
    #[diesel(sql_type = BigInt)]
    pub late: i64,
    /// Undone when a person closed the episode.
    #[diesel(sql_type = BigInt)]
    pub never: i64,
    /// Undone, and the time has passed.
    #[diesel(sql_type = BigInt)]
    pub overdue: i64,
    /// Undone, and there is time left.
    #[diesel(sql_type = BigInt)]
    pub open: i64,
    /// Hours from receipt to report, over what was done.
    #[diesel(sql_type = Nullable<Double>)]
    pub median_hours: Option<f64>,
    /// The same, the ninth of ten.
    #[diesel(sql_type = Nullable<Double>)]
    pub p90_hours: Option<f64>,
}

const SUMMARY: &str = include_str!("summary.sql");

/// The figures within the caller's reach, by key. Without grouping there is always one group.
pub async fn summary(
    tx: &ReadTx,
    grant: &Grant<ReadCompliance>,
    asked: &Asked,
    group_by: GroupBy,
) -> StoreResult<Vec<Group>> {
    let key = match group_by {
        GroupBy::None => " select 'all'",
        GroupBy::Unit => " select u.code",
        GroupBy::Worker => " select coalesce(j.worker_id::text, 'unassigned')",
        GroupBy::Month => " select to_char(j.received_at at time zone (select zone from p), 'YYYY-MM')",
    };
    let query = judged(tx, grant, asked, Reading::Whole)?.push(key).push(SUMMARY);
    let mut groups: Vec<Group> = query.load(&mut tx.conn()).await?;
    if groups.is_empty() && group_by == GroupBy::None {
        groups.push(Group::empty());
    }
    groups.sort_by(|one, other| one.key.cmp(&other.key));
    Ok(groups)
}

impl Group {
    fn empty() -> Self {
        Self {
            key: "all".to_owned(),
            total: 0,
            timely: 0,
            late: 0,
            never: 0,
            overdue: 0,
            open: 0,
            median_hours: None,
            p90_hours: None,
        }
    }
}
