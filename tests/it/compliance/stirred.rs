//! The extract, stirred until every state stands in it: SQL says of all of it what the domain says.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use homeward_domain::child::CareStatus;
use homeward_domain::compliance::{Method, Report, by_oig, by_rules, by_statute};
use homeward_domain::episode::{
    Closure, ClosureReason, EpisodeState, Facts, Moments, PostReturn, Recovery, RecoveryType, state,
};
use homeward_domain::law::FEDERAL_LIMIT;
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_domain::zone::Zone;
use serde_json::Value;
use tokio_postgres::Row;

use crate::import::{NOW, imported, paged};
use crate::support::{TestApp, at};

const METHODS: [Method; 3] = [Method::Statute, Method::Oig, Method::Rules];

/// The extract, with what an extract does not tell: closures, other ends, suspicions, retractions. By chance, and the
/// same chance each time.
const STIR: &str = "set session_replication_role = replica; \
    create temp table dice as select id, ('x' || substr(md5(id::text), 1, 6))::bit(24)::int as n from missing_episodes; \
    create unique index on dice (id); analyze dice; \
    update missing_episodes e set recovered_at = case when n % 7 in (1, 2) then returned_to_care_at end, \
        placed_elsewhere_at = case when n % 7 = 3 then returned_to_care_at end, \
        returned_to_care_at = case when n % 7 = 2 then returned_to_care_at end, \
        first_suspected_at = case when n % 3 = 1 then absence_began_at end, \
        determined_missing_at = case when n % 6 = 1 then agency_information_received_at end \
    from dice d where d.id = e.id and n % 7 in (1, 2, 3) and returned_to_care_at is not null; \
    update missing_episodes e set first_suspected_at = absence_began_at, \
        located_at = case when n % 2 = 0 then agency_information_received_at end \
    from dice d where d.id = e.id and n % 3 = 0 and returned_to_care_at is null; \
    update missing_episodes e set \
        closed_at = agency_information_received_at + make_interval(hours => n % 500), \
        closure_reason = (array['tasks_done', 'not_missing_miscommunication', 'aged_out_still_missing', \
            'custody_ended_still_missing', 'deceased', 'merged_duplicate'])[1 + n % 6], \
        merged_into = case when n % 6 = 5 then e.id end \
    from dice d where d.id = e.id and n % 5 = 0; \
    update duties t set done_at = starts_at from dice d where d.id = t.episode_id and n % 2 = 0 \
        and done_at is null and closed_undone_at is null and superseded_at is null; \
    update notifications t set retracted_at = made_at, retracted_by = recorded_by, why_retracted = told \
    where ('x' || substr(md5(id::text), 1, 6))::bit(24)::int % 10 = 0; \
    update missing_episodes e set care_status = 'state_option_under_26' from dice d where d.id = e.id and n % 40 = 3; \
    set session_replication_role = origin";

/// A server with the stirred extract.
async fn stirred() -> TestApp {
    let app = TestApp::on(imported().await, NOW).await;
    app.db.owner().await.batch_execute(STIR).await.unwrap();
    app
}

/// One report that the domain judges.
struct Owed {
    key: (String, String),
    unit: String,
    report: Report,
    counts: bool,
    reason: Option<ClosureReason>,
}

impl Owed {
    fn of(row: &Row) -> Self {
        let reason: Option<String> = row.get("closure_reason");
        let report = Report {
            received_at: row.get("agency_information_received_at"),
            began_at: row.get("began_at"),
            ended_at: row.get("ended_at"),
            closed_at: row.get("closed_at"),
            reported_at: row.get("reported_at"),
        };
        let counts = row.get::<_, String>("care_status") != CareStatus::StateOptionUnder26.code();
        let key = (row.get("id"), row.get("recipient"));
        Self { key, unit: row.get("code"), report, counts, reason: reason.map(|it| ClosureReason::parse(&it).unwrap()) }
    }

