//! All SQL. What the server may call is public here; the tables are not.
//!
//! Functions on rows about a child take a [`homeward_domain::policy::Permit`], and the child comes out of it:
//!
//! ```compile_fail,E0603
//! use homeward_store::schema::children;
//! ```

mod convert;
mod pool;
mod replan;
mod rungs;
mod schema;
mod search;
mod sql;
mod tx;

pub mod addresses;
pub mod agencies;
pub mod allowances;
pub mod audit;
pub mod calendar_feeds;
pub mod call;
pub mod children;
pub mod completions;
pub mod compliance;
pub mod consents;
pub mod data_quality;
pub mod deliveries;
pub mod determinations;
pub mod disclosures;
pub mod duties;
pub mod emergencies;
pub mod episodes;
pub mod error;
pub mod escalation;
pub mod factor_responses;
pub mod factors;
pub mod guard;
pub mod hand_overs;
pub mod idempotency;
pub mod identities;
pub mod import;
pub mod interviews;
pub mod issuers;
pub mod machine_keys;
pub mod migrate;
pub mod notices;
pub mod notifications;
pub mod observations;
pub mod packets;
pub mod page;
pub mod people;
pub mod photos;
pub mod placements;
pub mod preferences;
pub mod reading;
pub mod reminders;
pub mod report;
pub mod restrictions;
mod retractions;
pub mod rosters;
pub mod rules;
pub mod screenings;
pub mod seal;
pub mod search_efforts;
pub mod second_factors;
pub mod sessions;
pub mod sign_ins;
pub mod silence;
pub mod timeline;
pub mod webhooks;
pub mod whereabouts;

pub use error::{StoreError, StoreResult, Taken};
pub use rungs::Leased;
pub use tx::{Audited, ReadTx, Seen, Store, WriteTx};
