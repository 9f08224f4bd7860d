//! What signs for an endpoint: a secret that both sides know, and a key of which they know the public half (WH-07).

use crate::error::StoreResult;
use crate::seal::{Column, WEBHOOK_KEY, WEBHOOK_PREVIOUS, WEBHOOK_PREVIOUS_KEY, WEBHOOK_SECRET};

/// What is to sign for an endpoint from now on.
#[derive(Clone)]
pub struct Signing {
    /// Both sides know it.
    pub secret: Vec<u8>,
    /// What the private half of the key is made from.
    pub seed: Vec<u8>,
    /// The public half.
    pub public_key: Vec<u8>,
}

/// All that signs for an endpoint at one moment, the present ones first; two of each while they are being replaced.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Signers {
    /// For `v1`.
    pub secrets: Vec<Vec<u8>>,
    /// For `v1a`.
    pub seeds: Vec<Vec<u8>>,
}

/// The same as the database has it.
pub(crate) struct SealedSigning {
    pub(crate) secret: Vec<u8>,
    pub(crate) previous_secret: Option<Vec<u8>>,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) previous_key: Option<Vec<u8>>,
}

impl SealedSigning {
    pub(crate) fn open(self, open: impl Fn(Column, &[u8]) -> StoreResult<Vec<u8>>) -> StoreResult<Signers> {
        let all = |columns: [(Column, Option<Vec<u8>>); 2]| {
            let there = columns.into_iter().filter_map(|(column, sealed)| Some((column, sealed?)));
            there.map(|(column, sealed)| open(column, &sealed)).collect::<StoreResult<Vec<_>>>()
        };
        Ok(Signers {
            secrets: all([(WEBHOOK_SECRET, Some(self.secret)), (WEBHOOK_PREVIOUS, self.previous_secret)])?,
            seeds: all([(WEBHOOK_KEY, self.key), (WEBHOOK_PREVIOUS_KEY, self.previous_key)])?,
        })
    }
}
