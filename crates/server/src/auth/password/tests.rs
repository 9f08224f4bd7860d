use std::time::Instant;

use super::*;

/// As little as argon2 allows, so that tests are quick.
const LITTLE: Cost = Cost { memory: 64, passes: 1 };

fn password(text: &str) -> Password {
    Password::parse(text.to_owned()).expect("a password")
}

async fn compare(passwords: &Passwords, text: &str, stored: Option<&str>) -> Judged {
    let turn = passwords.turn().await.expect("a turn");
    turn.compare(password(text), stored.map(str::to_owned)).await.expect("judged")
}

#[tokio::test]
async fn a_password_opens_its_own_hash_only() {
    let passwords = Passwords::new(LITTLE);
    let hash = passwords.hash(&password("correct horse")).await.expect("a hash");
    assert!(compare(&passwords, "correct horse", Some(&hash)).await.right);
    assert!(!compare(&passwords, "wrong horse", Some(&hash)).await.right);
    assert!(!compare(&passwords, "correct horse", None).await.right);
}

#[tokio::test]
async fn pw_01_a_hash_takes_64_mib_and_three_passes_with_a_salt_of_16_bytes_and_a_tag_of_32() {
    let hash = Passwords::new(Cost::STRONG).hash(&password("correct horse")).await.expect("a hash");
    assert!(hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{hash}");
    let parsed = PasswordHash::new(&hash).expect("PHC");
    assert_eq!((parsed.salt.expect("a salt").len(), parsed.hash.expect("a tag").len()), (16, 32));
}

#[tokio::test]
async fn pw_01_a_weaker_hash_that_was_right_comes_back_stronger_and_no_other_does() {
    let (little, more) = (Passwords::new(LITTLE), Passwords::new(Cost { memory: 128, passes: 1 }));
    let weak = little.hash(&password("correct horse")).await.expect("a hash");
    let stronger = compare(&more, "correct horse", Some(&weak)).await.stronger.expect("a stronger one");
    assert!(stronger.contains("m=128,t=1"), "{stronger}");
    assert_eq!(compare(&more, "correct horse", Some(&stronger)).await, Judged { right: true, stronger: None });
    assert_eq!(compare(&more, "wrong horse", Some(&weak)).await, Judged { right: false, stronger: None });
    assert_eq!(compare(&little, "correct horse", Some(&stronger)).await.stronger, None);
}

#[tokio::test]
async fn one_password_has_many_hashes() {
    let passwords = Passwords::new(LITTLE);
    let mine = password("correct horse");
    assert_ne!(passwords.hash(&mine).await.expect("a hash"), passwords.hash(&mine).await.expect("a hash"));
}

#[tokio::test]
async fn a_broken_hash_is_an_error_and_opens_nothing() {
    let turn = Passwords::new(LITTLE).turn().await.expect("a turn");
    let judged = turn.compare(password("correct horse"), Some("plain".to_owned())).await;
    assert!(matches!(judged, Err(PasswordError::Hash(_))));
}

#[test]
fn nobody_is_compared_at_the_cost_of_anybody() {
    let nobody = Cost::STRONG.nobody();
    let theirs = Params::try_from(&PasswordHash::new(&nobody).expect("a hash")).expect("parameters");
    assert_eq!((theirs.m_cost(), theirs.t_cost(), theirs.p_cost()), (65_536, 3, 1));
    assert!(!Cost::STRONG.is_above(&nobody));
}

#[tokio::test]
async fn an_unknown_email_takes_as_long_as_a_wrong_password() {
    let passwords = Passwords::new(Cost { memory: 8 * 1024, passes: 1 });
    let hash = passwords.hash(&password("correct horse")).await.expect("a hash");
    let mut quickest = [u128::MAX; 2];
    for _ in 0..4 {
        for (quickest, stored) in quickest.iter_mut().zip([Some(hash.as_str()), None]) {
            let began = Instant::now();
            assert!(!compare(&passwords, "wrong horse", stored).await.right);
            *quickest = began.elapsed().as_micros().min(*quickest);
        }
    }
    assert!(quickest[0] < 3 * quickest[1], "{quickest:?}");
    assert!(quickest[1] < 3 * quickest[0], "{quickest:?}");
}

#[tokio::test]
async fn pw_02_whoever_finds_too_many_waiting_is_told_to_come_again() {
    let passwords = Arc::new(Passwords::new(LITTLE));
    let (one, other) = (passwords.turn().await.expect("a turn"), passwords.turn().await.expect("a turn"));
    let waiting: Vec<_> = (0..AT_ONCE + WAITING + 5)
        .map(|_| {
            let passwords = Arc::clone(&passwords);
            tokio::spawn(async move { passwords.turn().await.is_ok() })
        })
        .collect();
    tokio::task::yield_now().await;
    assert!(matches!(passwords.turn().await, Err(PasswordError::Busy)));
    drop((one, other));
    let mut had = 0;
    for turn in waiting {
        had += usize::from(turn.await.expect("no panic"));
    }
    assert_eq!(had, AT_ONCE + WAITING);
    assert!(passwords.turn().await.is_ok());
}

#[test]
fn a_password_is_1_to_1024_bytes_long() {
    assert_eq!(Password::parse(String::new()).err(), Some(PasswordRule::Length));
    assert!(Password::parse("x".repeat(1024)).is_ok());
    assert_eq!(Password::parse("x".repeat(1025)).err(), Some(PasswordRule::Length));
}

fn refusal(text: &str) -> Option<PasswordRule> {
    Password::choose(text.to_owned(), &["Demo State", "North County", "Ada Lovelace", "ada@example.test"]).err()
}

#[tokio::test]
async fn pw_03_a_new_password_has_15_characters_of_any_kind_in_either_form_and_no_other_rule() {
    assert_eq!(refusal("zorbly kvetchx"), Some(PasswordRule::TooShort));
    for fine in [
        "zorbly kvetches",
        "пшеница растёт у реки",
        "            q7w!k9m",
        "zorblykvetchesandmumbles",
        "839201847562913",
    ] {
        assert_eq!(refusal(fine), None, "{fine}");
    }
    let long = "zorbly kvetches".repeat(9)[..127].to_owned();
    let passwords = Passwords::new(LITTLE);
    let hash = passwords.hash(&password(&format!("{long}a"))).await.expect("a hash");
    assert!(compare(&passwords, &format!("{long}a"), Some(&hash)).await.right);
    assert!(!compare(&passwords, &format!("{long}b"), Some(&hash)).await.right);
    let composed = passwords.hash(&password("caf\u{e9} caf\u{e9} caf\u{e9}")).await.expect("a hash");
    assert!(compare(&passwords, "cafe\u{301} cafe\u{301} cafe\u{301}", Some(&composed)).await.right);
}

#[test]
fn pw_04_what_anybody_would_try_first_is_refused() {
    for guess in [
        "passwordpassword",
        "Password12345678!",
        "P4ssw0rdWelcome2024",
        "qwertyuiopasdfgh",
        "123456789012345",
        "aaaaaaaaaaaaaaaaaa",
        "abcabcabcabcabcabc",
        "HomewardHomeward1!",
        "demo-state-2026!!!",
        "NorthCountyNorth99",
        "ada.lovelace.1815",
        "Summer2025Winter!",
        "iloveyou iloveyou",
        "correcthorsebatterystaple",
    ] {
        assert_eq!(refusal(guess), Some(PasswordRule::Guessable), "{guess}");
    }
}

#[test]
fn a_password_is_never_shown() {
    assert_eq!(format!("{:?}", password("correct horse")), "Password");
    let refused = serde_json::from_str::<Password>(&format!("\"{}\"", "x".repeat(2000))).expect_err("too long");
    assert!(!refused.to_string().contains('x'), "{refused}");
}
