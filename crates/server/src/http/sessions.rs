//! Signing in, staying signed in, signing out, and who one is.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::{DateTime, Utc};
use homeward_domain::policy::{OwnReminders, Reach};
use homeward_store::call::Agency;
use homeward_store::people::{self, Person, Unit};
use homeward_store::sessions::{Rotation, Session};
use homeward_store::{ReadTx, Seen};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::password::{Attempt, Password, PasswordError};
use crate::auth::token::{Keys, RefreshToken, Secret};
use crate::auth::{Sent, Within, refuse_stray_query};
use crate::body;
use crate::ctx::App;
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::codes::RoleCode;
use crate::wire::{Code, Text};

/// What someone signs in with.
type Email = Text<254>;
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
/// The answer is the same whether the e-mail is unknown or the password is wrong, and takes as long. Ten failures of
/// one e-mail within 15 minutes are answered with 429. The session ends after 12 hours.
#[utoipa::path(tag = "sessions", operation_id = "login", request_body = Credentials,
               responses((status = 200, body = Tokens)))]
#[post("/v1/auth/login")]
pub(super) async fn login(request: HttpRequest, app: App, payload: Payload) -> Result<Shown<Tokens>, Problem> {
    let Credentials { email, password, .. } = sent(&request, payload).await?;
    let (email, at) = (String::from(email).to_lowercase(), app.now());
    let found = app.store.find_sign_in(&email).await?;
    let stored = found.as_ref().map(|it| it.password_hash.clone());
    let right = app.passwords.check(Attempt { email: email.clone(), password, stored, at }).await?;
    let who = found.filter(|_| right).ok_or(Problem::SignInFailed)?;
    let secret = secret()?;
    let session = app.store.start_session(&who, secret.hash(), at).await?.ok_or(Problem::SignInFailed)?;
    app.passwords.forget(&email);
    tracing::info!(user = %session.user, session = %session.id, "signed in");
    tokens(&app.keys, &session, secret, at)
}

/// Stay signed in
///
/// A refresh token works once. Using it again ends the session: one of the two who used it has a copy.
#[utoipa::path(tag = "sessions", operation_id = "refresh_session", request_body = RefreshRequest,
               responses((status = 200, body = Tokens)))]
#[post("/v1/auth/refresh")]
pub(super) async fn refresh(request: HttpRequest, app: App, payload: Payload) -> Result<Shown<Tokens>, Problem> {
    let RefreshRequest { refresh_token } = sent(&request, payload).await?;
    let token = RefreshToken::parse(&refresh_token).map_err(|_| Problem::SignInRequired)?;
    let (secret, at) = (secret()?, app.now());
    match app.store.rotate(&token.presented(), secret.hash(), at).await? {
        Rotation::Renewed(session) => tokens(&app.keys, &session, secret, at),
        Rotation::Reused(session) => {
            tracing::warn!(%session, "a refresh token was used twice; its session has ended");
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
    request.app().store.end_session(request.call()).await?;
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
            PasswordError::TooManyTries { seconds } => Self::TooManyTries { seconds },
            PasswordError::Hash(_) | PasswordError::Stopped => Self::Internal(Box::new(error)),
        }
    }
}

/// The body of someone who has no token yet.
async fn sent<B: DeserializeOwned + ToSchema>(request: &HttpRequest, payload: Payload) -> Result<B, Problem> {
    refuse_stray_query(request)?;
    let bytes = body::read(request, &mut payload.into_inner()).await?;
    body::parse(request, &bytes)
}

fn secret() -> Result<Secret, Problem> {
    Secret::random().map_err(|error| Problem::Internal(Box::new(error)))
}

fn tokens(keys: &Keys, session: &Session, secret: Secret, at: DateTime<Utc>) -> Result<Shown<Tokens>, Problem> {
    let (access_token, expires_in) = keys.sign(session, at).map_err(|error| Problem::Internal(Box::new(error)))?;
    let refresh_token = RefreshToken::of(session, secret).reveal();
    Ok(Shown(Tokens { access_token, token_type: "Bearer", expires_in, refresh_token }))
}
