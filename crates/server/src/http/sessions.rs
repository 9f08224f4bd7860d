//! Signing in, staying signed in, signing out, and who one is.

use actix_web::http::header::{CACHE_CONTROL, USER_AGENT};
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::SignInStep;
use homeward_domain::policy::{OwnReminders, Reach};
use homeward_store::call::{Agency, Origin};
use homeward_store::people::{self, Person, Unit};
use homeward_store::sessions::{Rotation, Session};
use homeward_store::sign_ins::SignIn;
use homeward_store::{ReadTx, Seen};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::origin::origin;
use crate::auth::password::{Password, PasswordError};
use crate::auth::token::{RefreshToken, Secret};
use crate::auth::{Sent, Within, refuse_stray_query};
use crate::body;
use crate::ctx::App;
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::codes::RoleCode;
use crate::wire::{Code, Text};

/// What someone signs in with.
type Email = Text<254>;
/// So much is kept of what a client calls itself.
const AGENT_CHARS: usize = 200;
/// A code of a second factor.
type SecondFactor = Text<32>;

/// Who signs in, and how they prove it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Credentials {
    /// Small and capital letters are the same.
    email: Email,
    password: Password,
    /// Of a second factor, where one is due.
    #[expect(dead_code, reason = "nobody has a second factor yet, and clients that ask for one may send it")]
    code: Option<SecondFactor>,
}

/// A refresh token, to be used once.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RefreshRequest {
    refresh_token: String,
}

/// What a signed-in client carries.
#[derive(Serialize, ToSchema)]
pub(super) struct Tokens {
    /// Sent as `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// How many seconds the access token works.
    expires_in: i64,
    /// Works once, for the next pair. A second use ends the session.
    refresh_token: String,
}

/// The caller.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    id: Uuid,
    name: String,
    email: String,
    role: RoleCode,
    /// Works for the whole agency, whatever the units.
    whole_agency: bool,
    units: Vec<OwnUnit>,
    agency: OwnAgency,
}

/// A unit the caller works in.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnUnit {
    code: String,
    name: String,
}

/// The agency the caller works for.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnAgency {
    id: Uuid,
    name: String,
    /// Its civil time, by its IANA name.
    time_zone: String,
    /// `US`, or the postal code of the State.
    jurisdiction: String,
}

/// Sign in
///
/// The answer is the same, and takes as long, whether nobody has the e-mail, the password is wrong, or the sign-in is
/// locked: five failures within 15 minutes lock it for 15 minutes, or until an administrator opens it. 429 says that too
/// many wait to sign in at this moment. A session ends after 12 hours, or 15 minutes after its last use; of one person
/// five stand at once, and one more ends the oldest.
#[utoipa::path(tag = "sessions", operation_id = "login", request_body = Credentials,
               responses((status = 200, body = Tokens)))]
#[post("/v1/auth/login")]
pub(super) async fn login(request: HttpRequest, app: App, payload: Payload) -> Result<Shown<Tokens>, Problem> {
    let Credentials { email, password, .. } = sent(&request, payload).await?;
    let (email, at) = (String::from(email).to_lowercase(), app.now());
    let origin = origin(&request);
    let who = prove(&app, (&email, password), &origin, at).await?.ok_or(Problem::SignInFailed)?;
    let secret = secret()?;
    let session = app.store.start_session(&who, secret.hash(), agent(&request), at).await?;
    let session = session.ok_or(Problem::SignInFailed)?;
    app.store.record_sign_in((who.agency, who.user), SignInStep::In(session.id), &origin, at).await?;
    tracing::info!(user = %session.user, session = %session.id, "signed in");
    tokens(&app, &session, secret, at)
}

/// Whoever has this e-mail and this password. A wrong one is counted; a right one is hashed anew where its hash is weak.
pub(super) async fn prove(
    app: &App,
    (email, password): (&str, Password),
    origin: &Origin,
    at: DateTime<Utc>,
) -> Result<Option<SignIn>, Problem> {
    let turn = app.passwords.turn().await?;
    let tried = app.store.try_sign_in(email, at).await?;
    let judged = turn.compare(password, tried.as_ref().map(|it| it.password_hash.clone())).await?;
    let Some(who) = tried else { return Ok(None) };
    if !judged.right {
        record_failure(app, &who, origin, at);
        if who.is_last() {
            app.store.tell_locked(&who, at).await?;
        }
        return Ok(None);
    }
    if let Some(stronger) = judged.stronger {
        app.store.upgrade(&who, stronger).await?;
    }
    Ok(Some(who))
}

/// Nobody waits for it: that would tell whether somebody has this e-mail (PW-07).
fn record_failure(app: &App, who: &SignIn, origin: &Origin, at: DateTime<Utc>) {
    let (app, origin, who) = (app.clone(), origin.clone(), (who.agency, who.user));
    tokio::spawn(async move {
        if let Err(error) = app.store.record_sign_in(who, SignInStep::Failed, &origin, at).await {
            tracing::error!(%error, "a failed sign-in could not be recorded");
        }
    });
}

