//! How much may be asked for in a minute, counted where every replica counts (LM-01, ADR 0035).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text, Timestamptz};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{AgencyId, SessionId, UserId};

use crate::error::StoreResult;
use crate::pool;
use crate::sql::sql;
use crate::tx::Store;

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Whose {
    /// Of one sign-in.
    Session(SessionId),
    /// Of one person, however often they signed in.
    Person(UserId),
    /// Of one person, to say that a child is missing or was seen.
    Reporter(UserId),
    /// Of everybody in one agency.
    Agency(AgencyId),
    /// Of everybody who is signed in at one address.
    Source(IpAddr),
    /// Of everybody who is not, at one address.
    Stranger(IpAddr),
}

impl Whose {
    /// What kind it is, in a word for figures.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Session(_) => "session",
            Self::Person(_) => "person",
            Self::Reporter(_) => "reporter",
            Self::Agency(_) => "agency",
            Self::Source(_) => "source",
            Self::Stranger(_) => "stranger",
        }
    }
}

impl fmt::Display for Whose {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind();
        match self {
            Self::Session(id) => write!(out, "{kind} {id}"),
            Self::Person(id) | Self::Reporter(id) => write!(out, "{kind} {id}"),
            Self::Agency(id) => write!(out, "{kind} {id}"),
            Self::Source(address) | Self::Stranger(address) => write!(out, "{kind} {address}"),
        }
    }
}

/// The address that stands for all whom one subscriber can come from: of IPv6 the first 64 bits.
pub fn subscriber(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

/// A replica whose clock is a little behind draws from the minute of the others. A minute that is far ahead was written
/// by a clock that is wrong, and shuts nobody out.
const DRAW: &str = "insert into allowances as a (whose, minute, drawn) values (?, ?, ?) on conflict (whose) do update set \
    drawn = case when excluded.minute <= a.minute and a.minute <= excluded.minute + interval '2 minutes' \
        then a.drawn + excluded.drawn else excluded.drawn end, \
    minute = case when excluded.minute <= a.minute and a.minute <= excluded.minute + interval '2 minutes' \
        then a.minute else excluded.minute end \
    returning drawn";

const FORGET: &str = "delete from allowances where minute < ?";

/// How long a minute is kept that nobody draws from any more.
const KEPT: TimeDelta = TimeDelta::hours(1);

#[derive(QueryableByName)]
struct Drawn {
    #[diesel(sql_type = BigInt)]
    drawn: i64,
}

impl Store {
    /// Draws a block of a minute. How much had been drawn of it before, by any replica.
    ///
    /// One statement and no transaction: there is nothing to be undone.
    pub async fn draw(&self, whose: Whose, minute: DateTime<Utc>, block: u32) -> StoreResult<u32> {
        let block = i64::from(block);
        let draw = sql(DRAW).bind::<Text, _>(whose.to_string()).bind::<Timestamptz, _>(minute).bind::<BigInt, _>(block);
        let conn = pool::checkout(&self.pool).await?;
        let Drawn { drawn } = draw.get_result(&mut &conn.pg).await?;
        Ok(u32::try_from(drawn - block).unwrap_or(u32::MAX))
    }

    /// Forgets minutes that are over.
    pub async fn forget_allowances(&self, at: DateTime<Utc>) -> StoreResult<()> {
        let conn = pool::checkout(&self.pool).await?;
        sql(FORGET).bind::<Timestamptz, _>(at - KEPT).execute(&mut &conn.pg).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lm_01_whoever_has_a_network_of_addresses_is_counted_once() {
        for (address, counted) in [
            ("203.0.113.9", "203.0.113.9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff::1", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ] {
            assert_eq!(subscriber(address.parse().unwrap()).to_string(), counted, "{address}");
        }
    }
}
