//! Looking for the child, and what was told of where they are.

use homeward_store::search_efforts::SearchEffort;
use homeward_store::whereabouts::Stated;

use super::items::{at, words};
use super::{TimelineDetail, TimelineItem, TimelineKind};
use crate::wire::Code;

pub(super) fn effort(it: &SearchEffort) -> Vec<TimelineItem> {
    let known = || TimelineDetail {
        recorded_by: Some(it.recorded_by.uuid()),
        search_effort_id: Some(it.id.uuid()),
        search_effort_kind: Some(Code(it.made.kind)),
        ..TimelineDetail::default()
    };
    let (by, place) = (Some(it.made.made_by_name.clone()), it.made.place.clone());
    let made = TimelineDetail { made_by_name: by, place, ..known() };
    let summary = format!("Search: {}", words(it.made.kind));
    let made = at(it.made.made_at, TimelineKind::SearchEffort, summary, made);
    let made = TimelineItem { recorded_at: it.recorded_at, ..made };
    let retracted = it.retracted.as_ref().map(|retraction| {
        let (by, reason) = (Some(retraction.by.uuid()), Some(retraction.reason.clone()));
        let detail = TimelineDetail { recorded_by: by, reason, ..known() };
        at(retraction.at, TimelineKind::SearchEffortRetracted, "A search effort was retracted".to_owned(), detail)
    });
    [Some(made), retracted].into_iter().flatten().collect()
}

pub(super) fn whereabouts(it: &Stated) -> TimelineItem {
    let detail = TimelineDetail {
        recorded_by: Some(it.recorded_by.uuid()),
        whereabouts_known: Some(Code(it.told.known)),
        ..TimelineDetail::default()
    };
    let summary = format!("Whereabouts known: {}", words(it.told.known));
    at(it.recorded_at, TimelineKind::WhereaboutsStated, summary, detail)
}
