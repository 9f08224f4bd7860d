//! The course of one episode: every fact, contact, duty, reminder and correction, in the order it happened.

use actix_web::get;
use chrono::{DateTime, Utc};
use homeward_domain::id::names;
use homeward_domain::policy::ReadChild;
use homeward_store::{Seen, timeline};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::OfChild;
use crate::paging::List;
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::codes::{
    ClosureReasonCode, DutyKindCode, InterviewOutcomeCode, NotificationKindCode, NotificationMethodCode,
    NotificationStatusCode, RecipientCode, SearchEffortKindCode, TaskKindCode, WhereaboutsKnownCode,
};

mod aftercare;
mod items;
mod packets;
mod search;

/// What an item of a timeline is. At one instant, what follows from something stands after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TimelineKind {
    LastContact,
    AbsenceBegan,
    CaregiverLearned,
    FirstSuspected,
    InformationReceived,
    DeterminedMissing,
    Located,
    Recovered,
    ReturnedToCare,
    PlacedElsewhere,
    Notification,
    NcicEntryConfirmed,
    TaskCompleted,
    SearchEffort,
    WhereaboutsStated,
    ReturnInterview,
    ScreeningGiven,
    FactorsRecorded,
    FactorResponsePlanned,
    FactorResponseDone,
    PacketMade,
    PacketSent,
    TaskRetracted,
    ReturnInterviewRetracted,
    ScreeningRetracted,
    NotificationRetracted,
    SearchEffortRetracted,
    Correction,
    Closure,
    DutyStarted,
    DeliveryAttempted,
    ReminderSent,
    ReminderAcknowledged,
    DutyDue,
    DutySuperseded,
    DutyClosedUndone,
}

/// One thing that happened.
#[derive(Serialize, ToSchema)]
pub(super) struct TimelineItem {
    /// When it happened.
    occurred_at: DateTime<Utc>,
    /// When it was recorded; for what the program does, when it was planned or done.
    recorded_at: DateTime<Utc>,
    kind: TimelineKind,
    /// In one sentence.
    summary: String,
    detail: TimelineDetail,
}

/// What is known of an item. Each kind has its own members; the rest is left out.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct TimelineDetail {
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded_by: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<RecipientCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification_kind: Option<NotificationKindCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notification_status: Option<NotificationStatusCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<NotificationMethodCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completion_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<TaskKindCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_by_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search_effort_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search_effort_kind: Option<SearchEffortKindCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made_by_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    whereabouts_known: Option<WhereaboutsKnownCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interview_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    interview_outcome: Option<InterviewOutcomeCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    screening_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_id: Option<Uuid>,
    /// The packet or the poster; of a contact, the one that the recipient got.
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disclosure_id: Option<Uuid>,
    /// The version that a correction made, or of a packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<i32>,
    /// What a correction changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt_before: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt_after: Option<DateTime<Utc>>,
    /// Why it was corrected, retracted or closed undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closure_reason: Option<ClosureReasonCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    closure_statement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duty_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    duty_kind: Option<DutyKindCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_code: Option<String>,
    /// The law's limit, where it sets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<DateTime<Utc>>,
    /// The agency's own aim, never the law's.
    #[serde(skip_serializing_if = "Option::is_none")]
    target_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reminder_id: Option<Uuid>,
    /// Which rung of the ladder.
    #[serde(skip_serializing_if = "Option::is_none")]
    rung: Option<String>,
    /// Whom a reminder was sent to.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    /// What came of a delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome: Option<String>,
    /// How many people a delivery reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    recipients: Option<i32>,
    /// For whom a rung was meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    /// The highest person it was given to so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<String>,
    /// Nobody stood on the rung when it fired, so the next one up who exists had it.
    #[serde(skip_serializing_if = "Option::is_none")]
    went_up: Option<bool>,
}

/// The course of an episode, in the order it happened
///
/// Facts as they stand now, with when each was recorded; what they said before is in the corrections. A late or
/// back-dated entry shows in the distance between the two instants.
#[utoipa::path(tag = "episodes", operation_id = "get_timeline",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = List<TimelineItem>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/timeline")]
pub(super) async fn show(request: OfChild<ReadChild>) -> Result<Shown<List<TimelineItem>>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let items = request
        .read(async |tx, permit| {
            let course = timeline::of_episode(tx, permit, id).await?;
            Ok(Seen(items::of(&course, tx.at()), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(items)))
}
