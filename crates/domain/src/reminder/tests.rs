//! The ladder as people climb it, and what each rung says.
#![expect(clippy::needless_raw_string_hashes, reason = "expect-test writes them")]

use std::sync::Arc;

use expect_test::expect;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::child::UnderTwentySix;
use crate::duty::{Done, DutyKey, Lapse};
use crate::episode::Facts;
use crate::law::{RuleRef, duties, library};
use crate::vocabulary::Vocabulary;

const FRIDAY: &str = "2026-05-01T16:00:00-04:00";

fn new_york() -> Zone {
    Zone::parse("America/New_York").unwrap()
}

/// The duty of an episode received on Friday at 16:00.
fn owed(place: &str, kind: DutyKind) -> Duty {
    let facts = Facts::received(FRIDAY)
        .reported(Recipient::LawEnforcement, "2026-05-01T17:00:00-04:00")
        .recovered("2026-05-03T12:00:00-04:00");
    let all = duties(&library().book(place).unwrap(), UnderTwentySix::NotElected, &facts);
    let duty = all.into_iter().find(|it| it.key.kind == kind).unwrap();
    Duty { done: None, lapse: None, ..duty }
}

fn report() -> Duty {
    owed("US", DutyKind::InitialReport)
}

fn wall(at: DateTime<Utc>) -> String {
    new_york().wall_clock(at).format("%a %m-%d %H:%M").to_string()
}

fn rungs(duty: &Duty, count: usize) -> String {
    let line =
        |it: Rung| format!("{:<2}  {}  {:<16} {}\n", it.ordinal, wall(it.fire_at), it.step.to_string(), it.audience);
    ladder(duty).take(count).map(line).collect()
}

fn hours_in(duty: &Duty, hours: i64) -> DateTime<Utc> {
    duty.starts_at + TimeDelta::hours(hours)
}

