//! How long a sign-in lasts, and how much it may ask for. What is demanded of it can be tightened here, and never loosened
//! (SE-03, PW-05).

use std::collections::BTreeMap;

use chrono::TimeDelta;
use homeward_store::sessions::Limits;

use crate::allowance::Rates;

const IDLE: &str = "HOMEWARD_IDLE_MINUTES";
const LIFETIME: &str = "HOMEWARD_SESSION_HOURS";
const AT_ONCE: &str = "HOMEWARD_SESSIONS_AT_ONCE";
const REQUESTS: &str = "HOMEWARD_REQUESTS_A_MINUTE";
const UNLOCK: &str = "HOMEWARD_UNLOCK_MINUTES";

/// What opens a locked sign-in where no time does.
const NEVER: &str = "never";

/// Ten pages a second are nobody's work; a program that stands for an office may need more.
const USUAL_REQUESTS: u32 = 600;

/// How much may be asked for in a minute.
pub(super) fn rates(values: &BTreeMap<String, String>, faults: &mut Vec<String>) -> Rates {
    let Some(text) = values.get(REQUESTS) else { return Rates::of_session(USUAL_REQUESTS) };
    let asked = text.parse().ok().filter(|it| (60..=1_000_000).contains(it));
    if asked.is_none() {
        faults.push(format!("{REQUESTS}: `{text}` is not a number from 60 to 1000000"));
    }
    Rates::of_session(asked.unwrap_or(USUAL_REQUESTS))
}

pub(super) fn read(values: &BTreeMap<String, String>, faults: &mut Vec<String>) -> Limits {
    let usual = Limits::default();
    let mut number = |name: &str, least: i64, most: i64, usual: i64| {
        let Some(text) = values.get(name) else { return usual };
        match text.parse() {
            Ok(number) if (least..=most).contains(&number) => number,
            _ => {
                faults.push(format!("{name}: `{text}` is not a number from {least} to {most}"));
                usual
            }
        }
    };
    let idle = number(IDLE, 1, 30, usual.idle.num_minutes());
    let lifetime = number(LIFETIME, 1, 12, usual.lifetime.num_hours());
    let at_once = number(AT_ONCE, 1, 100, usual.at_once);
    let unlock = match values.get(UNLOCK).map(String::as_str) {
        None => usual.unlock,
        Some(NEVER) => None,
        Some(_) => Some(TimeDelta::minutes(number(UNLOCK, 10, 24 * 60, 15))),
    };
    Limits { idle: TimeDelta::minutes(idle), lifetime: TimeDelta::hours(lifetime), at_once, unlock, ..usual }
}
