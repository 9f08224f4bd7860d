//! Addresses, and what a signature says.

use standardwebhooks::Webhook;

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
fn wh_07_both_secrets_and_both_keys_sign_while_they_are_being_replaced() {
    let secrets = vec![b"a newer secret of 24 bytes".to_vec(), b"an older secret of 24 byte".to_vec()];
    let signers = Signers { secrets: secrets.clone(), seeds: vec![vec![7; 32], vec![8; 32]] };
    let event = Event::challenge(Uuid::nil(), "c".to_owned(), DateTime::UNIX_EPOCH);
    let post = Post { url: "", id: Uuid::nil(), signers: &signers, event: &event };
    let now = DateTime::from_timestamp(1_777_000_000, 0).unwrap();
    let signatures = sign::signatures(&post, now, "{}").unwrap();
    let all: Vec<&str> = signatures.split(' ').collect();
    for (secret, signed) in secrets.into_iter().zip(&all) {
        let by_it = Webhook::from_bytes(secret).unwrap().sign(&post.id.to_string(), now.timestamp(), b"{}").unwrap();
        assert_eq!(by_it, *signed);
    }
    let other = Webhook::from_bytes(b"another secret of 24 bytes".to_vec()).unwrap();
    assert!(!signatures.contains(&other.sign(&post.id.to_string(), now.timestamp(), b"{}").unwrap()));
    assert!(all[2].starts_with("v1a,") && all[3].starts_with("v1a,") && all[2] != all[3]);
    assert_eq!(all.len(), 4);
}

#[test]
fn wh_07_a_seed_makes_the_key_of_rfc_8032() {
    // RFC 8032, section 7.1, test 1.
    let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    let bytes = |text: &str| (0..32).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap()).collect();
    let signing = signing(Vec::new(), bytes(seed)).unwrap();
    assert_eq!(hex(&signing.public_key), key);
    assert!(shown_key(&signing.public_key).starts_with("whpk_"));
}
