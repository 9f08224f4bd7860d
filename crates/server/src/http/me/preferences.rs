//! When and how one hears. Nothing here lessens what the law asks.

use actix_web::{get, put};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::policy::OwnSettings;
use homeward_store::preferences::{self, Preferences};
use homeward_store::{Audited, Seen};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::Within;
use crate::problem::Problem;
use crate::reply::Versioned;
use crate::wire::WallTime;

/// What one chooses.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPreferences {
    /// Mail for the agency's own aims too. For a limit of law it comes always.
    mail_for_aims: bool,
    /// When what does not press leaves, on the agency's own clock.
    digest_at: WallTime,
}

/// What one chose. The inbox gets everything, and mail comes always for a limit of law: neither can be chosen away.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreferencesView {
    mail_for_aims: bool,
    /// On the agency's own clock, as `08:00`.
    digest_at: String,
    /// 0 while nothing was chosen.
    version: i32,
    recorded_at: Option<DateTime<Utc>>,
}

impl PreferencesView {
    fn of(it: &Preferences) -> Versioned<Self> {
        let digest_at = it.digest_at.format("%H:%M").to_string();
        let (version, recorded_at) = (it.version, it.recorded_at);
        Versioned(Self { mail_for_aims: it.mail_for_aims, digest_at, version, recorded_at }, version)
    }
}

/// What I chose to be sent, and when
#[utoipa::path(tag = "people", operation_id = "get_preferences", responses((status = 200, body = PreferencesView)))]
#[get("/v1/me/preferences")]
pub(crate) async fn show(request: Within<OwnSettings>) -> Result<Versioned<PreferencesView>, Problem> {
    request
        .list(async |tx, grant| {
            let chosen = preferences::own(tx, grant).await?;
            Ok(Seen(PreferencesView::of(&chosen), grant.saw(Vec::new())))
        })
        .await
}

/// Choose what I am sent, and when
///
/// Every reminder stands in the inbox, and a limit of law is mailed too, whatever is chosen here. What presses leaves
/// at once at any hour; the rest leaves in one digest, and before the limit if that comes first.
#[utoipa::path(tag = "people", operation_id = "choose_preferences", params(("If-Match" = String, Header)),
               request_body = NewPreferences, responses((status = 200, body = PreferencesView)))]
#[put("/v1/me/preferences")]
pub(crate) async fn choose(request: Within<OwnSettings>) -> Result<Versioned<PreferencesView>, Problem> {
    request
        .write(async |tx, grant, body: NewPreferences| {
            let NewPreferences { mail_for_aims, digest_at } = body;
            let version = request.version()?;
            let wanted = Preferences { mail_for_aims, digest_at: digest_at.0, version, recorded_at: None };
            let chosen = preferences::choose(tx, grant, wanted).await?;
            let change = Change::PreferencesChanged { version: chosen.version };
            Ok(Audited::new(PreferencesView::of(&chosen), grant.did(None, change)))
        })
        .await
}
