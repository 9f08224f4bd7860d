//! Where requests come in: what every answer says to browsers, what is no request, and who takes forever.

mod raw;
mod tls;

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::TestApp;
use raw::{Line, status_of};

const NOW: &str = "2026-05-01T08:00:00Z";

#[tokio::test]
async fn nt_04_and_nt_05_every_answer_tells_browsers_to_keep_their_hands_off() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for (path, status) in [(case.child_url(""), 200), ("/v1/nothing".to_owned(), 404), ("/livez".to_owned(), 200)] {
        let reply = case.worker.send(Method::GET, &path, None, &[]).await;
        assert_eq!(reply.status, status);
        for (name, value) in [
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
            ("server", ""),
            ("x-powered-by", ""),
            ("strict-transport-security", ""),
        ] {
            assert_eq!(reply.header(name), value, "{path} {name}");
        }
    }
}

#[tokio::test]
async fn nt_05_our_own_pages_load_what_this_server_serves_and_nothing_else() {
    let app = TestApp::at(NOW).await;
    for path in ["/status", "/docs/"] {
        let reply = app.nobody().send(Method::GET, path, None, &[]).await;
        let loads = reply.header("content-security-policy").to_owned();
        assert!(loads.starts_with("default-src 'none'; script-src 'self'; connect-src 'self';"), "{path}: {loads}");
        assert!(!loads.contains("unsafe-eval") && loads.ends_with("frame-ancestors 'none'"), "{path}: {loads}");
    }
}

#[tokio::test]
async fn nt_06_no_other_origin_is_let_in() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let host = app.address.trim_start_matches("http://").to_owned();
    for origin in
        ["null", "https://evil.example", "http://localhost", &format!("https://{host}.evil.example"), &app.address]
    {
        for method in [Method::GET, Method::OPTIONS] {
            let asks = [("origin", origin), ("access-control-request-method", "GET")];
            let reply = case.worker.send(method, &case.child_url(""), None, &asks).await;
            let allowed: Vec<_> = reply.headers.keys().filter(|it| it.as_str().starts_with("access-control")).collect();
            assert!(allowed.is_empty(), "{origin}: {allowed:?}");
        }
    }
}

#[tokio::test]
async fn az_04_a_method_that_a_path_does_not_have_is_told_with_those_it_has() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for (method, path, allowed) in [
        (Method::DELETE, case.child_url(""), "GET, PATCH"),
        (Method::OPTIONS, case.url("/notifications"), "GET, POST"),
        (Method::TRACE, case.url(""), "GET, PATCH"),
        (Method::TRACE, "/livez".to_owned(), "GET"),
        (Method::TRACE, "/v1/nothing".to_owned(), "GET"),
    ] {
        let reply = case.worker.send(method, &path, None, &[]).await;
        assert_eq!((reply.status, reply.header("allow")), (405, allowed), "{path}");
    }
}

#[tokio::test]
async fn lm_04_a_body_has_one_reading_and_an_end() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let twice = format!(r#"{{"agency_information_received_at": "{NOW}", "agency_information_received_at": "{NOW}"}}"#);
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(40), "]".repeat(40));
    let long = format!(r#"{{"a":[{}0]}}"#, "0,".repeat(3000));
    for body in [twice, deep, long] {
        let body = Some(("application/json", body.into_bytes()));
        let headers = [("idempotency-key", "k")];
        let reply = case.worker.send_raw(Method::POST, &case.child_url("/missing-episodes"), body, &headers).await;
        assert_eq!((reply.status, reply.slug().as_str()), (400, "malformed-json"));
    }
}

#[tokio::test]
async fn lm_04_a_packed_body_is_not_unpacked() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    for packing in ["gzip", "br", "deflate", "identity"] {
        let headers = [("idempotency-key", "k"), ("content-encoding", packing)];
        let reply = case.worker.send(Method::POST, "/v1/children", Some(json!({})), &headers).await;
        assert_eq!((reply.status, reply.slug().as_str()), (415, "wrong-content-type"), "{packing}");
    }
}

#[tokio::test]
async fn nt_08_what_two_servers_could_read_in_two_ways_is_no_request() {
    let app = TestApp::at(NOW).await;
    let smuggled = "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n";
    for (name, head) in [
        ("both lengths", "Content-Length: 4\r\nTransfer-Encoding: chunked"),
        ("both lengths, turned", "Transfer-Encoding: chunked\r\nContent-Length: 4"),
        ("two lengths", "Content-Length: 0\r\nContent-Length: 40"),
        ("a length with a sign", "Content-Length: +0"),
        ("a length that is none", "Content-Length: 0x0"),
        ("a coding that hides", "Transfer-Encoding: xchunked"),
        ("a coding twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"),
        ("a coding after a tab", "Transfer-Encoding:\tchunked, identity"),
        ("a space before the colon", "Content-Length : 0"),
        ("a folded line", "X-A: b\r\n c: d"),
        ("a line without a colon", "nonsense"),
        ("a bare return", "X-A: b\rContent-Length: 0"),
        ("a nul", "X-A: b\0c"),
    ] {
        let mut line = Line::to(&app.address).await;
        line.say(&format!("POST /v1/auth/login HTTP/1.1\r\nHost: h\r\n{head}\r\n\r\n0\r\n\r\n{smuggled}")).await;
        let heard = line.hear(Duration::from_secs(2)).await;
        assert!(heard.is_empty() || status_of(&heard) == "400", "{name}: {heard}");
        assert!(!heard.contains("200 OK"), "{name}: {heard}");
    }
    let mut line = Line::to(&app.address).await;
    line.say(&format!("{smuggled}{smuggled}")).await;
    assert_eq!(line.hear(Duration::from_secs(1)).await.matches("200 OK").count(), 2);
}

#[tokio::test]
async fn nt_08_nobody_leaves_http_1_for_another_protocol_in_the_clear() {
    let app = TestApp::at(NOW).await;
    let mut line = Line::to(&app.address).await;
    let asks = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    line.say(&format!("GET /livez HTTP/1.1\r\nHost: h\r\n{asks}\r\n")).await;
    assert_eq!(status_of(&line.hear(Duration::from_secs(1)).await), "200");
}

#[tokio::test]
async fn lm_05_whoever_holds_a_line_and_says_nothing_holds_nobody_up() {
    let app = TestApp::at(NOW).await;
    let case = app.given_case().await;
    let mut lines = Vec::new();
    for number in 0..500 {
        let mut line = Line::to(&app.address).await;
        match number % 3 {
            0 => {}
            1 => line.say("GET /livez HTTP/1.1\r\nHost").await,
            _ => line.say("POST /v1/auth/login HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{").await,
        }
        lines.push(line);
    }
    let begun = std::time::Instant::now();
    for _ in 0..20 {
        case.worker.get(&case.child_url(""), 200).await;
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
    let mut silent = lines.swap_remove(1);
    let heard = silent.hear(Duration::from_secs(15)).await;
    assert!(heard.is_empty() || status_of(&heard) == "408", "{heard}");
    assert!(silent.is_closed().await);
}
