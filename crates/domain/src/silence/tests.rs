use chrono::{DateTime, TimeDelta, Utc};

use super::*;
use crate::delivery::Channel;
use crate::vocabulary::Vocabulary as _;

fn now() -> DateTime<Utc> {
    "2026-05-01T08:00:00Z".parse().unwrap()
}

fn seconds(count: i64) -> TimeDelta {
    TimeDelta::seconds(count)
}

fn beat(task: Task, silent_for: i64) -> Beat {
    Beat { task, worker: "worker-1".to_owned(), silent_for: seconds(silent_for), skew: TimeDelta::zero() }
}

fn well() -> Queue {
    Queue {
        is_current: true,
        beats: vec![beat(Task::Rungs, 5), beat(Task::Email, 5), beat(Task::Webhook, 5)],
        unsent_for: TimeDelta::zero(),
        outboxes: vec![outbox(0, 0)],
        canary: Canary { away_for: Some(seconds(20)), home_for: Some(seconds(300)) },
        skew: TimeDelta::zero(),
        watched_for: TimeDelta::hours(1),
    }
}

fn outbox(due_for: i64, stuck_for: i64) -> Outbox {
    Outbox { channel: Channel::Email, due_for: seconds(due_for), stuck_for: seconds(stuck_for) }
}

fn wrong(queue: &Queue) -> Vec<Condition> {
    judge_queue(queue).into_iter().map(|it| it.condition).collect()
}

#[test]
fn a_system_that_is_well_raises_nothing() {
    assert_eq!(judge_queue(&well()), []);
    assert_eq!(judge_owing(&Owing::default()), []);
    assert_eq!(judge_machine(&Machine { disk_free_percent: Some(40.0), has_key: true }), []);
}

#[test]
fn dm_01_a_loop_that_nobody_has_heard_for_too_long_is_silent() {
    for (task, condition) in [
        (Task::Rungs, Condition::RemindersSilent),
        (Task::Email, Condition::MailSilent),
        (Task::Webhook, Condition::WebhooksSilent),
    ] {
        let silent = |since| {
            let beats = well().beats.into_iter().filter(|it| it.task != task).chain([beat(task, since)]).collect();
            wrong(&Queue { beats, ..well() })
        };
        assert_eq!(silent(150), []);
        assert_eq!(silent(151), [condition]);
    }
}

#[test]
fn dm_01_and_dm_02_what_is_wrong_is_known_in_three_minutes_and_a_lost_canary_in_five() {
    // The watch looks every 15 seconds; 10 more are for telling.
    let look_and_tell = seconds(25);
    assert!(QUIET + look_and_tell <= TimeDelta::minutes(3));
    assert!(CANARY_EVERY + CANARY_HOME + look_and_tell <= TimeDelta::minutes(5));
}

#[test]
fn a_second_worker_that_is_heard_is_enough() {
    let beats = vec![beat(Task::Rungs, 900), beat(Task::Rungs, 5)];
    assert_eq!(wrong(&Queue { beats, ..well() }), []);
}

#[test]
fn a_worker_that_was_never_heard_is_granted_the_same_time() {
    let never = |watched_for| wrong(&Queue { beats: Vec::new(), watched_for: seconds(watched_for), ..well() });
    assert_eq!(never(150), []);
    assert_eq!(never(151), [Condition::RemindersSilent]);
}

#[test]
fn a_rung_and_a_message_may_wait_as_long() {
    let waiting =
        |unsent: i64, outbox: Outbox| wrong(&Queue { unsent_for: seconds(unsent), outboxes: vec![outbox], ..well() });
    assert_eq!(waiting(150, outbox(150, 150)), []);
    assert_eq!(waiting(151, outbox(0, 0)), [Condition::RemindersLate]);
    assert_eq!(waiting(0, outbox(151, 0)), [Condition::MessagesLate]);
    assert_eq!(waiting(0, outbox(0, 151)), [Condition::MailStuck]);
    let endpoint = Outbox { channel: Channel::Webhook, ..outbox(0, 9999) };
    assert_eq!(waiting(0, endpoint), []);
}

#[test]
fn dm_02_a_canary_that_is_away_for_too_long_is_missing() {
    let away = |since| wrong(&Queue { canary: Canary { away_for: Some(seconds(since)), home_for: None }, ..well() });
    assert_eq!(away(150), []);
    assert_eq!(away(151), [Condition::CanaryMissing]);
}

