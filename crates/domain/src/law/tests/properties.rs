//! What holds whatever a State writes and whatever happens in an episode.

use chrono::{DateTime, TimeDelta, Utc};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use uuid::Uuid;

use super::given::{NCMEC, POLICE, duties, floor, of_kind, overlay, rule};
use crate::child::CareStatus;
use crate::duty::DutyKind;
use crate::episode::{Closure, Completed, Facts, Moments, Recovery};
use crate::id::Id;
use crate::law::book::STATES;
use crate::law::{Anchor, FEDERAL_LIMIT, FEDERAL_RECIPIENTS, Overlay, RuleBook, library};
use crate::notification::{NotificationKind, Recipient, Told};
use crate::vocabulary::Vocabulary;

/// Two weeks before and six weeks after a day in 2026, in minutes.
const MINUTES: std::ops::Range<i64> = -20_000..60_000;

fn any_of<V: Vocabulary + std::fmt::Debug>() -> impl Strategy<Value = V> {
    select(V::ALL)
}

fn moment() -> impl Strategy<Value = DateTime<Utc>> {
    MINUTES.prop_map(|minute| DateTime::UNIX_EPOCH + TimeDelta::days(20_500) + TimeDelta::minutes(minute))
}

fn perhaps() -> impl Strategy<Value = Option<DateTime<Utc>>> {
    option::of(moment())
}

prop_compose! {
    fn moments()(received_at in moment(), others in [perhaps(), perhaps(), perhaps(), perhaps()]) -> Moments {
        let [absence_began_at, caregiver_learned_at, first_suspected_at, determined_missing_at] = others;
        Moments { received_at, absence_began_at, caregiver_learned_at, first_suspected_at, determined_missing_at }
    }
}

prop_compose! {
    fn told()(
        id in any::<u128>(), recipient in any_of(), kind in any_of(),
        made_at in moment(), ncic_confirmed_at in perhaps(),
    ) -> Told {
        Told { id: Id::from_uuid(Uuid::from_u128(id)), recipient, kind, made_at, ncic_confirmed_at }
    }
}

prop_compose! {
    fn facts()(
        moments in moments(),
        [recovered_at, birthday_at] in [perhaps(), perhaps()],
        material_changes in vec(moment(), 0..5),
        told in vec(prop_oneof![told(), told().prop_map(|it| Told { recipient: POLICE, ..it })], 0..8),
        completed in vec((any_of(), moment()).prop_map(|(task, at)| Completed { task, at }), 0..4),
        choices in vec(select(vec!["chosen".to_owned(), "exigent".to_owned()]), 0..2),
        closure in option::of((any_of(), moment()).prop_map(|(reason, closed_at)| Closure { closed_at, reason })),
    ) -> Facts {
        let recovery = Recovery { recovered_at, ..Recovery::default() };
        let care_status = CareStatus::FosterCare;
        Facts { care_status, moments, recovery, material_changes, birthday_at, told, completed, choices, closure }
    }
}

/// One rule of a State, as its author might write it; some are looser than the floor.
#[derive(Clone, Debug)]
struct Written {
    duty: DutyKind,
    recipient: Recipient,
    anchor: &'static str,
    unit: &'static str,
    amount: u16,
    choice: &'static str,
}

fn anchor() -> impl Strategy<Value = &'static str> {
    prop_oneof![19 => any_of::<Anchor>().prop_map(Vocabulary::code), 1 => Just("record_created_at")]
}

fn written(
    duty: impl Strategy<Value = DutyKind>,
    to: impl Strategy<Value = Recipient>,
) -> impl Strategy<Value = Written> {
    let amount = prop_oneof![4 => 0..25_u16, 1 => 0..=u16::MAX];
    let unit = prop_oneof![6 => Just("hours"), 1 => Just("calendar_days"), 1 => Just("business_days")];
    let choice = prop_oneof![9 => Just(""), 1 => Just("when = \"chosen\"\n")];
    let parts = (duty, to, anchor(), unit, amount, choice);
    parts.prop_map(|(duty, recipient, anchor, unit, amount, choice)| Written {
        duty,
        recipient,
        anchor,
        unit,
        amount,
        choice,
    })
}

