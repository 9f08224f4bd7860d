//! The tasks that people do: on return for every child, and what States add while a child is missing.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::rule::{Phase, Rule};
use super::{RuleBook, owed, owed_by, settled, until_safe};
use crate::duty::{Done, Duty, DutyKey, TaskKind};
use crate::episode::Facts;

/// A task that is done once in each phase.
const SINGLE: [(TaskKind, Phase); 7] = [
    (TaskKind::ReturnInterview, Phase::Return),
    (TaskKind::Screening, Phase::Return),
    (TaskKind::MedicalExamination, Phase::Return),
    (TaskKind::Staffing, Phase::Return),
    (TaskKind::Staffing, Phase::Missing),
    (TaskKind::AmberAlertDecision, Phase::Missing),
    (TaskKind::BirthdayReview, Phase::Missing),
];

/// 42 U.S.C. 671(a)(35)(A)(ii), (iii): return interview and screening for every child who is back, whoever they are.
///
/// Federal law sets no hours for either, so `due_at` stays empty unless a State sets it. A birthday while the
/// child is missing asks a person to review; it closes nothing and deletes nothing (COV-3).
pub(super) fn single(book: &RuleBook, facts: &Facts) -> Vec<Duty> {
    SINGLE.into_iter().filter_map(|(task, phase)| once(book, facts, task, phase)).collect()
}

fn once(book: &RuleBook, facts: &Facts, task: TaskKind, phase: Phase) -> Option<Duty> {
    let starts_at = start(book, facts, task, phase)?;
    let rules = book.applying(task.duty(), None, facts, starts_at).into_iter().filter(|it| it.phase() == phase);
    let rules: Vec<&Arc<Rule>> = rules.collect();
    let sequence = if task == TaskKind::Staffing && phase == Phase::Return { 1 } else { 0 };
    let key = DutyKey { kind: task.duty(), recipient: None, sequence };
    let duty = settled(owed_by(&rules, book, facts, key, starts_at)?, facts, done(facts, task, phase));
    let ends_with_the_absence =
        matches!(task, TaskKind::AmberAlertDecision) || sequence == 0 && task == TaskKind::Staffing;
    Some(if ends_with_the_absence { until_safe(duty, facts) } else { duty })
}

fn start(book: &RuleBook, facts: &Facts, task: TaskKind, phase: Phase) -> Option<DateTime<Utc>> {
    if task == TaskKind::BirthdayReview {
        let over = facts.recovery.ended_at().into_iter().chain(facts.closure.map(|it| it.closed_at)).min();
        return facts.birthday_at.filter(|at| over.is_none_or(|over| *at < over));
    }
    book.of(task.duty(), None).filter(|it| it.phase() == phase).filter_map(|it| it.starts_at(facts)).min()
}

/// The first time it was done. Of two phases the return is when the later one begins.
fn done(facts: &Facts, task: TaskKind, phase: Phase) -> Option<Done> {
    let back = facts.recovery.returned_at();
    let counts = |at: &DateTime<Utc>| match phase {
        Phase::Return if task == TaskKind::Staffing => back.is_some_and(|back| back <= *at),
        Phase::Missing if task == TaskKind::Staffing => back.is_none_or(|back| *at < back),
        _ => true,
    };
    times(facts, task).into_iter().find(counts).map(|at| Done { at, notification: None })
}

/// When a task was done, in order.
fn times(facts: &Facts, task: TaskKind) -> Vec<DateTime<Utc>> {
    let mut times: Vec<_> = facts.completed.iter().filter(|it| it.task == task).map(|it| it.at).collect();
    times.sort_unstable();
    times
}

/// Searches and reviews that come round until the child is safe. The first is owed from the receipt, each next from
/// the one before; a rule without a cadence asks for the first only.
pub(super) fn recurring(book: &RuleBook, facts: &Facts) -> Vec<Duty> {
    [TaskKind::SearchEffort, TaskKind::SupervisoryReview]
        .into_iter()
        .flat_map(|task| rounds(book, facts, task))
        .collect()
}

fn rounds(book: &RuleBook, facts: &Facts, task: TaskKind) -> Vec<Duty> {
    let safe = facts.recovery.ended_at();
    let mut times = times(facts, task);
    times.retain(|at| facts.moments.received_at <= *at && safe.is_none_or(|safe| *at < safe));
    let starts = [facts.moments.received_at].into_iter().chain(times.iter().copied());
    let ends = times.iter().copied().map(Some).chain([None]);
    let rounds = starts.zip(ends).zip(0..);
    rounds
        .filter_map(|((starts_at, done_at), sequence)| round(book, facts, (task, sequence), starts_at, done_at))
        .collect()
}

fn round(
    book: &RuleBook,
    facts: &Facts,
    (task, sequence): (TaskKind, i32),
    starts_at: DateTime<Utc>,
    done_at: Option<DateTime<Utc>>,
) -> Option<Duty> {
    let key = DutyKey { kind: task.duty(), recipient: None, sequence };
    let duty = if sequence == 0 {
        owed(book, facts, key, starts_at)?
    } else {
        let rules: Vec<&Arc<Rule>> =
            book.applying(key.kind, None, facts, starts_at).into_iter().filter(|it| it.every.is_some()).collect();
        owed_by(&rules, book, facts, key, starts_at)?
    };
    let done = done_at.map(|at| Done { at, notification: None });
    Some(until_safe(settled(duty, facts, done), facts))
}
