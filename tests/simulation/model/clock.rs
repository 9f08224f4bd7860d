//! What a clock that was ahead left behind: `store/src/reminders/clock.rs`.

use homeward_domain::delivery::{LONGEST_PAUSE, UNSEEN_AFTER};
use homeward_domain::reminder::SKEW;

use super::tables::At;
use super::{Bug, Model};

impl Model {
    /// Nothing waits longer than it can from now, and every ladder that ran ahead stands where it does now.
    pub fn clock_went_back(&mut self, now: At) {
        let ran_ahead = now + SKEW < self.acted_at && !self.has(Bug::LadderRanAhead);
        for duty in 0..self.owed.len() {
            if ran_ahead && self.owed[duty].duty.is_outstanding() {
                self.queue_of(duty, now);
            }
        }
        if self.has(Bug::ClockIsBelieved) {
            return;
        }
        for rung in &mut self.rungs {
            if rung.follow_up_at.is_some_and(|at| now + UNSEEN_AFTER + SKEW < at) {
                rung.follow_up_at = Some(now);
            }
        }
        for id in &self.open_messages {
            let row = &mut self.deliveries[*id];
            let waits_for_a_digest = row.tries == 0 && row.queued_at < row.leaves_at;
            if row.ended.is_none() && !waits_for_a_digest && now + LONGEST_PAUSE + SKEW < row.next_try_at {
                row.next_try_at = now;
            }
        }
    }
}