/// A State's rules: most of the time with both reports, sometimes with one, and with anything else besides.
fn rules() -> impl Strategy<Value = Vec<Written>> {
    let report = |to| option::weighted(0.9, written(Just(DutyKind::InitialReport), Just(to)));
    let others = vec(written(any_of(), any_of()), 1..3);
    (report(POLICE), report(NCMEC), others)
        .prop_map(|(police, ncmec, others)| police.into_iter().chain(ncmec).chain(others).collect())
}

/// The rule file, each rule under a code of its own.
fn file(rules: &[Written]) -> String {
    let entry = |(number, it): (usize, &Written)| {
        let text = rule(it.duty.code(), it.recipient.code(), it.anchor, it.amount);
        let text = text.replacen("code = \"", &format!("code = \"{number}-"), 1).replacen(
            "hours =",
            &format!("{} =", it.unit),
            1,
        );
        format!("{text}{}", it.choice)
    };
    let choice = "[[choice]]\nname = \"chosen\"\ntext = \"A person chose it.\"\n";
    overlay(&[choice.to_owned()].into_iter().chain(rules.iter().enumerate().map(entry)).collect::<Vec<_>>())
}

/// The least that a rule gives, in elapsed hours: a day can have 23.
fn least_hours(rule: &Written) -> i64 {
    let amount = i64::from(rule.amount);
    if rule.unit == "hours" { amount } else { (amount * 24 - 1).max(0) }
}

fn loosens(rules: &[Written]) -> bool {
    let reports: Vec<_> = rules.iter().filter(|it| it.duty == DutyKind::InitialReport).collect();
    let names = |to| reports.iter().any(|it| it.recipient == to && it.choice.is_empty());
    let more_time = |it: &Written| match it.duty {
        DutyKind::InitialReport => FEDERAL_RECIPIENTS.contains(&it.recipient) && 24 < least_hours(it),
        DutyKind::RecordUpdate => it.recipient == POLICE && 720 < least_hours(it),
        _ => false,
    };
    rules.iter().any(|it| it.anchor == "record_created_at" || it.duty == DutyKind::IdentificationReport)
        || rules.iter().any(more_time)
        || !(reports.is_empty() || FEDERAL_RECIPIENTS.into_iter().all(names))
}

/// A pack that ships, with lines taken out, doubled, swapped, and numbers and words changed: any text at all.
fn mangled() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..5_u8, 0..1_000_u16);
    (select(STATES), vec(edit, 0..6)).prop_map(|(text, edits)| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (one, other, kind, number) in edits {
            let (one, other) = (one.index(lines.len()), other.index(lines.len()));
            match kind {
                0 => drop(lines.remove(one)),
                1 => lines.insert(one, lines[other].clone()),
                2 => lines.swap(one, other),
                3 if lines[one].contains("hours") => lines[one] = format!("hours = {number}"),
                _ => lines[one] = lines[one].replace("hours", "business_days").replace("ncmec", "court"),
            }
            lines.push(String::new());
        }
        lines.join("\n")
    })
}

/// The limits of the two federal reports.
fn report_limits(book: &RuleBook, facts: &Facts) -> Vec<DateTime<Utc>> {
    let reports = of_kind(book, facts, DutyKind::InitialReport).into_iter();
    let federal = reports.filter(|it| it.key.recipient.is_some_and(|to| FEDERAL_RECIPIENTS.contains(&to)));
    federal.map(|it| it.due_at.unwrap()).collect()
}

fn embedded() -> impl Strategy<Value = RuleBook> {
    let states = library().states().iter().map(|it| it.jurisdiction().to_owned());
    select(states.chain(["US".to_owned()]).collect::<Vec<_>>()).prop_map(|place| library().book(&place).unwrap())
}

