//! Tokens that somebody made up in a provider's name: each gets the one answer, and the right one is let in before and
//! after.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::Algorithm;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{World, provider::Signer};

fn encoded(part: &str) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

fn part(token: &str, number: usize) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').nth(number).unwrap()).unwrap()).unwrap()
}

/// Another header over the signature of the right one, or over one made with a key that everybody has.
fn algorithms(right: &str, public: &Value) -> Vec<(String, String)> {
    let (claims, signed) = (right.split('.').nth(1).unwrap(), right.split('.').nth(2).unwrap());
    let names = [
        "none", "None", "nOnE", "", "HS256", "HS384", "HS512", "hs256", "RS256", "RS384", "RS512", "PS256", "PS512",
        "ES384", "ES512", "ES256K", "EdDSA", "es256", "dir",
    ];
    let mut all = Vec::new();
    for name in names {
        let header = encoded(&json!({ "typ": "at+jwt", "alg": name, "kid": "first" }).to_string());
        all.push((format!("alg {name:?}"), format!("{header}.{claims}.{signed}")));
        all.push((format!("alg {name:?} and no signature"), format!("{header}.{claims}.")));
        let [text, x] = [public.to_string(), public["x"].as_str().unwrap().to_owned()];
        let bytes = URL_SAFE_NO_PAD.decode(&x).unwrap();
        for key in [text.as_bytes(), x.as_bytes(), &bytes, b""] {
            let message = format!("{header}.{claims}");
            let tag = Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(&message).finalize().into_bytes();
            all.push((
                format!("alg {name:?} by a key that everybody has"),
                format!("{message}.{}", URL_SAFE_NO_PAD.encode(tag)),
            ));
        }
    }
    all
}

/// Signed with a key of the forger's own, which the header brings along or names (OI-04).
fn keys(world: &World) -> Vec<(String, String)> {
    let forger = Signer::new("first");
    let elsewhere = format!("{}/keys", world.provider.url);
    let mut all = vec![("his own key under the right name".to_owned(), forger.sign(&world.claims()))];
    for (name, value) in [
        ("jwk", forger.public.clone()),
        ("jku", json!(elsewhere)),
        ("jku", json!("https://attacker.example/keys")),
        ("x5u", json!("https://attacker.example/chain.pem")),
        ("x5c", json!(["MIIB"])),
    ] {
        let mut header = forger.header();
        header[name] = value;
        all.push((format!("header {name}"), forger.sign_under(&header, &world.claims())));
    }
    for id in ["", "../../../../etc/passwd", "' or 1=1 --", "first\0", "FIRST", " first", "*", "%", "null", "0"] {
        all.push((format!("kid {id:?}"), Signer::new(id).sign(&world.claims())));
    }
    for (name, value) in [
        ("kid", Value::Null),
        ("kid", json!(["first"])),
        ("crit", json!(["exp"])),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
        ("alg", json!(["ES256"])),
        ("alg", Value::Null),
    ] {
        let mut header = world.signer.header();
        header[name] = value;
        all.push((format!("header {header}"), world.signer.sign_under(&header, &world.claims())));
    }
    all
}

/// Claims that are wrong, truly signed.
fn claims(world: &World) -> Vec<(String, String)> {
    let now = world.app.now().timestamp();
    let mut all = Vec::new();
    for (name, values) in [
        ("iss", vec![json!(null), json!(""), json!("https://elsewhere.test"), json!([world.provider.url]), json!(1)]),
        (
            "sub",
            vec![json!(null), json!(""), json!("nobody"), json!(7), json!("00u1-worker\0"), json!("a".repeat(256))],
        ),
        ("aud", vec![json!(null), json!(""), json!([]), json!(["x"]), json!({}), json!([null])]),
        (
            "exp",
            vec![
                json!(null),
                json!(now - 60),
                json!(0),
                json!(-1),
                json!("never"),
                json!(1e300),
                json!(now.to_string()),
            ],
        ),
        ("iat", vec![json!(null), json!(now + 1), json!(now + 400), json!("now"), json!(i64::MAX)]),
        ("nbf", vec![json!(now + 61), json!(i64::MAX), json!("later")]),
        ("auth_time", vec![json!(now + 1), json!(i64::MIN), json!(i64::MAX), json!("x")]),
        ("client_id", vec![json!(null), json!("another"), json!(["homeward-console"])]),
        ("amr", vec![json!("mfa"), json!(1)]),
    ] {
        all.extend(values.into_iter().map(|it| (format!("{name} {it}"), world.but(name, it))));
    }
    for name in ["iss", "sub", "aud", "exp", "iat", "client_id"] {
        all.push((format!("no {name}"), world.without(name)));
    }
    all
}

