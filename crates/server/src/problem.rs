//! What a client is told when something cannot be done (RFC 9457). The one file with status codes of errors.

use actix_web::http::StatusCode as S;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use homeward_domain::episode::{MomentsError, ReceiptMovesLater};
use homeward_domain::id::{DutyId, EpisodeId};
use homeward_domain::impossible;
use homeward_domain::notification::NotificationError;
use homeward_domain::photo::PublicationConsent;
use homeward_domain::policy::Denied;
use homeward_store::{StoreError, Taken};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::objects::ObjectError;
use crate::request_id;

/// One thing wrong with what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// JSON pointer to the field.
    pub pointer: String,
    /// What is wrong with it.
    pub detail: String,
}

impl Fault {
    /// A fault of a field of the body.
    pub fn of(field: &str, detail: impl Into<String>) -> Self {
        Self { pointer: format!("/{field}"), detail: detail.into() }
    }
}

/// Of what there is too much at this moment.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum TooMany {
    #[error("too many wait to be let in")]
    Tries,
    #[error("more was asked for than one can in a minute")]
    Requests,
    #[error("more records were opened than the work of your role asks for")]
    Children,
}

/// Everything that can be answered instead of what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    #[error("sign in to do this")]
    SignInRequired,
    #[error("the e-mail, the password or the code is wrong")]
    SignInFailed,
    #[error("the second factor is due: send its code")]
    SecondFactorRequired,
    #[error("set up a second factor first")]
    SecondFactorDue,
    #[error("prove again who you are, then ask again")]
    StepUpRequired,
    #[error("this key may not be used from there")]
    OutsideNetwork,
    #[error("there is no second factor")]
    NoSecondFactor,
    #[error("{what}; wait before you go on")]
    TooMany { what: TooMany, seconds: u64 },
    #[error("your role does not allow this")]
    Forbidden,
    #[error("there is no such record")]
    NotFound,
    #[error("the body is not JSON: {0}")]
    MalformedJson(String),
    #[error("the body does not have the shape that is described")]
    InvalidBody(Vec<Fault>),
    #[error("the query is not understood: {0}")]
    InvalidQuery(String),
    #[error("the cursor is not one of ours")]
    InvalidCursor,
    #[error("send application/json, as it is")]
    WrongContentType,
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge { limit: usize },
    #[error("send an Idempotency-Key of 1 to 255 visible characters")]
    IdempotencyKeyRequired,
    #[error("the Idempotency-Key was used for another request")]
    IdempotencyKeyReused,
    #[error("send If-Match with the ETag you read")]
    PreconditionRequired,
    #[error("the record has changed since it was read")]
    Stale,
    #[error("what was sent is understood and cannot be")]
    Impossible(Vec<Fault>),
    #[error("{0}")]
    Notification(#[from] NotificationError),
    #[error("{0}")]
    ReceiptMovesLater(#[from] ReceiptMovesLater),
    #[error("the receipt is more than 72 hours ago: say that it is right with `receipt_is_confirmed`")]
    ReceiptToConfirm,
    #[error("to take a choice back gives more time, and takes a supervisor")]
    ChoiceGivesTime,
    #[error("the child is missing already: see the open episode")]
    AlreadyMissing { open_episode_id: EpisodeId },
    #[error("the absence overlaps another one of this child")]
    OverlappingEpisode,
    #[error("the agency knows a child by this agency_person_id already")]
    PersonIdTaken,
    #[error("the episode is closed")]
    EpisodeClosed,
    #[error("duties stand open; a supervisor can close with a reason for each")]
    DutiesOpen { duty_ids: Vec<DutyId> },
    #[error("no more photos can be added now, of this child or by you")]
    TooManyPhotos,
    #[error("the disk has too little room for what can wait")]
    LittleRoom,
    #[error("this was retracted before")]
    AlreadyRetracted,
    #[error("this came with an interview or a screening: take that back")]
    CameWithARecord,
    #[error("consent to publish is {state}: nothing is made public without it")]
    PublicationNotConsented { state: PublicationConsent },
    #[error("the records changed while the document was made; send it again")]
    ChangedMeanwhile,
    #[error("this was done before")]
    AlreadyDone,
    #[error("no mail leaves this installation")]
    NoMail,
    #[error("you can open this record anyway")]
    OpenAnyway,
    #[error("this takes a second person")]
    TakesAnotherPerson,
    #[error("the endpoint did not answer with the text of the challenge")]
    ChallengeNotAnswered,
    #[error("another determination has taken its place already")]
    SupersededBefore,
    #[error("the episode is open")]
    EpisodeOpen,
    #[error("somebody of the agency has this e-mail already")]
    EmailTaken,
    #[error("you gave this address before")]
    AddressKnown,
    #[error("this is the last address that was not refused: give another one first")]
    LastAddress,
    #[error("the method is not allowed here")]
    MethodNotAllowed { allowed: String },
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the service cannot answer now; try again")]
    Unavailable(#[source] StoreError),
    #[error("something went wrong; the request id helps to find it")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Problem {
    /// One thing that cannot be, as the domain found it.
    pub fn impossible(it: &impossible::Impossible) -> Self {
        Self::Impossible(vec![Fault::of(it.field, it.why)])
    }

    /// Exhaustive: a new problem does not compile until someone decides its status.
    #[expect(clippy::too_many_lines, reason = "a table: one line for each problem")]
    fn kind(&self) -> (S, &'static str) {
        match self {
            Self::SignInRequired => (S::UNAUTHORIZED, "sign-in-required"),
            Self::SignInFailed => (S::UNAUTHORIZED, "sign-in-failed"),
            Self::SecondFactorRequired => (S::UNAUTHORIZED, "second-factor-required"),
            Self::SecondFactorDue => (S::FORBIDDEN, "second-factor-due"),
            Self::StepUpRequired => (S::FORBIDDEN, "step-up-required"),
            Self::OutsideNetwork => (S::FORBIDDEN, "outside-network"),
            Self::NoSecondFactor => (S::CONFLICT, "no-second-factor"),
            Self::TooMany { what, .. } => too_many(*what),
            Self::Forbidden => (S::FORBIDDEN, "forbidden"),
            Self::NotFound => (S::NOT_FOUND, "not-found"),
            Self::MalformedJson(_) => (S::BAD_REQUEST, "malformed-json"),
            Self::InvalidBody(_) => (S::BAD_REQUEST, "invalid-body"),
            Self::InvalidQuery(_) => (S::BAD_REQUEST, "invalid-query"),
            Self::InvalidCursor => (S::BAD_REQUEST, "invalid-cursor"),
            Self::WrongContentType => (S::UNSUPPORTED_MEDIA_TYPE, "wrong-content-type"),
            Self::BodyTooLarge { .. } => (S::PAYLOAD_TOO_LARGE, "body-too-large"),
            Self::IdempotencyKeyRequired => (S::BAD_REQUEST, "idempotency-key-required"),
            Self::IdempotencyKeyReused => (S::UNPROCESSABLE_ENTITY, "idempotency-key-reused"),
            Self::PreconditionRequired => (S::PRECONDITION_REQUIRED, "precondition-required"),
            Self::Stale => (S::PRECONDITION_FAILED, "stale"),
            Self::Impossible(_) => (S::UNPROCESSABLE_ENTITY, "impossible"),
            Self::Notification(error) => notification(error),
            Self::ReceiptMovesLater(_) => (S::FORBIDDEN, "receipt-moves-later"),
            Self::ReceiptToConfirm => (S::UNPROCESSABLE_ENTITY, "receipt-to-confirm"),
            Self::ChoiceGivesTime => (S::FORBIDDEN, "choice-gives-time"),
            Self::AlreadyMissing { .. } => (S::CONFLICT, "already-missing"),
            Self::OverlappingEpisode => (S::CONFLICT, "overlapping-episode"),
            Self::PersonIdTaken => (S::CONFLICT, "person-id-taken"),
            Self::EpisodeClosed => (S::CONFLICT, "episode-closed"),
            Self::DutiesOpen { .. } => (S::CONFLICT, "duties-open"),
            Self::TooManyPhotos => (S::CONFLICT, "too-many-photos"),
            Self::LittleRoom => (S::INSUFFICIENT_STORAGE, "little-room"),
            Self::AlreadyRetracted => (S::CONFLICT, "already-retracted"),
            Self::CameWithARecord => (S::CONFLICT, "came-with-a-record"),
            Self::PublicationNotConsented { .. } => (S::CONFLICT, "publication-not-consented"),
            Self::ChangedMeanwhile => (S::CONFLICT, "changed-meanwhile"),
            Self::AlreadyDone => (S::CONFLICT, "already-done"),
            Self::OpenAnyway => (S::CONFLICT, "open-anyway"),
            Self::TakesAnotherPerson => (S::FORBIDDEN, "takes-another-person"),
            Self::NoMail => (S::CONFLICT, "no-mail"),
            Self::ChallengeNotAnswered => (S::CONFLICT, "challenge-not-answered"),
            Self::SupersededBefore => (S::CONFLICT, "superseded-before"),
            Self::EpisodeOpen => (S::CONFLICT, "episode-open"),
            Self::EmailTaken => (S::CONFLICT, "email-taken"),
            Self::AddressKnown => (S::CONFLICT, "address-known"),
            Self::LastAddress => (S::CONFLICT, "last-address"),
            Self::MethodNotAllowed { .. } => (S::METHOD_NOT_ALLOWED, "method-not-allowed"),
            Self::TooSlow => (S::REQUEST_TIMEOUT, "too-slow"),
            Self::Unavailable(_) => (S::SERVICE_UNAVAILABLE, "unavailable"),
            Self::Internal(_) => (S::INTERNAL_SERVER_ERROR, "internal"),
        }
    }

    /// What goes beside the common members, so that a client need not read prose.
    fn extension(&self) -> Map<String, Value> {
        let members = match self {
            Self::InvalidBody(errors) | Self::Impossible(errors) => json!({ "errors": errors }),
            Self::AlreadyMissing { open_episode_id } => json!({ "open_episode_id": open_episode_id }),
            Self::DutiesOpen { duty_ids } => json!({ "duty_ids": duty_ids }),
            Self::Notification(NotificationError::BeforeReceipt { made_at, received_at }) => json!({
                "made_at": made_at, "agency_information_received_at": received_at,
                "errors": [Fault::of("made_at", "is before the receipt of the information")],
            }),
            Self::ReceiptToConfirm => {
                json!({ "errors": [Fault::of("agency_information_received_at", "is more than 72 hours ago")] })
            }
            Self::Notification(NotificationError::InTheFuture { .. }) => {
                json!({ "errors": [Fault::of("made_at", "is in the future")] })
            }
            _ => Value::Null,
        };
        if let Value::Object(members) = members { members } else { Map::new() }
    }

    fn log(&self) {
        if let Self::Internal(source) = self {
            tracing::error!(error = %chain(source.as_ref()), "internal error");
        }
        if let Self::Unavailable(source) = self {
            tracing::warn!(error = %chain(source), "the database cannot be reached");
        }
    }
}

fn too_many(what: TooMany) -> (S, &'static str) {
    match what {
        TooMany::Tries => (S::TOO_MANY_REQUESTS, "too-many-tries"),
        TooMany::Requests => (S::TOO_MANY_REQUESTS, "too-many-requests"),
        TooMany::Children => (S::TOO_MANY_REQUESTS, "too-many-children"),
    }
}

fn notification(error: &NotificationError) -> (S, &'static str) {
    match error {
        NotificationError::BeforeReceipt { .. } => (S::UNPROCESSABLE_ENTITY, "before-receipt"),
        NotificationError::InTheFuture { .. } => (S::UNPROCESSABLE_ENTITY, "in-the-future"),
        NotificationError::AlreadyRetracted => (S::CONFLICT, "already-retracted"),
    }
}

/// Every cause, outermost first. Database messages name constraints and columns, never values of a row.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |it| it.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

impl From<ObjectError> for Problem {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::LittleRoom => Self::LittleRoom,
            _ => Self::Internal(Box::new(error)),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::SignedOut => Self::SignInRequired,
            StoreError::Denied(denied) => denied.into(),
            StoreError::NotFound => Self::NotFound,
            StoreError::Stale => Self::Stale,
            StoreError::KeyReused => Self::IdempotencyKeyReused,
            StoreError::Taken(taken) => conflict(taken),
            StoreError::Unavailable(_) | StoreError::Conflict(_) => Self::Unavailable(error),
            StoreError::Corrupt(_) | StoreError::Unopened { .. } | StoreError::Broken(_) => {
                Self::Internal(Box::new(error))
            }
        }
    }
}

