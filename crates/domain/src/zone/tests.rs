//! Civil time, held to `us_transitions.csv`, which `scripts/us-transitions.py` makes without chrono-tz.

use super::*;
use chrono::TimeDelta;
use chrono_tz::IANA_TZDB_VERSION;
use proptest::prelude::*;
use std::ops::Range;
use std::sync::LazyLock;

const GOLDEN: &str = include_str!("us_transitions.csv");
const MINUTE: usize = 60;
const MARGIN: i64 = 90 * 60;
const YEARS: Range<i64> = 946_684_800..2_871_763_200; // 2000-01-01 to 2061-01-01

/// One zone as the golden file tells it; seconds since 1970 and seconds east of UTC.
struct Golden {
    zone: Zone,
    changes: Vec<Change>,
}

#[derive(Clone, Copy)]
struct Change {
    at: i64,
    before: i64,
    after: i64,
}

impl Golden {
    fn offset(&self, at: i64) -> i64 {
        let past = self.changes.partition_point(|it| it.at <= at);
        let last = past.checked_sub(1).and_then(|it| self.changes.get(it));
        last.unwrap().after
    }

    fn assert_offset(&self, second: i64, expected: i64) {
        let (zone, at) = (self.zone, at(second));
        let offset = zone.local(at).and_utc().timestamp() - second;
        assert_eq!(offset, expected, "{zone:?} {at} {IANA_TZDB_VERSION}");
    }
}

impl Change {
    /// The instants before and after this change at which the wall showed `local`.
    fn instants(self, local: i64) -> (Option<i64>, Option<i64>) {
        let before = Some(local - self.before).filter(|it| *it < self.at);
        let after = Some(local - self.after).filter(|it| self.at <= *it);
        (before, after)
    }

    fn offset(self, at: i64) -> i64 {
        if at < self.at { self.before } else { self.after }
    }

    fn minutes(self) -> impl Iterator<Item = i64> {
        (self.at - MARGIN..=self.at + MARGIN).step_by(MINUTE)
    }

    fn wall_minutes(self) -> impl Iterator<Item = i64> {
        let (low, high) = (self.before.min(self.after), self.before.max(self.after));
        (self.at + low - MARGIN..=self.at + high + MARGIN).step_by(MINUTE)
    }
}

fn us_zones() -> &'static [Golden] {
    static ZONES: LazyLock<Vec<Golden>> = LazyLock::new(|| {
        let mut zones: Vec<Golden> = Vec::new();
        for (zone, change) in GOLDEN.lines().skip(2).map(golden_line) {
            match zones.last_mut() {
                Some(last) if last.zone == zone => last.changes.push(change),
                _ => zones.push(Golden { zone, changes: vec![change] }),
            }
        }
        zones
    });
    &ZONES
}

fn golden_line(line: &str) -> (Zone, Change) {
    let mut fields = line.split(',');
    let zone = Zone::parse(fields.next().unwrap()).unwrap();
    let at = utc(fields.next().unwrap()).timestamp();
    let mut offset = || fields.next().unwrap().parse().unwrap();
    let (before, after) = (offset(), offset());
    (zone, Change { at, before, after })
}

fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn zone(name: &str) -> Zone {
    Zone::parse(name).unwrap()
}

fn chicago() -> Zone {
    zone("America/Chicago")
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_secs(seconds).unwrap()
}

/// Every change of every US zone.
fn us_changes() -> impl Iterator<Item = (&'static Golden, Change)> {
    us_zones().iter().flat_map(|golden| golden.changes.iter().map(move |it| (golden, *it)))
}

#[test]
fn the_golden_file_tells_of_33_zones_and_3157_changes() {
    let changes = us_changes().filter(|(_, it)| it.before != it.after).count();
    assert_eq!((us_zones().len(), changes), (33, 3157));
}

#[test]
fn wall_time_is_right_in_every_minute_around_every_us_clock_change() {
    for (golden, change) in us_changes() {
        for minute in change.minutes() {
            golden.assert_offset(minute, change.offset(minute));
        }
    }
}

