//! Answers: shown, versioned, created.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, ETAG, HeaderName, LOCATION, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, Responder};
use homeward_store::idempotency::{Answer, Answered};
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::Problem;

const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// 200, never kept by a cache.
pub struct Shown<V>(pub V);

/// 200 with a version that a change has to name.
pub struct Versioned<V>(pub V, pub i32);

/// 200 with a picture, which a browser neither runs nor keeps.
pub struct Jpeg(pub Vec<u8>);

/// What a create made, before it is turned into an answer.
pub struct Made<V> {
    /// The new resource.
    pub view: V,
    /// Where it is.
    pub location: String,
    /// Its version, if it can be changed.
    pub version: Option<i32>,
}

/// 201, the same bytes each time the same create is sent.
pub struct Created {
    answer: Answer,
    replayed: bool,
}

impl<V: Serialize> Made<V> {
    pub(crate) fn answer(self) -> Result<Answer, Problem> {
        let body = serde_json::to_string(&self.view).map_err(|error| Problem::Internal(Box::new(error)))?;
        Ok(Answer { status: 201, location: Some(self.location), etag: self.version.map(etag), body })
    }
}

impl From<Answered> for Created {
    fn from(answered: Answered) -> Self {
        match answered {
            Answered::Now(answer) => Self { answer, replayed: false },
            Answered::Before(answer) => Self { answer, replayed: true },
        }
    }
}

/// 201 with a secret that is in this answer and in no other, so that no answer is kept for one who asks twice.
pub struct Once<V> {
    /// The new resource with its secret.
    pub view: V,
    /// Where it is.
    pub location: String,
}

/// 200 with a file as it was kept. A browser saves it and does nothing else with it.
pub struct File {
    /// Its bytes.
    pub content: Vec<u8>,
    /// What they are.
    pub media_type: &'static str,
    /// What it is saved as: no word about a person.
    pub name: String,
}

/// A PDF file, for the API description.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct PdfFile(#[expect(dead_code, reason = "only described")] Vec<u8>);

/// A CSV file, for the API description.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct CsvFile(#[expect(dead_code, reason = "only described")] Vec<u8>);

/// An iCalendar file, for the API description.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct CalendarFile(#[expect(dead_code, reason = "only described")] Vec<u8>);

fn etag(version: i32) -> String {
    format!("\"{version}\"")
}

fn private(status: StatusCode) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((CACHE_CONTROL, "no-store"));
    response
}

impl<V: Serialize> Responder for Shown<V> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        private(StatusCode::OK).json(self.0)
    }
}

impl<V: Serialize> Responder for Versioned<V> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        private(StatusCode::OK).insert_header((ETAG, etag(self.1))).json(self.0)
    }
}

impl<V: Serialize> Responder for Once<V> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        private(StatusCode::CREATED).insert_header((LOCATION, self.location)).json(self.view)
    }
}

impl Responder for File {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        private(StatusCode::OK)
            .content_type(self.media_type)
            .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", self.name)))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .insert_header((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
            .body(self.content)
    }
}

impl Responder for Jpeg {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        private(StatusCode::OK)
            .content_type("image/jpeg")
            .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"photo.jpg\""))
            .insert_header((CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"))
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(self.0)
    }
}

impl Responder for Created {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = private(StatusCode::CREATED);
        response.content_type("application/json");
        if let Some(location) = self.answer.location {
            response.insert_header((LOCATION, location));
        }
        if let Some(etag) = self.answer.etag {
            response.insert_header((ETAG, etag));
        }
        if self.replayed {
            response.insert_header((REPLAYED, "true"));
        }
        response.body(self.answer.body)
    }
}