fn conflict(taken: Taken) -> Problem {
    match taken {
        Taken::AgencyPersonId => Problem::PersonIdTaken,
        // Also where the other one is open, or both came at once. Who opens an episode is told which one is open.
        Taken::OverlappingEpisode | Taken::OpenEpisode | Taken::EpisodeNumber => Problem::OverlappingEpisode,
        Taken::Email => Problem::EmailTaken,
        Taken::Address => Problem::AddressKnown,
        Taken::Identity => {
            Problem::Impossible(vec![Fault::of("subject", "means somebody already, or the person is known by another")])
        }
        Taken::SupersededBefore => Problem::SupersededBefore,
        Taken::EndBeforeBegin => Problem::Impossible(vec![Fault::of("absence_began_at", "is after the end")]),
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound,
            Denied::Forbidden => Self::Forbidden,
            Denied::FactorDue => Self::SecondFactorDue,
            Denied::ProofDue => Self::StepUpRequired,
            Denied::OutsideNetwork => Self::OutsideNetwork,
        }
    }
}

/// Every fault of an episode's moments, as one problem; nothing where there is none.
pub fn refuse_impossible(faults: &[MomentsError]) -> Result<(), Problem> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(Problem::Impossible(faults.iter().map(|it| Fault::of(it.field(), it.to_string())).collect()))
}

