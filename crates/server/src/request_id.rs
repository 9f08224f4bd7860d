//! The name under which a request is logged, echoed and found again.

use std::cell::RefCell;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _};
use uuid::Uuid;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: RefCell<String>;
}

/// The id of the request being answered, if one is.
pub fn current() -> Option<String> {
    CURRENT.try_with(|it| it.borrow().clone()).ok()
}

/// The id of a request, for its extractors.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Takes the client's id if it is a plain one, else makes one; gives it to the answer either way.
pub async fn attach(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let sent = request.headers().get(&HEADER).and_then(|it| it.to_str().ok()).filter(|it| is_plain(it));
    let id = sent.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = CURRENT.scope(RefCell::new(id.clone()), next.call(request)).await?;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    Ok(response)
}

/// Nothing that could break a log line or a header.
fn is_plain(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.".contains(&it))
}
