//! The watch verifies the trail, and wakes people.

use homeward_server::trail::Anchors;
use homeward_server::watch::Watch;

use super::Signed;
use crate::silence::watched::Watched;

/// Rounds until a verification that runs beside them has ended.
async fn rounds(watched: &mut Watched) {
    for _ in 0..40 {
        watched.round().await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

fn watch(signed: &Signed) -> Watched {
    let mut watched = Watched::over(&signed.app);
    let lookout = signed.app.state.store.lookout();
    let watch = Watch::new(lookout, signed.app.state.clock.clone(), &watched.config);
    watched.watch = watch.auditing(&signed.app.db.url, Anchors::new(signed.folders()));
    watched
}

/// What was raised about the trail.
fn raised(watched: &Watched) -> Vec<String> {
    watched.said("raised").into_iter().filter(|it| it.starts_with("trail")).collect()
}

#[tokio::test]
async fn ad_10_whoever_changes_the_trail_wakes_people() {
    let signed = Signed::new().await;
    let mut watched = watch(&signed);
    rounds(&mut watched).await;
    assert_eq!(raised(&watched), [""; 0]);
    let owner = signed.app.db.owner().await;
    owner.batch_execute("set session_replication_role = replica").await.unwrap();
    let one = "update looks set kind = 'x' where id = (select id from looks order by id desc limit 1)";
    owner.batch_execute(one).await.unwrap();
    let mut watched = watch(&signed);
    rounds(&mut watched).await;
    assert_eq!(raised(&watched), ["trail_tampered"]);
    assert!(watched.text().contains("changed: an entry or a look does not say what it said"), "{}", watched.text());
}

#[tokio::test]
async fn ad_10_a_trail_that_nobody_signs_is_an_alarm_after_a_quarter_of_an_hour() {
    let signed = Signed::new().await;
    for (instant, alarms) in
        [("2026-05-01T08:25:00Z", Vec::<&str>::new()), ("2026-05-01T08:25:01Z", vec!["trail_unproven"])]
    {
        signed.app.travel_to(instant).await;
        let mut watched = watch(&signed);
        rounds(&mut watched).await;
        assert_eq!(raised(&watched), alarms, "{}", watched.text());
    }
}
