//! The catalogue of indicators: names for what a person saw, with the documents' own caveat.

use std::borrow::Cow;

use actix_web::get;
use homeward_domain::indicator::{Catalogue, Indicator, IndicatorCategory, IndicatorCode, Source, catalogue};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::auth::Sent;
use crate::problem::Problem;
use crate::reply::Shown;

/// A code of the catalogue on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct ListedCode(pub(super) IndicatorCode);

impl<'de> Deserialize<'de> for ListedCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        IndicatorCode::parse(&code).map(Self).map_err(serde::de::Error::custom)
    }
}

impl PartialSchema for ListedCode {
    fn schema() -> RefOr<Schema> {
        let codes = catalogue().indicators.iter().map(|it| it.code.as_str());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes)).into()
    }
}

impl ToSchema for ListedCode {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("IndicatorCode")
    }
}

/// What the documents list, in their order. It is no checklist and no assessment tool.
#[derive(Serialize, ToSchema)]
pub(super) struct CatalogueView {
    version: &'static str,
    /// Shown wherever an indicator is shown or entered.
    caveat: &'static str,
    sources: Vec<SourceView>,
    indicators: Vec<IndicatorView>,
}

/// A document of the National Center for Missing & Exploited Children.
#[derive(Serialize, ToSchema)]
pub(super) struct SourceView {
    short: &'static str,
    title: &'static str,
}

/// One thing a person may record having seen.
#[derive(Serialize, ToSchema)]
pub(super) struct IndicatorView {
    code: &'static str,
    /// The heading it is printed under; no order of importance.
    category: &'static str,
    /// The documents' words.
    text: &'static str,
    /// The documents that list it.
    sources: Vec<&'static str>,
}

impl CatalogueView {
    fn of(it: &'static Catalogue) -> Self {
        Self {
            version: &it.version,
            caveat: &it.caveat,
            sources: it.sources.iter().map(SourceView::of).collect(),
            indicators: it.indicators.iter().map(IndicatorView::of).collect(),
        }
    }
}

impl SourceView {
    fn of(it: &'static Source) -> Self {
        Self { short: &it.short, title: &it.title }
    }
}

impl IndicatorView {
    fn of(it: &'static Indicator) -> Self {
        let category: IndicatorCategory = it.category;
        Self {
            code: &it.code,
            category: category.code(),
            text: &it.text,
            sources: it.sources.iter().map(String::as_str).collect(),
        }
    }
}

/// The catalogue of indicators, with its version, its sources and the caveat
#[utoipa::path(tag = "observations", operation_id = "get_indicators", responses((status = 200, body = CatalogueView)))]
#[get("/v1/indicators")]
pub(super) async fn show(request: Sent) -> Result<Shown<CatalogueView>, Problem> {
    request.app().store.standing(request.call()).await?;
    Ok(Shown(CatalogueView::of(catalogue())))
}
