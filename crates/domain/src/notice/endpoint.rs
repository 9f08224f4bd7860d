//! What people are told by mail of an endpoint: that it takes nothing, and who changed it (WH-08, WH-10).

use chrono::{DateTime, Utc};

use crate::reminder::wall_time;
use crate::vocabulary::vocabulary;
use crate::zone::Zone;

vocabulary! {
    /// What happened to an endpoint.
    EndpointNotice {
        /// A message to it waits longer than it may.
        Failing = "failing",
        /// It said that it is gone.
        Gone = "gone",
        /// It takes what it is sent again.
        TakesAgain = "takes_again",
        /// One person proposed it.
        Proposed = "proposed",
        /// Another approved it.
        Approved = "approved",
        /// Another approved it to begin at once.
        ApprovedAsEmergency = "approved_as_emergency",
        /// It answered the challenge.
        Proven = "proven",
        /// It has another secret and another key.
        SecretReplaced = "secret_replaced",
        /// Nothing is sent to it for now.
        Paused = "paused",
        /// It is sent to again.
        Resumed = "resumed",
        /// It is gone.
        Removed = "removed",
    }
}

impl EndpointNotice {
    /// Whether somebody did it: then every administrator hears of it, and not those alone who set the endpoint up.
    pub fn is_a_change(self) -> bool {
        !matches!(self, Self::Failing | Self::Gone | Self::TakesAgain)
    }

    /// What the mail is headed.
    pub fn subject(self) -> &'static str {
        match self {
            Self::Failing => "A webhook endpoint takes nothing",
            Self::Gone => "A webhook endpoint says that it is gone",
            Self::TakesAgain => "A webhook endpoint takes what it is sent again",
            Self::Proposed => "A webhook endpoint was proposed",
            Self::Approved => "A webhook endpoint was approved",
            Self::ApprovedAsEmergency => "A webhook endpoint was approved to begin at once",
            Self::Proven => "A webhook endpoint has answered its challenge",
            Self::SecretReplaced => "The secret of a webhook endpoint was replaced",
            Self::Paused => "A webhook endpoint was paused",
            Self::Resumed => "A webhook endpoint is sent to again",
            Self::Removed => "A webhook endpoint was removed",
        }
    }

    /// What the mail says of the endpoint at `url`, which `by` changed.
    pub fn text(self, url: &str, by: Option<&str>, at: DateTime<Utc>, zone: Zone) -> String {
        let (host, at) = (host(url), wall_time(at, zone));
        let goes_on = "The people whose duties these are go on being reminded in their inboxes and by mail.";
        match self {
            Self::Failing => format!(
                "On {at} a message to the endpoint at {host} had waited for longer than it may. It is tried again for as \
                 long as anything is owed, and the endpoint is not switched off. {goes_on} You will be told when it takes \
                 what it is sent again."
            ),
            Self::Gone => format!(
                "On {at} the endpoint at {host} answered that it is gone (410). That message is tried again when a person \
                 has it sent again, and later ones are sent as ever. {goes_on}"
            ),
            Self::TakesAgain => format!("Since {at} the endpoint at {host} has taken all that waited for it."),
            change => {
                let by = by.map(|it| format!(" by {it}")).unwrap_or_default();
                format!(
                    "{}{by} on {at}: the one at {host}. If you do not know why, tell your agency's administrators now: they \
                     can pause and remove it.",
                    change.subject()
                )
            }
        }
    }
}

/// The host alone: the rest of an address may be a secret.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Vocabulary as _;

    #[test]
    fn wh_08_a_notice_names_the_host_and_nothing_of_the_rest_of_an_address() {
        let zone = Zone::parse("America/Chicago").unwrap();
        let url = "https://hooks.example.org:8443/a-secret-path?key=another";
        for notice in EndpointNotice::ALL {
            let text = notice.text(url, Some("who@agency.test"), DateTime::UNIX_EPOCH, zone);
            assert!(text.contains("hooks.example.org:8443") && !text.contains("secret-path") && !text.contains("key="));
            assert_eq!(text.contains("by who@agency.test"), notice.is_a_change(), "{text}");
        }
    }
}
