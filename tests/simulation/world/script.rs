//! What happens in a month, apart from the work: written beforehand, from the seed.

use chrono::TimeDelta;

use super::faults::Fault;
use super::{DAY, HOUR, MINUTE, Millis, World};

/// A month, and two days on which nothing goes wrong any more.
pub const DAYS: i64 = 32;
const TROUBLE: Millis = 30 * DAY;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    Open,
    Act,
    Roster,
    Acknowledge,
    Turn,
    Mend,
    Bounce,
    Arm,
    Crash,
    Jump,
    Restart(usize),
    Check,
    CalmDown,
    End,
}

/// What is armed waits for the step that it strikes at.
const AT_A_STEP: [Fault; 12] = [
    Fault::CrashAfterLease,
    Fault::CrashBeforeCompose,
    Fault::CrashBeforeSend,
    Fault::CrashBetweenSendAndMark,
    Fault::CrashBetweenSendAndMark,
    Fault::CrashBetweenTwoMarks,
    Fault::SlowDelivery,
    Fault::SlowSending,
    Fault::LeaseAborted,
    Fault::DeliveryAborted,
    Fault::ComposeAborted,
    Fault::MarkAborted,
];

/// How often each goes wrong at most, times the trouble of a month.
const MOST: [(usize, Event); 6] =
    [(12, Event::Arm), (3, Event::Turn), (3, Event::Crash), (1, Event::Jump), (2, Event::Mend), (1, Event::Bounce)];

impl World {
    pub(super) fn write_script(&mut self) {
        let cases = 1 + self.dice.below(2);
        self.some(cases, 3 * DAY, Event::Open);
        // Some months pass without a fault, and are held to every limit.
        let trouble = if self.dice.percent(15) { 0 } else { 1 + self.dice.below(4) };
        for (most, event) in MOST {
            let number = trouble * self.dice.below(most + 1);
            self.some(number, TROUBLE, event);
        }
        let changes = self.dice.below(10);
        self.some(changes, TROUBLE, Event::Roster);
        let acts = self.dice.below(30);
        self.some(acts, TROUBLE, Event::Act);
        let busy = self.dice.one_of(&[0, 0, 3, 20, 90]);
        self.some(busy, DAYS * DAY, Event::Acknowledge);
        for number in 1..DAYS * 4 {
            let at = number * 6 * HOUR + self.dice.between(0, 3 * HOUR);
            self.plan_event(at, Event::Check);
        }
        self.plan_event(TROUBLE, Event::CalmDown);
        self.plan_event(DAYS * DAY, Event::End);
    }

    fn some(&mut self, number: usize, until: Millis, event: Event) {
        for _ in 0..number {
            let at = self.dice.between(MINUTE, until);
            self.plan_event(at, event);
        }
    }

    pub(super) fn happen(&mut self, event: Event) {
        match event {
            Event::Open => self.open_case(),
            Event::Act => self.act(),
            Event::Roster => self.change_roster(),
            Event::Acknowledge => self.acknowledge(),
            Event::Turn => self.turn(),
            Event::Mend => self.mend(),
            Event::Bounce => self.bounce(),
            Event::Arm => {
                let fault = self.dice.one_of(&AT_A_STEP);
                self.armed.push(fault);
            }
            Event::Crash => self.crash_someone(),
            Event::Jump => self.jump(),
            Event::Restart(number) => self.restart(number),
            Event::Check => self.check(),
            Event::CalmDown => self.calm_down(),
            Event::End => self.agenda.clear(),
        }
    }

    /// The clock of the machine is set: by seconds, by days, forward, back. Often it is set right again.
    fn jump(&mut self) {
        let seconds = self.dice.skewed(4 * 86_400);
        let wrong = self.ahead != TimeDelta::zero() && self.dice.percent(60);
        let by = if wrong { -self.ahead } else { TimeDelta::seconds(seconds) * self.dice.one_of(&[1, -1]) };
        self.ahead += by;
        self.fire(if by < TimeDelta::zero() { Fault::ClockBack } else { Fault::ClockForward });
        self.watch.recent.clear();
        self.look_at_the_clock();
        if !wrong && self.dice.percent(70) {
            let at = self.mono + self.dice.skewed(10 * HOUR);
            self.plan_event(at.min(TROUBLE - 1), Event::Jump);
        }
    }

    fn calm_down(&mut self) {
        self.armed.clear();
        self.outside.calm_down();
        self.watch.calm_since = self.watch.calm_since.max(self.mono);
    }
}
