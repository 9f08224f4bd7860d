//! Choosing another password: with the one that is known, or with a code that came by mail.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse, post};
use homeward_domain::audit::Change;
use homeward_domain::policy::OwnSettings;
use homeward_store::people::{self, Person};
use homeward_store::{Audited, ReadTx, Seen, sessions, sign_ins};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::allowance::Stranger;
use crate::auth::Within;
use crate::auth::password::Password;
use crate::auth::token::read_reset_code;
use crate::ctx::App;
use crate::http::sessions::{prove, sent};
use crate::problem::{Fault, Problem};

/// Another password in the place of the one that is known.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    current_password: Password,
    /// 15 characters or more, of any kind, and not only what anybody would try first.
    new_password: Password,
}

/// A password chosen with a code.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordReset {
    /// As it came by mail.
    code: String,
    /// 15 characters or more, of any kind, and not only what anybody would try first.
    new_password: Password,
}

/// Choose another password
///
/// Every other session of mine ends. A wrong current password counts like one at signing in.
#[utoipa::path(tag = "sessions", operation_id = "change_password", request_body = PasswordChange,
               responses((status = 204)))]
#[post("/v1/me/password")]
pub(crate) async fn change(request: Within<OwnSettings>) -> Result<HttpResponse, Problem> {
    let me = request.list(async |tx, grant| Ok(Seen(Known::of(tx).await?, grant.saw(Vec::new())))).await?;
    let PasswordChange { current_password, new_password } = request.body()?;
    let (app, at) = (request.app(), request.call().at);
    let who = prove(app, (&me.email, current_password), &request.call().origin, at).await?;
    let who = who.filter(|it| it.user == request.call().user);
    let who = who.ok_or_else(|| impossible("current_password", "is not your password"))?;
    app.store.forgive(&who, at).await?;
    judge(&new_password, &me.words)?;
    let hash = app.passwords.hash(&new_password).await?;
    request
        .change(async |tx, grant| {
            sign_ins::choose_password(tx, grant, hash.clone()).await?;
            sessions::end_others(tx, grant).await?;
            Ok(Audited::new((), grant.did(None, Change::PasswordChanged)))
        })
        .await?;
    Ok(done())
}

/// Choose a password with the code from a mail
///
/// It works once, for 30 minutes. Every session ends, a lock is lifted, and a second factor stays as it is.
#[utoipa::path(tag = "sessions", operation_id = "finish_password_reset", request_body = PasswordReset,
               responses((status = 204)))]
#[post("/v1/auth/password-reset")]
pub(crate) async fn reset(
    _stranger: Stranger,
    request: HttpRequest,
    app: App,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let PasswordReset { code, new_password } = sent(&request, payload).await?;
    let code = read_reset_code(&code).map_err(|_| Problem::SignInFailed)?;
    let at = app.now();
    let found = app.store.find_reset(&code, at).await?.ok_or(Problem::SignInFailed)?;
    judge(&new_password, &found.words)?;
    let hash = app.passwords.hash(&new_password).await?;
    if !app.store.reset_password(&code, &hash, at).await? {
        return Err(Problem::SignInFailed);
    }
    tracing::info!(user = %found.user, "chose a password with a code");
    Ok(done())
}

/// The caller, and the words that whoever knows them would try.
struct Known {
    email: String,
    words: Vec<String>,
}

impl Known {
    async fn of(tx: &ReadTx) -> Result<Self, Problem> {
        let Person { name, email, units, .. } = people::caller(tx).await?;
        let around = [name, email.clone(), tx.agency().name.clone()];
        let words = around.into_iter().chain(units.into_iter().map(|it| it.name)).collect();
        Ok(Self { email, words })
    }
}

fn judge(password: &Password, words: &[String]) -> Result<(), Problem> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    password.judge_new(&words).map_err(|rule| impossible("new_password", &rule.to_string()))
}

fn impossible(field: &str, why: &str) -> Problem {
    Problem::Impossible(vec![Fault::of(field, why)])
}

fn done() -> HttpResponse {
    HttpResponse::NoContent().insert_header((CACHE_CONTROL, "no-store")).finish()
}
