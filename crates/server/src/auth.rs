//! Who calls: the extractors that stand before every handler.
//!
//! An extractor checks the token and holds the rest of the request back. The body is judged only after the policy
//! has decided, inside the one transaction of the request, so a stranger learns nothing from a broken body (AZ-05).

use std::marker::PhantomData;

use actix_web::http::Method;
use actix_web::http::header::{AUTHORIZATION, HeaderName, IF_MATCH, USER_AGENT};
use actix_web::web::{self, Bytes};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use homeward_domain::audit::Entry;
use homeward_domain::id::{ChildId, Id};
use homeward_domain::policy::{Action, Grant, MakePacket, Permit};
use homeward_store::call::Call;
use homeward_store::idempotency::{Answer, Key};
use homeward_store::{Audited, ReadTx, Seen, WriteTx};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::again::again;
use crate::allowance;
use crate::body;
use crate::ctx::{App, AppState};
use crate::openapi;
use crate::problem::Problem;
use crate::reply::{Created, Made};

mod by_key;
pub mod factor;
pub mod origin;
pub mod password;
pub mod token;

use origin::origin;
use token::{Claims, machine};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// So much is kept of what a client calls itself.
const AGENT_CHARS: usize = 200;

/// A request of a signed-in person, or of a program with a key, and what they sent with it.
pub struct Sent {
    app: App,
    call: Call,
    request: HttpRequest,
    body: Bytes,
}

/// A request about one child, for the act `A`.
pub struct OfChild<A> {
    sent: Sent,
    child: ChildId,
    action: PhantomData<fn() -> A>,
}

/// A request about a collection within the caller's reach, for the act `A`.
pub struct Within<A> {
    sent: Sent,
    action: PhantomData<fn() -> A>,
}

/// Whether a create can be sent without an idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyRule {
    /// It cannot: sending it twice would record it twice.
    Required,
    /// It can.
    Optional,
}

impl FromRequest for Sent {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Self::Future {
        let request = request.clone();
        let mut payload = payload.take();
        Box::pin(async move {
            let app = request.app_data::<web::Data<AppState>>().cloned().ok_or(Problem::NotFound)?;
            let call = call(&app, &request).await?;
            refuse_stray_query(&request)?;
            let body = body::read(&request, &mut payload).await?;
            Ok(Self { app, call, request, body })
        })
    }
}

impl<A: Action> FromRequest for OfChild<A> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Self::Future {
        let sent = Sent::from_request(request, payload);
        Box::pin(async move {
            let sent = sent.await?;
            let child = sent.id("child_id")?;
            if sent.request.method() == Method::GET {
                sent.app.readers.admit(&sent.app.store, &sent.call, child).await?;
            }
            Ok(Self { sent, child, action: PhantomData })
        })
    }
}

impl<A: Action> FromRequest for Within<A> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Self::Future {
        let sent = Sent::from_request(request, payload);
        Box::pin(async move { Ok(Self { sent: sent.await?, action: PhantomData }) })
    }
}

async fn call(app: &AppState, request: &HttpRequest) -> Result<Call, Problem> {
    let (at, origin) = (app.now(), origin(request));
    let header = request.headers().get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let token = header.and_then(|it| it.strip_prefix("Bearer "));
    if let Some(key) = token.filter(|it| it.starts_with(machine::PREFIX)) {
        return by_key::call(app, request, (key, origin), at).await;
    }
    let claims = match token.map(|it| app.keys.verify(it, at)) {
        Some(Ok(claims)) => Some(claims),
        Some(Err(_)) => app.providers.admit(token.unwrap_or_default(), (agent(request), &origin), at).await?.ok(),
        None => None,
    };
    let Some(Claims { agency, user, session }) = claims else {
        allowance::admit_stranger(app, request, at).await?;
        return Err(Problem::SignInRequired);
    };
    let call = Call { agency, user, session, key: None, at, origin };
    allowance::admit(app, request, &call).await?;
    Ok(call)
}

/// What a client calls itself, for its owner to know the session by.
pub(crate) fn agent(request: &HttpRequest) -> Option<String> {
    let text = request.headers().get(USER_AGENT)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| text.chars().take(AGENT_CHARS).collect())
}

/// Refuses a query where none is described; where one is, its handler judges it.
pub fn refuse_stray_query(request: &HttpRequest) -> Result<(), Problem> {
    let takes_query =
        || request.method() == Method::GET && request.match_pattern().is_some_and(|it| openapi::takes_query(&it));
    if request.query_string().is_empty() || takes_query() {
        return Ok(());
    }
    Err(Problem::InvalidQuery("no parameter is known here".to_owned()))
}

