//! A person at a keyboard. Every answer they get is checked against the API description.

use homeward_domain::id::UserId;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{TestApp, contract, db};

/// Someone with or without a token.
#[derive(Clone)]
pub struct Person {
    client: Client,
    address: String,
    token: Option<String>,
    pub id: Option<UserId>,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Reply {
    /// The body as JSON; null where there is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// A header as text; empty where it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|it| it.to_str().ok()).unwrap_or_default()
    }

    /// The slug of the problem.
    pub fn slug(&self) -> String {
        let body = self.json();
        body["type"].as_str().unwrap_or_default().trim_start_matches("/problems/").to_owned()
    }
}

impl Person {
    pub(super) async fn sign_in(app: &TestApp, email: &str) -> Self {
        let nobody = Self::nobody(app);
        let body = json!({ "email": email, "password": db::PASSWORD });
        let reply = nobody.post("/v1/auth/login", body, 200).await;
        let token = reply["access_token"].as_str().expect("a token").to_owned();
        let person = Self { token: Some(token), ..nobody };
        let me = person.get("/v1/me", 200).await;
        let id = me["id"].as_str().and_then(|it| it.parse().ok());
        Self { id, ..person }
    }

    pub(super) fn nobody(app: &TestApp) -> Self {
        Self { client: Client::new(), address: app.address.clone(), token: None, id: None }
    }

    /// The same person at another replica.
    pub fn at_replica(&self, address: &str) -> Self {
        Self { address: address.to_owned(), ..self.clone() }
    }

    /// The same person with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub async fn get(&self, path: &str, status: u16) -> Value {
        self.send(Method::GET, path, None, &[]).await.expect_status(status, path)
    }

    /// Posts with a new idempotency key.
    pub async fn post(&self, path: &str, body: Value, status: u16) -> Value {
        self.post_once(&Uuid::new_v4().to_string(), path, body).await.expect_status(status, path)
    }

    /// Posts with this idempotency key.
    pub async fn post_once(&self, key: &str, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body), &[("idempotency-key", key)]).await
    }

    /// Reads the version of `resource`, then puts `body` at `path`.
    pub async fn put(&self, resource: &str, path: &str, body: Value, status: u16) -> Value {
        let etag = self.etag(resource).await;
        self.send(Method::PUT, path, Some(body), &[("if-match", &etag)]).await.expect_status(status, path)
    }

    /// Reads the version at `path`, then patches it.
    pub async fn patch(&self, path: &str, body: Value, status: u16) -> Value {
        let etag = self.etag(path).await;
        self.send(Method::PATCH, path, Some(body), &[("if-match", &etag)]).await.expect_status(status, path)
    }

    /// The version at `path`.
    pub async fn etag(&self, path: &str) -> String {
        self.send(Method::GET, path, None, &[]).await.header("etag").to_owned()
    }

    /// Sends a request, and checks the answer against the description.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>, headers: &[(&str, &str)]) -> Reply {
        let body = body.map(|it| ("application/json", it.to_string().into_bytes()));
        self.send_raw(method, path, body, headers).await
    }

    /// The same with bytes of any type.
    pub async fn send_raw(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let reply = self.answer(method.clone(), path, body, headers).await;
        contract::check(&method, path, &reply);
        reply
    }

    /// The same of a server in which something is broken: its answer need not be as described.
    pub async fn answer(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
        headers: &[(&str, &str)],
    ) -> Reply {
        self.try_answer(method, path, body, headers).await.expect("the server answers")
    }

    /// The same of a server that may die meanwhile.
    pub async fn try_answer(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Vec<u8>)>,
        headers: &[(&str, &str)],
    ) -> Result<Reply, reqwest::Error> {
        let mut request = self.client.request(method, format!("{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            let name: HeaderName = name.parse().expect("a header name");
            request = request.header(name, HeaderValue::from_str(value).expect("a header value"));
        }
        if let Some((kind, bytes)) = body {
            request = request.header("content-type", kind).body(bytes);
        }
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await?.to_vec();
        Ok(Reply { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes })
    }
}

impl Reply {
    #[track_caller]
    pub fn expect_status(&self, status: u16, path: &str) -> Value {
        assert_eq!(self.status, status, "{path} answered {}", self.text);
        self.json()
    }
}
