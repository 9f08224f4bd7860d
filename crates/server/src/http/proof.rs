//! When the reminder system last proved itself, for whoever relies on it (DM-06).

use actix_web::get;
use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::silence::{Beat, PROOF, QUIET, SeenGround, Task};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::silence::Proof;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Sent;
use crate::problem::Problem;
use crate::reply::Shown;

/// What to do while the reminders cannot be relied upon.
pub(super) const BY_HAND: &str = "While this is red, rely on no reminder. Call law enforcement and NCMEC at \
    1-800-843-5678 within 24 hours of the first word that a child is missing. Write down on paper whom you told, \
    when, and the reference number. Enter it later with the true times.";

/// When the reminders last proved themselves, and what is wrong with them now
#[derive(Serialize, ToSchema)]
pub(super) struct ReminderProofView {
    /// When a trial reminder last came back; null where none ever did.
    proved_at: Option<DateTime<Utc>>,
    /// Whether that was in the last ten minutes and no alarm stands.
    is_proven: bool,
    /// How far the trial went: what is false was not part of it.
    proven: ProvenPartsView,
    /// Whether what raises alarms was heard of in the last three minutes.
    is_watched: bool,
    /// The alarms that stand.
    alarms: Vec<StandingAlarmView>,
    /// What the reminders stand on beside the program, as the watch last saw it; and what of that is not watched.
    grounds: Vec<GroundView>,
    /// What to do by hand while it is not proven.
    by_hand: &'static str,
}

/// What a trial reminder passed through
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each part is proven or not")]
pub(super) struct ProvenPartsView {
    database: bool,
    worker: bool,
    relay: bool,
    mailbox: bool,
}

/// An alarm that stands
#[derive(Serialize, ToSchema)]
pub(super) struct StandingAlarmView {
    condition: &'static str,
    /// What is wrong, in words.
    message: &'static str,
    raised_at: DateTime<Utc>,
}

/// What the reminders stand on
#[derive(Serialize, ToSchema)]
pub(super) struct GroundView {
    ground: &'static str,
    /// False where nobody said where it is.
    is_watched: bool,
    /// What was seen, in words.
    detail: String,
    looked_at: DateTime<Utc>,
}

impl From<&SeenGround> for GroundView {
    fn from(it: &SeenGround) -> Self {
        let (ground, detail) = (it.ground.code(), it.detail.clone());
        Self { ground, is_watched: it.is_watched, detail, looked_at: it.looked_at }
    }
}

/// The same for the page.
pub(super) struct Standing {
    pub(super) is_proven: bool,
    pub(super) is_watched: bool,
}

impl Standing {
    pub(super) fn of(proof: &Proof, now: DateTime<Utc>) -> Self {
        let is_fresh = proof.proved_at.is_some_and(|at| now - at <= PROOF);
        let is_watched = silent_for(&proof.beats, Task::Watch).is_some_and(|it| it <= QUIET);
        Self { is_proven: is_fresh && is_watched && proof.alarms.is_empty(), is_watched }
    }
}

fn silent_for(beats: &[Beat], task: Task) -> Option<TimeDelta> {
    beats.iter().filter(|it| it.task == task).map(|it| it.silent_for).min()
}

impl ReminderProofView {
    fn of(proof: &Proof, now: DateTime<Utc>) -> Self {
        let Standing { is_proven, is_watched } = Standing::of(proof, now);
        let any = proof.proved_at.is_some();
        let alarms = proof.alarms.iter().map(|it| StandingAlarmView {
            condition: it.condition.code(),
            message: it.condition.words(),
            raised_at: it.raised_at,
        });
        Self {
            proved_at: proof.proved_at,
            is_proven,
            is_watched,
            proven: ProvenPartsView {
                database: any,
                worker: any,
                relay: proof.parts.relay,
                mailbox: proof.parts.mailbox,
            },
            alarms: alarms.collect(),
            grounds: proof.grounds.iter().map(GroundView::from).collect(),
            by_hand: BY_HAND,
        }
    }
}

/// When the reminders last proved themselves, which parts, and what is wrong with them now
///
/// A trial reminder of nothing to nobody goes all the way every few minutes. Older than ten minutes is not proven.
#[utoipa::path(tag = "work", operation_id = "get_reminder_proof",
    responses((status = 200, body = ReminderProofView)))]
#[get("/v1/reminder-proof")]
pub(super) async fn show(request: Sent) -> Result<Shown<ReminderProofView>, Problem> {
    request.app().store.standing(request.call()).await?;
    let proof = request.app().pulse.lookout.proof().await?;
    Ok(Shown(ReminderProofView::of(&proof, request.call().at)))
}