/// Stay signed in
///
/// A refresh token works once. Using it again ends the session: one of the two who used it has a copy. Only a reply that
/// was lost can be asked for again: within ten seconds, by the same client, while its successor was not used; then only
/// the newest successor works.
#[utoipa::path(tag = "sessions", operation_id = "refresh_session", request_body = RefreshRequest,
               responses((status = 200, body = Tokens)))]
#[post("/v1/auth/refresh")]
pub(super) async fn refresh(request: HttpRequest, app: App, payload: Payload) -> Result<Shown<Tokens>, Problem> {
    let RefreshRequest { refresh_token } = sent(&request, payload).await?;
    let token = RefreshToken::parse(&refresh_token).map_err(|_| Problem::SignInRequired)?;
    let (secret, at) = (secret()?, app.now());
    match app.store.rotate(&token.presented(agent(&request)), secret.hash(), at).await? {
        Rotation::Renewed(session) => tokens(&app, &session, secret, at),
        Rotation::Reused(session) => {
            let (who, step) = ((session.agency, session.user), SignInStep::Reused(session.id));
            app.store.record_sign_in(who, step, &origin(&request), at).await?;
            tracing::warn!(session = %session.id, "a refresh token was used twice; its session has ended");
            Err(Problem::SignInRequired)
        }
        Rotation::Unknown => Err(Problem::SignInRequired),
    }
}

/// Sign out
///
/// Ends the session: its access tokens and its refresh token stop working at once.
#[utoipa::path(tag = "sessions", operation_id = "logout", responses((status = 204)))]
#[post("/v1/auth/logout")]
pub(super) async fn logout(request: Sent) -> Result<HttpResponse, Problem> {
    let (store, call) = (&request.app().store, request.call());
    store.end_session(call).await?;
    store.record_sign_in((call.agency, call.user), SignInStep::Out(call.session), &call.origin, call.at).await?;
    Ok(HttpResponse::NoContent().insert_header((CACHE_CONTROL, "no-store")).finish())
}

/// Who I am
#[utoipa::path(tag = "sessions", operation_id = "get_me", responses((status = 200, body = Me)))]
#[get("/v1/me")]
pub(super) async fn me(request: Within<OwnReminders>) -> Result<Shown<Me>, Problem> {
    // Of all the acts, this is the one that every role may do for themselves.
    let me = request.list(async |tx, grant| Ok(Seen(Me::of(tx).await?, grant.saw(Vec::new())))).await?;
    Ok(Shown(me))
}

impl Me {
    async fn of(tx: &ReadTx) -> Result<Self, Problem> {
        let Person { id, name, email, units } = people::caller(tx).await?;
        let caller = &tx.standing().caller;
        Ok(Self {
            id: id.uuid(),
            name,
            email,
            role: Code(caller.role),
            whole_agency: caller.reach == Reach::WholeAgency,
            units: units.into_iter().map(OwnUnit::of).collect(),
            agency: OwnAgency::of(tx.agency()),
        })
    }
}

impl OwnUnit {
    fn of(unit: Unit) -> Self {
        Self { code: unit.code, name: unit.name }
    }
}

impl OwnAgency {
    fn of(agency: &Agency) -> Self {
        Self {
            id: agency.id.uuid(),
            name: agency.name.clone(),
            time_zone: agency.zone.name().to_owned(),
            jurisdiction: agency.rules.jurisdiction.clone(),
        }
    }
}

impl From<PasswordError> for Problem {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::TooManyTries { seconds: 2 },
            PasswordError::Hash(_) | PasswordError::Stopped => Self::Internal(Box::new(error)),
        }
    }
}

/// The body of someone who has no token yet.
pub(super) async fn sent<B: DeserializeOwned + ToSchema>(
    request: &HttpRequest,
    payload: Payload,
) -> Result<B, Problem> {
    refuse_stray_query(request)?;
    let bytes = body::read(request, &mut payload.into_inner()).await?;
    body::parse(request, &bytes)
}

/// What a client calls itself, for its owner to know the session by.
fn agent(request: &HttpRequest) -> Option<String> {
    let text = request.headers().get(USER_AGENT)?.to_str().ok()?.trim();
    (!text.is_empty()).then(|| text.chars().take(AGENT_CHARS).collect())
}

fn secret() -> Result<Secret, Problem> {
    Secret::random().map_err(|error| Problem::Internal(Box::new(error)))
}

fn tokens(app: &App, session: &Session, secret: Secret, at: DateTime<Utc>) -> Result<Shown<Tokens>, Problem> {
    let signed = app.keys.sign(session, app.store.limits().access, at);
    let (access_token, expires_in) = signed.map_err(|error| Problem::Internal(Box::new(error)))?;
    let refresh_token = RefreshToken::of(session, secret).reveal();
    Ok(Shown(Tokens { access_token, token_type: "Bearer", expires_in, refresh_token }))
}
