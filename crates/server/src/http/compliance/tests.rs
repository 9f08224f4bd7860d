//! A figure's link asks for that figure's rows and nothing else.

use chrono::{DateTime, Utc};
use homeward_domain::compliance::Method;
use homeward_domain::duty::DutyState;
use homeward_domain::notification::Recipient;
use homeward_store::compliance::{Asked, AssignedTo, GroupBy};

use super::links;
use super::query::{RowsQuery, SummaryQuery};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

const NOW: &str = "2021-01-02T00:00:00.000001Z";

fn summary(query: &str) -> Result<Asked, String> {
    let query = actix_web::web::Query::<SummaryQuery>::from_query(query).map_err(|error| error.to_string())?;
    query.asked(at(NOW)).map_err(|problem| problem.to_string())
}

fn asked(query: &str) -> Asked {
    summary(query).unwrap()
}

fn rows(link: &str) -> RowsQuery {
    let (path, query) = link.split_once('?').unwrap();
    assert_eq!(path, "/v1/compliance/duties");
    actix_web::web::Query::<RowsQuery>::from_query(query).unwrap().into_inner()
}

#[test]
fn what_is_left_out_is_the_statute_for_both_recipients_now() {
    let asked = asked("");
    assert_eq!((asked.method, asked.recipient), (Method::Statute, None));
    assert_eq!((asked.as_of, asked.known_at), (at(NOW), at(NOW)));
}

#[test]
fn a_link_says_the_same_question_again() {
    let query = "method=oig&recipient=ncmec&from=2020-01-01&to=2020-03-31&unit_code=a%20%26b%3D%C3%A9&worker_id=unassigned\
                 &as_of=2020-12-31T23:59:00-06:00";
    let asked = asked(query);
    let again = rows(&links::rows(&asked, Some(DutyState::Late)));
    assert_eq!(again.asked(at("2030-01-01T00:00:00Z")).unwrap(), asked);
    assert_eq!(again.states().unwrap(), [DutyState::Late]);
    assert_eq!(asked.unit_code.as_deref(), Some("a &b=é"));
    assert_eq!(asked.recipient, Some(Recipient::Ncmec));
}

#[test]
fn the_link_of_a_total_names_no_state() {
    let all = rows(&links::rows(&asked(""), None));
    assert_eq!(all.states().unwrap().len(), 5);
}

#[test]
fn the_link_of_a_group_is_narrowed_to_it() {
    let asked = asked("from=2020-02-10&to=2020-03-05");
    let narrowed = |group_by, key: &str| links::narrowed(&asked, group_by, key);
    let days = |it: Asked| (it.from.unwrap().to_string(), it.to.unwrap().to_string());
    assert_eq!(days(narrowed(GroupBy::Month, "2020-02")), ("2020-02-10".to_owned(), "2020-02-29".to_owned()));
    assert_eq!(days(narrowed(GroupBy::Month, "2020-03")), ("2020-03-01".to_owned(), "2020-03-05".to_owned()));
    assert_eq!(narrowed(GroupBy::Unit, "metro").unit_code.as_deref(), Some("metro"));
    assert_eq!(narrowed(GroupBy::Worker, "unassigned").worker, Some(AssignedTo::Nobody));
    let id = "0190a000-0000-7000-8000-000000000001";
    assert_eq!(narrowed(GroupBy::Worker, id).worker, Some(AssignedTo::Worker(id.parse().unwrap())));
    assert_eq!(narrowed(GroupBy::None, "all"), asked);
}

#[test]
fn a_month_bounds_an_open_question() {
    let december = links::narrowed(&asked(""), GroupBy::Month, "2020-12");
    assert_eq!(links::rows(&december, None).matches("from=2020-12-01&to=2020-12-31").count(), 1);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let refused = |query: &str| summary(query).unwrap_err();
    assert!(refused("kind=screening").contains("kind"));
    assert!(refused("recipient=school").contains("recipient"));
    assert!(refused("as_of=2021-01-02T00:05:01Z").contains("as_of"));
    assert!(refused("known_at=2030-01-01T00:00:00Z").contains("known_at"));
    assert!(refused("from=2020-02-02&to=2020-02-01").contains("before"));
    assert!(refused("from=-4000-01-01").contains("from"));
    assert!(refused("worker_id=me").contains("worker_id"));
    assert!(refused("as_of=2020-12-31T23:59:00").contains("offset"));
    assert!(refused("state=late").contains("unknown field"));
    assert!(rows("/v1/compliance/duties?state=late,done").states().is_err());
}
