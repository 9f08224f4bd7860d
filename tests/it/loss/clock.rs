//! A clock that was ahead and is right again: nothing waits for the time that it showed. These days lie ahead of the
//! database's own clock, which has a say.

use crate::support::{Case, Mood, Relay, TestApp, at, told};

const NOW: &str = "2040-05-01T08:00:00Z";
/// Days later, as a clock showed that was wrong.
const AHEAD: &str = "2040-05-05T08:00:00Z";

async fn given(relay: &Relay) -> (TestApp, Case) {
    let app = TestApp::mailing(NOW, relay).await;
    let case = app.given_case().await;
    (app, case)
}

impl TestApp {
    async fn set_right(&self, now: &str) -> usize {
        let changed = self.state.store.clock_went_back(at(now)).await.unwrap();
        self.travel_to(now).await;
        changed
    }
}

/// Which steps of the ladder the worker has heard about the report to law enforcement, oldest first.
async fn heard(app: &TestApp) -> Vec<String> {
    let owner = app.db.owner().await;
    let rows = "select r.step from rungs r join duties d on d.id = r.duty_id where d.kind = 'initial_report' \
        and d.recipient = 'ncmec' and r.sent_at is not null order by r.ordinal";
    owner.query(rows, &[]).await.unwrap().iter().map(|it| it.get(0)).collect()
}

#[tokio::test]
async fn a_worker_that_was_days_ahead_leaves_no_silence() {
    let (app, _case) = given(&Relay::start().await).await;
    app.travel_to("2040-05-01T09:00:00Z").await;
    app.travel_to(AHEAD).await;
    assert_eq!(heard(&app).await, ["at_once", "after_1_hours", "after_4_hours", "past_72_hours"]);
    app.set_right("2040-05-01T09:01:00Z").await;
    app.live_until("2040-05-01T20:30:00Z").await;
    assert_eq!(heard(&app).await[4..], ["after_4_hours", "after_8_hours", "after_12_hours"]);
}

#[tokio::test]
async fn a_server_that_was_days_ahead_leaves_no_silence() {
    let (app, case) = given(&Relay::start().await).await;
    app.set_clock(AHEAD);
    app.caseworker().await.post(&case.url("/notifications"), told("law_enforcement", AHEAD), 201).await;
    assert_ne!(app.set_right("2040-05-01T08:30:00Z").await, 0);
    app.live_until("2040-05-01T12:30:00Z").await;
    assert_eq!(heard(&app).await, ["at_once", "after_1_hours", "after_4_hours"]);
}

#[tokio::test]
async fn a_pause_and_a_look_of_a_clock_that_was_ahead_end_when_it_is_right() {
    let relay = Relay::start().await;
    relay.set_mood("caseworker@demo.homeward.test", Mood::Busy);
    let (app, _case) = given(&relay).await;
    app.travel_to("2040-05-01T10:00:00Z").await;
    relay.set_mood("caseworker@demo.homeward.test", Mood::Taking);
    app.set_right("2040-05-01T08:01:00Z").await;
    assert!(!relay.letters_to("caseworker@demo.homeward.test").is_empty());
    assert!(!relay.letters_to("supervisor@demo.homeward.test").is_empty());
}

#[tokio::test]
async fn where_no_clock_was_ahead_nothing_changes() {
    let (app, case) = given(&Relay::start().await).await;
    case.report("law_enforcement", NOW).await;
    app.travel_to("2040-05-01T09:00:00Z").await;
    for now in ["2040-05-01T08:59:30Z", "2040-05-01T09:00:00Z", "2040-05-02T09:00:00Z"] {
        assert_eq!(app.state.store.clock_went_back(at(now)).await.unwrap(), 0);
    }
}
