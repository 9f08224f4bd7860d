//! Tokens that somebody made up: each is refused with the same answer, and the right one is let in before and after.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use super::{NOW, at, session, status, tokens};
use crate::support::{Reply, TestApp};

const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// The key of the server of every test.
fn ours() -> Vec<u8> {
    (7..39).collect()
}

fn encoded(part: &str) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

fn signature(message: &str, key: &[u8]) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(message).finalize().into_bytes().to_vec()
}

/// A token with whatever stands in its parts, signed with whatever key.
fn token(header: &str, claims: &str, key: &[u8]) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature(&message, key)))
}

const HEADER: &str = r#"{"typ":"JWT","alg":"HS256"}"#;

/// What the right token claims.
async fn claims(app: &TestApp) -> Value {
    let it = session(app).await;
    let now = at(NOW).timestamp();
    json!({ "sub": it.user.to_string(), "sid": it.id.to_string(), "agy": it.agency.to_string(),
            "iat": now, "exp": now + 300 })
}

fn but(claims: &Value, name: &str, value: Value) -> String {
    let mut claims = claims.clone();
    claims[name] = value;
    claims.to_string()
}

fn without(claims: &Value, name: &str) -> String {
    let mut claims = claims.clone();
    claims.as_object_mut().unwrap().remove(name);
    claims.to_string()
}

