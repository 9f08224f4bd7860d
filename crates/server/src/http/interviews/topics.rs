//! What can be spoken of in a return interview. No topic is required, and none appears because of another.

use homeward_domain::interview::Topics;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::wire::{self, Narrative};

/// What was spoken of, in words.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct NewTopics {
    /// Safety and medical need, now.
    immediate_safety_and_medical_need: Option<Narrative>,
    /// Where the child stayed.
    where_stayed: Option<Narrative>,
    /// How food, money and shelter were met.
    food_money_shelter: Option<Narrative>,
    /// Who they were with.
    who_with: Option<Narrative>,
    /// Harm, by the child's own account.
    harm_by_childs_account: Option<Narrative>,
    substances: Option<Narrative>,
    phone_and_online_contact: Option<Narrative>,
    feelings_about_placement: Option<Narrative>,
    what_would_help: Option<Narrative>,
    wish_to_live_elsewhere: Option<Narrative>,
    /// What they will do and whom they will call, should they want to leave again.
    safety_plan: Option<Narrative>,
}

/// What was spoken of, as recorded.
#[derive(Serialize, ToSchema)]
pub(in crate::http) struct TopicsView {
    immediate_safety_and_medical_need: Option<String>,
    where_stayed: Option<String>,
    food_money_shelter: Option<String>,
    who_with: Option<String>,
    harm_by_childs_account: Option<String>,
    substances: Option<String>,
    phone_and_online_contact: Option<String>,
    feelings_about_placement: Option<String>,
    what_would_help: Option<String>,
    wish_to_live_elsewhere: Option<String>,
    safety_plan: Option<String>,
}

impl NewTopics {
    pub(super) fn told(self) -> Topics {
        Topics {
            immediate_safety_and_medical_need: wire::text(self.immediate_safety_and_medical_need),
            where_stayed: wire::text(self.where_stayed),
            food_money_shelter: wire::text(self.food_money_shelter),
            who_with: wire::text(self.who_with),
            harm_by_childs_account: wire::text(self.harm_by_childs_account),
            substances: wire::text(self.substances),
            phone_and_online_contact: wire::text(self.phone_and_online_contact),
            feelings_about_placement: wire::text(self.feelings_about_placement),
            what_would_help: wire::text(self.what_would_help),
            wish_to_live_elsewhere: wire::text(self.wish_to_live_elsewhere),
            safety_plan: wire::text(self.safety_plan),
        }
    }
}

impl TopicsView {
    pub(super) fn of(it: Topics) -> Self {
        Self {
            immediate_safety_and_medical_need: it.immediate_safety_and_medical_need,
            where_stayed: it.where_stayed,
            food_money_shelter: it.food_money_shelter,
            who_with: it.who_with,
            harm_by_childs_account: it.harm_by_childs_account,
            substances: it.substances,
            phone_and_online_contact: it.phone_and_online_contact,
            feelings_about_placement: it.feelings_about_placement,
            what_would_help: it.what_would_help,
            wish_to_live_elsewhere: it.wish_to_live_elsewhere,
            safety_plan: it.safety_plan,
        }
    }
}