    /// Its state, where it is counted at all.
    fn state(&self, method: Method, as_of: DateTime<Utc>) -> Option<&'static str> {
        let void = matches!(self.reason, Some(ClosureReason::NotMissing | ClosureReason::MergedDuplicate));
        let is_void = void && self.report.closed_at.is_some_and(|it| it <= as_of);
        if !self.counts || is_void || as_of < self.report.received_at {
            return None;
        }
        let state = match method {
            Method::Statute => Some(by_statute(&self.report, as_of)),
            // The agency of the extract goes by the federal floor alone.
            Method::Rules => Some(by_rules(&self.report, self.report.received_at + FEDERAL_LIMIT, as_of)),
            Method::Oig => by_oig(&self.report, Zone::parse("America/Chicago").unwrap(), as_of),
        };
        state.map(|it| it.code())
    }
}

const OWED: &str = "select e.id::text, r.recipient, u.code, e.agency_information_received_at, e.closed_at, e.care_status, \
    e.closure_reason, coalesce(e.absence_began_at, e.agency_information_received_at) as began_at, \
    least(e.recovered_at, e.returned_to_care_at, e.placed_elsewhere_at) as ended_at, \
    (select min(made_at) from notifications n where n.agency_id = e.agency_id and n.episode_id = e.id \
        and n.recipient = r.recipient and n.kind = 'initial_report' and n.status = 'completed' \
        and n.retracted_at is null) as reported_at \
    from missing_episodes e join units u on u.id = e.unit_id \
    cross join (values ('law_enforcement'), ('ncmec')) r (recipient)";

async fn owed(app: &TestApp) -> Vec<Owed> {
    app.db.owner().await.query(OWED, &[]).await.unwrap().iter().map(Owed::of).collect()
}

/// How many stand in which state, by unit, as the domain judges them.
fn counted(owed: &[Owed], method: Method, as_of: DateTime<Utc>) -> BTreeMap<&str, BTreeMap<&'static str, i64>> {
    let mut counted: BTreeMap<&str, BTreeMap<&str, i64>> = BTreeMap::new();
    for (it, state) in owed.iter().filter_map(|it| Some((it, it.state(method, as_of)?))) {
        *counted.entry(&it.unit).or_default().entry(state).or_default() += 1;
    }
    counted
}

#[tokio::test]
async fn every_figure_is_what_the_domain_counts() {
    let app = stirred().await;
    let (auditor, owed) = (app.auditor().await, owed(&app).await);
    let mut seen = BTreeSet::new();
    for as_of in ["2019-03-10T07:30:00Z", "2020-07-01T12:00:00Z", "2020-12-31T12:00:00Z", NOW] {
        for method in METHODS {
            let counted = counted(&owed, method, at(as_of));
            seen.extend(counted.values().flat_map(|it| it.keys().map(|state| (method.code(), *state))));
            let url = format!("/v1/compliance/summary?group_by=unit&method={}&as_of={as_of}", method.code());
            let summary = auditor.get(&url, 200).await;
            let shown: BTreeMap<&str, BTreeMap<&str, i64>> =
                summary["groups"].as_array().unwrap().iter().map(states).collect();
            assert_eq!(shown, counted, "{url}");
        }
    }
    assert_eq!(seen.len(), 14, "{seen:?}");
}

/// The key of a group and its states that are not empty.
fn states(group: &Value) -> (&str, BTreeMap<&str, i64>) {
    let count = |name| (name, group[name].as_i64().unwrap());
    let states: BTreeMap<&str, i64> = ["timely", "late", "never", "overdue", "open"].map(count).into();
    assert_eq!(states.values().sum::<i64>(), group["total"].as_i64().unwrap());
    (group["key"].as_str().unwrap(), states.into_iter().filter(|it| it.1 != 0).collect())
}

#[tokio::test]
async fn every_row_is_judged_as_the_domain_judges_it() {
    let app = stirred().await;
    let (auditor, owed) = (app.auditor().await, owed(&app).await);
    let (from, to) = (at("2020-11-01T05:00:00Z"), at("2021-01-01T06:00:00Z"));
    for as_of in ["2020-12-01T06:00:00Z", "2020-12-31T12:00:00Z", NOW] {
        for method in METHODS {
            let judged = owed.iter().filter(|it| from <= it.report.received_at && it.report.received_at < to);
            let expected: BTreeMap<_, _> =
                judged.filter_map(|it| Some((it.key.clone(), it.state(method, at(as_of))?.to_owned()))).collect();
            let of = format!("from=2020-11-01&to=2020-12-31&as_of={as_of}&method={}&limit=200", method.code());
            let rows = paged(&auditor, &format!("/v1/compliance/duties?{of}")).await;
            let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
            let shown: BTreeMap<_, _> =
                rows.iter().map(|it| ((text(it, "episode_id"), text(it, "recipient")), text(it, "state"))).collect();
            assert_eq!(shown.len(), rows.len());
            assert!(shown == expected, "{of}: {} rows where the domain has {}", shown.len(), expected.len());
        }
    }
}

