//! JSON of which there is one reading only: no name stands twice, and nothing is nested or split without end.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep objects and lists may stand in one another.
const DEPTH: usize = 32;

/// How many members and elements a body may have in all.
const MEMBERS: usize = 2000;

/// The value in `text`, or why there is none.
pub fn parse(text: &[u8]) -> serde_json::Result<Value> {
    let left = Cell::new(MEMBERS);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Strict { left: &left, depth: DEPTH }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// A value that may be so deep, in a body that may have so many more members.
#[derive(Clone, Copy)]
struct Strict<'a> {
    left: &'a Cell<usize>,
    depth: usize,
}

impl Strict<'_> {
    fn inner<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom(format!("more than {DEPTH} levels")))?;
        Ok(Self { depth, ..self })
    }

    fn count<E: Error>(self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| E::custom(format!("more than {MEMBERS} members")))?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, it: bool) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_i64<E>(self, it: i64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_u64<E>(self, it: u64) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_f64<E: Error>(self, it: f64) -> Result<Value, E> {
        Number::from_f64(it).map(Value::Number).ok_or_else(|| E::custom("a number out of range"))
    }

    fn visit_str<E>(self, it: &str) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_string<E>(self, it: String) -> Result<Value, E> {
        Ok(it.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut all = Vec::new();
        while let Some(element) = elements.next_element_seed(inner)? {
            inner.count()?;
            all.push(element);
        }
        Ok(all.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.inner()?;
        let mut all = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            inner.count()?;
            let value = members.next_value_seed(inner)?;
            if all.contains_key(&name) {
                return Err(A::Error::custom("a name stands twice in one object"));
            }
            all.insert(name, value);
        }
        Ok(all.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        parse(text.as_bytes()).expect_err("a fault").to_string()
    }

    #[test]
    fn what_has_one_reading_is_read_as_anyone_reads_it() {
        for text in
            ["null", "true", "-7", "18446744073709551615", "1.5", r#""\u00e9\n""#, "[1,[],{}]", r#"{"a":{"b":[null]}}"#]
        {
            assert_eq!(parse(text.as_bytes()).ok(), serde_json::from_str::<Value>(text).ok(), "{text}");
        }
    }

    #[test]
    fn lm_04_a_name_that_stands_twice_is_refused_wherever_it_stands() {
        assert!(fault(r#"{"a":1,"a":1}"#).starts_with("a name stands twice"));
        assert!(fault(r#"{"b":[{"a":1,"\u0061":2}]}"#).starts_with("a name stands twice"));
        assert!(parse(br#"{"a":{"a":1}}"#).is_ok());
    }

    #[test]
    fn lm_04_nothing_is_deeper_than_32_levels() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(32).as_bytes()).is_ok());
        assert!(fault(&nested(33)).starts_with("more than 32 levels"));
        assert!(fault(&"[".repeat(100_000)).starts_with("more than 32 levels"));
    }

    #[test]
    fn lm_04_nothing_has_more_than_2000_members() {
        let long = |length: usize| serde_json::to_string(&vec![0; length]).expect("a list");
        assert!(parse(long(2000).as_bytes()).is_ok());
        assert!(fault(&long(2001)).starts_with("more than 2000 members"));
        assert!(fault(&format!("[{}]", vec![long(1000); 2].join(","))).starts_with("more than 2000 members"));
    }

    #[test]
    fn lm_04_half_a_character_and_what_follows_the_value_are_refused() {
        for text in [r#""\ud800""#, "{} {}", "{}x", ""] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(parse(b"\"\xff\"").is_err());
    }
}
