//! What every request can reach.

use std::sync::Arc;

use actix_web::web;
use chrono::{DateTime, Utc};
use homeward_store::Store;
use tokio::sync::Semaphore;

use crate::allowance::Allowances;
use crate::auth::password::Passwords;
use crate::auth::token::Keys;
use crate::clock::Clock;
use crate::objects::Objects;
use crate::photo::Decoder;
use crate::provider::Providers;
use crate::pulse::Pulse;
use crate::reading::Readers;
use crate::webhook::Poster;

/// What every request can reach.
#[derive(Clone)]
pub struct AppState {
    /// The database, behind the policy.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What signs tokens and cursors.
    pub keys: Arc<Keys>,
    /// How much may be asked for in a minute.
    pub allowances: Arc<Allowances>,
    /// How many children each reader opened of late.
    pub readers: Arc<Readers>,
    /// Who else says who somebody is.
    pub providers: Arc<Providers>,
    /// What hashes passwords, off the event loop.
    pub passwords: Arc<Passwords>,
    /// Where sealed pictures are kept.
    pub objects: Objects,
    /// What posts to endpoints, and knows where it may.
    pub poster: Poster,
    /// Turns for decoding a picture: it takes much memory.
    pub decoders: Arc<Semaphore>,
    /// Where it is done.
    pub decoder: Decoder,
    /// What shows whether it runs and works.
    pub pulse: Pulse,
}

/// The state, as handlers take it.
pub type App = web::Data<AppState>;

impl AppState {
    /// Now. Read once for each request.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}