/// Every fault that the domain found, as one problem; nothing where there is none.
pub fn refuse(faults: Vec<impossible::Impossible>) -> Result<(), Problem> {
    if faults.is_empty() {
        return Ok(());
    }
    Err(Problem::Impossible(faults.into_iter().map(|it| Fault::of(it.field, it.why)).collect()))
}

impl ResponseError for Problem {
    fn status_code(&self) -> S {
        self.kind().0
    }

    fn error_response(&self) -> HttpResponse {
        self.log();
        let (status, slug) = self.kind();
        let mut body = self.extension();
        body.insert("type".into(), json!(format!("/problems/{slug}")));
        body.insert("title".into(), json!(slug.replace('-', " ")));
        body.insert("status".into(), json!(status.as_u16()));
        body.insert("detail".into(), json!(self.to_string()));
        body.insert("request_id".into(), json!(request_id::current()));
        let mut response = HttpResponse::build(status);
        response.content_type("application/problem+json").insert_header(("Cache-Control", "no-store"));
        if let Self::TooMany { seconds, .. } = self {
            response.insert_header((RETRY_AFTER, seconds.to_string()));
        }
        if let Self::MethodNotAllowed { allowed } = self {
            response.insert_header((ALLOW, allowed.as_str()));
        }
        if status == S::SERVICE_UNAVAILABLE {
            response.insert_header((RETRY_AFTER, "1"));
        }
        response.body(Value::Object(body).to_string())
    }
}

/// The shape of every problem, for the API description.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemView {
    /// `/problems/<slug>`; the page behind it explains.
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    request_id: Option<String>,
    /// Every fault at once, where fields are at fault.
    #[schema(nullable = false)]
    errors: Option<Vec<Fault>>,
    /// The episode that is open already.
    #[schema(nullable = false)]
    open_episode_id: Option<uuid::Uuid>,
    /// The duties that stand open.
    #[schema(nullable = false)]
    duty_ids: Option<Vec<uuid::Uuid>>,
}
