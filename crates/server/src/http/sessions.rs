//! Signing in, staying signed in, signing out, and who one is.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::SignInStep;
use homeward_domain::id::{AgencyId, UserId};
use homeward_domain::policy::{OwnReminders, Reach};
use homeward_store::call::{Agency, Origin};
use homeward_store::people::{self, Person, Unit};
use homeward_store::second_factors::Factor;
use homeward_store::sessions::{Client, Rotation, Session};
use homeward_store::sign_ins::SignIn;
use homeward_store::{ReadTx, Seen};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::allowance::Stranger;
use crate::auth::factor::{self, FactorCode};
use crate::auth::origin::origin;
use crate::auth::password::{Password, PasswordError};
use crate::auth::token::{RefreshToken, Secret};
use crate::auth::{Sent, Within, agent, refuse_stray_query};
use crate::body;
use crate::ctx::App;
use crate::problem::{Problem, TooMany};
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
    /// Of the app that is their second factor, or one to recover with; left out where they have none.
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
pub(crate) struct Tokens {
    /// Sent as `Authorization: Bearer …`.
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// How many seconds the access token works.
    expires_in: i64,
    /// Works once, for the next pair. A second use ends the session.
    refresh_token: String,
    /// The agency wants everyone to have a second factor, and this person has none: all that can be done with these tokens
    /// is to set one up (`enrol_factor`, `confirm_factor`).
    second_factor_due: bool,
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
///
/// Whoever has a second factor sends its `code` too; without it the answer to the right password is
/// `second-factor-required`. A code counts like a password when it is wrong.
#[utoipa::path(tag = "sessions", operation_id = "login", request_body = Credentials,
               responses((status = 200, body = Tokens)))]
#[post("/v1/auth/login")]
pub(super) async fn login(
    _stranger: Stranger,
    request: HttpRequest,
    app: App,
    payload: Payload,
) -> Result<Shown<Tokens>, Problem> {
    let Credentials { email, password, code } = sent(&request, payload).await?;
    let (email, at) = (String::from(email).to_lowercase(), app.now());
    let origin = origin(&request);
    let who = prove(&app, (&email, password), &origin, at).await?.ok_or(Problem::SignInFailed)?;
    let code = code.map(|it| FactorCode::parse(it.as_str()));
    let enrolling = second_factor(&app, &who, (code, &origin), at).await?;
    let (secret, client) = (secret()?, Client { agent: agent(&request), enrolling });
    let session = app.store.start_session(&who, secret.hash(), client, at).await?;
    let session = session.ok_or(Problem::SignInFailed)?;
    app.store.record_sign_in((who.agency, who.user), SignInStep::In(session.id), &origin, at).await?;
    tracing::info!(user = %session.user, session = %session.id, "signed in");
    Tokens::of(&app, &session, secret, at).map(Shown)
}

/// Whether a second factor has to be set up, where none is there to be proven.
async fn second_factor(
    app: &App,
    who: &SignIn,
    (code, origin): (Option<FactorCode>, &Origin),
    at: DateTime<Utc>,
) -> Result<bool, Problem> {
    let whose = (who.agency, who.user);
    let asked = app.store.second_factor(whose, at).await?;
    let Some(factor) = asked.factor else { return Ok(asked.required) };
    let Some(code) = code else {
        app.store.take_back(who).await?;
        return Err(Problem::SecondFactorRequired);
    };
    if takes(app, whose, (&factor, code), at).await? {
        return Ok(false);
    }
    failed(app, who, origin, at).await?;
    Err(Problem::SignInFailed)
}

/// Takes a code, once.
async fn takes(
    app: &App,
    whose: (AgencyId, UserId),
    (factor, code): (&Factor, FactorCode),
    at: DateTime<Utc>,
) -> Result<bool, Problem> {
    Ok(match code {
        FactorCode::Recovery(hash) => app.store.use_recovery_code(whose, hash, at).await?,
        FactorCode::Counted(code) => match factor::step(&factor.secret, &code, at) {
            Some(step) => app.store.use_step(whose, (factor, step), at).await?,
            None => false,
        },
    })
}

/// Whoever is signed in, once they have proven again who they are: with a code where they have a second factor, else with
/// the password. Either is counted when it is wrong.
pub(super) async fn proof(
    app: &App,
    whose: (AgencyId, UserId),
    (email, password, code): (&str, Option<Password>, Option<FactorCode>),
    (origin, at): (&Origin, DateTime<Utc>),
) -> Result<Option<SignIn>, Problem> {
    let is_theirs = |it: &SignIn| (it.agency, it.user) == whose;
    match (app.store.second_factor(whose, at).await?.factor, password, code) {
        (Some(factor), _, Some(code)) => {
            let tried = app.store.try_sign_in(email, at).await?.filter(is_theirs);
            let Some(who) = tried else { return Ok(None) };
            let right = takes(app, whose, (&factor, code), at).await?;
            if !right {
                failed(app, &who, origin, at).await?;
            }
            Ok(right.then_some(who))
        }
        (None, Some(password), None) => Ok(prove(app, (email, password), origin, at).await?.filter(is_theirs)),
        _ => Ok(None),
    }
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
        failed(app, &who, origin, at).await?;
        return Ok(None);
    }
    if let Some(stronger) = judged.stronger {
        app.store.upgrade(&who, stronger).await?;
    }
    Ok(Some(who))
}

/// What follows a wrong password or a wrong code.
async fn failed(app: &App, who: &SignIn, origin: &Origin, at: DateTime<Utc>) -> Result<(), Problem> {
    record_failure(app, who, origin, at);
    if who.is_last() {
        app.store.tell_locked(who, at).await?;
    }
    Ok(())
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
pub(super) async fn refresh(
    _stranger: Stranger,
    request: HttpRequest,
    app: App,
    payload: Payload,
) -> Result<Shown<Tokens>, Problem> {
    let RefreshRequest { refresh_token } = sent(&request, payload).await?;
    let token = RefreshToken::parse(&refresh_token).map_err(|_| Problem::SignInRequired)?;
    let (secret, at) = (secret()?, app.now());
    match app.store.rotate(&token.presented(agent(&request)), secret.hash(), at).await? {
        Rotation::Renewed(session) => Tokens::of(&app, &session, secret, at).map(Shown),
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
    // A key does not sign in, so it does not sign out.
    if call.key.is_some() {
        return Err(Problem::Forbidden);
    }
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
            PasswordError::Busy => Self::TooMany { what: TooMany::Tries, seconds: 2 },
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

fn secret() -> Result<Secret, Problem> {
    Secret::random().map_err(|error| Problem::Internal(Box::new(error)))
}

impl Tokens {
    fn of(app: &App, session: &Session, secret: Secret, at: DateTime<Utc>) -> Result<Self, Problem> {
        let signed = app.keys.sign(session, app.store.limits().access, at);
        let (access_token, expires_in) = signed.map_err(|error| Problem::Internal(Box::new(error)))?;
        let refresh_token = RefreshToken::of(session, secret).reveal();
        let second_factor_due = session.enrolling;
        Ok(Self { access_token, token_type: "Bearer", expires_in, refresh_token, second_factor_due })
    }

    /// Of a new session in the place of the one that asks.
    pub(super) async fn anew(request: &Sent, still_enrolling: bool) -> Result<Self, Problem> {
        let (app, call, secret) = (request.app(), request.call(), secret()?);
        let session = app.store.start_anew(call, secret.hash(), still_enrolling).await?;
        Self::of(app, &session, secret, call.at)
    }
}
