//! Closed lists of codes: one definition gives the enum, its codes and its parser.

/// A closed list of codes, the same in Rust, JSON and SQL.
pub trait Vocabulary: Copy + Sized + 'static {
    /// The name of the list, for the API description.
    const NAME: &'static str;
    /// Every member, in the order of the definition.
    const ALL: &'static [Self];

    /// The code on the wire and in the row.
    fn code(self) -> &'static str;

    /// The member with this code.
    fn parse(code: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .iter()
            .copied()
            .find(|member| member.code() == code)
            .ok_or_else(|| UnknownCode { list: Self::NAME, code: code.to_owned() })
    }
}

/// A code that the list does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{code}` is not a known {list}")]
pub struct UnknownCode {
    /// The list that was asked.
    pub list: &'static str,
    /// The code that was given.
    pub code: String,
}

macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$member_doc:meta])* $member:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$member_doc])* #[doc = concat!("`", $code, "`")] $member,)+ }

        impl $crate::vocabulary::Vocabulary for $name {
            const NAME: &'static str = stringify!($name);
            const ALL: &'static [Self] = &[$(Self::$member,)+];

            fn code(self) -> &'static str {
                match self { $(Self::$member => $code,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::vocabulary::Vocabulary::code(*self))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::vocabulary::Vocabulary::code(*self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let code = String::deserialize(deserializer)?;
                $crate::vocabulary::Vocabulary::parse(&code).map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use vocabulary;