impl Sent {
    /// Who calls, and when.
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// What every request can reach.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// An id in the path. One that is none names nothing.
    pub fn id<T>(&self, name: &str) -> Result<Id<T>, Problem> {
        self.request.match_info().query(name).parse().map_err(|_| Problem::NotFound)
    }

    /// The query, every parameter known.
    pub fn query<Q: DeserializeOwned>(&self) -> Result<Q, Problem> {
        let query = web::Query::<Q>::from_query(self.request.query_string());
        query.map(web::Query::into_inner).map_err(|error| Problem::InvalidQuery(error.to_string()))
    }

    /// The version in `If-Match`.
    pub fn version(&self) -> Result<i32, Problem> {
        let sent = self.request.headers().get(IF_MATCH).ok_or(Problem::PreconditionRequired)?;
        let version = sent.to_str().ok().and_then(|it| it.trim().strip_prefix('"')?.strip_suffix('"')?.parse().ok());
        version.ok_or(Problem::Stale)
    }

    /// The value in the body.
    pub fn body<B: DeserializeOwned + ToSchema>(&self) -> Result<B, Problem> {
        body::parse(&self.request, &self.body)
    }

    /// The idempotency key, if a good one was sent or none is needed, with a digest of what it was sent for.
    pub fn key(&self, rule: KeyRule) -> Result<Option<Key>, Problem> {
        let Some(sent) = self.request.headers().get(&IDEMPOTENCY_KEY) else {
            return if rule == KeyRule::Required { Err(Problem::IdempotencyKeyRequired) } else { Ok(None) };
        };
        let key = sent.to_str().ok().filter(|it| (1..=255).contains(&it.len()));
        let key = key.ok_or(Problem::IdempotencyKeyRequired)?.to_owned();
        let mut digest = Sha256::new();
        for part in [self.request.method().as_str().as_bytes(), self.request.path().as_bytes(), &self.body] {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        Ok(Some(Key { key, fingerprint: digest.finalize().to_vec() }))
    }
}

impl<A> std::ops::Deref for OfChild<A> {
    type Target = Sent;

    fn deref(&self) -> &Sent {
        &self.sent
    }
}

impl<A> std::ops::Deref for Within<A> {
    type Target = Sent;

    fn deref(&self) -> &Sent {
        &self.sent
    }
}

impl<A: Action> OfChild<A> {
    /// The child in the path. Only for links: rows are reached by the permit.
    pub fn child(&self) -> ChildId {
        self.child
    }

    /// Reads about the child.
    pub async fn read<T>(
        &self,
        work: impl AsyncFnOnce(&ReadTx, &Permit<A>) -> Result<Seen<T>, Problem>,
    ) -> Result<T, Problem> {
        self.app.store.read(&self.call, self.child, work).await
    }

    /// Reads about the child under another right than the request's own.
    pub async fn read_as<B: Action, T>(
        &self,
        work: impl AsyncFnOnce(&ReadTx, &Permit<B>) -> Result<Seen<T>, Problem>,
    ) -> Result<T, Problem> {
        self.app.store.read(&self.call, self.child, work).await
    }

    /// Reads what a create will be made of. Nothing is shown, so nothing is looked at: `create` says what was made.
    pub async fn prepare<B: DeserializeOwned + ToSchema, T>(
        &self,
        work: impl AsyncFnOnce(&ReadTx, &Permit<MakePacket>, B) -> Result<T, Problem>,
    ) -> Result<T, Problem> {
        let work = async |tx: &ReadTx, permit: &Permit<MakePacket>| {
            Ok(Seen(work(tx, permit, self.body()?).await?, permit.kept_inside()))
        };
        self.app.store.read(&self.call, self.child, work).await
    }

    /// Writes about the child. The body is read only once the policy has agreed.
    pub async fn write<B: DeserializeOwned + ToSchema, T>(
        &self,
        work: impl AsyncFn(&WriteTx, &Permit<A>, B) -> Result<Audited<T>, Problem>,
    ) -> Result<T, Problem> {
        again(async || {
            let work = async |tx: &WriteTx, permit: &Permit<A>| work(tx, permit, self.body()?).await;
            self.app.store.write(&self.call, self.child, work).await
        })
        .await
    }

    /// Judges whether something could be done to the child, before the slow part of doing it.
    pub async fn consider(
        &self,
        work: impl AsyncFnOnce(&ReadTx, &Permit<A>) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        self.app.store.consider(&self.call, self.child, work).await
    }

