//! A child handed from one worker to another: `store/src/hand_overs.rs`.

use homeward_domain::delivery::Ending;

use super::tables::{At, To};
use super::{Bug, Model};

impl Model {
    /// What was heard, or waits to leave, follows the duties of an episode. What waits for `from` leaves for them no more.
    pub fn hand_over(&mut self, episode: usize, from: Option<usize>, to: Option<usize>, now: At) {
        self.acted(now);
        for duty in 0..self.owed.len() {
            if self.owed[duty].episode == episode {
                self.hand_duty_over(duty, to, now);
            }
        }
        for id in from.map_or_else(Vec::new, |_| self.open_messages.clone()) {
            let row = &mut self.deliveries[id];
            let theirs = from.is_some_and(|from| row.to == To::Person(from)) && self.owed[row.duty].episode == episode;
            if theirs && row.ended.is_none() && self.bug != Some(Bug::CalledBackLeaves) {
                row.ended = Some((now, Ending::HandedOver));
            }
        }
    }

    fn hand_duty_over(&mut self, duty: usize, to: Option<usize>, now: At) {
        // A worker that is about to deliver a rung has read whom it is for: it loses the rung.
        if let Some(waiting) = self.waiting(duty) {
            self.rungs[waiting].fence += 1;
            self.rungs[waiting].leased_until = None;
        }
        if !self.owed[duty].duty.is_outstanding() {
            return;
        }
        self.owed[duty].assigned_to = to;
        if let Some(last) = self.newest(duty) {
            let rung = &mut self.rungs[last];
            rung.handed_over = true;
            rung.follow_up_at = Some(now);
            rung.fence += 1;
            rung.leased_until = None;
            self.list(last);
        }
    }
}
