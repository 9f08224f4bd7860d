//! Reports of mail that could not be delivered (RFC 3464), as a mail server sends them back after it took a mail.

use std::fmt;
use std::io::{self, Read};

use chrono::{DateTime, Utc};
use homeward_store::deliveries::Failure;
use homeward_store::{Store, StoreError};
use mail_parser::{HeaderValue, Message, MessageParser, MessagePart, MimeHeaders as _, PartType};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::hex::hex;

#[cfg(test)]
mod tests;

/// More than any report that repeats one of our mails.
const MAX_BYTES: u64 = 1024 * 1024;

/// Status codes of policy and sign-in (RFC 3463, X.7): said about us, and not about the address.
const ABOUT_US: &str = "5.7.";

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// So many messages were refused after all, and go to the next address or person.
    Failed(usize),
    /// It names no mail of ours, or it came before.
    Unknown,
    /// It reports no mail that failed for good.
    NoFailure,
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(messages) => write!(f, "{messages} messages go to the next address or person"),
            Self::Unknown => f.write_str("it names no mail of ours, or it came before"),
            Self::NoFailure => f.write_str("it reports no mail that failed for good"),
        }
    }
}

/// A report as it is piped in, cut where it is longer than any.
pub fn read_in(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Takes a report: what it says failed is refused after all, as if the relay had said so at once.
pub async fn take(store: &Store, report: &[u8], now: DateTime<Utc>) -> Result<Taken, StoreError> {
    let Some(failure) = read(report) else { return Ok(Taken::NoFailure) };
    let failed = store.failed(&failure, now).await?;
    tracing::info!(messages = failed, status = failure.status, "a report of a failed mail");
    Ok(if failed == 0 { Taken::Unknown } else { Taken::Failed(failed) })
}

/// What a report says failed for good; nothing where it says of no mail of ours that it did.
pub fn read(report: &[u8]) -> Option<Failure> {
    let message = MessageParser::default().parse(report)?;
    let status = message.parts.iter().filter(|it| is(it, "message", "delivery-status")).find_map(failed)?;
    let original = message.parts.iter().find_map(original).or_else(|| answered(&message))?;
    let hash = hex(&Sha256::digest(report));
    let about_address = status.starts_with("5.") && !status.starts_with(ABOUT_US);
    Some(Failure { mail: original, status, about_address, hash })
}

fn is(part: &MessagePart<'_>, kind: &str, subtype: &str) -> bool {
    let matches = |it: &mail_parser::ContentType<'_>| {
        it.c_type.eq_ignore_ascii_case(kind)
            && it.c_subtype.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(subtype))
    };
    part.content_type().is_some_and(matches)
}

/// The status of the first recipient of whom it says that the mail failed. The groups of fields are headers themselves.
fn failed(part: &MessagePart<'_>) -> Option<String> {
    let text = String::from_utf8_lossy(part.contents()).replace("\r\n", "\n");
    text.split("\n\n").find_map(|group| {
        let fields = MessageParser::default().parse(format!("{}\n\n", group.trim_start()).as_bytes())?.into_owned();
        let field = |name: &str| fields.header_raw(name).map(|it| it.trim().to_lowercase());
        let failed = field("Action").is_some_and(|it| it.split_whitespace().next() == Some("failed"));
        failed.then(|| field("Status").as_deref().and_then(status).unwrap_or_else(|| "5.0.0".to_owned()))
    })
}

/// Three numbers and dots; whatever else stands there is a comment.
fn status(text: &str) -> Option<String> {
    let status = text.split_whitespace().next()?;
    let numbers: Vec<&str> = status.split('.').collect();
    let is_number = |it: &&str| (1..=3).contains(&it.len()) && it.chars().all(|it| it.is_ascii_digit());
    (numbers.len() == 3 && numbers.iter().all(is_number)).then(|| status.to_owned())
}

/// The id of the mail that came back, whole or by its headers.
fn original(part: &MessagePart<'_>) -> Option<Uuid> {
    if let PartType::Message(returned) = &part.body {
        return returned.message_id().and_then(ours);
    }
    if !is(part, "text", "rfc822-headers") && !is(part, "message", "rfc822") {
        return None;
    }
    let returned = MessageParser::default().parse(part.contents())?;
    returned.message_id().and_then(ours)
}

/// Some servers send nothing back, and name the mail as what the report answers.
fn answered(report: &Message<'_>) -> Option<Uuid> {
    [report.in_reply_to(), report.references()].into_iter().find_map(|value| match value {
        HeaderValue::Text(id) => ours(id),
        HeaderValue::TextList(ids) => ids.iter().find_map(|id| ours(id)),
        _ => None,
    })
}

/// A mail of ours has a UUID before the `@`.
fn ours(id: &str) -> Option<Uuid> {
    let id = id.trim_matches(['<', '>', ' ']);
    id.split_once('@')?.0.parse().ok()
}