/// Claims that no reader reads alike: the signature is right, so that only the reading is judged.
fn read_twice(world: &World) -> Vec<(String, Vec<u8>)> {
    let right = world.claims().to_string();
    let twice = |name: &str, value: &str| right.replacen('{', &format!(r#"{{"{name}":{value},"#), 1).into_bytes();
    vec![
        ("sub twice".to_owned(), twice("sub", r#""nobody""#)),
        ("exp twice".to_owned(), twice("exp", "9999999999")),
        ("aud twice".to_owned(), twice("aud", r#""x""#)),
        ("a list".to_owned(), b"[]".to_vec()),
        ("nothing".to_owned(), Vec::new()),
        ("null".to_owned(), b"null".to_vec()),
        ("no UTF-8".to_owned(), vec![b'{', 0xff, b'}']),
        ("more behind it".to_owned(), format!("{right}{right}").into_bytes()),
    ]
}

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
    let longer = encoded(&format!("{}{}", part(right, 1), " ".repeat(9_000)));
    let all = vec![
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}..{signed}"),
        format!(".{claims}.{signed}"),
        format!("{claims}.{header}.{signed}"),
        format!("{right}.{signed}"),
        format!("{right}="),
        format!("{header}.{longer}.{signed}"),
        format!("{}.{claims}.{signed}", "A".repeat(9_000)),
        right.chars().rev().collect(),
        again(&[0; 64]),
        again(&bytes[..63]),
        again(&[bytes.clone(), vec![0]].concat()),
        again(&bytes.iter().copied().rev().collect::<Vec<_>>()),
        flipped(0),
        flipped(63),
    ];
    all.into_iter().enumerate().map(|(number, token)| (format!("mangled {number}"), token)).collect()
}

#[tokio::test]
async fn oi_02_oi_03_oi_04_and_oi_08_tokens_that_somebody_made_up_are_refused_with_one_answer() {
    let world = World::new().await;
    let right = world.token();
    assert_eq!(world.status(&right).await, 200, "the control is let in");
    let nobody = world.app.nobody().send(Method::GET, "/v1/me", None, &[("x-request-id", "same")]).await;
    let mut forged = [algorithms(&right, &world.signer.public), keys(&world), claims(&world), mangled(&right)].concat();
    forged.extend(
        read_twice(&world)
            .into_iter()
            .map(|(name, bytes)| (name, world.signer.sign_bytes(&world.signer.header(), &bytes))),
    );
    forged.push(("of another curve".to_owned(), Signer::of("first", Algorithm::ES384).sign(&world.claims())));
    assert!(150 <= forged.len(), "{}", forged.len());
    for (name, token) in &forged {
        let headers = [("authorization", &*format!("Bearer {token}")), ("x-request-id", "same")];
        let reply = world.app.nobody().send(Method::GET, "/v1/me", None, &headers).await;
        assert_eq!((reply.status, &reply.text), (401, &nobody.text), "{name}: {token}");
        let names = |it: &crate::support::Reply| it.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&reply), names(&nobody), "{name}");
    }
    assert_eq!(world.status(&right).await, 200, "and is let in after");
    assert!(world.provider.asked() <= 2, "{}", world.provider.asked());
}
