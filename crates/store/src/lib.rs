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
mod sql;
mod tx;

pub mod agencies;
pub mod audit;
pub mod call;
pub mod children;
pub mod completions;
pub mod compliance;
pub mod consents;
pub mod disclosures;
pub mod duties;
pub mod episodes;
pub mod error;
pub mod idempotency;
pub mod import;
pub mod migrate;
pub mod notifications;
pub mod observations;
pub mod packets;
pub mod page;
pub mod people;
pub mod photos;
pub mod placements;
pub mod reminders;
pub mod report;
pub mod seal;
pub mod sessions;
pub mod timeline;

pub use error::{StoreError, StoreResult, Taken};
pub use rungs::Leased;
pub use tx::{Audited, ReadTx, Seen, Store, WriteTx};
