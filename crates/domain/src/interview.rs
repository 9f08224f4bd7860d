//! The conversation with a child who is back. 42 U.S.C. 671(a)(35)(A)(ii), (iii).
//!
//! A child may decline; that is an answer. Nothing that is said here sets anything elsewhere (domain 7.3).

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::impossible::{Impossible, untimely};
use crate::vocabulary::vocabulary;
use crate::zone::Zone;

vocabulary! {
    /// What came of an offer.
    InterviewOutcome { Held = "held", Declined = "declined", Offered = "offered", }
}

/// When a conversation was offered, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interview {
    /// What came of it.
    pub outcome: InterviewOutcome,
    /// When it was offered.
    pub offered_at: DateTime<Utc>,
    /// When it was held.
    pub held_at: Option<DateTime<Utc>>,
    /// Who offered or held it.
    pub interviewer_name: String,
    /// The day it will be offered again to a child who declined.
    pub declined_next_offer_on: Option<NaiveDate>,
}

/// Everything about it that is told in words. Stored sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Where it was held.
    pub place: Option<String>,
    /// Who else was there.
    pub others_present: Option<String>,
    /// Who interpreted.
    pub interpreter: Option<String>,
    /// Why a child's declining is accepted.
    pub decline_reason: Option<String>,
    /// What was spoken of.
    pub topics: Topics,
    /// What the child said, as they said it.
    pub childs_own_words: Option<String>,
}

/// What can be spoken of. None is asked for, and none follows from another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topics {
    /// Safety and medical need, now.
    pub immediate_safety_and_medical_need: Option<String>,
    /// Where the child stayed.
    pub where_stayed: Option<String>,
    /// How food, money and shelter were met.
    pub food_money_shelter: Option<String>,
    /// Who they were with.
    pub who_with: Option<String>,
    /// Harm, by the child's own account.
    pub harm_by_childs_account: Option<String>,
    /// Substances.
    pub substances: Option<String>,
    /// Phone and online contact.
    pub phone_and_online_contact: Option<String>,
    /// How they feel about the placement.
    pub feelings_about_placement: Option<String>,
    /// What would help.
    pub what_would_help: Option<String>,
    /// Whether they wish to live elsewhere.
    pub wish_to_live_elsewhere: Option<String>,
    /// What they will do and whom they will call.
    pub safety_plan: Option<String>,
}

impl Interview {
    /// Every fault, as of `now`.
    pub fn faults(&self, words: &Words, received_at: DateTime<Utc>, now: DateTime<Utc>, zone: Zone) -> Vec<Impossible> {
        let mut faults: Vec<Impossible> =
            untimely("offered_at", self.offered_at, received_at, now).into_iter().collect();
        faults.extend(self.fault_of_holding(now));
        faults.extend(self.fault_of_declining(words));
        let offered_on = zone.local_date(self.offered_at);
        if self.declined_next_offer_on.is_some_and(|day| day < offered_on) {
            faults.push(Impossible::of("declined_next_offer_on", "is before the offer"));
        }
        faults
    }

    fn fault_of_holding(&self, now: DateTime<Utc>) -> Option<Impossible> {
        let why = match (self.outcome, self.held_at) {
            (InterviewOutcome::Held, None) => "is required where it was held",
            (InterviewOutcome::Held, Some(held)) if held < self.offered_at => "is before the offer",
            (InterviewOutcome::Held, Some(held)) if now < held => "is in the future",
            (InterviewOutcome::Declined | InterviewOutcome::Offered, Some(_)) => "is for what was held",
            _ => return None,
        };
        Some(Impossible::of("held_at", why))
    }

    fn fault_of_declining(&self, words: &Words) -> Option<Impossible> {
        match (self.outcome, self.declined_next_offer_on, &words.decline_reason) {
            (InterviewOutcome::Declined, None, None) => {
                Some(Impossible::of("decline_reason", "is required where no next offer is planned"))
            }
            (InterviewOutcome::Held | InterviewOutcome::Offered, Some(_), _) => {
                Some(Impossible::of("declined_next_offer_on", "is for what was declined"))
            }
            (InterviewOutcome::Held | InterviewOutcome::Offered, None, Some(_)) => {
                Some(Impossible::of("decline_reason", "is for what was declined"))
            }
            _ => None,
        }
    }

    /// When it did what is owed: it was held, or the child declined and nobody will ask again.
    pub fn finished_at(&self) -> Option<DateTime<Utc>> {
        match self.outcome {
            InterviewOutcome::Held => self.held_at,
            InterviewOutcome::Declined if self.declined_next_offer_on.is_none() => Some(self.offered_at),
            InterviewOutcome::Declined | InterviewOutcome::Offered => None,
        }
    }
}
