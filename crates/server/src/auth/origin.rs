//! Where a request came from, as the trail tells it.

use std::net::IpAddr;

use actix_web::http::header::HeaderName;
use actix_web::{HttpMessage as _, HttpRequest};
use homeward_store::call::Origin;

use crate::request_id::RequestId;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What is known of it beside who calls.
pub fn origin(request: &HttpRequest) -> Origin {
    let request_id = request.extensions().get::<RequestId>().map(|it| it.0.clone());
    let operation = request.match_pattern().map(|pattern| format!("{} {pattern}", request.method()));
    Origin { request_id, source: source(request), operation }
}

/// Only a proxy on this machine is believed, and only the last address in what it sends, which is the one it added.
fn source(request: &HttpRequest) -> Option<IpAddr> {
    let peer = request.peer_addr()?.ip();
    let sent = request.headers().get_all(&FORWARDED_FOR).last().and_then(|it| it.to_str().ok());
    let forwarded = sent.and_then(|it| it.rsplit(',').next()?.trim().parse().ok());
    Some(forwarded.filter(|_| peer.is_loopback()).unwrap_or(peer))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, sent: &[&str]) -> String {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:4000").parse().unwrap());
        for value in sent {
            request = request.append_header((FORWARDED_FOR, *value));
        }
        source(&request.to_http_request()).unwrap().to_string()
    }

    #[test]
    fn nt_07_only_a_proxy_on_this_machine_says_where_a_request_came_from_and_only_what_it_added() {
        assert_eq!(seen("203.0.113.9", &[]), "203.0.113.9");
        assert_eq!(seen("203.0.113.9", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(seen("127.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("127.0.0.1", &["10.9.9.9, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(seen("127.0.0.1", &["10.9.9.9", "2001:db8::7"]), "2001:db8::7");
        assert_eq!(seen("127.0.0.1", &["nonsense"]), "127.0.0.1");
    }
}
