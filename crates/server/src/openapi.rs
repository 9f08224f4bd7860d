//! The API description, made from the calls that mount the routes.

use std::sync::LazyLock;

use actix_web::App;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ContactBuilder, ContentBuilder, Header, HeaderBuilder, InfoBuilder, LicenseBuilder, ObjectBuilder, OpenApi,
    OpenApiBuilder, PathItem, Ref, RefOr, ResponseBuilder, Schema, Type,
};
use utoipa::{PartialSchema as _, ToSchema as _};
use utoipa_actix_web::AppExt as _;

use crate::http;
use crate::problem::{Fault, ProblemView};

/// Reached without a token: how one gets a token.
const OPEN: [&str; 4] = ["login", "refresh_session", "finish_password_reset", "read_calendar"];

/// What may be answered instead, and why; each is `application/problem+json`.
const PROBLEMS: [(&str, &str); 7] = [
    ("400", "The request is malformed"),
    ("401", "Not signed in"),
    ("403", "Tied to the record, but the role does not allow this"),
    ("404", "No such record, or none that the caller may know of"),
    ("413", "The body is too large"),
    ("429", "More than one can ask for in a minute, or too many wait to be let in; wait as long as Retry-After says"),
    ("503", "The database cannot be reached; try again"),
];
const PROBLEMS_OF_BODIES: [(&str, &str); 4] = [
    ("408", "The body did not arrive in time"),
    ("409", "Conflicts with what is recorded"),
    ("415", "The body is not application/json, or is packed"),
    ("422", "Understood, and impossible"),
];
const PROBLEMS_OF_VERSIONS: [(&str, &str); 2] =
    [("412", "The record has changed since it was read"), ("428", "If-Match is missing")];

/// The whole description.
pub fn document() -> OpenApi {
    let (_, mut document) = App::new().into_utoipa_app().openapi(base()).configure(http::routes).split_for_parts();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        operations.into_iter().flatten().for_each(complete);
    }
    document
}

/// The same as text, as it is served and as it is committed.
pub fn json() -> String {
    document().to_pretty_json().unwrap_or_default()
}

fn base() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Homeward")
        .version("1")
        .description(Some(
            "Case management for children missing from care. Two duties, to law enforcement and to NCMEC, each within \
             24 hours of receiving the information (42 U.S.C. 671(a)(35)(B)).\n\nInstants are RFC 3339; a time \
             without an offset is refused. Lists carry signed cursors. Creating calls take an `Idempotency-Key`, \
             changing calls an `If-Match`. Every look at a child is recorded.\n\nRequests are counted by the minute, of a session, \
             a person, an address and an agency, on all servers together; 429 says when to come again. Adding a child, \
             opening an episode and saying what was seen or where a child is are counted apart, and the rest holds none of \
             them back.",
        ))
        .contact(Some(ContactBuilder::new().name(Some("Homeward")).build()))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build()));
    let mut document = OpenApiBuilder::new().info(info).build();
    let components = document.components.get_or_insert_with(Default::default);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").description(Some(
        "An access token of `login` or `refresh_session`, or one that a provider gave which the agency trusts.",
    ));
    let bearer = bearer.build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let mut schemas: Vec<(String, RefOr<Schema>)> =
        vec![("Problem".to_owned(), ProblemView::schema()), (Fault::name().into_owned(), Fault::schema())];
    ProblemView::schemas(&mut schemas);
    components.schemas.extend(schemas);
    document
}

/// Acts without a body that can come too late.
const CONFLICTING: [&str; 9] = [
    "cancel_absence",
    "cancel_on_call_shift",
    "challenge_webhook",
    "remove_address",
    "resend_webhook_message",
    "rotate_webhook_secret",
    "start_password_reset",
    "renew_recovery_codes",
    "ask_factor_reset",
];

/// Security and problems, the same for every operation, so that no handler repeats them.
fn complete(operation: &mut Operation) {
    let name = operation.operation_id.clone().unwrap_or_default();
    if !OPEN.contains(&name.as_str()) {
        operation.security = Some(vec![SecurityRequirement::new::<_, _, String>("bearer", [])]);
    }
    add(operation, &PROBLEMS);
    if operation.request_body.is_some() {
        add(operation, &PROBLEMS_OF_BODIES);
    }
    let takes_version = operation.parameters.iter().flatten().any(is_version);
    if takes_version {
        add(operation, &PROBLEMS_OF_VERSIONS);
    }
    if CONFLICTING.contains(&name.as_str()) {
        add(operation, &[("409", "Conflicts with what is recorded")]);
    }
    if name == "add_photo" {
        add(operation, &[("507", "The disk has too little room for what can wait")]);
    }
}

fn is_version(parameter: &RefOr<Parameter>) -> bool {
    matches!(parameter, RefOr::T(it) if it.name == "If-Match")
}

/// They say when to come again.
const COMES_AGAIN: [&str; 2] = ["429", "503"];

fn seconds() -> Header {
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).build();
    HeaderBuilder::new().description(Some("In so many seconds")).schema(Some(seconds)).build()
}

fn add(operation: &mut Operation, problems: &[(&str, &str)]) {
    for (status, description) in problems {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        let problem = ResponseBuilder::new().description(*description).content("application/problem+json", content);
        let problem = if COMES_AGAIN.contains(status) { problem.header("Retry-After", seconds()) } else { problem };
        operation.responses.responses.entry((*status).to_owned()).or_insert_with(|| problem.build().into());
    }
}

/// By which methods this path is reached, as `Allow` lists them; nothing where it is none.
pub fn methods_of(path: &str) -> Option<&'static str> {
    static PATHS: LazyLock<Vec<(String, String)>> =
        LazyLock::new(|| document().paths.paths.into_iter().map(|(path, item)| (path, methods(&item))).collect());
    PATHS.iter().find(|(pattern, _)| matches(pattern, path)).map(|(_, methods)| methods.as_str())
}

fn methods(item: &PathItem) -> String {
    let all = [
        ("GET", &item.get),
        ("POST", &item.post),
        ("PUT", &item.put),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    let there = all.into_iter().filter(|(_, operation)| operation.is_some());
    there.map(|(method, _)| method).collect::<Vec<_>>().join(", ")
}

/// Whether reading at this pattern takes query parameters. Where it takes none, every one is unknown.
pub fn takes_query(pattern: &str) -> bool {
    static PATTERNS: LazyLock<Vec<String>> = LazyLock::new(|| {
        let queried = |item: &PathItem| item.get.iter().flat_map(|it| it.parameters.iter().flatten()).any(is_query);
        document().paths.paths.into_iter().filter(|(_, item)| queried(item)).map(|it| it.0).collect()
    });
    PATTERNS.iter().any(|it| it == pattern)
}

fn is_query(parameter: &RefOr<Parameter>) -> bool {
    matches!(parameter, RefOr::T(it) if it.parameter_in == ParameterIn::Query)
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let fits = pattern.split('/').all(|it| segments.next().is_some_and(|segment| it.starts_with('{') || it == segment));
    fits && segments.next().is_none()
}
