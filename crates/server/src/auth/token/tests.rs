use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use homeward_domain::id::Id;
use jsonwebtoken::Algorithm;
use serde_json::json;

use super::*;

fn bytes(first: u8) -> Vec<u8> {
    (first..first + 32).collect()
}

fn keys(first: u8) -> Keys {
    Keys::new(SigningKey::from_bytes(bytes(first)).expect("a key"))
}

fn noon() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().expect("an instant")
}

fn session() -> Session {
    Session {
        agency: Id::from_uuid(Uuid::from_u128(1)),
        user: Id::from_uuid(Uuid::from_u128(2)),
        id: Id::from_uuid(Uuid::from_u128(3)),
        expires_at: noon() + TimeDelta::hours(12),
        token: Id::from_uuid(Uuid::from_u128(4)),
        enrolling: false,
    }
}

fn signed(keys: &Keys) -> String {
    keys.sign(&session(), TimeDelta::minutes(5), noon()).expect("a token").0
}

/// A token with a header of our choosing, its signature made with `key`.
fn forged(header: &serde_json::Value, claims: &serde_json::Value, key: &[u8]) -> String {
    let message =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key").chain_update(&message);
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

fn claims() -> serde_json::Value {
    let id = Uuid::from_u128(9);
    json!({ "sub": id, "sid": id, "agy": id, "iat": noon().timestamp(), "exp": noon().timestamp() + 900 })
}

#[test]
fn an_access_token_says_who_it_speaks_for() {
    let keys = keys(1);
    let claims = keys.verify(&signed(&keys), noon()).expect("a token of ours");
    let session = session();
    assert_eq!(claims, Claims { agency: session.agency, user: session.user, session: session.id });
}

#[test]
fn se_04_an_access_token_works_for_5_minutes_of_our_clock() {
    let keys = keys(1);
    let (token, seconds) = keys.sign(&session(), TimeDelta::minutes(5), noon()).expect("a token");
    assert_eq!(seconds, 300);
    assert!(keys.verify(&token, noon() + TimeDelta::seconds(299)).is_ok());
    assert_eq!(keys.verify(&token, noon() + TimeDelta::seconds(300)), Err(InvalidToken));
}

#[test]
fn an_access_token_does_not_outlive_its_session() {
    let late = session().expires_at - TimeDelta::seconds(60);
    assert_eq!(keys(1).sign(&session(), TimeDelta::minutes(5), late).expect("a token").1, 60);
}

#[test]
fn a_token_of_another_key_is_refused() {
    assert_eq!(keys(1).verify(&signed(&keys(2)), noon()), Err(InvalidToken));
}

#[test]
fn a_token_changed_anywhere_is_refused() {
    let (keys, token) = (keys(1), signed(&keys(1)));
    for at in 0..token.len() {
        let mut bytes = token.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).expect("ASCII");
        assert_eq!(keys.verify(&changed, noon()), Err(InvalidToken), "byte {at}");
    }
}

#[test]
fn only_hs256_is_accepted() {
    let keys = keys(1);
    let sound = forged(&json!({ "alg": "HS256", "typ": "JWT" }), &claims(), &bytes(1));
    assert!(keys.verify(&sound, noon()).is_ok());
    for algorithm in ["none", "None", "HS384", "HS512", "RS256", "ES256", "EdDSA", ""] {
        let token = forged(&json!({ "alg": algorithm, "typ": "JWT" }), &claims(), &bytes(1));
        assert_eq!(keys.verify(&token, noon()), Err(InvalidToken), "{algorithm}");
    }
    let hs512 = jsonwebtoken::encode(&Header::new(Algorithm::HS512), &claims(), &EncodingKey::from_secret(&bytes(1)));
    assert_eq!(keys.verify(&hs512.expect("a token"), noon()), Err(InvalidToken));
}

#[test]
fn a_token_without_a_signature_is_refused() {
    let keys = keys(1);
    let token = signed(&keys);
    let (message, _) = token.rsplit_once('.').expect("three parts");
    for unsigned in [format!("{message}."), message.to_owned(), String::new(), "..".to_owned(), "a.b.c".to_owned()] {
        assert_eq!(keys.verify(&unsigned, noon()), Err(InvalidToken));
    }
}

#[test]
fn a_token_that_lacks_a_claim_is_refused() {
    for claim in ["sub", "sid", "agy", "iat", "exp"] {
        let mut claims = claims();
        claims.as_object_mut().expect("an object").remove(claim);
        let token = forged(&json!({ "alg": "HS256" }), &claims, &bytes(1));
        assert_eq!(keys(1).verify(&token, noon()), Err(InvalidToken), "{claim}");
    }
}

