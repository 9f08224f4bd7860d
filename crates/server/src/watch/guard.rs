//! The watch over the watch: a thread of its own, which shares nothing with it but the time of its last round.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use homeward_domain::silence::{Condition, Finding, Ledger};

use super::tell::Teller;
use crate::clock::Clock;

/// A round may take this long: its questions and its ways of telling have ends of their own.
const STUCK: Duration = Duration::from_mins(2);
const LOOK: Duration = Duration::from_secs(5);

/// Whether the watch still goes round.
pub(super) struct Guard {
    last: Arc<Mutex<Instant>>,
    stopped: Arc<AtomicBool>,
}

impl Guard {
    pub(super) fn start(teller: Teller, clock: Arc<dyn Clock>) -> Self {
        let guard = Self { last: Arc::new(Mutex::new(Instant::now())), stopped: Arc::default() };
        let (last, stopped) = (guard.last.clone(), guard.stopped.clone());
        thread::spawn(move || {
            let mut ledger = Ledger::default();
            while !stopped.load(Ordering::Relaxed) {
                thread::sleep(LOOK);
                let silent_for = last.lock().unwrap_or_else(PoisonError::into_inner).elapsed();
                look(&mut ledger, silent_for, &teller, clock.as_ref());
            }
        });
        guard
    }

    pub(super) fn is_alive(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

fn look(ledger: &mut Ledger, silent_for: Duration, teller: &Teller, clock: &dyn Clock) {
    let now = clock.now();
    let detail = format!("its last round ended {} s ago", silent_for.as_secs());
    let stuck = (STUCK < silent_for).then_some(Finding { condition: Condition::WatchStuck, detail });
    ledger.settle(stuck.as_slice(), &[], now);
    let due = ledger.due(now);
    if due.is_empty() {
        return;
    }
    // The runtime of the watch may be what is stuck.
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
    for saying in due {
        if runtime.block_on(teller.tell(&saying, now)) {
            ledger.said(&saying, now);
        }
    }
}
