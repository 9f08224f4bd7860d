//! What the model says, in the words in which the tables are read.

use super::Said;
use super::history::History;
use super::model::Model;
use super::model::tables::{Delivery, Message, Owed, Rung, To};
use super::tables::{DutyLine, MessageLine, RungLine, duty_name};

pub fn said(history: &History) -> Said {
    let model = &history.model;
    let duties = model.owed.iter().map(|it| (name_of(it), format!("{:?}", duty(model, it))));
    let rungs = (0..model.rungs.len()).map(|it| (rung_name(model, it), format!("{:?}", rung(&model.rungs[it]))));
    let messages = model.deliveries.iter().map(|it| (message_name(model, it), format!("{:?}", message(model, it))));
    let people = model.roster.people.iter().enumerate().map(|(number, it)| {
        let addresses: Vec<(i32, bool)> = it.positions().map(|(position, it)| (position, it.bounced)).collect();
        (format!("person {number}"), format!("{addresses:?}"))
    });
    duties.chain(rungs).chain(messages).chain(people).collect()
}

fn name_of(owed: &Owed) -> String {
    let key = owed.duty.key;
    duty_name(owed.episode, key.kind, key.recipient, key.sequence)
}

pub fn rung_name(model: &Model, id: usize) -> String {
    let rung = &model.rungs[id];
    format!("{} #{}", name_of(&model.owed[rung.duty]), rung.ordinal)
}

pub fn message_name(model: &Model, it: &Delivery) -> String {
    let to = match it.to {
        To::Person(person) => format!("person {person} at {}", it.position),
        To::Hook(hook) => format!("endpoint {hook}"),
    };
    format!("{} to {to}", rung_name(model, it.rung))
}

fn duty(model: &Model, it: &Owed) -> DutyLine {
    let is_owed = it.duty.is_outstanding();
    let mut unseen = it.unseen.clone();
    unseen.sort_unstable();
    let waiting = it.rungs.iter().filter(|it| model.rungs[**it].is_waiting()).count();
    DutyLine {
        is_owed,
        assigned_to: it.assigned_to.filter(|_| is_owed),
        limit_at: it.duty.limit_at(),
        waiting,
        seen_at: it.seen_at,
        unseen,
    }
}

fn rung(it: &Rung) -> RungLine {
    let mut told = it.told.clone();
    told.sort_unstable();
    RungLine {
        step: it.step.to_string(),
        audience: it.audience.to_string(),
        pressure: it.pressure,
        fire_at: it.fire_at,
        leased_until: it.leased_until,
        fence: it.fence,
        sent_at: it.sent_at,
        cancelled_at: it.cancelled_at,
        reached: it.reached.map(|it| it.to_string()),
        went_up: it.went_up,
        handed_over: it.handed_over,
        follow_up_at: it.follow_up_at,
        told,
        said_told: it.said_told,
        alarms: it.alarms,
    }
}

fn message(model: &Model, it: &Delivery) -> MessageLine {
    let part_of = match it.message {
        _ if !it.is_mail() => "itself".to_owned(),
        Message::Own => "nothing".to_owned(),
        Message::One(id) => message_name(model, &model.deliveries[id]),
        Message::Digest(..) => "a digest".to_owned(),
    };
    MessageLine {
        part_of,
        pressure: it.pressure,
        queued_at: it.queued_at,
        leaves_at: it.leaves_at,
        next_try_at: it.next_try_at,
        tries: it.tries,
        leased_until: it.leased_until,
        fence: it.fence,
        passed_on_at: it.passed_on_at,
        ended: it.ended.map(|(at, ending)| (at, ending.to_string())),
    }
}
