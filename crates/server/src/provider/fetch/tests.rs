//! Which addresses are asked for keys.

use super::*;

/// Every spelling of an address that must not be asked (WH-02).
const REFUSED: &str = include_str!("../../webhook/refused.txt");

#[tokio::test]
async fn wh_06_no_spelling_of_an_inner_address_is_asked_for_keys() {
    let refused: Vec<&str> = REFUSED.lines().filter(|it| !it.is_empty() && !it.starts_with('#')).collect();
    assert!(150 <= refused.len(), "{}", refused.len());
    let fetcher = Fetcher::default();
    for url in refused {
        assert!(fetcher.check(url).is_err(), "{url}");
        for (issuer, jwks_url) in [("https://id.example.org", Some(url)), (url, None)] {
            let answer = fetcher.keys(issuer, jwks_url).await;
            assert!(matches!(answer, Err(FetchError::Address(_))), "{url}: {answer:?}");
        }
    }
}

#[test]
fn wh_06_in_the_clear_an_issuer_is_asked_on_this_machine_only_and_only_where_that_is_allowed() {
    let fetcher = Fetcher::new("127.0.0.1:9009,id.agency.internal:80,id.agency.internal:8090".parse().unwrap());
    assert!(fetcher.check("http://127.0.0.1:9009/keys").is_ok());
    assert!(fetcher.check("https://id.agency.internal:8090/keys").is_ok());
    for url in ["http://127.0.0.1:9010/", "http://id.agency.internal/", "http://id.agency.internal:8090/"] {
        assert!(fetcher.check(url).is_err(), "{url}");
    }
}