/// Other algorithms than the one that is ours, said by a header over our own signature.
fn algorithms(claims: &Value) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let names = [
        "none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256",
        "ES384", "PS256", "PS512", "EdDSA", "A256KW", "dir",
    ];
    for name in names {
        let header = json!({ "typ": "JWT", "alg": name }).to_string();
        all.push((format!("alg {name:?}"), token(&header, &claims.to_string(), &ours())));
        let message = format!("{}.{}", encoded(&header), encoded(&claims.to_string()));
        all.push((format!("alg {name:?} and no signature"), format!("{message}.")));
    }
    for alg in [json!(null), json!(256), json!(["HS256"]), json!({ "HS256": true }), json!(true)] {
        let header = json!({ "typ": "JWT", "alg": alg }).to_string();
        all.push((format!("alg {alg}"), token(&header, &claims.to_string(), &ours())));
    }
    all.push(("no alg".to_owned(), token(r#"{"typ":"JWT"}"#, &claims.to_string(), &ours())));
    all
}

/// Keys that are none of ours, also where the header brings the key along.
fn keys(claims: &Value) -> Vec<(String, String)> {
    let other: Vec<u8> = (8..40).collect();
    let mut all = Vec::new();
    // One that is longer by a zero is no other key: HMAC fills up with zeros.
    for key in [&other[..], &[], &[0; 32], b"secret", &ours()[..31], &[ours(), vec![1]].concat(), NIL.as_bytes()] {
        all.push((format!("key {key:?}"), token(HEADER, &claims.to_string(), key)));
    }
    let jwk = json!({ "kty": "oct", "alg": "HS256", "k": URL_SAFE_NO_PAD.encode(&other) });
    for (name, value) in [
        ("jwk", jwk),
        ("jku", json!("https://attacker.example/keys.json")),
        ("x5u", json!("https://attacker.example/chain.pem")),
        ("x5c", json!(["MIIB"])),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' or 1=1 --")),
        ("crit", json!(["exp"])),
        ("zip", json!("DEF")),
    ] {
        let mut header = json!({ "typ": "JWT", "alg": "HS256" });
        header[name] = value;
        all.push((format!("header {name}"), token(&header.to_string(), &claims.to_string(), &other)));
    }
    all
}

/// Claims that nobody was given, under our own signature: as if the key had leaked, and the database still judges.
fn claiming(claims: &Value) -> Vec<(String, String)> {
    let now = at(NOW).timestamp();
    let mut all = Vec::new();
    for name in ["sub", "sid", "agy"] {
        let others = [json!(NIL), json!(Uuid::new_v4()), json!(""), json!(null), json!(1), json!([claims[name]])];
        all.extend(others.into_iter().map(|it| (format!("{name} {it}"), but(claims, name, it))));
    }
    all.push(("sub and sid of each other".to_owned(), {
        let mut crossed = claims.clone();
        (crossed["sub"], crossed["sid"]) = (claims["sid"].clone(), claims["sub"].clone());
        crossed.to_string()
    }));
    let ends = [json!(now), json!(now - 1), json!(0), json!(-1), json!("never"), json!(null), json!([now + 300])];
    all.extend(ends.into_iter().map(|it| (format!("exp {it}"), but(claims, "exp", it))));
    all.extend(["sub", "sid", "agy", "iat", "exp"].map(|it| (format!("no {it}"), without(claims, it))));
    let twice = claims.to_string().replacen('{', &format!(r#"{{"sub":"{NIL}","#), 1);
    for (name, text) in [
        ("sub twice", twice.as_str()),
        ("a list", "[]"),
        ("a text", r#""claims""#),
        ("nothing", ""),
        ("an empty object", "{}"),
        ("no JSON", "{sub}"),
        ("null", "null"),
    ] {
        all.push((format!("claims: {name}"), text.to_owned()));
    }
    all.into_iter().map(|(name, claims)| (name, token(HEADER, &claims, &ours()))).collect()
}

/// The right token, mangled.
fn mangled(right: &str) -> Vec<(String, String)> {
    let parts: Vec<&str> = right.split('.').collect();
    let [header, claims, signed] = parts[..] else { panic!("three parts") };
    let bytes = URL_SAFE_NO_PAD.decode(signed).unwrap();
    let again = |bytes: &[u8]| format!("{header}.{claims}.{}", URL_SAFE_NO_PAD.encode(bytes));
    let flipped = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        again(&bytes)
    };
    let all = vec![
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "...".to_owned(),
        "null".to_owned(),
        "A".repeat(4_000),
        NIL.to_owned(),
        header.to_owned(),
        claims.to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!(".{claims}.{signed}"),
        format!("{header}..{signed}"),
        format!("{claims}.{header}.{signed}"),
        format!("{right}.{signed}"),
        format!("{right}.{header}.{claims}"),
        format!("{right}="),
        format!("{right}A"),
        format!(" {right}"),
        right.to_uppercase(),
        right.to_lowercase(),
        right.replace('.', ","),
        right.chars().rev().collect(),
        format!("{header}.{claims}.{}", STANDARD.encode(&bytes)),
        again(&bytes[..31]),
        again(&bytes[1..]),
        again(&[bytes.clone(), vec![0]].concat()),
        again(&[0; 32]),
        flipped(0),
        flipped(31),
    ];
    all.into_iter().enumerate().map(|(number, token)| (format!("mangled {number}"), token)).collect()
}

async fn asked(app: &TestApp, token: &str) -> Reply {
    let headers = [("authorization", &*format!("Bearer {token}")), ("x-request-id", "same")];
    app.nobody().send(Method::GET, "/v1/me", None, &headers).await
}

fn names(reply: &Reply) -> BTreeSet<String> {
    reply.headers.keys().map(ToString::to_string).collect()
}

#[tokio::test]
async fn se_01_tokens_that_somebody_made_up_are_refused_with_one_answer() {
    let app = TestApp::strict(NOW).await;
    let (right, refresh) = tokens(&app).await;
    let claims = claims(&app).await;
    let made = token(HEADER, &claims.to_string(), &ours());
    for control in [&right, &made] {
        assert_eq!(status(&app, control).await, 200, "the control is let in");
    }
    let nobody = app.nobody().send(Method::GET, "/v1/me", None, &[("x-request-id", "same")]).await;
    let hash = app.db.owner().await.query_one("select secret_hash from refresh_tokens", &[]).await.unwrap();
    let stored = URL_SAFE_NO_PAD.encode(hash.get::<_, Vec<u8>>(0));
    let mut forged = [algorithms(&claims), keys(&claims), claiming(&claims), mangled(&right)].concat();
    forged.extend([("a refresh token".to_owned(), refresh), ("a stored hash".to_owned(), stored)]);
    assert!(100 <= forged.len(), "{}", forged.len());
    for (name, token) in &forged {
        let reply = asked(&app, token).await;
        assert_eq!((reply.status, &reply.text), (401, &nobody.text), "{name}: {token}");
        assert_eq!(names(&reply), names(&nobody), "{name}");
    }
    assert_eq!(status(&app, &right).await, 200, "and is let in after");
}
