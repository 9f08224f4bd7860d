//! What seals and opens the values of one agency, and what a sealed value is in a row.

use std::fmt::Display;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Bytea;
use homeward_domain::id::AgencyId;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Column, Keyring, Place};
use crate::error::{StoreError, StoreResult};
use crate::tx::{ReadTx, Store};

/// A sealed value, as it stands in a row. In JSON it is what `PostgreSQL` writes of bytes, so that a row can be one.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Bytea)]
pub(crate) struct Sealed(pub(crate) Vec<u8>);

/// Seals and opens what belongs to one agency.
#[derive(Clone, Copy)]
pub(crate) struct Safe<'a> {
    keyring: &'a Keyring,
    agency: AgencyId,
}

/// What names one version of a row within the agency. A version that replaces another is sealed for its own place.
pub(crate) fn versioned(id: impl Display, version: i32) -> String {
    format!("{id} {version}")
}

impl<'a> Safe<'a> {
    pub(crate) fn new(keyring: &'a Keyring, agency: AgencyId) -> Self {
        Self { keyring, agency }
    }

    pub(crate) fn agency(&self) -> AgencyId {
        self.agency
    }

    /// Seals a value for its place. `row` is what names the row in [`Column::row`].
    pub(crate) fn seal(
        &self,
        column: Column,
        row: impl Display,
        plain: &(impl AsRef<[u8]> + ?Sized),
    ) -> StoreResult<Vec<u8>> {
        self.keyring.seal(&Place::new(self.agency, column, row), plain.as_ref())
    }

    /// The bytes at this place.
    pub(crate) fn open_bytes(&self, column: Column, row: impl Display, sealed: &[u8]) -> StoreResult<Vec<u8>> {
        self.keyring.open(&Place::new(self.agency, column, row), sealed)
    }

    /// The text at this place.
    pub(crate) fn open(&self, column: Column, row: impl Display, sealed: &[u8]) -> StoreResult<String> {
        let bytes = self.open_bytes(column, row, sealed)?;
        String::from_utf8(bytes).map_err(|_| StoreError::Unopened { table: column.table, column: column.name })
    }

    /// Seals all that a row tells, as one value.
    pub(crate) fn seal_told(&self, column: Column, row: impl Display, told: &impl Serialize) -> StoreResult<Sealed> {
        let plain = serde_json::to_vec(told).map_err(|_| StoreError::Corrupt(column.table))?;
        self.seal(column, row, &plain).map(Sealed)
    }

    /// All that the row tells.
    pub(crate) fn open_told<T: DeserializeOwned>(
        &self,
        column: Column,
        row: impl Display,
        sealed: &Sealed,
    ) -> StoreResult<T> {
        let plain = self.open_bytes(column, row, &sealed.0)?;
        serde_json::from_slice(&plain).map_err(|_| StoreError::Corrupt(column.table))
    }
}

impl Store {
    /// The keys that seal and open.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }
}

impl ReadTx {
    /// What belongs to the caller's agency.
    pub(crate) fn safe(&self) -> Safe<'_> {
        Safe::new(self.keyring(), self.call().agency)
    }

    /// Seals a value of the caller's agency for its place.
    pub(crate) fn seal(
        &self,
        column: Column,
        row: impl Display,
        plain: &(impl AsRef<[u8]> + ?Sized),
    ) -> StoreResult<Vec<u8>> {
        self.safe().seal(column, row, plain)
    }

    /// The text of the caller's agency at this place.
    pub(crate) fn open(&self, column: Column, row: impl Display, sealed: &[u8]) -> StoreResult<String> {
        self.safe().open(column, row, sealed)
    }

    /// The bytes of the caller's agency at this place.
    pub(crate) fn open_bytes(&self, column: Column, row: impl Display, sealed: &[u8]) -> StoreResult<Vec<u8>> {
        self.safe().open_bytes(column, row, sealed)
    }
}

impl ToSql<Bytea, Pg> for Sealed {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        <Vec<u8> as ToSql<Bytea, Pg>>::to_sql(&self.0, out)
    }
}

impl FromSql<Bytea, Pg> for Sealed {
    fn from_sql(bytes: PgValue<'_>) -> deserialize::Result<Self> {
        <Vec<u8> as FromSql<Bytea, Pg>>::from_sql(bytes).map(Self)
    }
}

const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

impl Serialize for Sealed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits = self.0.iter().flat_map(|it| [it >> 4, it & 15]);
        let hex = digits.filter_map(|it| DIGITS.get(usize::from(it)));
        serializer.serialize_str(&['\\', 'x'].iter().chain(hex).collect::<String>())
    }
}

impl<'de> Deserialize<'de> for Sealed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = text.strip_prefix("\\x").and_then(bytes);
        bytes.map(Self).ok_or_else(|| D::Error::custom("not the bytes of a column"))
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let value = |it: u8| char::from(it).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let pairs = hex.as_bytes().chunks(2);
    let byte = |pair: &[u8]| match pair {
        [high, low] => Some(value(*high)? << 4 | value(*low)?),
        _ => None,
    };
    pairs.map(byte).collect()
}
