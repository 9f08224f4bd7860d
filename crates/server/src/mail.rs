//! Mail through the agency's relay. It says what is due, when, and where to sign in; nothing about a child (DL-20).

use std::time::Duration;

use homeward_domain::delivery::Reply;
use homeward_store::deliveries::{Answer, Line, Mail};
use homeward_store::notices::Letter;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::hex::hex;

/// A relay gets this long to answer; a lease outlives it.
const PATIENCE: Duration = Duration::from_secs(15);
/// Connections that are kept to the relay.
const CONNECTIONS: u32 = 4;

/// Replies that say this address will never take it (RFC 5321, 4.2.3). Others may be the relay's own trouble.
const NO_SUCH_ADDRESS: [u16; 3] = [550, 551, 553];
/// Enhanced codes of policy and sign-in (RFC 3463, X.7): said about us, and not about the address.
const ABOUT_US: &str = "5.7.";

/// The relay, and who writes.
#[derive(Clone)]
pub struct Mailer {
    relay: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// Where people sign in, without a slash at the end.
    public_url: String,
    /// Where canaries are sent.
    canaries_to: Option<Mailbox>,
}

/// Why no mail can leave.
#[derive(Debug, thiserror::Error)]
pub enum MailFault {
    /// The address of the relay is not understood.
    #[error("HOMEWARD_SMTP_URL is no address of a relay: {0}")]
    Relay(#[from] lettre::transport::smtp::Error),
    /// The sender is no address.
    #[error("HOMEWARD_MAIL_FROM is no mail address: {0}")]
    From(#[from] lettre::address::AddressError),
}

impl Mailer {
    /// To the relay at `url` (`smtps://user:password@host`, `smtp://host:587?tls=required`), in the name of `from`.
    pub fn new(url: &str, from: &str, public_url: &str) -> Result<Self, MailFault> {
        let from: Mailbox = from.parse()?;
        let relay = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)?
            .timeout(Some(PATIENCE))
            .hello_name(ClientId::Domain(from.email.domain().to_owned()))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS))
            .build();
        Ok(Self { relay, from, public_url: public_url.trim_end_matches('/').to_owned(), canaries_to: None })
    }

    /// The same, which sends canaries to this mailbox.
    pub fn with_canaries(self, to: &str) -> Result<Self, MailFault> {
        Ok(Self { canaries_to: Some(to.parse()?), ..self })
    }

    /// Whether there is a mailbox for canaries.
    pub fn sings(&self) -> bool {
        self.canaries_to.is_some()
    }

    /// Sends one mail once.
    pub async fn send(&self, mail: &Mail) -> Answer {
        let Some(Ok(to)) = mail.to.as_deref().map(str::parse) else { return refused() };
        let Ok(message) = self.message(to, mail) else { return refused() };
        match tokio::time::timeout(PATIENCE, self.relay.send(message)).await {
            Ok(Ok(response)) => Answer {
                reply: Reply::Accepted,
                code: Some(code(response.code())),
                hash: Some(hash(response.message())),
            },
            Ok(Err(error)) => answer(&error),
            Err(_) => Answer { reply: Reply::Later, code: None, hash: None },
        }
    }

    /// A message of the watch to itself, to be read back from the mailbox. Whether it was taken.
    pub async fn sing(&self, canary: Uuid) -> bool {
        let Some(to) = self.canaries_to.clone() else { return false };
        let Ok(message) = self.head(to, canary, "Homeward canary").body(format!("{canary}\n")) else { return false };
        matches!(tokio::time::timeout(PATIENCE, self.relay.send(message)).await, Ok(Ok(_)))
    }

    /// Where people sign in.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// A notice about a sign-in. Whether the relay is done with it: an address that it refuses is not tried again.
    pub async fn tell(&self, id: Uuid, subject: &str, letter: &Letter) -> bool {
        let Ok(to) = letter.to.parse() else { return true };
        let message = self.head(to, id, subject).header(ContentType::TEXT_PLAIN).body(format!("{}\n", letter.text));
        let Ok(message) = message else { return true };
        match tokio::time::timeout(PATIENCE, self.relay.send(message)).await {
            Ok(Ok(_)) => true,
            Ok(Err(error)) => answer(&error).reply == Reply::Refused,
            Err(_) => false,
        }
    }

    fn message(&self, to: Mailbox, mail: &Mail) -> Result<Message, lettre::error::Error> {
        self.head(to, mail.message_id, &subject(&mail.lines))
            .header(ContentType::TEXT_PLAIN)
            .body(text(&mail.lines, &self.public_url))
    }

    fn head(&self, to: Mailbox, id: Uuid, subject: &str) -> lettre::message::MessageBuilder {
        Message::builder()
            .from(self.from.clone())
            .to(to)
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .subject(subject)
            // RFC 3834: no holiday reply is wanted.
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()))
    }
}

fn subject(lines: &[Line]) -> String {
    match lines {
        [line] => format!("Action due by {}", line.due),
        lines => format!("{} actions are due", lines.len()),
    }
}

fn text(lines: &[Line], public_url: &str) -> String {
    let link = |line: &Line| match line.reminder {
        Some(reminder) => format!("{public_url}/v1/reminders/{reminder}"),
        None => public_url.to_owned(),
    };
    let parts: Vec<String> = lines.iter().map(|line| format!("{}\nSign in: {}\n", line.text, link(line))).collect();
    format!("{}\nSeen is not done: you are reminded until it is recorded.\n", parts.join("\n"))
}

fn answer(error: &lettre::transport::smtp::Error) -> Answer {
    let status = error.status().map(u16::from);
    let words = error.to_string();
    let gone = status.is_some_and(|it| NO_SUCH_ADDRESS.contains(&it)) && !words.contains(ABOUT_US);
    let reply = if gone { Reply::Refused } else { Reply::Later };
    Answer { reply, code: status.map(i32::from), hash: Some(hash([words.as_str()])) }
}

fn refused() -> Answer {
    Answer { reply: Reply::Refused, code: None, hash: None }
}

fn code(code: lettre::transport::smtp::response::Code) -> i32 {
    i32::from(u16::from(code))
}

fn hash<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut digest = Sha256::new();
    for line in lines {
        digest.update(line);
    }
    hex(&digest.finalize())
}
