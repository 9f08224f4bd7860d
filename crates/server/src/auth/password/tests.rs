use std::time::Instant;

use argon2::password_hash::phc::PasswordHash;
use chrono::TimeDelta;

use super::*;

const EMAIL: &str = "ada@example.test";

fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().expect("an instant")
}

fn password(text: &str) -> Password {
    Password::parse(text.to_owned()).expect("a password")
}

fn attempt(text: &str, stored: Option<&str>, at: DateTime<Utc>) -> Attempt {
    Attempt { email: EMAIL.to_owned(), password: password(text), stored: stored.map(str::to_owned), at }
}

#[tokio::test]
async fn a_password_opens_its_own_hash_only() {
    let passwords = Passwords::new();
    let hash = passwords.hash(&password("correct horse")).await.expect("a hash");
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    assert!(passwords.check(attempt("correct horse", Some(&hash), noon())).await.expect("judged"));
    assert!(!passwords.check(attempt("wrong horse", Some(&hash), noon())).await.expect("judged"));
}

#[tokio::test]
async fn one_password_has_many_hashes() {
    let passwords = Passwords::new();
    let mine = password("correct horse");
    assert_ne!(passwords.hash(&mine).await.expect("a hash"), passwords.hash(&mine).await.expect("a hash"));
}

#[tokio::test]
async fn a_broken_hash_is_an_error_and_opens_nothing() {
    let judged = Passwords::new().check(attempt("correct horse", Some("plain"), noon())).await;
    assert!(matches!(judged, Err(PasswordError::Hash(_))));
}

#[test]
fn nobody_is_compared_at_the_cost_of_anybody() {
    let nobody = PasswordHash::new(NOBODY).expect("a hash");
    let ours = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("parameters");
    let theirs = Params::try_from(&nobody).expect("parameters");
    assert_eq!((theirs.m_cost(), theirs.t_cost(), theirs.p_cost()), (ours.m_cost(), ours.t_cost(), ours.p_cost()));
    assert_eq!(nobody.hash.expect("an output").len(), Params::DEFAULT_OUTPUT_LEN);
}

#[tokio::test]
async fn an_unknown_email_takes_as_long_as_a_wrong_password() {
    let passwords = Passwords::new();
    let hash = passwords.hash(&password("correct horse")).await.expect("a hash");
    let mut quickest = [u128::MAX; 2];
    for _ in 0..4 {
        for (quickest, stored) in quickest.iter_mut().zip([Some(hash.as_str()), None]) {
            let began = Instant::now();
            assert!(!passwords.check(attempt("wrong horse", stored, noon())).await.expect("judged"));
            *quickest = began.elapsed().as_micros().min(*quickest);
        }
    }
    assert!(quickest[0] < 3 * quickest[1], "{quickest:?}");
    assert!(quickest[1] < 3 * quickest[0], "{quickest:?}");
}

#[tokio::test]
async fn the_eleventh_try_waits_even_for_an_unknown_email() {
    let passwords = Passwords::new();
    for second in 0..10 {
        let at = noon() + TimeDelta::seconds(second);
        assert!(!passwords.check(attempt("guess", None, at)).await.expect("judged"));
    }
    let soon = noon() + TimeDelta::minutes(5);
    let judged = passwords.check(attempt("guess", None, soon)).await;
    assert!(matches!(judged, Err(PasswordError::TooManyTries { seconds: 600 })), "{judged:?}");
    let later = noon() + TimeDelta::minutes(15);
    assert!(!passwords.check(attempt("guess", None, later)).await.expect("judged again"));
}

#[tokio::test]
async fn tries_at_once_count_like_tries_in_a_row() {
    let passwords = Arc::new(Passwords::new());
    let tries = (0..30).map(|_| {
        let passwords = Arc::clone(&passwords);
        tokio::spawn(async move { passwords.check(attempt("guess", None, noon())).await })
    });
    let mut judged = 0;
    for done in tries.collect::<Vec<_>>() {
        judged += usize::from(done.await.expect("no panic").is_ok());
    }
    assert!((10..10 + AT_ONCE).contains(&judged), "{judged}");
}

#[tokio::test]
async fn whoever_signs_in_starts_anew() {
    let passwords = Passwords::new();
    for _ in 0..9 {
        assert!(!passwords.check(attempt("guess", None, noon())).await.expect("judged"));
    }
    passwords.forget(EMAIL);
    for _ in 0..10 {
        assert!(!passwords.check(attempt("guess", None, noon())).await.expect("judged"));
    }
}

#[test]
fn a_password_is_1_to_1024_bytes_long() {
    assert_eq!(Password::parse(String::new()).err(), Some(PasswordRule::Length));
    assert!(Password::parse("x".repeat(1024)).is_ok());
    assert_eq!(Password::parse("x".repeat(1025)).err(), Some(PasswordRule::Length));
}

#[test]
fn a_new_password_has_12_characters() {
    assert_eq!(Password::choose("é".repeat(11)).err(), Some(PasswordRule::TooShort));
    assert!(Password::choose("é".repeat(12)).is_ok());
    assert_eq!(Password::choose("x".repeat(1025)).err(), Some(PasswordRule::Length));
}

#[test]
fn a_password_is_never_shown() {
    assert_eq!(format!("{:?}", password("correct horse")), "Password");
    let refused = serde_json::from_str::<Password>(&format!("\"{}\"", "x".repeat(2000))).expect_err("too long");
    assert!(!refused.to_string().contains('x'), "{refused}");
}

#[test]
fn tries_do_not_fill_the_memory() {
    let mut tries = Tries::default();
    for number in 0..10_050 {
        tries.count(&format!("{number}@example.test"), noon() + TimeDelta::milliseconds(number));
    }
    assert_eq!(tries.len(), 10_000);
}
