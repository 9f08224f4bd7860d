//! What a program presents: `hw_<environment>_<id>_<secret>_<checksum>`, in a form that a scanner recognises (KY-01).

use std::str::FromStr;

use hmac::Mac as _;
use homeward_domain::id::{AgencyId, Id, MachineKeyId};
use homeward_store::machine_keys::PresentedKey;
use homeward_store::sessions::SecretHash;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{InvalidToken, KEY_BYTES, Keys, Secret};
use crate::hex::{hex, unhex};

/// Nothing else that is presented begins with it.
pub const PREFIX: &str = "hw_";

/// Of the checksum: 32 bits tell a key that was mistyped or cut from one that is whole.
const CHECK_BYTES: usize = 4;

const AGENCY_BYTES: usize = 16;

/// The name of an installation in its keys: one that got into the wrong one opens nothing there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment(String);

impl Default for Environment {
    fn default() -> Self {
        Self("live".to_owned())
    }
}

impl FromStr for Environment {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        let is_plain = text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit());
        let fits = is_plain && (1..=16).contains(&text.len());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidToken) }
    }
}

impl Keys {
    /// The same in an installation of this name.
    pub fn in_environment(self, environment: Environment) -> Self {
        Self { environment, ..self }
    }

    /// What a program is given. Nothing else shows the secret.
    pub fn reveal_machine_key(&self, (agency, id): (AgencyId, MachineKeyId), secret: &Secret) -> String {
        let names = [agency.uuid().as_bytes().as_slice(), id.uuid().as_bytes()].concat();
        let body = format!("{PREFIX}{}_{}_{}", self.environment.0, hex(&names), hex(&secret.0));
        format!("{body}_{}", checksum(&body))
    }

    /// What is stored of it. It is bound to its place, and worth nothing without the key of this installation.
    pub fn machine_key_hash(&self, (agency, id): (AgencyId, MachineKeyId), secret: &Secret) -> SecretHash {
        let mac = self.machines.clone().chain_update(agency.uuid()).chain_update(id.uuid()).chain_update(secret.0);
        SecretHash(mac.finalize().into_bytes().into())
    }

    /// Reads what a program sent.
    pub fn read_machine_key(&self, text: &str) -> Result<PresentedKey, InvalidToken> {
        let (body, check) = text.rsplit_once('_').ok_or(InvalidToken)?;
        if check != checksum(body) {
            return Err(InvalidToken);
        }
        let rest = body.strip_prefix(PREFIX).and_then(|it| it.strip_prefix(&self.environment.0)).ok_or(InvalidToken)?;
        let (names, secret) = rest.strip_prefix('_').and_then(|it| it.split_once('_')).ok_or(InvalidToken)?;
        let (names, secret) = unhex(names).zip(unhex(secret)).ok_or(InvalidToken)?;
        let (agency, id) = names.split_first_chunk::<AGENCY_BYTES>().ok_or(InvalidToken)?;
        let (agency, id) = (Id::from_uuid(Uuid::from_bytes(*agency)), Uuid::from_slice(id).map_err(|_| InvalidToken)?);
        let secret = <[u8; KEY_BYTES]>::try_from(secret).map_err(|_| InvalidToken)?;
        let id = Id::from_uuid(id);
        Ok(PresentedKey { agency, id, hash: self.machine_key_hash((agency, id), &Secret(secret)) })
    }
}

fn checksum(body: &str) -> String {
    hex(Sha256::digest(body).get(..CHECK_BYTES).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::SigningKey;
    use super::*;

    fn keys(first: u8) -> Keys {
        Keys::new(SigningKey::from_bytes((first..first + 32).collect()).unwrap())
    }

    fn of() -> (AgencyId, MachineKeyId) {
        (Id::from_uuid(Uuid::from_u128(1)), Id::from_uuid(Uuid::from_u128(2)))
    }

    #[test]
    fn ky_01_a_key_names_its_environment_itself_its_secret_and_a_checksum() {
        let (keys, secret) = (keys(1), Secret([7; KEY_BYTES]));
        let text = keys.reveal_machine_key(of(), &secret);
        let parts: Vec<&str> = text.split('_').collect();
        assert_eq!((parts.len(), parts[0], parts[1]), (5, "hw", "live"));
        assert_eq!([parts[2], parts[3], parts[4]].map(str::len), [64, 64, 8]);
        let read = keys.read_machine_key(&text).unwrap();
        assert_eq!((read.agency, read.id), of());
        assert_eq!(read.hash.0, keys.machine_key_hash(of(), &secret).0);
    }

    #[test]
    fn ky_01_every_change_of_one_character_is_noticed_without_asking_anybody() {
        let keys = keys(1);
        let text = keys.reveal_machine_key(of(), &Secret([7; KEY_BYTES]));
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(changed == text || keys.read_machine_key(&changed).is_err(), "{at}");
            assert!(keys.read_machine_key(&text[..at]).is_err(), "{at}");
        }
        assert!(keys.read_machine_key(&text.to_uppercase()).is_err());
        assert!(keys.read_machine_key(&format!("{text}0")).is_err());
    }

    #[test]
    fn ky_01_the_hash_is_bound_to_the_installation_the_agency_and_the_key() {
        let secret = Secret([7; KEY_BYTES]);
        let ((agency, id), hash) = (of(), |keys: &Keys, of| keys.machine_key_hash(of, &secret).0);
        let here = hash(&keys(1), (agency, id));
        let elsewhere = [
            hash(&keys(2), (agency, id)),
            hash(&keys(1), (Id::from_uuid(id.uuid()), id)),
            hash(&keys(1), (agency, Id::from_uuid(agency.uuid()))),
        ];
        assert!(!elsewhere.contains(&here));
        assert_ne!(here, secret.hash().0);
    }

    #[test]
    fn ky_01_a_key_of_another_environment_is_none() {
        let there = keys(1).in_environment("staging2".parse().unwrap());
        let text = there.reveal_machine_key(of(), &Secret([7; KEY_BYTES]));
        assert!(text.starts_with("hw_staging2_"));
        assert!(there.read_machine_key(&text).is_ok());
        assert!(keys(1).read_machine_key(&text).is_err());
        assert!(["", "Live", "a_b", "a-b", "seventeenletters1"].iter().all(|it| it.parse::<Environment>().is_err()));
    }
}