    /// Creates something about the child from a body that was read before, once for this key.
    pub async fn create_once<V: Serialize>(
        &self,
        key: Option<Key>,
        work: impl AsyncFn(&WriteTx, &Permit<A>) -> Result<(Made<V>, Entry), Problem>,
    ) -> Result<Created, Problem> {
        again(async || {
            let work = async |tx: &WriteTx, permit: &Permit<A>| answer(work(tx, permit).await?);
            self.app.store.create(&self.call, self.child, key.as_ref(), work).await.map(Created::from)
        })
        .await
    }

    /// Creates something about the child, once for each idempotency key.
    pub async fn create<B: DeserializeOwned + ToSchema, V: Serialize>(
        &self,
        rule: KeyRule,
        work: impl AsyncFn(&WriteTx, &Permit<A>, B) -> Result<(Made<V>, Entry), Problem>,
    ) -> Result<Created, Problem> {
        let key = self.key(rule);
        let sent = key.as_ref().ok().and_then(Option::as_ref);
        again(async || {
            let work = async |tx: &WriteTx, permit: &Permit<A>| {
                key.as_ref().map_err(|_| Problem::IdempotencyKeyRequired)?;
                answer(work(tx, permit, self.body()?).await?)
            };
            self.app.store.create(&self.call, self.child, sent, work).await.map(Created::from)
        })
        .await
    }
}

impl<A: Action> Within<A> {
    /// Reads a collection.
    pub async fn list<T>(
        &self,
        work: impl AsyncFnOnce(&ReadTx, &Grant<A>) -> Result<Seen<T>, Problem>,
    ) -> Result<T, Problem> {
        self.app.store.list(&self.call, work).await
    }

    /// Writes what concerns the agency. The body is read only once the policy has agreed.
    pub async fn write<B: DeserializeOwned + ToSchema, T>(
        &self,
        work: impl AsyncFn(&WriteTx, &Grant<A>, B) -> Result<Audited<T>, Problem>,
    ) -> Result<T, Problem> {
        again(async || {
            let work = async |tx: &WriteTx, grant: &Grant<A>| work(tx, grant, self.body()?).await;
            self.app.store.write_in(&self.call, work).await
        })
        .await
    }

    /// Writes what belongs to no child yet, or to the caller, without a body.
    pub async fn change<T>(
        &self,
        work: impl AsyncFn(&WriteTx, &Grant<A>) -> Result<Audited<T>, Problem>,
    ) -> Result<T, Problem> {
        again(async || self.app.store.write_in(&self.call, &work).await).await
    }

    /// Creates something, once for each idempotency key.
    pub async fn create<B: DeserializeOwned + ToSchema, V: Serialize>(
        &self,
        rule: KeyRule,
        work: impl AsyncFn(&WriteTx, &Grant<A>, B) -> Result<(Made<V>, Entry), Problem>,
    ) -> Result<Created, Problem> {
        let key = self.key(rule);
        let sent = key.as_ref().ok().and_then(Option::as_ref);
        again(async || {
            let work = async |tx: &WriteTx, grant: &Grant<A>| {
                key.as_ref().map_err(|_| Problem::IdempotencyKeyRequired)?;
                answer(work(tx, grant, self.body()?).await?)
            };
            self.app.store.create_in(&self.call, sent, work).await.map(Created::from)
        })
        .await
    }

    /// The same where what is done is told of several children, each with an entry of its own.
    pub async fn create_many<B: DeserializeOwned + ToSchema, V: Serialize>(
        &self,
        rule: KeyRule,
        work: impl AsyncFn(&WriteTx, &Grant<A>, B) -> Result<(Made<V>, Vec<Entry>), Problem>,
    ) -> Result<Created, Problem> {
        let key = self.key(rule);
        let sent = key.as_ref().ok().and_then(Option::as_ref);
        again(async || {
            let work = async |tx: &WriteTx, grant: &Grant<A>| {
                key.as_ref().map_err(|_| Problem::IdempotencyKeyRequired)?;
                let (made, entries) = work(tx, grant, self.body()?).await?;
                Ok(Audited(made.answer()?, entries))
            };
            self.app.store.create_in(&self.call, sent, work).await.map(Created::from)
        })
        .await
    }
}

/// The answer to keep, and the entry that explains what it says was done.
fn answer<V: Serialize>((made, entry): (Made<V>, Entry)) -> Result<Audited<Answer>, Problem> {
    Ok(Audited::new(made.answer()?, entry))
}