#[test]
fn ck_09_clocks_may_differ_by_two_seconds() {
    for (skew, expected) in [(2, vec![]), (3, vec![Condition::ClockSkew]), (-3, vec![Condition::ClockSkew])] {
        assert_eq!(wrong(&Queue { skew: seconds(skew), ..well() }), expected);
        let beats = vec![Beat { skew: seconds(skew), ..beat(Task::Rungs, 5) }];
        assert_eq!(wrong(&Queue { beats, ..well() }), expected);
    }
}

#[test]
fn whatever_is_owed_and_wrong_is_an_alarm() {
    let owing = Owing { without_rung: 1, disagreeing: 2, for_nobody: 3, unseen: 4, held: 5, roster_gaps: 6 };
    let found: Vec<(Condition, String)> = judge_owing(&owing).into_iter().map(|it| (it.condition, it.detail)).collect();
    assert_eq!(found[0], (Condition::DutyWithoutRung, "1 duties".to_owned()));
    assert_eq!(found.len(), 6);
}

#[test]
fn op_08_and_dm_07_a_disk_that_cannot_be_asked_is_no_alarm_and_one_that_is_full_is() {
    let conditions = |percent| {
        let machine = Machine { disk_free_percent: percent, has_key: true };
        judge_machine(&machine).into_iter().map(|it| it.condition).collect::<Vec<_>>()
    };
    assert_eq!(conditions(None), []);
    assert_eq!(conditions(Some(10.0)), []);
    assert_eq!(conditions(Some(9.9)), [Condition::DiskLow]);
}

#[test]
fn ad_10_a_trail_that_was_tampered_with_or_is_not_proven_is_an_alarm() {
    let conditions = |trail: &Trail| judge_trail(trail).into_iter().map(|it| it.condition).collect::<Vec<_>>();
    let well = Trail { tampered: None, unsigned_for: PROVEN, unverified_for: PROVEN };
    assert_eq!(conditions(&well), []);
    let late = PROVEN + seconds(1);
    let tampered = Trail { tampered: Some("link 3".to_owned()), ..well.clone() };
    assert_eq!(conditions(&tampered), [Condition::TrailTampered]);
    assert_eq!(conditions(&Trail { unsigned_for: late, ..well.clone() }), [Condition::TrailUnproven]);
    assert_eq!(conditions(&Trail { unverified_for: late, ..well }), [Condition::TrailUnproven]);
}

fn late() -> Vec<Finding> {
    vec![Finding { condition: Condition::RemindersLate, detail: "4 min".to_owned() }]
}

fn words(ledger: &Ledger, at: DateTime<Utc>) -> Vec<Word> {
    ledger.due(at).into_iter().map(|it| it.word).collect()
}

fn say(ledger: &mut Ledger, at: DateTime<Utc>) -> Vec<Word> {
    let due = ledger.due(at);
    for saying in &due {
        ledger.said(saying, at);
    }
    due.into_iter().map(|it| it.word).collect()
}

#[test]
fn an_alarm_is_said_at_once_again_after_a_quarter_of_an_hour_and_closed_with_a_word() {
    let mut ledger = Ledger::default();
    let mut heard = Vec::new();
    for minute in 0..40 {
        let at = now() + TimeDelta::minutes(minute);
        let found = if minute < 35 { late() } else { Vec::new() };
        ledger.settle(&found, &[], at);
        heard.extend(say(&mut ledger, at).into_iter().map(|word| (minute, word)));
    }
    let expected = [(0, Word::Raised), (15, Word::Stands), (30, Word::Stands), (35, Word::Cleared)];
    assert_eq!(heard, expected);
    assert!(ledger.is_quiet());
}

#[test]
fn what_could_not_be_said_is_due_until_it_was() {
    let mut ledger = Ledger::default();
    ledger.settle(&late(), &[], now());
    assert_eq!(words(&ledger, now() + seconds(15)), [Word::Raised]);
    assert_eq!(words(&ledger, now() + seconds(30)), [Word::Raised]);
    assert_eq!(say(&mut ledger, now() + seconds(45)), [Word::Raised]);
    assert_eq!(words(&ledger, now() + seconds(60)), []);
}

