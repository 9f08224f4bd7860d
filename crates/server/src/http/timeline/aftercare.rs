//! What was done for a child who is back: that it was done, and nothing of what was said or found.

use homeward_store::factor_responses::Step;
use homeward_store::interviews::Held;
use homeward_store::screenings::Given;
use homeward_store::timeline::Aftercare;
use uuid::Uuid;

use super::items::{at, words};
use super::{TimelineDetail, TimelineItem, TimelineKind};
use crate::wire::Code;

pub(super) fn of(it: &Aftercare) -> Vec<TimelineItem> {
    let mut items: Vec<TimelineItem> = it.interviews.iter().flat_map(interview).collect();
    items.extend(it.screenings.iter().flat_map(screening));
    items.extend(it.factors.iter().map(|(when, by)| {
        let summary = "What led to the absence was recorded".to_owned();
        at(*when, TimelineKind::FactorsRecorded, summary, recorded_by(by.uuid()))
    }));
    items.extend(it.responses.iter().flat_map(response));
    items
}

fn recorded_by(person: Uuid) -> TimelineDetail {
    TimelineDetail { recorded_by: Some(person), ..TimelineDetail::default() }
}

fn interview(it: &Held) -> Vec<TimelineItem> {
    let known = |by| TimelineDetail { interview_id: Some(it.id.uuid()), ..recorded_by(by) };
    let detail = TimelineDetail { interview_outcome: Some(Code(it.told.outcome)), ..known(it.recorded_by.uuid()) };
    let summary = format!("Return interview: {}", words(it.told.outcome));
    let item = at(it.told.held_at.unwrap_or(it.told.offered_at), TimelineKind::ReturnInterview, summary, detail);
    // Why stands with the interview, for those who may read it.
    let retracted = it.retracted.as_ref().map(|retraction| {
        let summary = "A return interview was taken back".to_owned();
        at(retraction.at, TimelineKind::ReturnInterviewRetracted, summary, known(retraction.by.uuid()))
    });
    [Some(TimelineItem { recorded_at: it.recorded_at, ..item }), retracted].into_iter().flatten().collect()
}

fn screening(it: &Given) -> Vec<TimelineItem> {
    let known = |by| TimelineDetail { screening_id: Some(it.id.uuid()), ..recorded_by(by) };
    let detail = known(it.recorded_by.uuid());
    let item = at(it.told.given_at, TimelineKind::ScreeningGiven, "A screening was given".to_owned(), detail);
    let retracted = it.retracted.as_ref().map(|retraction| {
        let detail = TimelineDetail { reason: Some(retraction.reason.clone()), ..known(retraction.by.uuid()) };
        at(retraction.at, TimelineKind::ScreeningRetracted, "A screening was taken back".to_owned(), detail)
    });
    [Some(TimelineItem { recorded_at: it.recorded_at, ..item }), retracted].into_iter().flatten().collect()
}

fn response(it: &Step) -> Vec<TimelineItem> {
    let detail = |by| TimelineDetail { response_id: Some(it.id), ..recorded_by(by) };
    let summary = "A response to a factor was planned".to_owned();
    let planned = at(it.recorded_at, TimelineKind::FactorResponsePlanned, summary, detail(it.recorded_by));
    let done = it.done_at.zip(it.done_by).map(|(when, by)| {
        let summary = "A response to a factor was carried out".to_owned();
        at(when, TimelineKind::FactorResponseDone, summary, detail(by))
    });
    [Some(planned), done].into_iter().flatten().collect()
}
