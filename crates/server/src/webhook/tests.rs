//! Addresses, and what a signature says.

use super::address::is_public;
use super::*;

/// Every spelling of an address that must not be posted to (WH-02).
const REFUSED: &str = include_str!("refused.txt");

#[test]
fn wh_02_no_spelling_of_an_inner_address_is_posted_to() {
    let refused: Vec<&str> = REFUSED.lines().filter(|it| !it.is_empty() && !it.starts_with('#')).collect();
    assert!(150 <= refused.len(), "{}", refused.len());
    let let_through: Vec<_> = refused.into_iter().filter(|it| check(it, &Allowed::default()).is_ok()).collect();
    assert!(let_through.is_empty(), "{let_through:#?}");
}

#[test]
fn wh_01_public_https_on_two_ports_is_posted_to() {
    for url in [
        "https://hooks.example.org/a?b=c",
        "https://hooks.example.org:8443",
        "https://8.8.8.8/",
        "https://[2606:4700::1]/",
    ] {
        assert!(check(url, &Allowed::default()).is_ok(), "{url}");
    }
}

#[test]
fn what_is_allowed_by_name_is_exempt_and_nothing_beside_it() {
    let allowed: Allowed = "127.0.0.1:9009, localhost:9010".parse().unwrap();
    assert!(check("http://127.0.0.1:9009/hook", &allowed).is_ok());
    assert!(check("http://localhost:9010/", &allowed).is_ok());
    assert_eq!(check("http://127.0.0.1:9011/", &allowed).unwrap_err(), Refusal::NotHttps);
    assert!("nothing".parse::<Allowed>().is_err());
}

#[test]
fn mapped_and_translated_addresses_are_not_public() {
    for text in
        ["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2001::1", "::1", "fe80::1", "fd00::1", "ff02::1"]
    {
        assert!(!is_public(text.parse().unwrap()), "{text}");
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_when_it_is_resolved() {
    let mut inner = check("https://hooks.example.org/", &Allowed::default()).unwrap();
    inner.host = "localhost".to_owned();
    assert!(inner.resolve().await.is_err());
}

#[test]
fn wh_07_both_secrets_sign_while_one_is_being_replaced() {
    let (old, new) = (b"an older secret of 24 byte".to_vec(), b"a newer secret of 24 bytes".to_vec());
    let event = Event::challenge(Uuid::nil(), "c".to_owned(), DateTime::UNIX_EPOCH);
    let secrets = [new.clone(), old.clone()];
    let post = Post { url: "", id: Uuid::nil(), secrets: &secrets, event: &event };
    let now = DateTime::from_timestamp(1_777_000_000, 0).unwrap();
    let signatures = signatures(&post, now, "{}").unwrap();
    for secret in [old, new] {
        let signed = Webhook::from_bytes(secret).unwrap().sign(&post.id.to_string(), now.timestamp(), b"{}").unwrap();
        assert!(signatures.split(' ').any(|it| it == signed));
    }
    let other = Webhook::from_bytes(b"another secret of 24 bytes".to_vec()).unwrap();
    assert!(!signatures.contains(&other.sign(&post.id.to_string(), now.timestamp(), b"{}").unwrap()));
}
