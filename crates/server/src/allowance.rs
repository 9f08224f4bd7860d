//! How much may be asked for in a minute, by one session, person, agency or address, on all replicas together (LM-01).
//!
//! A replica draws from the database in blocks of a twentieth and counts those in memory: one statement in dozens of
//! requests. ADR 0035 says why.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::http::Method;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::{DateTime, DurationRound as _, TimeDelta, Timelike as _, Utc};
use futures_util::future::LocalBoxFuture;
use homeward_store::allowances::{Whose, subscriber};
use homeward_store::call::Call;
use homeward_store::{Store, StoreError};
use tokio::sync::Mutex as Turn;

use crate::auth::origin::origin;
use crate::ctx::AppState;
use crate::http::REPORTING;
use crate::problem::{Problem, TooMany};

#[cfg(test)]
mod tests;

const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// A request may be late into the next minute. What is older than that was counted by a clock that was ahead.
const LATE: TimeDelta = TimeDelta::minutes(2);
/// So many blocks make an allowance, or more: what a replica drew is lost where it is killed.
const BLOCKS: u32 = 20;
const LARGEST: u32 = 500;

/// To say that a child is missing or was seen, at least, for each person. Three times what is asked for (LM-03), so that it
/// is there on however many replicas the blocks lie.
const REPORTS: u32 = 600;

/// How many requests a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Of one sign-in.
    pub session: u32,
    /// Of one person.
    pub person: u32,
    /// Of those who are signed in at one address: an office may have only one.
    pub source: u32,
    /// Of those who are not.
    pub stranger: u32,
    /// Of one agency.
    pub agency: u32,
    /// Of one person, to say that a child is missing or was seen.
    pub reporter: u32,
}

impl Rates {
    /// What follows from what one sign-in may ask for.
    pub const fn of_session(session: u32) -> Self {
        let reporter = if session < REPORTS { REPORTS } else { session };
        let (person, source, stranger, agency) = (session * 2, session * 20, session * 2, session * 100);
        Self { session, person, source, stranger, agency, reporter }
    }

    fn of(&self, whose: Whose) -> u32 {
        match whose {
            Whose::Session(_) => self.session,
            Whose::Person(_) => self.person,
            Whose::Reporter(_) => self.reporter,
            Whose::Agency(_) => self.agency,
            Whose::Source(_) => self.source,
            Whose::Stranger(_) => self.stranger,
        }
    }
}

/// What this replica has drawn, and not given out yet.
pub struct Allowances {
    rates: Rates,
    drawn: Mutex<Drawn>,
}

/// What was drawn of one minute.
struct Drawn {
    minute: DateTime<Utc>,
    purses: HashMap<Whose, Arc<Turn<Purse>>>,
}

/// Whoever draws has its turn: of many who come at once one draws, and the others take of it.
#[derive(Default)]
struct Purse {
    left: u32,
    /// Nothing is to be had any more in this minute.
    dry: bool,
}

impl Allowances {
    /// Nothing drawn yet.
    pub fn new(rates: Rates) -> Self {
        Self { rates, drawn: Mutex::new(Drawn { minute: DateTime::UNIX_EPOCH, purses: HashMap::new() }) }
    }

    /// The same rates for another replica.
    pub fn anew(&self) -> Self {
        Self::new(self.rates)
    }

    /// Takes one.
    async fn take(&self, store: &Store, whose: Whose, at: DateTime<Utc>) -> Result<(), Problem> {
        let (minute, purse) = self.purse(whose, at);
        let mut purse = purse.lock().await;
        if purse.left == 0 && !purse.dry {
            purse.left = self.draw(store, whose, minute).await?;
            purse.dry = purse.left == 0;
        }
        let Some(left) = purse.left.checked_sub(1) else {
            metrics::counter!("requests_over_limit_total", "whose" => whose.kind()).increment(1);
            return Err(Problem::TooMany { what: TooMany::Requests, seconds: u64::from(60 - at.second().min(59)) });
        };
        purse.left = left;
        Ok(())
    }

    fn purse(&self, whose: Whose, at: DateTime<Utc>) -> (DateTime<Utc>, Arc<Turn<Purse>>) {
        let minute = at.duration_trunc(MINUTE).unwrap_or(at);
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.minute < minute || minute + LATE < drawn.minute {
            *drawn = Drawn { minute, purses: HashMap::new() };
        }
        (drawn.minute, drawn.purses.entry(whose).or_default().clone())
    }

    /// How much of a block was there.
    async fn draw(&self, store: &Store, whose: Whose, minute: DateTime<Utc>) -> Result<u32, Problem> {
        let rate = self.rates.of(whose);
        let block = (rate / BLOCKS).clamp(1, LARGEST);
        match store.draw(whose, minute, block).await {
            Ok(before) => Ok(rate.saturating_sub(before).min(block)),
            // The request would fail by it, too.
            Err(error @ StoreError::Unavailable(_)) => Err(error.into()),
            // What only counts keeps nobody from work.
            Err(error) => {
                tracing::error!(%error, "requests cannot be counted");
                Ok(1)
            }
        }
    }
}

/// Counts the request of somebody who is signed in.
pub async fn admit(app: &AppState, request: &HttpRequest, call: &Call) -> Result<(), Problem> {
    let take = |whose| app.allowances.take(&app.store, whose, call.at);
    if reports(request) {
        return take(Whose::Reporter(call.user)).await;
    }
    take(Whose::Session(call.session)).await?;
    take(Whose::Person(call.user)).await?;
    if let Some(address) = call.origin.source {
        take(Whose::Source(subscriber(address))).await?;
    }
    take(Whose::Agency(call.agency)).await
}

/// Counts the request of somebody who is not.
pub async fn admit_stranger(app: &AppState, request: &HttpRequest, at: DateTime<Utc>) -> Result<(), Problem> {
    match origin(request).source {
        Some(address) => app.allowances.take(&app.store, Whose::Stranger(subscriber(address)), at).await,
        None => Ok(()),
    }
}

/// Somebody who is not signed in, and may ask.
pub struct Stranger;

impl FromRequest for Stranger {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut actix_web::dev::Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let app = request.app_data::<web::Data<AppState>>().cloned().ok_or(Problem::NotFound)?;
            admit_stranger(&app, &request, app.now()).await.map(|()| Self)
        })
    }
}

fn reports(request: &HttpRequest) -> bool {
    request.method() == Method::POST && request.match_pattern().is_some_and(|it| REPORTING.contains(&it.as_str()))
}