#[test]
fn ck_03_every_wall_minute_around_every_us_clock_change_is_one_instant_or_refused() {
    for (Golden { zone, .. }, change) in us_changes() {
        for wall in change.wall_minutes() {
            let local = at(wall).naive_utc();
            let expected = match change.instants(wall) {
                (None, None) => Err(LocalTimeError::Impossible { local }),
                (Some(_), Some(_)) => Err(LocalTimeError::Ambiguous { local }),
                (before, after) => Ok(at(before.or(after).unwrap())),
            };
            let found = zone.instant(local);
            assert_eq!(found, expected, "{zone:?} {local} {IANA_TZDB_VERSION}");
        }
    }
}

#[test]
fn ck_01_twenty_four_hours_after_a_receipt_near_a_clock_change_are_86_400_seconds() {
    for (golden, change) in us_changes() {
        for receipt in change.minutes() {
            let due = (at(receipt) + TimeDelta::hours(24)).timestamp();
            assert_eq!(due - receipt, 86_400);
            golden.assert_offset(due, golden.offset(due));
        }
    }
}

#[test]
fn us_clocks_do_not_change_between_the_changes_in_the_golden_file() {
    for golden in us_zones() {
        for week in YEARS.step_by(7 * 24 * 60 * MINUTE) {
            golden.assert_offset(week, golden.offset(week));
        }
    }
}

#[test]
fn a_receipt_on_the_eve_of_a_clock_change_is_due_at_another_wall_time() {
    for (receipt, due) in [
        ("2020-03-07T16:30", "2020-03-08 17:30:00"),
        ("2020-10-31T16:30", "2020-11-01 15:30:00"),
        ("2020-06-05T16:30", "2020-06-06 16:30:00"),
    ] {
        let at = chicago().parse_moment(receipt).unwrap() + TimeDelta::hours(24);
        assert_eq!(chicago().local(at).to_string(), due);
    }
}

#[test]
fn a_time_with_an_offset_is_that_instant_wherever_the_agency_is() {
    let instant = Ok(utc("2020-11-01T06:30:00Z"));
    for zone in [chicago(), zone("Pacific/Guam")] {
        assert_eq!(zone.parse_moment("2020-11-01T01:30:00-05:00"), instant);
        assert_eq!(zone.parse_moment("2020-11-01 01:30:00-05:00"), instant);
        assert_eq!(zone.parse_moment("2020-11-01T06:30:00Z"), instant);
    }
}

#[test]
fn a_time_without_an_offset_is_the_agencys_wall_time() {
    let instant = Ok(utc("2020-07-01T21:30:00Z"));
    assert_eq!(chicago().parse_moment("2020-07-01T16:30:00"), instant);
    assert_eq!(chicago().parse_moment("2020-07-01 16:30:00"), instant);
    assert_eq!(chicago().parse_moment("2020-07-01T16:30"), instant);
    assert_eq!(chicago().parse_moment("2020-07-01 16:30"), instant);
}

#[test]
fn ck_03_a_wall_time_that_never_was_or_was_twice_is_refused() {
    let gap = "2020-03-08T02:30:00";
    assert_eq!(chicago().parse_moment(gap), Err(MomentError::Impossible));
    let fold = "2020-11-01 01:30";
    assert_eq!(chicago().parse_moment(fold), Err(MomentError::Ambiguous));
    let phoenix = zone("America/Phoenix").parse_moment(gap);
    assert_eq!(phoenix, Ok(utc("2020-03-08T09:30:00Z")));
}

#[test]
fn what_is_no_time_is_refused() {
    let texts = "|yesterday|2020-03-08|02:30|03/08/2020 02:30|20200308T0230|2020-3-8T2:30\
        |2020-02-30T10:00|2020-03-07T24:00|2020-03-07T10|2020-03-07T10:00:00.| 2020-03-07T10:00\
        |2020-03-07T10:00:00-05|2020-03-07T10:00-05:00|2020-03-07T10:00 CST|2020-03-07T10:00:00-25:00";
    let leap_seconds = ["2016-12-31T23:59:60Z", "2016-12-31T17:59:60"];
    for text in texts.split('|').chain(leap_seconds) {
        let read = chicago().parse_moment(text);
        assert_eq!(read, Err(MomentError::Malformed), "{text:?}");
    }
}

