//! What is signed of a chain: how long it is, and the root over all of it.

use aws_lc_rs::rand;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::bytes::{Bytes, Hash};

/// Begins all that is signed here: the key signs nothing else.
const TAG: &[u8] = b"homeward audit checkpoint 1\n";

/// What a signing key is made from. It is never shown.
pub type Seed = [u8; 32];

/// What a checkpoint says, before it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsigned {
    /// Whose chain.
    pub agency: Uuid,
    /// Counted from 1, without gaps.
    pub number: u64,
    /// How many links there were.
    pub size: u64,
    /// The root of the tree over them.
    pub root: Hash,
    /// The hash of the last of them.
    pub head: Hash,
    /// When it was signed, to the microsecond.
    pub at: DateTime<Utc>,
}

/// A signed one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// What it says.
    #[serde(flatten)]
    pub says: Unsigned,
    /// The public key that shows it.
    pub key: Bytes<32>,
    /// By Ed25519.
    pub signature: Bytes<64>,
}

/// Whoever signs checkpoints, and nothing else.
pub struct Signer(Ed25519KeyPair);

/// It cannot sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit key cannot be used")]
pub struct NoSigner;

impl Unsigned {
    /// Every field has a fixed length.
    fn bytes(&self, key: &Bytes<32>) -> Vec<u8> {
        let mut bytes = TAG.to_vec();
        bytes.extend(self.agency.as_bytes());
        bytes.extend(self.number.to_be_bytes());
        bytes.extend(self.size.to_be_bytes());
        bytes.extend(self.root.0);
        bytes.extend(self.head.0);
        bytes.extend(self.at.timestamp_micros().to_be_bytes());
        bytes.extend(key.0);
        bytes
    }
}

impl Checkpoint {
    /// Whether the key that it names has signed what it says.
    pub fn is_signed(&self) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.key.0);
        key.verify(&self.says.bytes(&self.key), &self.signature.0).is_ok()
    }
}

impl Signer {
    /// 32 random bytes.
    pub fn seed() -> Result<Seed, NoSigner> {
        let mut seed = [0; 32];
        rand::fill(&mut seed).map_err(|_| NoSigner)?;
        Ok(seed)
    }

    /// The signer with this seed.
    pub fn of(seed: &Seed) -> Result<Self, NoSigner> {
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self).map_err(|_| NoSigner)
    }

    /// What others check its signatures with.
    pub fn key(&self) -> Bytes<32> {
        let mut key = [0; 32];
        for (to, from) in key.iter_mut().zip(self.0.public_key().as_ref()) {
            *to = *from;
        }
        Bytes(key)
    }

    /// Signs.
    pub fn sign(&self, says: Unsigned) -> Result<Checkpoint, NoSigner> {
        let key = self.key();
        let signature = Bytes::of(self.0.sign(&says.bytes(&key)).as_ref()).ok_or(NoSigner)?;
        Ok(Checkpoint { says, key, signature })
    }
}
