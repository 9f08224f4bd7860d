//! The return interview: offered, declined or held, and what was said, for those who may read it.

use actix_web::{get, post};
use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::names;
use homeward_domain::interview::{Interview, Words};
use homeward_domain::policy::{ReadInterviews, RecordInterview};
use homeward_store::interviews::{self, Held};
use homeward_store::{Seen, episodes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::notifications::NewRetraction;
use crate::auth::{KeyRule, OfChild};
use crate::paging::List;
use crate::problem::{Problem, refuse};
use crate::reply::{Created, Made, Shown};
use crate::wire::codes::InterviewOutcomeCode;
use crate::wire::{self, Code, Day, Instant, Name, Narrative, Reason};

mod topics;

use topics::{NewTopics, TopicsView};

/// An offer of a conversation to a child who is back, and what came of it. To decline is an answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewReturnInterview {
    outcome: InterviewOutcomeCode,
    offered_at: Instant,
    /// Required where it was held, and only there.
    held_at: Option<Instant>,
    place: Option<Name>,
    /// Who offered or held it.
    interviewer_name: Name,
    others_present: Option<Reason>,
    interpreter: Option<Name>,
    /// The day it will be offered again to a child who declined. Until then the interview stays owed.
    declined_next_offer_on: Option<Day>,
    /// Why a child's declining is accepted; required where no next offer is planned.
    decline_reason: Option<Reason>,
    topics: Option<NewTopics>,
    /// What the child said, as they said it.
    childs_own_words: Option<Narrative>,
}

/// A recorded interview.
#[derive(Serialize, ToSchema)]
pub(super) struct ReturnInterviewView {
    id: Uuid,
    outcome: InterviewOutcomeCode,
    offered_at: DateTime<Utc>,
    held_at: Option<DateTime<Utc>>,
    place: Option<String>,
    interviewer_name: String,
    others_present: Option<String>,
    interpreter: Option<String>,
    declined_next_offer_on: Option<NaiveDate>,
    decline_reason: Option<String>,
    topics: TopicsView,
    childs_own_words: Option<String>,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    /// Null while it stands.
    retracted_at: Option<DateTime<Utc>>,
    retracted_by: Option<Uuid>,
    retraction_reason: Option<String>,
}

impl NewReturnInterview {
    fn told(self) -> (Interview, Words) {
        let interview = Interview {
            outcome: self.outcome.0,
            offered_at: self.offered_at.0,
            held_at: wire::at(self.held_at),
            interviewer_name: self.interviewer_name.into(),
            declined_next_offer_on: self.declined_next_offer_on.map(|it| it.0),
        };
        let words = Words {
            place: wire::text(self.place),
            others_present: wire::text(self.others_present),
            interpreter: wire::text(self.interpreter),
            decline_reason: wire::text(self.decline_reason),
            topics: self.topics.map(NewTopics::told).unwrap_or_default(),
            childs_own_words: wire::text(self.childs_own_words),
        };
        (interview, words)
    }
}

impl ReturnInterviewView {
    fn of(it: Held, words: Words) -> Self {
        Self {
            id: it.id.uuid(),
            outcome: Code(it.told.outcome),
            offered_at: it.told.offered_at,
            held_at: it.told.held_at,
            place: words.place,
            interviewer_name: it.told.interviewer_name,
            others_present: words.others_present,
            interpreter: words.interpreter,
            declined_next_offer_on: it.told.declined_next_offer_on,
            decline_reason: words.decline_reason,
            topics: TopicsView::of(words.topics),
            childs_own_words: words.childs_own_words,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
            retracted_at: it.retracted.as_ref().map(|it| it.at),
            retracted_by: it.retracted.as_ref().map(|it| it.by.uuid()),
            retraction_reason: it.retracted.map(|it| it.reason),
        }
    }
}

/// Record that the return interview was offered, declined or held
///
/// 42 U.S.C. 671(a)(35)(A)(ii), (iii). It is owed until it was held, or the child declined and that is accepted with a
/// reason. Say that you are glad the child is safe; ask without judging. Nothing that is said here sets anything
/// elsewhere.
#[utoipa::path(tag = "return", operation_id = "record_return_interview",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path),
                      ("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewReturnInterview, responses((status = 201, body = ReturnInterviewView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/return-interviews")]
pub(super) async fn record(request: OfChild<RecordInterview>) -> Result<Created, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewReturnInterview| {
            let (told, words) = body.told();
            let episode = episodes::lock(tx, permit, id).await?;
            refuse(told.faults(&words, episode.moments.received_at, tx.at(), tx.agency().zone))?;
            let held = interviews::insert(tx, permit, episode, (told, &words)).await?;
            let location = format!("/v1/children/{}/missing-episodes/{id}/return-interviews", permit.child());
            let entry = permit.did(Change::InterviewRecorded { episode_id: id, interview_id: held.id });
            Ok((Made { view: ReturnInterviewView::of(held, words), location, version: None }, entry))
        })
        .await
}

/// The return interviews of an episode, with what was said, in the order they were offered
#[utoipa::path(tag = "return", operation_id = "list_return_interviews",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = List<ReturnInterviewView>)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/return-interviews")]
pub(super) async fn list(request: OfChild<ReadInterviews>) -> Result<Shown<List<ReturnInterviewView>>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let views = request
        .read(async |tx, permit| {
            episodes::find(tx, permit, id).await?;
            let all = interviews::of_episode(tx, permit, id).await?;
            let views = all.into_iter().map(|(held, words)| ReturnInterviewView::of(held, words));
            Ok(Seen(views.collect(), permit.saw()))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// Take a return interview back
///
/// What was said stays as it was said, for those who may read it. What the interview did is owed again.
#[utoipa::path(tag = "return", operation_id = "retract_return_interview",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("interview_id" = Uuid, Path)),
               request_body = NewRetraction, responses((status = 201, body = ReturnInterviewView)))]
#[post("/v1/children/{child_id}/missing-episodes/{episode_id}/return-interviews/{interview_id}/retraction")]
pub(super) async fn retract(request: OfChild<RecordInterview>) -> Result<Created, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    let interview_id = request.id::<names::Interview>("interview_id")?;
    request
        .create(KeyRule::Optional, async |tx, permit, body: NewRetraction| {
            let episode = episodes::lock(tx, permit, id).await?;
            let (held, words) = interviews::find(tx, &tx.also()?, id, interview_id).await?;
            if held.retracted.is_some() {
                return Err(Problem::AlreadyRetracted);
            }
            let retracted = interviews::retract(tx, permit, episode, (held, body.reason())).await?;
            let location = format!("/v1/children/{}/missing-episodes/{id}/return-interviews", permit.child());
            let entry = permit.did(Change::InterviewRetracted { episode_id: id, interview_id });
            Ok((Made { view: ReturnInterviewView::of(retracted, words), location, version: None }, entry))
        })
        .await
}
