//! My second factor: set up, confirmed, renewed; and proving again who I am.

use actix_web::{get, post};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::policy::OwnFactor;
use homeward_store::sessions::SecretHash;
use homeward_store::{Audited, Seen, people, second_factors};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Within;
use crate::auth::factor::{self, FactorCode};
use crate::auth::password::Password;
use crate::http::sessions::{Tokens, proof};
use crate::problem::{Fault, Problem};
use crate::reply::Shown;
use crate::wire::Text;

/// What I have.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecondFactorView {
    /// Since when I have a second factor; null where I have none.
    confirmed_at: Option<DateTime<Utc>>,
    /// My agency wants everyone to have one.
    required: bool,
    /// How many codes to recover with I have left.
    recovery_codes_left: i64,
}

/// What an app counts with. It is shown this once, and opens nothing before it is confirmed.
#[derive(Serialize, ToSchema)]
pub(crate) struct EnrolmentView {
    /// To type into an app.
    secret: String,
    /// To scan: as a QR code.
    otpauth_url: String,
}

/// A code that the app shows.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactorConfirmation {
    code: Text<32>,
}

/// The codes to recover with, and a session in which everything can be done.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorConfirmed {
    /// Ten, each for one sign-in without the app. They are shown this once: keep them apart from it.
    recovery_codes: Vec<String>,
    #[serde(flatten)]
    tokens: Tokens,
}

/// New codes to recover with.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecoveryCodes {
    /// Ten, each for one sign-in without the app. They are shown this once; those before them work no more.
    recovery_codes: Vec<String>,
}

/// Who I am, again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FreshProof {
    /// Where I have no second factor.
    password: Option<Password>,
    /// Of the second factor, where I have one.
    code: Option<Text<32>>,
}

/// My second factor
#[utoipa::path(tag = "sessions", operation_id = "get_factor", responses((status = 200, body = SecondFactorView)))]
#[get("/v1/me/factor")]
pub(crate) async fn show(request: Within<OwnFactor>) -> Result<Shown<SecondFactorView>, Problem> {
    let status =
        request.list(async |tx, grant| Ok(Seen(second_factors::status(tx, grant).await?, grant.saw(Vec::new()))));
    let status: second_factors::Status = status.await?;
    Ok(Shown(SecondFactorView {
        confirmed_at: status.confirmed_at,
        required: status.required,
        recovery_codes_left: status.recovery_codes,
    }))
}

/// Set up a second factor
///
/// An app that counts by the clock. One that I have works until this one is confirmed.
#[utoipa::path(tag = "sessions", operation_id = "enrol_factor", responses((status = 200, body = EnrolmentView)))]
#[post("/v1/me/factor")]
pub(crate) async fn enrol(request: Within<OwnFactor>) -> Result<Shown<EnrolmentView>, Problem> {
    request
        .change(async |tx, grant| {
            let me = people::caller(tx).await?;
            let made = factor::enrolment(&me.email).map_err(|error| Problem::Internal(Box::new(error)))?;
            let id = second_factors::enrol(tx, grant, &made.secret).await?;
            let view = EnrolmentView { secret: made.base32, otpauth_url: made.url };
            Ok(Audited::new(view, grant.did(None, Change::FactorEnrolled { factor_id: id })))
        })
        .await
        .map(Shown)
}

/// Confirm the second factor with a code that the app shows
///
/// It takes the place of any before it. The session that asks ends; the answer holds another.
#[utoipa::path(tag = "sessions", operation_id = "confirm_factor", request_body = FactorConfirmation,
               responses((status = 200, body = FactorConfirmed)))]
#[post("/v1/me/factor/confirmation")]
pub(crate) async fn confirm(request: Within<OwnFactor>) -> Result<Shown<FactorConfirmed>, Problem> {
    let codes = codes()?;
    let stored: Vec<SecretHash> = codes.iter().map(|it| it.1).collect();
    request
        .write(async |tx, grant, body: FactorConfirmation| {
            let pending = second_factors::pending(tx, grant).await?.ok_or(Problem::NoSecondFactor)?;
            let FactorCode::Counted(code) = FactorCode::parse(body.code.as_str()) else { return Err(wrong_code()) };
            let step = factor::step(&pending.secret, &code, tx.at()).ok_or_else(wrong_code)?;
            second_factors::confirm(tx, grant, (&pending, step), &stored).await?;
            Ok(Audited::new((), grant.did(None, Change::FactorConfirmed { factor_id: pending.id })))
        })
        .await?;
    let tokens = Tokens::anew(&request, false).await?;
    Ok(Shown(FactorConfirmed { recovery_codes: shown(codes), tokens }))
}

/// Have my codes to recover with made anew
#[utoipa::path(tag = "sessions", operation_id = "renew_recovery_codes",
               responses((status = 200, body = RecoveryCodes)))]
#[post("/v1/me/factor/recovery-codes")]
pub(crate) async fn renew_codes(request: Within<OwnFactor>) -> Result<Shown<RecoveryCodes>, Problem> {
    let codes = codes()?;
    let stored: Vec<SecretHash> = codes.iter().map(|it| it.1).collect();
    request
        .change(async |tx, grant| {
            if second_factors::status(tx, grant).await?.confirmed_at.is_none() {
                return Err(Problem::NoSecondFactor);
            }
            second_factors::renew_codes(tx, grant, &stored).await?;
            Ok(Audited::new((), grant.did(None, Change::RecoveryCodesMade)))
        })
        .await?;
    Ok(Shown(RecoveryCodes { recovery_codes: shown(codes) }))
}

/// Prove again who I am
///
/// With a code of the second factor, or with the password where I have none. For five minutes I can then do what asks for
/// it (`step-up-required`). The session that asks ends; the answer holds another, which ends when that would have.
#[utoipa::path(tag = "sessions", operation_id = "prove_again", request_body = FreshProof,
               responses((status = 200, body = Tokens)))]
#[post("/v1/auth/step-up")]
pub(crate) async fn prove_again(request: Within<OwnFactor>) -> Result<Shown<Tokens>, Problem> {
    let email =
        request.list(async |tx, grant| Ok(Seen(people::caller(tx).await?.email, grant.saw(Vec::new())))).await?;
    let FreshProof { password, code } = request.body()?;
    let code = code.map(|it| FactorCode::parse(it.as_str()));
    let (app, call) = (request.app(), request.call());
    let field = if code.is_some() { "code" } else { "password" };
    let who = proof(app, (call.agency, call.user), (&email, password, code), (&call.origin, call.at)).await?;
    let who = who.ok_or_else(|| Problem::Impossible(vec![Fault::of(field, "does not prove who you are")]))?;
    app.store.forgive(&who, call.at).await?;
    Tokens::anew(&request, true).await.map(Shown)
}

fn codes() -> Result<Vec<(String, SecretHash)>, Problem> {
    factor::recovery_codes().map_err(|error| Problem::Internal(Box::new(error)))
}

fn shown(codes: Vec<(String, SecretHash)>) -> Vec<String> {
    codes.into_iter().map(|it| it.0).collect()
}

fn wrong_code() -> Problem {
    Problem::Impossible(vec![Fault::of("code", "is not what the app shows now")])
}
