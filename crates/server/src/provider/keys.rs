//! Public keys of an issuer (RFC 7517), and which of them may have signed a token.

use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde_json::Value;

use super::token::Token;

/// The keys that can be used.
#[derive(Default)]
pub(super) struct KeySet(Vec<Key>);

struct Key {
    id: String,
    algorithm: Option<Algorithm>,
    key: DecodingKey,
}

impl KeySet {
    /// As it was kept.
    pub(super) fn read(kept: &Value) -> Self {
        Self(usable(kept).iter().filter_map(Key::of).collect())
    }

    /// The key that the token names, if it is one for its algorithm.
    pub(super) fn find(&self, token: &Token<'_>) -> Option<&DecodingKey> {
        let fits = |it: &&Key| {
            it.id == token.key_id
                && it.algorithm.is_none_or(|it| it == token.algorithm)
                && it.key.family() == token.algorithm.family()
        };
        self.0.iter().find(fits).map(|it| &it.key)
    }
}

impl Key {
    fn of(jwk: &Jwk) -> Option<Self> {
        let algorithm = match jwk.common.key_algorithm {
            Some(named) => Some(named.to_string().parse().ok()?),
            None => None,
        };
        Some(Self { id: jwk.common.key_id.clone()?, algorithm, key: DecodingKey::from_jwk(jwk).ok()? })
    }
}

/// Of all that an issuer publishes, the keys that can check a signature: named, asymmetric, and not for encryption. One
/// that nobody can read spoils none of the others.
pub(super) fn usable(set: &Value) -> Vec<Jwk> {
    let all = set.get("keys").and_then(Value::as_array).into_iter().flatten();
    all.filter_map(|it| serde_json::from_value(it.clone()).ok()).filter(checks_signatures).collect()
}

fn checks_signatures(jwk: &Jwk) -> bool {
    let is_asymmetric = matches!(
        jwk.algorithm,
        AlgorithmParameters::RSA(_) | AlgorithmParameters::EllipticCurve(_) | AlgorithmParameters::OctetKeyPair(_)
    );
    let common = &jwk.common;
    let signs = common.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature);
    let checks = common.key_operations.as_ref().is_none_or(|it| it.contains(&KeyOperations::Verify));
    is_asymmetric && signs && checks && Key::of(jwk).is_some()
}
