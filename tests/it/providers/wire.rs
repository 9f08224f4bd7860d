//! How an issuer is asked: over TLS that is checked, at its own address, without being led elsewhere.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use homeward_server::provider::{FetchError, Fetcher};
use homeward_server::tls::{Certificate, CertificateFiles};
use homeward_server::webhook::Allowed;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};

use super::provider::{Provider, Signer};

/// An authority, and what it certifies.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    root: reqwest::Certificate,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let root = reqwest::Certificate::from_pem(params.self_signed(&key).unwrap().pem().as_bytes()).unwrap();
        Self { issuer: Issuer::new(params, key), root }
    }

    /// A certificate for this name, good until this year.
    fn certify(&self, name: &str, until: i32) -> Arc<Certificate> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        load(&params.signed_by(&key, &self.issuer).unwrap().pem(), &key.serialize_pem())
    }
}

fn load(chain: &str, key: &str) -> Arc<Certificate> {
    let dir = tempfile::tempdir().unwrap();
    let files = CertificateFiles { chain: dir.path().join("chain.pem"), key: dir.path().join("key.pem") };
    fs::write(&files.chain, chain).unwrap();
    fs::write(&files.key, key).unwrap();
    fs::set_permissions(&files.key, Permissions::from_mode(0o600)).unwrap();
    Certificate::load(files).unwrap()
}

fn self_signed() -> Arc<Certificate> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    load(&made.cert.pem(), &made.signing_key.serialize_pem())
}

#[tokio::test]
async fn nt_03_an_issuer_whose_certificate_is_over_of_another_name_or_of_no_authority_is_not_believed() {
    let (authority, signer) = (Authority::new(), Signer::new("first"));
    let fetcher = Fetcher::new(Allowed::anywhere()).trusting(Some(authority.root.clone()));
    let right = Provider::behind(&authority.certify("localhost", 2100), &[&signer]);
    assert_eq!(fetcher.keys(&right.url, None).await.unwrap().len(), 1, "the control is believed");
    for (why, certificate) in [
        ("over", authority.certify("localhost", 2020)),
        ("of another name", authority.certify("elsewhere.test", 2100)),
        ("of no authority", self_signed()),
        ("of another authority", Authority::new().certify("localhost", 2100)),
    ] {
        let answer = fetcher.keys(&Provider::behind(&certificate, &[&signer]).url, None).await;
        assert!(matches!(answer, Err(FetchError::Silent(_))), "{why}: {answer:?}");
    }
    assert!(Fetcher::new(Allowed::anywhere()).keys(&right.url, None).await.is_err(), "nobody said to trust it");
}

#[tokio::test]
async fn wh_03_and_wh_06_an_issuer_leads_nowhere_else_and_speaks_for_itself_only() {
    let signer = Signer::new("first");
    let (provider, fetcher) = (Provider::start(&[&signer]), Fetcher::new(Allowed::anywhere()));
    assert!(fetcher.keys(&provider.url, None).await.is_ok());
    provider.break_off(Some((302, String::new())));
    assert!(matches!(fetcher.keys(&provider.url, None).await, Err(FetchError::Answer("is not 200"))));
    provider.break_off(None);
    for named in ["https://elsewhere.test".to_owned(), format!("{}/", provider.url), "http://10.0.0.1".to_owned()] {
        provider.call_itself(&named);
        assert!(fetcher.keys(&provider.url, None).await.is_err(), "{named}");
    }
}

#[tokio::test]
async fn wh_04_and_wh_06_of_what_an_issuer_answers_little_is_read_and_only_keys_that_can_check_are_kept() {
    let (signer, fetcher) = (Signer::new("first"), Fetcher::new(Allowed::anywhere()));
    let provider = Provider::start(&[]);
    let keys = format!("{}/keys", provider.url);
    provider.break_off(Some((200, format!(r#"{{"keys":[],"x":"{}"}}"#, "a".repeat(70_000)))));
    assert!(matches!(fetcher.keys(&provider.url, Some(&keys)).await, Err(FetchError::Answer("is too long"))));
    let mut unnamed = signer.public.clone();
    unnamed.as_object_mut().unwrap().remove("kid");
    let mut for_sealing = signer.public.clone();
    for_sealing["use"] = "enc".into();
    let all = serde_json::json!({ "keys": [
        { "kty": "oct", "kid": "first", "k": "c2VjcmV0", "alg": "HS256" },
        { "kty": "AKP", "kid": "new", "alg": "ML-DSA-44", "pub": "AAAA" },
        { "kty": "RSA", "kid": "short" }, 7, null, unnamed, for_sealing, signer.public,
    ] });
    provider.break_off(Some((200, all.to_string())));
    let kept = fetcher.keys(&provider.url, Some(&keys)).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(serde_json::to_value(&kept[0]).unwrap(), signer.public);
}
