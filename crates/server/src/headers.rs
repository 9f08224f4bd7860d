//! What every answer says to browsers: show nothing, frame nothing, pass nothing on. No origin is let in (no CORS).

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, PERMISSIONS_POLICY, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::middleware::Next;

/// What an answer may load, where it is no page: nothing.
static OF_ANSWERS: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// What our own pages may load: what this server serves.
static OF_PAGES: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
     style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
);

/// Two years, for every name under this one.
static ONLY_TLS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");

static ALWAYS: [(HeaderName, HeaderValue); 7] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (PERMISSIONS_POLICY, HeaderValue::from_static("camera=(), geolocation=(), microphone=()")),
];

/// Whether clients reach this server by TLS, here or at a proxy before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// They do, and are told never to come without.
    ByTls,
    /// They do not; a browser would not heed what it was told.
    InTheClear,
}

impl Reached {
    /// As the address says at which people sign in.
    pub fn at(public_url: &str) -> Self {
        if public_url.starts_with("https://") { Self::ByTls } else { Self::InTheClear }
    }

    /// Adds what an answer does not say by itself.
    pub async fn attach(
        self,
        request: ServiceRequest,
        next: Next<impl MessageBody>,
    ) -> Result<ServiceResponse<impl MessageBody>, Error> {
        let loads = if is_page(request.path()) { &OF_PAGES } else { &OF_ANSWERS };
        let mut response = next.call(request).await?;
        let headers = response.headers_mut();
        say(headers, &CONTENT_SECURITY_POLICY, loads);
        for (name, value) in &ALWAYS {
            say(headers, name, value);
        }
        if self == Self::ByTls {
            say(headers, &STRICT_TRANSPORT_SECURITY, &ONLY_TLS);
        }
        Ok(response)
    }
}

fn is_page(path: &str) -> bool {
    path == "/status" || path.starts_with("/docs/")
}

fn say(headers: &mut HeaderMap, name: &HeaderName, value: &HeaderValue) {
    if !headers.contains_key(name) {
        headers.insert(name.clone(), value.clone());
    }
}
