//! What a named person concluded: the only place where a conclusion lives (domain 12.2). Nothing here infers one.

use chrono::{DateTime, Utc};

use crate::id::DeterminationId;
use crate::vocabulary::vocabulary;

#[cfg(test)]
mod tests;

vocabulary! {
    /// What the person concluded.
    DeterminationType {
        /// A sex trafficking victim by 42 U.S.C. 675(9).
        SexTraffickingVictimIdentified = "sex_trafficking_victim_identified",
        /// 22 U.S.C. 7102(11)(B), once (9)(B); no part of 675(9).
        LaborTraffickingVictimIdentified = "labor_trafficking_victim_identified",
        /// 42 U.S.C. 671(a)(9)(C): reasonable cause to believe, at risk.
        AtRiskReasonableCause = "at_risk_reasonable_cause",
        NotIdentifiedAtThisTime = "not_identified_at_this_time",
        /// Takes back the one that it supersedes.
        Withdrawn = "withdrawn",
    }
}

vocabulary! {
    /// Who concluded it.
    DeterminationSource {
        AgencyWorker = "agency_worker",
        MultidisciplinaryTeam = "multidisciplinary_team",
        LawEnforcement = "law_enforcement",
        Court = "court",
        OtherStateAgency = "other_state_agency",
        MedicalProvider = "medical_provider",
    }
}

/// Fewer characters than this give no reason.
pub const SHORTEST_BASIS: usize = 20;

/// Whether the one who records it says that a person concluded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attestation {
    /// They say so.
    Given,
    /// They do not.
    Missing,
}

/// What can be checked of a new determination before it is recorded.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// What was concluded.
    pub kind: DeterminationType,
    /// When.
    pub determined_at: DateTime<Utc>,
    /// When the agency received the information.
    pub received_at: DateTime<Utc>,
    /// Why, in a person's words.
    pub basis: &'a str,
    /// Which one it takes the place of.
    pub supersedes: Option<DeterminationId>,
    /// That a person made it.
    pub attestation: Attestation,
}

/// Why a determination cannot be recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeterminationError {
    /// It has not happened yet.
    #[error("is in the future")]
    InTheFuture {
        /// The field at fault.
        field: &'static str,
    },
    /// A reason has to be told.
    #[error("must be at least {SHORTEST_BASIS} characters long")]
    BasisTooShort,
    /// A person has to stand by it.
    #[error("must be true: a person made this determination")]
    NotAttested,
    /// Nothing is named that could be withdrawn.
    #[error("is required for withdrawn")]
    WithdrawsNothing,
    /// There is none such about this child.
    #[error("is no determination about this child")]
    SupersedesUnknown,
    /// What was withdrawn is not taken up again: a new determination is.
    #[error("was withdrawn; record a new determination instead")]
    SupersedesWithdrawal,
}

impl DeterminationError {
    /// The field at fault, as the API names it.
    pub fn field(&self) -> &'static str {
        match self {
            Self::InTheFuture { field } => field,
            Self::BasisTooShort => "basis",
            Self::NotAttested => "attestation",
            Self::WithdrawsNothing | Self::SupersedesUnknown | Self::SupersedesWithdrawal => "supersedes_id",
        }
    }
}

/// Every fault of a new determination about a child of whom `before` is recorded.
pub fn check(claim: &Claim<'_>, before: &[Recorded], now: DateTime<Utc>) -> Vec<DeterminationError> {
    let dated = [("determined_at", claim.determined_at), ("agency_information_received_at", claim.received_at)];
    let future = dated.into_iter().filter(|(_, at)| now < *at);
    let mut faults: Vec<_> = future.map(|(field, _)| DeterminationError::InTheFuture { field }).collect();
    if claim.basis.chars().count() < SHORTEST_BASIS {
        faults.push(DeterminationError::BasisTooShort);
    }
    if claim.attestation == Attestation::Missing {
        faults.push(DeterminationError::NotAttested);
    }
    faults.extend(chain_fault(claim, before));
    faults
}

fn chain_fault(claim: &Claim<'_>, before: &[Recorded]) -> Option<DeterminationError> {
    let Some(superseded) = claim.supersedes else {
        return (claim.kind == DeterminationType::Withdrawn).then_some(DeterminationError::WithdrawsNothing);
    };
    match before.iter().find(|it| it.id == superseded) {
        None => Some(DeterminationError::SupersedesUnknown),
        Some(it) if it.kind == DeterminationType::Withdrawn => Some(DeterminationError::SupersedesWithdrawal),
        Some(_) => None,
    }
}

/// What a chain of determinations is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The determination.
    pub id: DeterminationId,
    /// What was concluded.
    pub kind: DeterminationType,
    /// When the agency received the information.
    pub received_at: DateTime<Utc>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Which one it took the place of.
    pub supersedes: Option<DeterminationId>,
}

/// One identification of a sex trafficking victim, however often it was restated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identification {
    /// The first row: what is owed hangs on it.
    pub first: DeterminationId,
    /// Every row that restated it, the first among them.
    pub rows: Vec<DeterminationId>,
    /// The earliest receipt that any of them tells: restating it gives no time.
    pub received_at: DateTime<Utc>,
    /// When something else took its place.
    pub ended_at: Option<DateTime<Utc>>,
}

/// The identifications among what is recorded about one child, in the order recorded.
pub fn identifications(recorded: &[Recorded]) -> Vec<Identification> {
    let starts = recorded.iter().filter(|it| is_identification(it) && !restates(it, recorded));
    starts.map(|first| followed(first, recorded)).collect()
}

fn followed(first: &Recorded, recorded: &[Recorded]) -> Identification {
    let next = |it: &&Recorded| recorded.iter().find(|later| later.supersedes == Some(it.id));
    let chain: Vec<&Recorded> = std::iter::successors(Some(first), next).take(recorded.len()).collect();
    let rows: Vec<&Recorded> = chain.iter().copied().take_while(|it| is_identification(it)).collect();
    Identification {
        first: first.id,
        received_at: rows.iter().map(|it| it.received_at).min().unwrap_or(first.received_at),
        ended_at: chain.get(rows.len()).map(|it| it.recorded_at),
        rows: rows.into_iter().map(|it| it.id).collect(),
    }
}

fn restates(it: &Recorded, recorded: &[Recorded]) -> bool {
    recorded.iter().any(|before| it.supersedes == Some(before.id) && is_identification(before))
}

fn is_identification(it: &Recorded) -> bool {
    it.kind == DeterminationType::SexTraffickingVictimIdentified
}
