//! Whose rules the agency goes by: its State's, and a pack of its own on top, which can only be tighter.

use actix_web::{get, put};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::law::{Choice, Overlay, library};
use homeward_domain::policy::ConfigureRules;
use homeward_store::Audited;
use homeward_store::call::{Agency, Rules};
use homeward_store::rules::{self, Chosen};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{Sent, Within};
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::{Shown, Versioned};
use crate::wire::{PackText, Reason, Reference};

/// Other rules for the agency. The whole choice is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewAgencyRules {
    /// `US` for the federal floor alone, or the postal code of a State that ships.
    jurisdiction: Reference,
    /// A pack of the agency's own on top, in TOML (docs/rule-packs.md); left out for none.
    own_pack: Option<PackText>,
    /// Why. Kept with the choice.
    reason: Reason,
}

/// Whose rules the agency goes by.
#[derive(Serialize, ToSchema)]
pub(super) struct AgencyRulesView {
    version: i32,
    jurisdiction: String,
    own_pack: Option<String>,
    /// The conditions in these rules that only a person chooses, for one episode.
    choices: Vec<ChoiceView>,
    /// The jurisdictions that can be chosen.
    available: Vec<String>,
}

/// A condition that only a person chooses.
#[derive(Serialize, ToSchema)]
pub(super) struct ChoiceView {
    name: String,
    /// When a person may choose it.
    text: String,
}

/// One choice of rules.
#[derive(Serialize, ToSchema)]
pub(super) struct RulesChoiceView {
    version: i32,
    jurisdiction: String,
    own_pack: Option<String>,
    reason: String,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

impl ChoiceView {
    fn of(it: &Choice) -> Self {
        Self { name: it.name.clone(), text: it.text.clone() }
    }
}

impl AgencyRulesView {
    fn of(agency: &Agency) -> Result<Versioned<Self>, Problem> {
        let Rules { jurisdiction, own_pack, version } = agency.rules.clone();
        let states = library().states().iter().map(|it| it.jurisdiction().to_owned());
        let view = Self {
            version,
            jurisdiction,
            own_pack,
            choices: agency.rule_book()?.choices().iter().map(ChoiceView::of).collect(),
            available: ["US".to_owned()].into_iter().chain(states).collect(),
        };
        Ok(Versioned(view, version))
    }
}

impl RulesChoiceView {
    fn of(it: Chosen) -> Self {
        Self {
            version: it.rules.version,
            jurisdiction: it.rules.jurisdiction,
            own_pack: it.rules.own_pack,
            reason: it.reason,
            recorded_at: it.recorded_at,
            recorded_by: it.recorded_by.uuid(),
        }
    }
}

impl NewAgencyRules {
    /// The rules, or every reason why they cannot be, each with the line of the pack.
    fn rules(self) -> Result<Rules, Problem> {
        let jurisdiction = String::from(self.jurisdiction);
        let unknown = || Problem::Impossible(vec![Fault::of("jurisdiction", "no rules of this jurisdiction ship")]);
        let below = library().book(&jurisdiction).ok_or_else(unknown)?;
        let own_pack = self.own_pack.map(String::from);
        if let Some(text) = &own_pack {
            let refused = |it: &homeward_domain::law::Refusal| Fault::of("own_pack", it.to_string());
            Overlay::over(text, &below).map_err(|it| Problem::Impossible(it.0.iter().map(refused).collect()))?;
        }
        Ok(Rules { jurisdiction, own_pack, version: 0 })
    }
}

/// Whose rules the agency goes by
#[utoipa::path(tag = "agency", operation_id = "get_agency_rules", responses((status = 200, body = AgencyRulesView)))]
#[get("/v1/agency/rules")]
pub(super) async fn show(request: Sent) -> Result<Versioned<AgencyRulesView>, Problem> {
    AgencyRulesView::of(&request.app().store.standing(request.call()).await?.agency)
}

/// Choose whose rules the agency goes by
///
/// Everything open is planned by them in the same transaction. The limits that duties had before are kept: a report
/// as of last month uses last month's rules. A pack that loosens anything is refused, with the lines.
#[utoipa::path(tag = "agency", operation_id = "choose_agency_rules", params(("If-Match" = String, Header)),
               request_body = NewAgencyRules, responses((status = 200, body = AgencyRulesView)))]
#[put("/v1/agency/rules")]
pub(super) async fn choose(request: Within<ConfigureRules>) -> Result<Versioned<AgencyRulesView>, Problem> {
    request
        .write(async |tx, grant, body: NewAgencyRules| {
            if request.version()? != tx.agency().rules.version {
                return Err(Problem::Stale);
            }
            let reason = String::from(body.reason.clone());
            let chosen = rules::choose(tx, grant, body.rules()?, reason).await?;
            let Rules { version, jurisdiction, .. } = chosen.rules.clone();
            let view = AgencyRulesView::of(&Agency { rules: chosen.rules, ..tx.agency().clone() })?;
            Ok(Audited::new(view, grant.did(None, Change::RulesChosen { version, jurisdiction })))
        })
        .await
}

/// Every choice of rules, newest first
#[utoipa::path(tag = "agency", operation_id = "list_agency_rules",
               responses((status = 200, body = List<RulesChoiceView>)))]
#[get("/v1/agency/rules/history")]
pub(super) async fn history(request: Within<ConfigureRules>) -> Result<Shown<List<RulesChoiceView>>, Problem> {
    let all = request
        .list(async |tx, grant| {
            let all = rules::history(tx).await?;
            Ok(homeward_store::Seen(all, grant.saw(Vec::new())))
        })
        .await?;
    Ok(Shown(List::whole(all.into_iter().map(RulesChoiceView::of).collect())))
}