#[test]
fn ck_08_a_report_within_24_hours_is_spoken_of_at_these_hours_to_these_people() {
    expect![[r#"
        0   Fri 05-01 16:00  at_once          assigned_worker
        1   Fri 05-01 17:00  after_1_hours    assigned_worker
        2   Fri 05-01 20:00  after_4_hours    assigned_worker
        3   Sat 05-02 00:00  after_8_hours    assigned_worker
        4   Sat 05-02 04:00  after_12_hours   assigned_worker
        5   Sat 05-02 10:00  after_18_hours   supervisor
        6   Sat 05-02 14:00  after_22_hours   supervisor
        7   Sat 05-02 15:00  after_23_hours   supervisor
        8   Sat 05-02 16:00  due              supervisor
        9   Sat 05-02 17:00  past_1_hours     supervisor
        10  Sat 05-02 18:00  past_2_hours     supervisor
        11  Sat 05-02 19:00  past_3_hours     supervisor
    "#]]
    .assert_eq(&rungs(&report(), 12));
}

#[test]
fn ck_08_past_the_limit_it_is_hourly_for_a_day_and_then_daily_one_person_higher() {
    let after: Vec<String> = rungs(&report(), 39).lines().skip(29).map(str::to_owned).collect();
    expect![[r#"
        29  Sun 05-03 13:00  past_21_hours    supervisor
        30  Sun 05-03 14:00  past_22_hours    supervisor
        31  Sun 05-03 15:00  past_23_hours    supervisor
        32  Sun 05-03 16:00  past_24_hours    supervisor
        33  Mon 05-04 16:00  past_48_hours    on_call
        34  Tue 05-05 16:00  past_72_hours    agency_contact
        35  Wed 05-06 16:00  past_96_hours    agency_contact
        36  Thu 05-07 16:00  past_120_hours   agency_contact
        37  Fri 05-08 16:00  past_144_hours   agency_contact
        38  Sat 05-09 16:00  past_168_hours   agency_contact"#]]
    .assert_eq(&after.join("\n"));
}

#[test]
fn a_limit_of_2_hours_in_kansas_has_no_rung_above_it() {
    expect![[r#"
        0   Fri 05-01 16:00  at_once          assigned_worker
        1   Fri 05-01 17:00  after_1_hours    assigned_worker
        2   Fri 05-01 18:00  due              supervisor
        3   Fri 05-01 19:00  past_1_hours     supervisor
        4   Fri 05-01 20:00  past_2_hours     supervisor
    "#]]
    .assert_eq(&rungs(&owed("KS", DutyKind::InitialReport), 5));
}

fn steps(duty: &Duty, count: usize) -> Vec<String> {
    ladder(duty).take(count).map(|it| it.step.to_string()).collect()
}

#[test]
fn a_rung_that_would_fall_on_the_limit_gives_way_to_it() {
    let due_at = Some(hours_in(&report(), 4));
    assert_eq!(steps(&Duty { due_at, ..report() }, 3), ["at_once", "after_1_hours", "due"]);
}

#[test]
fn an_aim_the_day_before_the_limit_has_no_rung_of_its_own() {
    let interview = owed("US", DutyKind::ReturnInterview);
    let due_at = Some(interview.target_at + TimeDelta::hours(24));
    assert_eq!(steps(&Duty { due_at, ..interview }, 3), ["at_once", "before_24_hours", "due"]);
}

#[test]
fn a_next_contact_within_a_day_is_spoken_of_when_it_is_due() {
    let contact = owed("US", DutyKind::RegularCommunication);
    let target_at = hours_in(&contact, 12);
    assert_eq!(steps(&Duty { target_at, ..contact }, 2), ["due", "past_24_hours"]);
}

#[test]
fn where_the_law_sets_no_hours_the_agencys_aim_is_followed_daily() {
    expect![[r#"
        0   Sun 05-03 12:00  at_once          assigned_worker
        1   Tue 05-05 12:00  before_24_hours  assigned_worker
        2   Wed 05-06 12:00  due              assigned_worker
        3   Thu 05-07 12:00  past_24_hours    supervisor
        4   Fri 05-08 12:00  past_48_hours    on_call
        5   Sat 05-09 12:00  past_72_hours    agency_contact
        6   Sun 05-10 12:00  past_96_hours    agency_contact
    "#]]
    .assert_eq(&rungs(&owed("US", DutyKind::ReturnInterview), 7));
}

#[test]
fn the_next_contact_is_spoken_of_the_day_before() {
    expect![[r#"
        0   Thu 05-07 17:00  before_24_hours  assigned_worker
        1   Fri 05-08 17:00  due              assigned_worker
        2   Sat 05-09 17:00  past_24_hours    supervisor
        3   Sun 05-10 17:00  past_48_hours    on_call
    "#]]
    .assert_eq(&rungs(&owed("US", DutyKind::RegularCommunication), 4));
}

#[test]
fn the_update_of_the_record_is_spoken_of_on_day_25() {
    expect![[r#"
        0   Tue 05-26 17:00  before_120_hours assigned_worker
        1   Sat 05-30 17:00  before_24_hours  assigned_worker
        2   Sun 05-31 17:00  due              supervisor
        3   Sun 05-31 18:00  past_1_hours     supervisor
        4   Sun 05-31 19:00  past_2_hours     supervisor
    "#]]
    .assert_eq(&rungs(&owed("US", DutyKind::RecordUpdate), 5));
}

#[test]
fn a_limit_that_passed_before_the_receipt_is_spoken_of_at_once() {
    let due_at = Some(report().starts_at - TimeDelta::hours(2));
    expect![[r#"
        0   Fri 05-01 16:00  at_once          assigned_worker
        1   Fri 05-01 16:00  due              supervisor
        2   Fri 05-01 16:00  past_1_hours     supervisor
        3   Fri 05-01 16:00  past_2_hours     supervisor
        4   Fri 05-01 17:00  past_3_hours     supervisor
        5   Fri 05-01 18:00  past_4_hours     supervisor
    "#]]
    .assert_eq(&rungs(&Duty { due_at, ..report() }, 6));
}

/// What goes out if the worker looks at the clock at these hours after the start.
fn sent_at(duty: &Duty, hours: impl IntoIterator<Item = i64>) -> Vec<(i64, Rung)> {
    let mut sent: Vec<(i64, Rung)> = Vec::new();
    for hour in hours {
        let last = sent.last().map(|(_, rung)| Sent::from(*rung));
        let due = next_rung(duty, last, hours_in(duty, hour)).filter(|it| it.fire_at <= hours_in(duty, hour));
        sent.extend(due.map(|rung| (hour, rung)));
    }
    sent
}

#[test]
fn a_week_of_a_report_that_nobody_makes() {
    let mut lines: Vec<String> = Vec::new();
    for (_, rung) in sent_at(&report(), 0..7 * DAY) {
        let day = format!("{} {:<16}", wall(rung.fire_at).split_at(9).0, rung.audience.code());
        let hour = wall(rung.fire_at)[10..12].to_owned();
        match lines.last_mut().filter(|line| line.starts_with(&day)) {
            Some(line) => *line = format!("{line} {hour}"),
            None => lines.push(format!("{day} {hour}")),
        }
    }
    expect![[r#"
        Fri 05-01 assigned_worker  16 17 20
        Sat 05-02 assigned_worker  00 04
        Sat 05-02 supervisor       10 14 15 16 17 18 19 20 21 22 23
        Sun 05-03 supervisor       00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 16
        Mon 05-04 on_call          16
        Tue 05-05 agency_contact   16
        Wed 05-06 agency_contact   16
        Thu 05-07 agency_contact   16"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn after_hours_of_standstill_one_message_goes_out_and_then_the_next_in_time() {
    let sent = sent_at(&report(), [0, 13, 13, 17, 18]);
    let steps: Vec<_> = sent.iter().map(|(hour, rung)| (*hour, rung.step.to_string())).collect();
    let expected = [(0, "at_once"), (13, "after_12_hours"), (18, "after_18_hours")];
    assert_eq!(steps, expected.map(|(hour, step)| (hour, step.to_owned())));
}

#[test]
fn an_episode_keyed_in_a_month_late_makes_one_message_and_not_forty() {
    let sent = sent_at(&report(), [30 * DAY, 30 * DAY, 30 * DAY + 23, 31 * DAY]);
    assert_eq!(sent.iter().map(|(hour, _)| *hour).collect::<Vec<_>>(), [30 * DAY, 31 * DAY]);
}

#[test]
fn what_is_done_or_lapsed_is_spoken_of_no_more() {
    let done = Some(Done { at: hours_in(&report(), 1), notification: None });
    let lapses = [Lapse::ClosedUndone(hours_in(&report(), 1)), Lapse::Superseded(hours_in(&report(), 1))];
    let [closed, superseded] = lapses.map(|lapse| Duty { lapse: Some(lapse), ..report() });
    for ended in [Duty { done, ..report() }, closed, superseded] {
        assert_eq!(next_rung(&ended, None, hours_in(&ended, 30)), None);
    }
}

#[test]
fn a_duty_taken_up_again_goes_on_where_its_ladder_stood() {
    let sent = ladder(&report()).nth(5).map(Sent::from);
    let again = next_rung(&report(), sent, hours_in(&report(), 19)).unwrap();
    assert_eq!((again.ordinal, again.step), (6, Step::After(22)));
}

/// The report with its receipt moved, after this many rungs were sent: what comes next, and how many hours after the
/// first receipt.
fn after_a_move(by: i64, sent: usize, hour: i64) -> (i32, String, i64) {
    let sent = ladder(&report()).nth(sent - 1).map(Sent::from);
    let move_by = |at: DateTime<Utc>| at + TimeDelta::hours(by);
    let Duty { starts_at, target_at, due_at, .. } = report();
    let (starts_at, target_at, due_at) = (move_by(starts_at), move_by(target_at), due_at.map(move_by));
    let moved = Duty { starts_at, due_at, target_at, ..report() };
    let next = next_rung(&moved, sent, hours_in(&report(), hour)).unwrap();
    (next.ordinal, next.step.to_string(), (next.fire_at - report().starts_at).num_hours())
}

#[test]
fn a_receipt_moved_two_days_later_starts_the_ladder_anew_and_leaves_no_silence_until_the_new_limit() {
    assert_eq!(after_a_move(48, 21, 50), (21, "after_1_hours".to_owned(), 49));
}

#[test]
fn a_receipt_moved_earlier_goes_on_in_its_new_hours_and_past_the_limit_is_spoken_of_at_once() {
    assert_eq!(after_a_move(-30, 3, 5), (19, "past_11_hours".to_owned(), 5));
    assert_eq!(after_a_move(-10, 3, 5), (5, "after_18_hours".to_owned(), 8));
}

#[test]
fn a_limit_of_two_hours_that_becomes_one_of_a_day_leaves_no_silence() {
    let short = owed("KS", DutyKind::InitialReport);
    let sent = ladder(&short).nth(5).map(Sent::from);
    assert_eq!(sent.map(|it| it.fire_at), Some(hours_in(&short, 5)));
    let long = Duty { starts_at: short.starts_at, due_at: Some(hours_in(&short, 24)), ..report() };
    let next = next_rung(&long, sent, hours_in(&short, 6)).unwrap();
    assert_eq!((next.ordinal, next.step), (6, Step::After(8)));
}

#[test]
fn what_a_clock_that_was_days_ahead_sent_leaves_no_silence_and_half_a_minute_changes_nothing() {
    let next = |sent: i64, now| {
        next_rung(&report(), next_rung(&report(), None, hours_in(&report(), sent)).map(Sent::from), now)
    };
    assert_eq!(next(96, hours_in(&report(), 2)).map(|it| (it.ordinal, it.step)), Some((35, Step::After(4))));
    assert_eq!(next(1, hours_in(&report(), 1) - TimeDelta::seconds(30)).map(|it| it.step), Some(Step::After(4)));
}

fn messages(place: &str, kinds: &[DutyKind], hour: i64) -> String {
    let line = |kind: &DutyKind| {
        let duty = owed(place, *kind);
        format!("{}\n", message(&duty, hours_in(&duty, hour), new_york()))
    };
    kinds.iter().map(line).collect()
}

#[test]
fn a_message_names_the_act_the_recipient_and_the_time() {
    use DutyKind as K;
    let every = [
        K::InitialReport,
        K::RecoveryNotice,
        K::RegularCommunication,
        K::RecordUpdate,
        K::NcicConfirmation,
        K::ReturnInterview,
        K::Screening,
    ];
    expect![[r#"
        Report the missing child to law enforcement now. The law's outer limit is 2026-05-02 16:00 EDT.
        Tell law enforcement of the recovery. The agency's own aim is 2026-05-04 12:00 EDT.
        Be in touch with law enforcement about the missing child. The agency's own aim is 2026-05-08 17:00 EDT.
        Offer law enforcement an update of the record now. The law's outer limit is 2026-05-31 17:00 EDT.
        Confirm the NCIC entry with law enforcement. The agency's own aim is 2026-05-02 17:00 EDT.
        Hold the return interview. The agency's own aim is 2026-05-06 12:00 EDT.
        Hold the screening. The agency's own aim is 2026-05-06 12:00 EDT.
    "#]]
    .assert_eq(&messages("US", &every, 0));
}

#[test]
fn past_the_limit_of_law_it_says_so_and_past_an_aim_it_does_not() {
    expect![[r#"
        Report the missing child to law enforcement now. It was due by 2026-05-02 16:00 EDT.
        Hold the return interview. The agency's own aim is 2026-05-06 12:00 EDT.
    "#]]
    .assert_eq(&messages("US", &[DutyKind::InitialReport, DutyKind::ReturnInterview], 100));
}

#[test]
fn at_the_limit_itself_the_message_is_not_yet_that_it_passed() {
    let at_limit = message(&report(), report().limit_at(), new_york());
    assert!(at_limit.ends_with("The law's outer limit is 2026-05-02 16:00 EDT."), "{at_limit}");
}

fn rule() -> Arc<RuleRef> {
    report().rule
}

prop_compose! {
    fn any_duty()(
        kind in select(DutyKind::ALL),
        recipient in option::of(select(Recipient::ALL)),
        due in option::of(-6_000..60_000_i64),
        target in 0..60_000_i64,
    ) -> Duty {
        let starts_at = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let after = |minutes| starts_at + TimeDelta::minutes(minutes);
        let due_at = due.map(after);
        let target_at = due_at.map_or(after(target), |due| due.min(after(target)));
        let key = DutyKey { kind, recipient, sequence: 0 };
        let returned_before_due = false;
        Duty { key, rule: rule(), starts_at, due_at, target_at, done: None, lapse: None, returned_before_due }
    }
}

proptest! {
    #[test]
    fn a_ladder_counts_up_and_never_goes_back_in_time(duty in any_duty()) {
        let rungs: Vec<_> = ladder(&duty).take(80).collect();
        prop_assert_eq!(rungs.len(), 80);
        prop_assert!(rungs.windows(2).all(|pair| pair[0].ordinal < pair[1].ordinal));
        prop_assert!(rungs.windows(2).all(|pair| pair[0].fire_at <= pair[1].fire_at));
        prop_assert!(rungs.iter().all(|it| duty.starts_at <= it.fire_at));
    }

    #[test]
    fn whoever_hears_a_rung_hears_the_next_ones_too(duty in any_duty()) {
        let rungs: Vec<_> = ladder(&duty).take(80).collect();
        prop_assert!(rungs.windows(2).all(|pair| pair[0].audience <= pair[1].audience));
        prop_assert_eq!(rungs[79].audience, Audience::AgencyContact);
    }

    #[test]
    fn while_a_duty_is_owed_there_is_a_next_rung_at_any_time(
        duty in any_duty(), sent in option::of(0..200_usize), minutes in -6_000..120_000_i64,
    ) {
        let now = duty.starts_at + TimeDelta::minutes(minutes);
        let sent = sent.and_then(|it| ladder(&duty).nth(it)).map(Sent::from);
        let next = next_rung(&duty, sent, now).unwrap();
        prop_assert!(sent.is_none_or(|sent| sent.ordinal < next.ordinal));
        let then = next_rung(&duty, Some(Sent::from(next)), now).unwrap();
        prop_assert!(now < next.fire_at || now < then.fire_at);
    }

    #[test]
    fn whatever_was_sent_by_another_limit_nothing_that_is_to_come_is_left_out(
        duty in any_duty(), before in any_duty(), sent in 0..100_usize, minutes in -6_000..120_000_i64,
    ) {
        let now = duty.starts_at + TimeDelta::minutes(minutes);
        let sent = ladder(&before).nth(sent).map(Sent::from).unwrap();
        let next = next_rung(&duty, Some(sent), now).unwrap();
        prop_assert!(sent.ordinal < next.ordinal);
        let left_out = ladder(&duty).take_while(|it| it.fire_at < next.fire_at);
        for rung in left_out.filter(|it| !sent.says(it, now)) {
            prop_assert!(rung.fire_at <= next.fire_at && next.fire_at <= now && rung.audience <= next.audience);
        }
    }

    #[test]
    fn no_day_passes_in_silence_once_the_limit_passed(duty in any_duty(), sent in 0..100_usize) {
        let after = |sent: Rung| next_rung(&duty, Some(Sent::from(sent)), sent.fire_at).unwrap();
        let one = after(ladder(&duty).nth(sent).unwrap());
        let past = duty.limit_at().max(duty.starts_at) <= one.fire_at;
        prop_assert!(!past || after(one).fire_at - one.fire_at <= TimeDelta::hours(DAY));
    }
}
