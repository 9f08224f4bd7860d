//! What an administrator can do about somebody's sign-in. None of it tells the administrator anything to sign in with.

use actix_web::post;
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{UserId, names};
use homeward_domain::policy::ManagePeople;
use homeward_store::second_factors::{self, Reset, Resetting};
use homeward_store::{Audited, people, sessions, sign_ins};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::UserView;
use crate::auth::Within;
use crate::problem::Problem;
use crate::reply::{Shown, Versioned};

/// Whose sessions are to end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndSessions {
    /// Of whom; everyone within my reach where it is left out. The session that asks goes on.
    user_id: Option<Uuid>,
}

/// How far the taking away of a second factor has come.
#[derive(Serialize, ToSchema)]
pub(crate) struct FactorResetView {
    asked_at: DateTime<Utc>,
    /// When the factor goes; null until another administrator has agreed.
    effective_at: Option<DateTime<Utc>>,
}

/// How many sessions ended.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionsEnded {
    sessions: usize,
}

/// Let somebody sign in again
///
/// Lifts the lock after failures, and opens a sign-in that was closed because nobody used it for 90 days. Nobody lifts
/// their own.
#[utoipa::path(tag = "people", operation_id = "unlock_user", params(("user_id" = Uuid, Path)),
               responses((status = 200, body = UserView)))]
#[post("/v1/users/{user_id}/unlock")]
pub(crate) async fn unlock(request: Within<ManagePeople>) -> Result<Versioned<UserView>, Problem> {
    let id = request.id::<names::User>("user_id")?;
    request
        .change(async |tx, grant| {
            people::find(tx, grant, id).await?;
            refuse_own(grant.actor(), id)?;
            sign_ins::unlock(tx, grant, id).await?;
            let view = UserView::of(people::find(tx, grant, id).await?);
            Ok(Audited::new(view, grant.did(None, Change::SignInUnlocked { user_id: id })))
        })
        .await
}

/// Have somebody sent a code to choose a password with
///
/// By mail, to the address that they sign in with: their first password, or another. No answer shows the code, and their
/// second factor stays as it is. 409 where no mail leaves the installation; whoever runs the program can set a password.
#[utoipa::path(tag = "people", operation_id = "start_password_reset", params(("user_id" = Uuid, Path)),
               responses((status = 200, body = UserView)))]
#[post("/v1/users/{user_id}/password-reset")]
pub(crate) async fn start_reset(request: Within<ManagePeople>) -> Result<Versioned<UserView>, Problem> {
    let id = request.id::<names::User>("user_id")?;
    let sends_mail = request.app().store.sends_mail();
    request
        .change(async |tx, grant| {
            let view = UserView::of(people::find(tx, grant, id).await?);
            if !sends_mail {
                return Err(Problem::NoMail);
            }
            sign_ins::start_reset(tx, grant, id).await?;
            Ok(Audited::new(view, grant.did(None, Change::PasswordResetStarted { user_id: id })))
        })
        .await
}

/// Have somebody's second factor taken away, who has lost it
///
/// One administrator asks, another asks the same and so agrees; 15 minutes later it goes, with the codes to recover with.
/// Meanwhile the person and the administrators are told, and a sign-in with the factor stops it. What was not agreed to
/// within a day is forgotten.
#[utoipa::path(tag = "people", operation_id = "ask_factor_reset", params(("user_id" = Uuid, Path)),
               responses((status = 200, body = FactorResetView)))]
#[post("/v1/users/{user_id}/factor-reset")]
pub(crate) async fn ask_factor_reset(request: Within<ManagePeople>) -> Result<Shown<FactorResetView>, Problem> {
    let id = request.id::<names::User>("user_id")?;
    request
        .change(async |tx, grant| {
            people::find(tx, grant, id).await?;
            refuse_own(grant.actor(), id)?;
            let Reset { asked_at, effective_at } = match second_factors::ask_reset(tx, grant, id).await? {
                Resetting::Stands(reset) => reset,
                Resetting::TakesAnother => return Err(Problem::TakesAnotherPerson),
                Resetting::NoFactor => return Err(Problem::NoSecondFactor),
            };
            let entry = grant.did(None, Change::FactorResetAsked { user_id: id, effective_at });
            Ok(Audited::new(FactorResetView { asked_at, effective_at }, entry))
        })
        .await
        .map(Shown)
}

/// End the sessions of somebody, or of everyone
///
/// At once, at every server. Whoever was signed in signs in again.
#[utoipa::path(tag = "people", operation_id = "end_sessions", request_body = EndSessions,
               responses((status = 200, body = SessionsEnded)))]
#[post("/v1/sessions/end")]
pub(crate) async fn end_sessions(request: Within<ManagePeople>) -> Result<Shown<SessionsEnded>, Problem> {
    request
        .write(async |tx, grant, body: EndSessions| {
            let of = body.user_id.map(UserId::from_uuid);
            if let Some(id) = of {
                people::find(tx, grant, id).await?;
            }
            let sessions = sessions::end_all(tx, grant, of).await?;
            Ok(Audited::new(
                SessionsEnded { sessions },
                grant.did(None, Change::SessionsEnded { user_id: of, sessions }),
            ))
        })
        .await
        .map(Shown)
}

/// Whoever could let themselves in again would need nobody's consent.
pub(super) fn refuse_own(actor: UserId, id: UserId) -> Result<(), Problem> {
    if actor == id { Err(Problem::TakesAnotherPerson) } else { Ok(()) }
}