#[tokio::test]
async fn the_rows_behind_every_number_add_up_to_it() {
    let app = stirred().await;
    let auditor = app.auditor().await;
    for of in ["unit&method=statute", "unit&method=oig&recipient=ncmec", "month", "worker&unit_code=metro", "none"] {
        let range = "from=2020-12-20&to=2021-01-31&as_of=2020-12-31T12:00:00Z";
        let summary = auditor.get(&format!("/v1/compliance/summary?{range}&group_by={of}"), 200).await;
        let groups = summary["groups"].as_array().unwrap().iter();
        let links = groups.flat_map(|group| group["rows"].as_object().unwrap().iter().map(move |it| (group, it)));
        for (group, (name, link)) in links {
            let link = link.as_str().unwrap();
            let rows = paged(&auditor, &format!("{link}&limit=100")).await;
            assert_eq!(i64::try_from(rows.len()).unwrap(), group[name].as_i64().unwrap(), "{link}");
            assert!(name == "total" || rows.iter().all(|it| it["state"] == name.as_str()), "{link}");
        }
    }
}

const FACTS: &str = "select e.*, e.id::text as key, exists (select from duties d where d.episode_id = e.id \
    and d.agency_id = e.agency_id and d.kind in ('recovery_notice', 'return_interview', 'screening') \
    and num_nonnulls(d.done_at, d.closed_undone_at, d.superseded_at) = 0) as tasks_open from missing_episodes e \
    where '2020-11-01T05:00:00Z' <= e.agency_information_received_at";

fn moments(row: &Row) -> Moments {
    Moments {
        received_at: row.get("agency_information_received_at"),
        absence_began_at: row.get("absence_began_at"),
        caregiver_learned_at: None,
        first_suspected_at: row.get("first_suspected_at"),
        determined_missing_at: row.get("determined_missing_at"),
    }
}

fn recovery(row: &Row) -> Recovery {
    let kind: Option<String> = row.get("recovery_type");
    Recovery {
        located_at: row.get("located_at"),
        recovered_at: row.get("recovered_at"),
        returned_to_care_at: row.get("returned_to_care_at"),
        placed_elsewhere_at: row.get("placed_elsewhere_at"),
        kind: kind.map(|it| RecoveryType::parse(&it).unwrap()),
    }
}

fn stands(row: &Row) -> EpisodeState {
    let closed_at: Option<DateTime<Utc>> = row.get("closed_at");
    let reason: Option<String> = row.get("closure_reason");
    let reason = reason.map(|it| ClosureReason::parse(&it).unwrap());
    let facts = Facts {
        care_status: CareStatus::FosterCare,
        moments: moments(row),
        recovery: recovery(row),
        material_changes: Vec::new(),
        choices: Vec::new(),
        birthday_at: None,
        told: Vec::new(),
        completed: Vec::new(),
        closure: closed_at.zip(reason).map(|(closed_at, reason)| Closure { closed_at, reason }),
    };
    state(&facts, if row.get("tasks_open") { PostReturn::TasksOpen } else { PostReturn::Done })
}

#[tokio::test]
async fn the_list_knows_the_state_of_every_episode_as_the_domain_does() {
    let app = stirred().await;
    let (owner, auditor) = (app.db.owner().await, app.auditor().await);
    let mut expected: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for row in owner.query(FACTS, &[]).await.unwrap() {
        expected.entry(stands(&row).code()).or_default().insert(row.get("key"));
    }
    for state in EpisodeState::ALL.iter().map(|it| it.code()) {
        let url = format!("/v1/missing-episodes?received_from=2020-11-01&state={state}&limit=200");
        let rows = paged(&auditor, &url).await;
        assert!(rows.iter().all(|it| it["state"] == state), "{state}");
        let shown: BTreeSet<String> = rows.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
        assert!(!shown.is_empty(), "no episode is {state}");
        assert_eq!(Some(&shown), expected.get(state), "{state}");
    }
}
