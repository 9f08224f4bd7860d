//! The trail as evidence (ADR 0027): every entry and every look is a link of its agency's chain, the chain is signed, and
//! what was signed is kept where the owner of the database cannot reach it.

mod bytes;
mod checkpoint;
mod claims;
mod finding;
mod line;
mod notary;
mod record;
mod rows;
mod source;
mod tree;
mod verifier;

pub use bytes::{Bytes, Hash, NotHex};
pub use checkpoint::{Checkpoint, NoSigner, Seed, Signer, Unsigned};
pub use claims::{Anchor, AnchorLine};
pub use finding::{Finding, Report, Tampering};
pub use line::Line;
pub use record::Record;
pub use source::{Beginning, Source};
pub use verifier::{Unfinished, Verifier};

#[cfg(test)]
mod tests;
