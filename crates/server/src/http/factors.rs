//! What led to an absence, as a named person says.

use actix_web::{get, put};
use chrono::{DateTime, Utc};
use homeward_domain::audit::Change;
use homeward_domain::factor::{self, MANDATED_REPORT, PrimaryFactor};
use homeward_domain::id::names;
use homeward_domain::policy::{ReadFactors, RecordFactors};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::factors::{self, Choice, Determined};
use homeward_store::{Audited, Seen, episodes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::{OfChild, Sent};
use crate::problem::{Problem, refuse};
use crate::reply::{Shown, Versioned};
use crate::wire::codes::PrimaryFactorCode;
use crate::wire::{self, Code, Name, Reason};

/// The factors a person can choose from, in a fixed order that means nothing.
#[derive(Serialize, ToSchema)]
pub(super) struct FactorCatalogueView {
    factors: Vec<FactorView>,
    /// The same words for every child, whatever is recorded.
    mandated_report_prompt: &'static str,
}

/// One factor.
#[derive(Serialize, ToSchema)]
pub(super) struct FactorView {
    code: PrimaryFactorCode,
    text: &'static str,
}

/// What led to the absence. The whole choice is replaced; what it was is kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPrimaryFactors {
    /// As many as there were; `not_determined` stands alone.
    factors: Vec<PrimaryFactorCode>,
    /// What the factor `other` is; required with it, and only with it.
    other: Option<Reason>,
    /// Who says so.
    determined_by_name: Name,
}

/// What led to the absence, as it stands.
#[derive(Serialize, ToSchema)]
pub(super) struct PrimaryFactorsView {
    /// Empty while nobody has said.
    factors: Vec<PrimaryFactorCode>,
    other: Option<String>,
    determined_by_name: Option<String>,
    /// 0 while nobody has said.
    version: i32,
    recorded_at: Option<DateTime<Utc>>,
    recorded_by: Option<Uuid>,
    /// The same words for every child, whatever is recorded.
    mandated_report_prompt: &'static str,
}

impl NewPrimaryFactors {
    /// The choice, or every fault in it.
    fn choice(self) -> Result<Choice, Problem> {
        let factors: Vec<PrimaryFactor> = self.factors.into_iter().map(|it| it.0).collect();
        let other = wire::text(self.other);
        refuse(factor::faults(&factors, other.as_deref()))?;
        Ok(Choice { factors, other, determined_by_name: self.determined_by_name.into() })
    }
}

impl PrimaryFactorsView {
    fn of(it: Option<Determined>) -> Versioned<Self> {
        let version = it.as_ref().map_or(0, |it| it.version);
        let (recorded_at, recorded_by) = it.as_ref().map(|it| (it.recorded_at, it.recorded_by.uuid())).unzip();
        let told = it.map(|it| it.told);
        let view = Self {
            factors: told.iter().flat_map(|it| &it.factors).copied().map(Code).collect(),
            other: told.as_ref().and_then(|it| it.other.clone()),
            determined_by_name: told.map(|it| it.determined_by_name),
            version,
            recorded_at,
            recorded_by,
            mandated_report_prompt: MANDATED_REPORT,
        };
        Versioned(view, version)
    }
}

/// The factors of an absence that a person can choose from
#[utoipa::path(tag = "return", operation_id = "list_primary_factors",
               responses((status = 200, body = FactorCatalogueView)))]
#[get("/v1/primary-factors")]
pub(super) async fn catalogue(request: Sent) -> Result<Shown<FactorCatalogueView>, Problem> {
    request.app().store.standing(request.call()).await?;
    let factors = PrimaryFactor::ALL.iter().map(|it| FactorView { code: Code(*it), text: it.text() });
    Ok(Shown(FactorCatalogueView { factors: factors.collect(), mandated_report_prompt: MANDATED_REPORT }))
}

/// What led to the absence
#[utoipa::path(tag = "return", operation_id = "get_primary_factors",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = PrimaryFactorsView)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/primary-factors")]
pub(super) async fn show(request: OfChild<ReadFactors>) -> Result<Versioned<PrimaryFactorsView>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .read(async |tx, permit| {
            episodes::find(tx, permit, id).await?;
            let latest = factors::latest(tx, permit, id).await?;
            Ok(Seen(PrimaryFactorsView::of(latest), permit.saw()))
        })
        .await
}

/// Record what led to the absence
///
/// 42 U.S.C. 671(a)(35)(A)(ii). A person chooses; nothing is suggested, and nothing follows from a choice by itself.
#[utoipa::path(tag = "return", operation_id = "set_primary_factors",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = NewPrimaryFactors, responses((status = 200, body = PrimaryFactorsView)))]
#[put("/v1/children/{child_id}/missing-episodes/{episode_id}/primary-factors")]
pub(super) async fn choose(request: OfChild<RecordFactors>) -> Result<Versioned<PrimaryFactorsView>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .write(async |tx, permit, body: NewPrimaryFactors| {
            let choice = body.choice()?;
            let before = request.version()?;
            let episode = episodes::lock(tx, permit, id).await?;
            let determined = factors::choose(tx, permit, &episode, (before, choice)).await?;
            let change = Change::FactorsRecorded { episode_id: id, version: determined.version };
            Ok(Audited::new(PrimaryFactorsView::of(Some(determined)), permit.did(change)))
        })
        .await
}
