//! A provider of our own: keys that it changes, tokens that say anything, days on which it does not answer.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use homeward_server::cli::Trust;
use homeward_server::issuers;
use homeward_server::provider::Fetcher;
use homeward_server::tls::Certificate;
use homeward_server::webhook::Allowed;
use jsonwebtoken::crypto::sign;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use rcgen::{
    KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PKCS_RSA_SHA256, SignatureAlgorithm,
};
use serde_json::{Value, json};

use crate::support::{Person, TestApp};

pub(super) const AUDIENCE: &str = "https://homeward.agency.test";
pub(super) const CLIENT: &str = "homeward-console";

type ReadKey = fn(&[u8]) -> jsonwebtoken::errors::Result<EncodingKey>;

/// A pair of keys. The public half has to be published.
#[derive(Clone)]
pub(super) struct Signer {
    pub(super) id: String,
    pub(super) algorithm: Algorithm,
    key: EncodingKey,
    pub(super) public: Value,
}

impl Signer {
    pub(super) fn new(id: &str) -> Self {
        Self::of(id, Algorithm::ES256)
    }

    pub(super) fn of(id: &str, algorithm: Algorithm) -> Self {
        let (kind, read): (&SignatureAlgorithm, ReadKey) = match algorithm {
            Algorithm::ES256 => (&PKCS_ECDSA_P256_SHA256, EncodingKey::from_ec_pem),
            Algorithm::ES384 => (&PKCS_ECDSA_P384_SHA384, EncodingKey::from_ec_pem),
            Algorithm::EdDSA => (&PKCS_ED25519, EncodingKey::from_ed_pem),
            _ => (&PKCS_RSA_SHA256, EncodingKey::from_rsa_pem),
        };
        let pair = KeyPair::generate_for(kind).unwrap();
        let key = read(pair.serialize_pem().as_bytes()).unwrap();
        let mut public = match algorithm {
            Algorithm::EdDSA => {
                let x = URL_SAFE_NO_PAD.encode(pair.public_key_raw());
                json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x })
            }
            _ => serde_json::to_value(Jwk::from_encoding_key(&key, algorithm).unwrap()).unwrap(),
        };
        (public["kid"], public["use"]) = (json!(id), json!("sig"));
        Self { id: id.to_owned(), algorithm, key, public }
    }

    /// What a header says of a token that this signs.
    pub(super) fn header(&self) -> Value {
        json!({ "typ": "at+jwt", "alg": self.algorithm, "kid": self.id })
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_under(&self.header(), claims)
    }

    pub(super) fn sign_under(&self, header: &Value, claims: &Value) -> String {
        self.sign_bytes(header, claims.to_string().as_bytes())
    }

    /// Whatever that is.
    pub(super) fn sign_bytes(&self, header: &Value, claims: &[u8]) -> String {
        let [header, claims] = [header.to_string().as_bytes(), claims].map(|it| URL_SAFE_NO_PAD.encode(it));
        let message = format!("{header}.{claims}");
        let signed = sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signed}")
    }
}

#[derive(Default)]
struct State {
    keys: Vec<Value>,
    asked: usize,
    /// What it answers instead.
    broken: Option<(u16, String)>,
    issuer: String,
}

/// A running provider.
#[derive(Clone)]
pub(super) struct Provider {
    pub(super) url: String,
    state: Arc<Mutex<State>>,
}

impl Provider {
    /// One that publishes these keys.
    pub(super) fn start(signers: &[&Signer]) -> Self {
        Self::listen(signers, None)
    }

    /// The same behind a certificate.
    pub(super) fn behind(certificate: &Arc<Certificate>, signers: &[&Signer]) -> Self {
        Self::listen(signers, Some(certificate))
    }

