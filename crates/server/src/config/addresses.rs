//! Addresses of others, as far as they can be told to be wrong before anybody is asked (OP-07).

use std::collections::BTreeMap;

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, Tokio1Executor};

/// Adds a fault for each address that cannot be one.
pub(super) fn check(values: &BTreeMap<String, String>, faults: &mut Vec<String>) {
    let mut refuse = |name: &str, is_wrong: fn(&str) -> bool, why: &str| {
        if values.get(name).is_some_and(|it| is_wrong(it)) {
            faults.push(format!("{name}: {why}"));
        }
    };
    for name in ["DATABASE_URL", "HOMEWARD_MIGRATE_URL"] {
        refuse(name, is_no_database, "it is no address of a PostgreSQL, postgresql://…");
    }
    // The address of the relay holds a password, so it is not repeated.
    refuse("HOMEWARD_SMTP_URL", is_no_relay, "it is no address of a relay, smtps://user:password@host");
    refuse("HOMEWARD_MAIL_FROM", |it| it.parse::<Mailbox>().is_err(), "it is no mail address");
    refuse("HOMEWARD_PUBLIC_URL", is_no_page, "it begins with neither https:// nor http://");
}

fn is_no_database(text: &str) -> bool {
    // `host=… dbname=…` is one too.
    !text.starts_with("postgresql://") && !text.starts_with("postgres://") && !text.contains('=')
}

fn is_no_relay(text: &str) -> bool {
    AsyncSmtpTransport::<Tokio1Executor>::from_url(text).is_err()
}

fn is_no_page(text: &str) -> bool {
    !text.starts_with("https://") && !text.starts_with("http://")
}