#[test]
fn a_cursor_comes_back_as_it_was() {
    let keys = keys(1);
    for payload in [b"".as_slice(), b"a", &[0xff; 24]] {
        assert_eq!(keys.verify_cursor(&keys.sign_cursor(payload)).as_deref(), Some(payload));
    }
}

#[test]
fn a_cursor_that_we_did_not_sign_is_refused() {
    let mine = keys(1);
    let cursor = mine.sign_cursor(b"place");
    assert_eq!(keys(2).verify_cursor(&cursor), None);
    assert_eq!(mine.verify_cursor(&cursor[1..]), None);
    for foreign in ["", "AAAA", "not base64!", &URL_SAFE_NO_PAD.encode([0; 40])] {
        assert_eq!(mine.verify_cursor(foreign), None);
    }
}

#[test]
fn a_cursor_is_not_signed_with_the_key_of_the_tokens() {
    let tag = Hmac::<Sha256>::new_from_slice(&bytes(1)).expect("a key").chain_update(b"place").finalize().into_bytes();
    let cursor = URL_SAFE_NO_PAD.encode([b"place".as_slice(), &tag[..TAG_BYTES]].concat());
    assert_eq!(keys(1).verify_cursor(&cursor), None);
}

#[test]
fn a_refresh_token_comes_back_as_it_was() {
    let secret = Secret::random().expect("randomness");
    let hash = secret.hash().0;
    let text = RefreshToken::of(&session(), secret).reveal();
    let presented = RefreshToken::parse(&text).expect("a token").presented(None);
    assert!(text.starts_with("hwr_"));
    assert_eq!((presented.agency, presented.token), (session().agency, session().token));
    assert_eq!(presented.secret_hash.0, hash);
}

#[test]
fn what_is_no_refresh_token_is_refused() {
    let text = RefreshToken::of(&session(), Secret::random().expect("randomness")).reveal();
    for broken in ["", "hwr_", "hwr_AAAA", &text[4..], &text[..text.len() - 4], &format!("{text}AAAA")] {
        assert!(RefreshToken::parse(broken).is_err(), "{broken}");
    }
}

#[test]
fn two_secrets_differ() {
    let secrets = [Secret::random().expect("randomness"), Secret::random().expect("randomness")];
    assert_ne!(secrets[0].bytes(), secrets[1].bytes());
    assert_ne!(secrets[0].bytes()[..16], secrets[0].bytes()[16..]);
}

#[test]
fn a_short_key_is_refused() {
    assert!(matches!(SigningKey::from_bytes(vec![1; 31]), Err(KeyError::TooShort)));
}

#[test]
fn lg_07_a_key_that_repeats_itself_is_refused() {
    for plain in [vec![0; 64], b"changeme".repeat(8), b"123".repeat(20)] {
        assert!(matches!(SigningKey::from_bytes(plain.clone()), Err(KeyError::TooPlain)), "{plain:?}");
    }
    assert!(SigningKey::from_bytes(b"0123456789abcdef0123456789abcdef".to_vec()).is_ok());
}

#[test]
fn a_key_is_made_once_for_its_owner_only() {
    let folder = std::env::temp_dir().join(Uuid::new_v4().to_string());
    let path = folder.join("inner").join("signing.key");
    let first = SigningKey::load_or_create(&path).expect("a new key");
    let second = SigningKey::load_or_create(&path).expect("the same key");
    assert_eq!(first.bytes, second.bytes);
    assert_eq!(first.bytes.len(), 32);
    let mode = fs::metadata(&path).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.join("inner")).expect("the folder").count(), 1);
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn those_who_start_at_once_have_the_same_key() {
    let folder = std::env::temp_dir().join(Uuid::new_v4().to_string());
    let path = folder.join("signing.key");
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let path = path.clone();
            std::thread::spawn(move || SigningKey::load_or_create(&path).expect("a key").bytes)
        })
        .collect();
    let keys: Vec<_> = threads.into_iter().map(|it| it.join().expect("no panic")).collect();
    assert!(keys.windows(2).all(|pair| pair[0] == pair[1]));
    fs::remove_dir_all(folder).expect("removed");
}

#[test]
fn a_key_file_that_is_missing_is_not_made_up() {
    assert!(matches!(SigningKey::load(Path::new("/nowhere/signing.key")), Err(KeyError::File { .. })));
}
