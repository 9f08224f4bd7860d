use homeward_domain::id::Id;
use uuid::Uuid;

use super::*;

fn text(numbers: &[u8]) -> String {
    use base64::Engine as _;
    let line = |it: &u8| format!("{it}:{}\n", base64::engine::general_purpose::STANDARD.encode([*it; KEY]));
    numbers.iter().map(line).collect()
}

fn ring(numbers: &[u8]) -> Keyring {
    Keyring::parse(&text(numbers)).unwrap()
}

const HERE: Column = Column { table: "letters", name: "text", row: "id::text", home: "letters" };

fn place(agency: u128, column: Column, row: &str) -> Place {
    Place::new(Id::from_uuid(Uuid::from_u128(agency)), column, row)
}

#[test]
fn en_03_what_is_sealed_opens_in_its_place_and_in_no_other() {
    let ring = ring(&[1]);
    let sealed = ring.seal(&place(1, HERE, "a"), b"canary").unwrap();
    assert_eq!(ring.open(&place(1, HERE, "a"), &sealed).unwrap(), b"canary");
    let elsewhere = [
        place(2, HERE, "a"),
        place(1, Column { home: "cards", ..HERE }, "a"),
        place(1, Column { name: "title", ..HERE }, "a"),
        place(1, HERE, "b"),
    ];
    for place in elsewhere {
        assert!(matches!(ring.open(&place, &sealed), Err(StoreError::Unopened { .. })));
    }
}

#[test]
fn en_03_no_byte_can_be_changed_or_cut_off() {
    let ring = ring(&[1]);
    let sealed = ring.seal(&place(1, HERE, "a"), b"canary").unwrap();
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(ring.open(&place(1, HERE, "a"), &changed).is_err(), "byte {at}");
        assert!(ring.open(&place(1, HERE, "a"), &sealed[..at]).is_err(), "cut at {at}");
    }
}

/// 100,000 values; `make nonces` seals 10 million.
#[expect(clippy::disallowed_methods, reason = "a length of a test, and no setting of the program")]
fn values() -> usize {
    std::env::var("NONCES").ok().and_then(|it| it.parse().ok()).unwrap_or(100_000)
}

#[test]
fn en_02_the_same_text_is_never_sealed_alike_and_no_nonce_returns() {
    let (ring, values) = (ring(&[1]), values());
    let mut nonces: Vec<[u8; NONCE_LEN]> = Vec::with_capacity(2 * values);
    for _ in 0..values {
        let sealed = ring.seal(&place(1, HERE, "a"), b"canary").unwrap();
        assert!(!sealed.windows(6).any(|it| it == b"canary"));
        let parts = Parts::of(&sealed).unwrap();
        nonces.extend([parts.wrapped, parts.value].map(|it| *it.first_chunk().unwrap()));
    }
    nonces.sort_unstable();
    nonces.dedup();
    assert_eq!(nonces.len(), 2 * values);
    assert_eq!(ring.uses().take()[&1], i64::try_from(values).unwrap());
}

#[test]
fn another_key_opens_nothing() {
    let sealed = ring(&[1]).seal(&place(1, HERE, "a"), b"canary").unwrap();
    assert!(ring(&[2]).open(&place(1, HERE, "a"), &sealed).is_err());
    let other = Keyring::parse(&text(&[2]).replace("2:", "1:")).unwrap();
    assert!(other.open(&place(1, HERE, "a"), &sealed).is_err());
}

#[test]
fn en_04_an_older_key_still_opens_and_a_value_moves_to_the_newest() {
    let old = ring(&[1]);
    let sealed = old.seal(&place(1, HERE, "a"), b"canary").unwrap();
    let both = ring(&[1, 2]);
    assert_eq!(both.open(&place(1, HERE, "a"), &sealed).unwrap(), b"canary");
    let moved = both.rewrapped(&place(1, HERE, "a"), &sealed).unwrap();
    assert_eq!(Parts::of(&moved).unwrap().value, Parts::of(&sealed).unwrap().value);
    assert_eq!(ring(&[2]).open(&place(1, HERE, "a"), &moved).unwrap(), b"canary");
    assert!(old.open(&place(1, HERE, "a"), &moved).is_err());
}

#[test]
fn new_values_are_sealed_with_the_last_key() {
    let sealed = ring(&[1, 7]).seal(&place(1, HERE, "a"), b"canary").unwrap();
    assert_eq!(Parts::of(&sealed).unwrap().number, 7);
}

#[test]
fn a_keyring_that_is_not_one_is_refused() {
    let fault = |text: &str| Keyring::parse(text).unwrap_err();
    assert_eq!(fault("\n"), KeyringFault::Empty);
    assert_eq!(fault("1:c2hvcnQ="), KeyringFault::Line { line: 1 });
    assert_eq!(fault(&text(&[1]).replace("1:", "0:")), KeyringFault::Line { line: 1 });
    assert_eq!(fault(&text(&[2, 1])), KeyringFault::Number { line: 2 });
    assert_eq!(fault(&format!("{}{}", text(&[1]), text(&[1]))), KeyringFault::Number { line: 2 });
    assert_eq!(fault(&format!("{}{}", text(&[1]), text(&[1]).replace("1:", "2:"))), KeyringFault::Repeated { line: 2 });
}

#[test]
fn a_keyring_grows_by_a_key_of_the_next_number_and_never_prints_one() {
    let first = grown("").unwrap();
    let second = grown(&first).unwrap();
    assert!(second.starts_with(first.trim_end()));
    let ring = Keyring::parse(&second).unwrap();
    assert_eq!(ring.numbers(), [1, 2]);
    assert_eq!(format!("{ring:?}"), "Keyring([1, 2])");
}

#[test]
fn every_holder_of_a_keyring_sees_new_keys_at_once() {
    let held = ring(&[1]);
    let other = held.clone();
    other.replace(&text(&[1, 2])).unwrap();
    assert_eq!(held.numbers(), [1, 2]);
    assert!(other.replace("nonsense").is_err());
    assert_eq!(held.numbers(), [1, 2]);
}