    fn listen(signers: &[&Signer], certificate: Option<&Arc<Certificate>>) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = web::Data::from(state.clone());
        let server = HttpServer::new(move || App::new().app_data(shared.clone()).default_service(web::to(answer)));
        let server = server.workers(1).disable_signals();
        let (server, scheme) = match certificate {
            Some(it) => (server.bind_rustls_0_23("127.0.0.1:0", it.config().unwrap()).unwrap(), "https"),
            None => (server.bind("127.0.0.1:0").unwrap(), "http"),
        };
        let url = format!("{scheme}://localhost:{}", server.addrs()[0].port());
        tokio::spawn(server.run());
        state.lock().unwrap().issuer.clone_from(&url);
        let provider = Self { url, state };
        provider.publish(signers);
        provider
    }

    /// From now on these are its keys.
    pub(super) fn publish(&self, signers: &[&Signer]) {
        self.state.lock().unwrap().keys = signers.iter().map(|it| it.public.clone()).collect();
    }

    /// From now on it answers this to whatever it is asked; none answers again.
    pub(super) fn break_off(&self, answer: Option<(u16, String)>) {
        self.state.lock().unwrap().broken = answer;
    }

    /// It says that it is another.
    pub(super) fn call_itself(&self, issuer: &str) {
        issuer.clone_into(&mut self.state.lock().unwrap().issuer);
    }

    /// How often it was asked for its keys.
    pub(super) fn asked(&self) -> usize {
        self.state.lock().unwrap().asked
    }

    /// What an access token of it says.
    pub(super) fn claims(&self, app: &TestApp, subject: &str) -> Value {
        let now = app.now().timestamp();
        json!({ "iss": self.url, "sub": subject, "aud": AUDIENCE, "client_id": CLIENT, "iat": now, "exp": now + 300,
                "auth_time": now - 60, "jti": "1", "acr": "two", "amr": ["pwd", "otp", "mfa"] })
    }

    /// The settings that the tests begin with.
    pub(super) fn trust(&self) -> Trust {
        Trust {
            agency: "Demo State".to_owned(),
            issuer: self.url.clone(),
            audience: AUDIENCE.to_owned(),
            client: vec![CLIENT.to_owned(), "homeward-phone".to_owned()],
            jwks_url: None,
            algorithm: ["RS256", "PS256", "ES256", "ES384", "EdDSA"].map(str::to_owned).to_vec(),
            acr: Vec::new(),
            amr: Vec::new(),
            auth_minutes: None,
            plain_jwt: false,
        }
    }
}

async fn answer(state: web::Data<Mutex<State>>, request: HttpRequest) -> HttpResponse {
    let mut state = state.lock().unwrap();
    let is_discovery = request.path().ends_with("/openid-configuration");
    state.asked += usize::from(!is_discovery);
    if let Some((status, text)) = &state.broken {
        let mut broken = HttpResponse::build((*status).try_into().unwrap());
        return broken.insert_header(("location", format!("{}/keys", state.issuer))).body(text.clone());
    }
    if is_discovery {
        let keys = format!("{}/keys", state.issuer);
        return HttpResponse::Ok().json(json!({ "issuer": state.issuer, "jwks_uri": keys }));
    }
    HttpResponse::Ok().json(json!({ "keys": state.keys }))
}

/// Whoever runs the program trusts the provider.
pub(super) async fn trust(app: &TestApp, trust: Trust) -> String {
    let fetcher = Fetcher::new(Allowed::anywhere());
    issuers::set(&app.db.url, trust, &fetcher, app.now()).await.unwrap().to_string()
}

/// Two administrators say that the subject is this person.
pub(super) async fn link(app: &TestApp, second: &Person, (issuer, subject): (&str, &str), user: &Person) {
    let body = json!({ "provider_id": issuer, "subject": subject });
    let path = format!("/v1/users/{}/identities", user.id.unwrap());
    app.person("administrator").await.post(&path, body.clone(), 200).await;
    let linked = second.post(&path, body, 200).await;
    assert_eq!(linked["linked_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap(), app.now());
}