proptest! {
    #[test]
    fn ck_02_what_loosens_the_floor_is_refused_and_nothing_else_is(rules in rules()) {
        prop_assert_eq!(Overlay::parse(&file(&rules)).is_err(), loosens(&rules));
    }

    #[test]
    fn ck_02_no_overlay_that_parses_gives_more_time_or_drops_a_recipient(rules in rules(), facts in facts()) {
        let Ok(overlay) = Overlay::parse(&file(&rules)) else { return Ok(()) };
        let limits = report_limits(&RuleBook::with(&overlay), &facts);
        prop_assert_eq!(limits.len(), 2);
        prop_assert!(limits.iter().all(|due| *due <= facts.moments.received_at + FEDERAL_LIMIT));
    }

    #[test]
    fn no_text_at_all_gives_more_time_or_drops_a_recipient(text in mangled(), facts in facts()) {
        let Ok(overlay) = Overlay::parse(&text) else { return Ok(()) };
        let limits = report_limits(&RuleBook::with(&overlay), &facts);
        prop_assert_eq!(limits.len(), 2);
        prop_assert!(limits.iter().all(|due| *due <= facts.moments.received_at + FEDERAL_LIMIT));
    }

    #[test]
    fn an_overlay_takes_no_duty_away(rules in rules(), facts in facts()) {
        let Ok(overlay) = Overlay::parse(&file(&rules)) else { return Ok(()) };
        let with: Vec<_> = duties(&RuleBook::with(&overlay), &facts).into_iter().map(|it| it.key).collect();
        prop_assert!(duties(&floor(), &facts).iter().all(|it| with.contains(&it.key)));
    }

    #[test]
    fn ck_01_a_federal_report_is_due_86_400_seconds_after_its_receipt_whenever_that_was(
        seconds in 1_483_228_800..4_102_444_800_i64, facts in facts(),
    ) {
        let received_at = DateTime::from_timestamp(seconds, 0).unwrap();
        let facts = Facts { moments: Moments { received_at, ..facts.moments }, ..facts };
        let seconds_given = report_limits(&floor(), &facts).into_iter().map(|due| (due - received_at).num_seconds());
        prop_assert_eq!(seconds_given.collect::<Vec<_>>(), [86_400, 86_400]);
    }

    #[test]
    fn receiving_earlier_never_makes_it_due_later(rules in rules(), facts in facts(), sooner in 0..10_000_i64) {
        let Ok(overlay) = Overlay::parse(&file(&rules)) else { return Ok(()) };
        let book = RuleBook::with(&overlay);
        let received_at = facts.moments.received_at - TimeDelta::minutes(sooner);
        let earlier = Facts { moments: Moments { received_at, ..facts.moments }, ..facts.clone() };
        let limits = report_limits(&book, &earlier).into_iter().zip(report_limits(&book, &facts));
        prop_assert!(limits.into_iter().all(|(earlier, later)| earlier <= later));
    }

    #[test]
    fn ck_06_the_order_in_which_facts_were_recorded_does_not_matter(
        book in embedded(),
        (facts, told, completed) in facts().prop_flat_map(|it| {
            let (told, completed) = (Just(it.told.clone()).prop_shuffle(), Just(it.completed.clone()).prop_shuffle());
            (Just(it), told, completed)
        }),
    ) {
        let shuffled = Facts { told, completed, ..facts.clone() };
        prop_assert_eq!(duties(&book, &shuffled), duties(&book, &facts));
    }

    #[test]
    fn only_a_report_to_the_recipient_itself_discharges_the_report(book in embedded(), facts in facts()) {
        for report in of_kind(&book, &facts, DutyKind::InitialReport) {
            let to_them = facts.told.iter().filter(|it| Some(it.recipient) == report.key.recipient);
            let reports = to_them.filter(|it| it.kind == NotificationKind::InitialReport);
            let first = reports.map(|it| it.made_at).min();
            prop_assert_eq!(report.done.map(|it| it.at), first);
        }
    }

    #[test]
    fn no_duty_stands_twice_and_none_ends_unless_done_closed_or_superseded(book in embedded(), facts in facts()) {
        let owed = duties(&book, &facts);
        prop_assert!(owed.windows(2).all(|pair| pair[0].key < pair[1].key));
        for duty in owed {
            let ended = facts.closure.is_some() || facts.recovery.ended_at().is_some();
            prop_assert!(duty.is_outstanding() || duty.done.is_some() || ended);
            prop_assert!(duty.done.is_none() || duty.lapse.is_none());
        }
    }
}
