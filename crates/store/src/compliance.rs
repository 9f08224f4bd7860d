//! Compliance: how many initial reports were made in time, and the rows behind each number.
//!
//! SQL judges many episodes at once and says what `domain::compliance` says of one; a test holds the two equal
//! (CK-07). The text is put together from parts, so a summary and its rows come from the same words.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use diesel::sql_types::{Array, Text, Timestamptz, Uuid as SqlUuid};
use homeward_domain::child::{CareStatus, UnderTwentySix};
use homeward_domain::compliance::Method;
use homeward_domain::duty::DutyKind;
use homeward_domain::id::UserId;
use homeward_domain::law::FEDERAL_RECIPIENTS;
use homeward_domain::notification::Recipient;
use homeward_domain::policy::{Grant, Reach, ReadCompliance};
use homeward_domain::vocabulary::Vocabulary;
use uuid::Uuid;

use crate::error::StoreResult;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

mod rows;
mod summary;

pub use rows::{Line, rows};
pub use summary::{Group, GroupBy, summary};

/// Which initial reports are counted, how, and as of when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// How they are counted.
    pub method: Method,
    /// Only to this one of the two recipients of the federal report.
    pub recipient: Option<Recipient>,
    /// First day of receipt, in the agency's civil time.
    pub from: Option<NaiveDate>,
    /// Last day of receipt, inclusive.
    pub to: Option<NaiveDate>,
    /// Only of the unit that answered for the child at receipt.
    pub unit_code: Option<String>,
    /// Only of the worker the child was assigned to at receipt.
    pub worker: Option<AssignedTo>,
    /// States as of this moment, from what had happened by then.
    pub as_of: DateTime<Utc>,
    /// Only what was recorded by then.
    pub known_at: DateTime<Utc>,
}

/// Whose work an episode was at receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignedTo {
    /// This worker's.
    Worker(UserId),
    /// Nobody's.
    Nobody,
}

/// How the reports are looked up. The rows are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// All of them, by whatever join is best.
    Whole,
    /// In the order of receipt, so that a page needs no more than its own.
    InOrder,
}

const NOW: &str = include_str!("compliance/now.sql");
const KNOWN: &str = include_str!("compliance/known.sql");
const EPISODES: &str = include_str!("compliance/episodes.sql");
const ALL_REPORTS: &str = include_str!("compliance/all_reports.sql");
const REPORTS: &str = include_str!("compliance/reports.sql");
const STATUTE: &str = include_str!("compliance/statute.sql");
const RULES: &str = include_str!("compliance/rules.sql");
const OIG: &str = include_str!("compliance/oig.sql");

/// Everything up to the table `judged`: one row for each report that counts, with its state.
fn judged(tx: &ReadTx, grant: &Grant<ReadCompliance>, asked: &Asked, reading: Reading) -> StoreResult<Sql> {
    let is_past = asked.known_at < tx.at();
    let query = sql(if is_past { KNOWN } else { NOW })
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<Timestamptz, _>(asked.as_of)
        .bind::<Timestamptz, _>(asked.known_at)
        .bind::<Text, _>(tx.agency().zone.name())
        .push(EPISODES)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<Timestamptz, _>(received_from(tx, asked)?)
        .bind::<Timestamptz, _>(received_before(tx, asked));
    let mut query = matching(within_reach(covered(query, tx), grant), grant, asked);
    if is_past && reading == Reading::InOrder {
        // No index spans versions and present rows, and the planner does not think of sorting before it looks up.
        query = query.push(" order by e.agency_information_received_at, e.id");
    }
    Ok(query
        .push(if reading == Reading::Whole { ALL_REPORTS } else { REPORTS })
        .bind::<Array<Text>, _>(recipients(asked))
        .push(match asked.method {
            Method::Statute => STATUTE,
            Method::Oig => OIG,
            Method::Rules => RULES,
        }))
}

fn recipients(asked: &Asked) -> Vec<&'static str> {
    let wanted = FEDERAL_RECIPIENTS.into_iter().filter(|it| asked.recipient.is_none_or(|only| only == *it));
    wanted.map(Vocabulary::code).collect()
}

/// Nothing was owed before the report became a duty (29 Sep 2016; rules go by the UTC day of receipt).
fn received_from(tx: &ReadTx, asked: &Asked) -> StoreResult<DateTime<Utc>> {
    let book = tx.agency().rule_book()?;
    let reports = book.rules().iter().filter(|it| {
        it.duty == DutyKind::InitialReport && it.recipient.is_some_and(|to| FEDERAL_RECIPIENTS.contains(&to))
    });
    let in_force = reports.map(|it| it.effective_from.and_time(NaiveTime::MIN).and_utc()).min();
    let from = asked.from.map(|day| tx.agency().zone.start_of_day(day));
    Ok(in_force.max(from).unwrap_or(DateTime::UNIX_EPOCH))
}

/// What was received after `as_of` had not happened. The database counts in microseconds.
fn received_before(tx: &ReadTx, asked: &Asked) -> DateTime<Utc> {
    let after = asked.as_of + TimeDelta::microseconds(1);
    let end = asked.to.and_then(|day| day.succ_opt()).map(|day| tx.agency().zone.start_of_day(day));
    end.map_or(after, |end| end.min(after))
}

/// Whom the duty is owed for (COV-2).
fn covered(query: Sql, tx: &ReadTx) -> Sql {
    match tx.agency().under_twenty_six {
        UnderTwentySix::Elected => query,
        UnderTwentySix::NotElected => {
            query.push(" and e.care_status <> ?").bind::<Text, _>(CareStatus::StateOptionUnder26.code())
        }
    }
}

fn within_reach(query: Sql, grant: &Grant<ReadCompliance>) -> Sql {
    match &grant.caller().reach {
        Reach::WholeAgency => query,
        Reach::Units(units) => query
            .push(
                " and exists (select from children c where c.agency_id = e.agency_id and c.id = e.child_id \
                 and (c.unit_id = any(?) or c.assigned_to = ?))",
            )
            .bind::<Array<SqlUuid>, _>(units.iter().map(|it| it.uuid()).collect::<Vec<Uuid>>())
            .bind::<SqlUuid, _>(grant.actor().uuid()),
    }
}

fn matching(mut query: Sql, grant: &Grant<ReadCompliance>, asked: &Asked) -> Sql {
    if let Some(code) = &asked.unit_code {
        query = query
            .push(" and e.unit_id = (select id from units where agency_id = ? and code = ?)")
            .bind::<SqlUuid, _>(grant.agency().uuid())
            .bind::<Text, _>(code.clone());
    }
    match asked.worker {
        Some(AssignedTo::Worker(worker)) => query.push(" and e.worker_id = ?").bind::<SqlUuid, _>(worker.uuid()),
        Some(AssignedTo::Nobody) => query.push(" and e.worker_id is null"),
        None => query,
    }
}