#[test]
fn a_day_starts_at_its_first_instant_though_midnight_be_skipped_or_doubled() {
    for (name, day, start, why) in [
        ("America/New_York", "2020-03-08", "05:00", "an ordinary midnight"),
        ("America/Sao_Paulo", "2018-11-04", "03:00", "00:00 became 01:00"),
        ("America/Toronto", "1919-03-31", "04:30", "23:30 became 00:30"),
        ("America/Havana", "2018-11-04", "04:00", "01:00 became 00:00"),
        ("Pacific/Apia", "2011-12-30", "10:00", "the day was left out"),
    ] {
        let expected = utc(&format!("{day}T{start}:00Z"));
        let day = day.parse().unwrap();
        assert_eq!(zone(name).start_of_day(day), expected, "{why}");
    }
}

#[test]
fn days_are_counted_on_the_agencys_calendar_and_not_in_hours() {
    for (from, to, days, why) in [
        ("2020-07-02T04:59:00Z", "2020-07-02T05:01:00Z", 1, "two minutes"),
        ("2020-07-02T05:00:00Z", "2020-07-03T04:59:59Z", 0, "almost 24 hours"),
        ("2020-03-08T06:00:00Z", "2020-03-09T05:00:00Z", 1, "a day of 23 hours"),
        ("2020-11-01T05:00:00Z", "2020-11-02T05:59:59Z", 0, "a day of 25 hours"),
        ("2020-07-03T12:00:00Z", "2020-07-01T12:00:00Z", -2, "backwards"),
    ] {
        let counted = chicago().calendar_days_between(utc(from), utc(to));
        assert_eq!(counted, days, "{why}");
    }
}

#[test]
fn a_zone_is_known_by_its_iana_name_only() {
    assert_eq!(chicago().name(), "America/Chicago");
    for name in ["", "CST", "america/chicago", "America/Springfield", "-06:00"] {
        let name = name.to_owned();
        assert_eq!(Zone::parse(&name), Err(ZoneError::Unknown { name }));
    }
}

#[test]
fn a_zone_is_written_as_its_name() {
    #[derive(Serialize, Deserialize)]
    struct Agency {
        zone: Zone,
    }
    let agency: Agency = toml::from_str("zone = 'America/Chicago'").unwrap();
    assert_eq!(agency.zone, chicago());
    let written = toml::Value::try_from(agency.zone).unwrap();
    assert_eq!(written.as_str(), Some("America/Chicago"));
    assert!(toml::from_str::<Agency>("zone = 'CST'").is_err());
}

prop_compose! {
    fn any_us_moment()(index in 0..us_zones().len(), second in YEARS) -> (Zone, DateTime<Utc>) {
        (us_zones().get(index).unwrap().zone, at(second))
    }
}

proptest! {
    #[test]
    fn the_local_date_is_the_date_at_the_offset((zone, moment) in any_us_moment()) {
        let golden = us_zones().iter().find(|it| it.zone == zone).unwrap();
        let wall = at(moment.timestamp() + golden.offset(moment.timestamp()));
        prop_assert_eq!(zone.local_date(moment), wall.date_naive());
    }

    #[test]
    fn a_moment_written_with_any_offset_reads_back(
        (zone, moment) in any_us_moment(),
        quarters in -48_i32..=56,
        nanos in 0_i64..1_000_000_000,
    ) {
        let moment = moment + TimeDelta::nanoseconds(nanos);
        let written = moment.with_timezone(&chrono::FixedOffset::east_opt(quarters * 900).unwrap());
        prop_assert_eq!(zone.parse_moment(&written.to_rfc3339()), Ok(moment));
    }

    #[test]
    fn a_wall_time_reads_back_unless_it_was_twice((zone, moment) in any_us_moment()) {
        let read = zone.parse_moment(&zone.local(moment).to_string());
        prop_assert!(read == Ok(moment) || read == Err(MomentError::Ambiguous));
    }

    #[test]
    fn a_day_starts_when_the_date_turns((zone, moment) in any_us_moment()) {
        let day = zone.local_date(moment);
        let start = zone.start_of_day(day);
        prop_assert!(start <= moment);
        prop_assert_eq!(zone.local_date(start), day);
        prop_assert_eq!(zone.local_date(start - TimeDelta::nanoseconds(1)), day.pred_opt().unwrap());
    }

    #[test]
    fn no_text_makes_the_reader_fall_over(text in "[0-9TZtz:. +-]{0,30}|\\PC*") {
        let _ = chicago().parse_moment(&text);
    }
}