#[test]
fn what_cannot_be_judged_is_not_taken_for_right() {
    let mut ledger = Ledger::default();
    ledger.settle(&late(), &[], now());
    say(&mut ledger, now());
    ledger.settle(&[], &[Condition::RemindersLate], now() + seconds(15));
    assert!(!ledger.is_quiet());
    ledger.settle(&[], &[], now() + seconds(30));
    assert_eq!(say(&mut ledger, now() + seconds(30)), [Word::Cleared]);
}

#[test]
fn what_comes_back_is_a_new_alarm() {
    let mut ledger = Ledger::default();
    ledger.settle(&late(), &[], now());
    say(&mut ledger, now());
    ledger.settle(&[], &[], now() + seconds(15));
    ledger.settle(&late(), &[], now() + seconds(30));
    assert_eq!(say(&mut ledger, now() + seconds(30)), [Word::Cleared, Word::Raised]);
}

#[test]
fn a_clock_that_was_set_back_keeps_nobody_from_hearing() {
    let mut ledger = Ledger::default();
    ledger.settle(&late(), &[], now());
    say(&mut ledger, now());
    assert_eq!(words(&ledger, now() - TimeDelta::hours(2)), [Word::Stands]);
}

#[test]
fn a_watch_that_starts_anew_takes_up_what_stood_and_says_it_no_earlier_than_it_was_due() {
    let mut before = Ledger::default();
    before.settle(&late(), &[], now());
    say(&mut before, now());
    let mut ledger = Ledger::default();
    ledger.take_up(before.all().to_vec());
    ledger.settle(&late(), &[], now() + seconds(15));
    assert_eq!(words(&ledger, now() + seconds(15)), []);
    ledger.settle(&[], &[], now() + seconds(30));
    assert_eq!(say(&mut ledger, now() + seconds(30)), [Word::Cleared]);
}

fn certificate(left: TimeDelta) -> Vec<Finding> {
    judge_grounds(&[(Ground::ServerCertificate, Sight::Seen(left)), (Ground::RelayCertificate, Sight::NotWatched)])
}

#[test]
fn dm_04_a_certificate_is_told_of_at_30_14_7_and_1_days_and_when_it_has_expired_and_not_between() {
    let mut ledger = Ledger::default();
    let mut told = Vec::new();
    for hour in 0..40 * 24 {
        let at = now() + TimeDelta::hours(hour);
        ledger.settle(&certificate(TimeDelta::hours(39 * 24 - hour)), &[], at);
        if say(&mut ledger, at).contains(&Word::Raised) {
            told.push(39 - hour / 24);
        }
    }
    assert_eq!(told, [30, 14, 7, 1, 0]);
    ledger.settle(&certificate(TimeDelta::days(90)), &[], now() + TimeDelta::days(41));
    assert_eq!(say(&mut ledger, now() + TimeDelta::days(41)), [Word::Cleared]);
}

#[test]
fn dm_04_each_ground_that_fails_is_an_alarm_of_its_own_and_what_is_not_watched_is_none() {
    let conditions = |ground, sight| -> Vec<Condition> {
        judge_grounds(&[(ground, sight)]).into_iter().map(|it| it.condition).collect()
    };
    let late = |limit: TimeDelta| Sight::Seen(limit + seconds(1));
    assert_eq!(conditions(Ground::Backups, Sight::Seen(BACKUP)), []);
    assert_eq!(conditions(Ground::Backups, late(BACKUP)), [Condition::BackupStale]);
    assert_eq!(conditions(Ground::Archive, Sight::Seen(TimeDelta::zero())), []);
    assert_eq!(conditions(Ground::Archive, late(TimeDelta::zero())), [Condition::ArchivingFails]);
    assert_eq!(conditions(Ground::Replicas, Sight::Seen(REPLICA)), []);
    assert_eq!(conditions(Ground::Replicas, late(REPLICA)), [Condition::ReplicaLags]);
    for ground in Ground::ALL.iter().copied() {
        assert_eq!(conditions(ground, Sight::NotWatched), []);
        assert_eq!(conditions(ground, Sight::Unseen("it is not there".to_owned())).len(), 1, "{ground}");
    }
}

#[test]
fn two_certificates_that_end_are_one_alarm_that_names_both() {
    let both = [Ground::ServerCertificate, Ground::RelayCertificate].map(|it| (it, Sight::Seen(TimeDelta::days(3))));
    let found = judge_grounds(&both);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].detail,
        "the server's certificate expires within 7 days; the mail relay's certificate expires within 7 days"
    );
}
