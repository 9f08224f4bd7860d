//! The tasks that a person does for every child who returns. 42 U.S.C. 671(a)(35)(A)(ii) and (iii).

use chrono::{DateTime, Utc};

use super::{RuleBook, owed, settled, single};
use crate::duty::{Done, Duty, TaskKind};
use crate::episode::Facts;

/// 671(a)(35)(A)(ii), (iii): return interview and screening for every child who is back, whoever they are.
///
/// Federal law sets no hours for either, so `due_at` stays empty unless a State sets it. A birthday while the
/// child is missing asks a person to review; it closes nothing and deletes nothing (COV-3).
pub(super) fn tasks(book: &RuleBook, facts: &Facts) -> Vec<Duty> {
    let back = facts.recovery.returned_at();
    let over = facts.recovery.ended_at().into_iter().chain(facts.closure.map(|it| it.closed_at)).min();
    let birthday = facts.birthday_at.filter(|at| over.is_none_or(|over| *at < over));
    let starts: [(TaskKind, Option<DateTime<Utc>>); 3] =
        [(TaskKind::ReturnInterview, back), (TaskKind::Screening, back), (TaskKind::BirthdayReview, birthday)];
    starts
        .into_iter()
        .filter_map(|(task, starts_at)| {
            let duty = owed(book, facts, single(task.duty(), None), starts_at?)?;
            Some(settled(duty, facts, completed(facts, task)))
        })
        .collect()
}

fn completed(facts: &Facts, task: TaskKind) -> Option<Done> {
    let at = facts.completed.iter().filter(|it| it.task == task).map(|it| it.at).min()?;
    Some(Done { at, notification: None })
}
