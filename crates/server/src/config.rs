//! The environment, read once. Every fault is told at once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::{NonZeroU32, NonZeroUsize};
use std::path::{Path, PathBuf};

use homeward_store::sessions::Limits;

use crate::allowance::Rates;
use crate::auth::token::machine::Environment;
use crate::private_file;
use crate::tls::{Certificate, CertificateFiles};
use crate::webhook::Allowed;

/// How the program is to run.
#[derive(Clone, Debug)]
pub struct Config {
    /// The database to run on; none runs a private one.
    pub database_url: Option<String>,
    /// The database as its owner sees it, where that is another sign-in.
    pub migrate_url: Option<String>,
    /// Whether it starts on a database that is not one to trust.
    pub unguarded: bool,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The certificate to show there; none speaks HTTP in the clear.
    pub tls: Option<CertificateFiles>,
    /// Where the private database and the key live.
    pub data_dir: PathBuf,
    /// The key that signs tokens.
    pub key_file: PathBuf,
    /// What the keys of programs are told by.
    pub environment: Environment,
    /// The keys that seal values.
    pub data_key_file: PathBuf,
    /// How many connections to the database.
    pub connections: u32,
    /// How many threads answer requests.
    pub threads: usize,
    /// The password of the demo people; none makes one up.
    pub demo_password: Option<String>,
    /// The relay that mail goes through, with its password; none sends no mail.
    pub smtp_url: Option<String>,
    /// In whose name mail is sent.
    pub mail_from: String,
    /// Where people sign in: the address that stands in messages.
    pub public_url: String,
    /// Where webhooks may go beside public addresses, for development.
    pub webhook_allow: Allowed,
    /// Where issuers may be asked for keys beside public addresses, inside the agency's own network.
    pub issuer_allow: Allowed,
    /// The authority that certifies them there, as PEM.
    pub issuer_ca: Option<reqwest::Certificate>,
    /// Where a worker shows whether it runs; none shows it nowhere.
    pub work_listen: Option<SocketAddr>,
    /// How long a sign-in lasts.
    pub limits: Limits,
    /// How much may be asked for in a minute.
    pub rates: Rates,
    /// How the watch is set up.
    pub watch: WatchConfig,
    /// How the trail is signed and kept.
    pub audit: AuditConfig,
}

/// How the trail is signed, and where what was signed is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditConfig {
    /// The key that signs. Only the worker reads it.
    pub key_file: PathBuf,
    /// Folders beside the database.
    pub anchors: Vec<PathBuf>,
    /// Whether they were named: then they have to be there.
    pub are_named: bool,
}

/// How the watch is set up, and how far its canaries go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchConfig {
    /// Where it shows what it sees; none shows it nowhere.
    pub listen: Option<SocketAddr>,
    /// A command that gets each alarm on its standard input.
    pub alarm_command: Option<String>,
    /// Where each alarm is posted.
    pub alarm_url: Option<String>,
    /// What is asked for while all is well.
    pub ping_url: Option<String>,
    /// Where canaries are sent by mail.
    pub canary_mailbox: Option<String>,
    /// Where they arrive.
    pub canary_maildir: Option<PathBuf>,
    /// The file that the operator's backup touches when it has ended well.
    pub backup_stamp: Option<PathBuf>,
    /// How many replicas of the database there have to be.
    pub replicas: Option<u32>,
}

/// Everything that is wrong with the environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the configuration has faults:\n{}", .0.iter().map(|it| format!("  {it}")).collect::<Vec<_>>().join("\n"))]
pub struct ConfigFaults(Vec<String>);

/// Enough for commits to share the disk's flushes, few enough for two cores.
const DEFAULT_CONNECTIONS: NonZeroU32 = NonZeroU32::new(12).unwrap();
const DEFAULT_THREADS: NonZeroUsize = NonZeroUsize::new(2).unwrap();

/// What is read, and what it does; `homeward --help` prints it.
pub const VARIABLES: [(&str, &str); 37] = [
    ("DATABASE_URL", "the database to run on; without it a private PostgreSQL runs under HOMEWARD_DATA_DIR"),
    ("HOMEWARD_MIGRATE_URL", "the same database as the owner of the tables; DATABASE_URL where left out"),
    ("HOMEWARD_UNGUARDED", "`accepted` starts on a database that can lose writes or by a login that can do too much"),
    ("HOMEWARD_LISTEN", "where to listen, 127.0.0.1:8080 where left out"),
    ("HOMEWARD_TLS_CERT", "the certificate chain to speak TLS with, as PEM; HTTP in the clear where left out"),
    ("HOMEWARD_TLS_KEY", "its key, as PEM; both are read again when they change"),
    ("HOMEWARD_DATA_DIR", "where the private database, the keys and the photos live, .homeward where left out"),
    ("HOMEWARD_KEY_FILE", "the key that signs tokens, made under HOMEWARD_DATA_DIR where left out"),
    ("HOMEWARD_ENVIRONMENT", "the name of this installation in keys of programs, as hw_live_…; `live` where left out"),
    ("HOMEWARD_DATA_KEY_FILE", "the keys that seal values, made under HOMEWARD_DATA_DIR where left out: keep a copy"),
    ("HOMEWARD_AUDIT_KEY_FILE", "the key that signs the trail, for `work` alone; made under HOMEWARD_DATA_DIR"),
    ("HOMEWARD_AUDIT_ANCHORS", "folders for what is signed, by commas: two that nobody else can change"),
    ("HOMEWARD_CONNECTIONS", "connections to the database, 12 where left out"),
    ("HOMEWARD_THREADS", "threads that answer requests, 2 where left out"),
    ("HOMEWARD_DEMO_PASSWORD", "the password of the demo people; made up and printed once where left out"),
    ("HOMEWARD_SMTP_URL", "the mail relay, as smtps://user:password@host; no mail is sent where left out"),
    ("HOMEWARD_MAIL_FROM", "in whose name mail is sent, homeward@localhost where left out"),
    ("HOMEWARD_PUBLIC_URL", "where people sign in, as it stands in messages; HOMEWARD_LISTEN where left out"),
    ("HOMEWARD_WEBHOOK_ALLOW", "host:port pairs that webhooks may go to though they are not public, by commas"),
    (
        "HOMEWARD_ISSUER_ALLOW",
        "host:port pairs where issuers may be asked for keys though they are not public, by commas",
    ),
    ("HOMEWARD_ISSUER_CA", "a certificate authority to trust there beside those of the machine, as PEM"),
    ("HOMEWARD_IDLE_MINUTES", "after how long a session that nobody uses ends, 15 where left out, 30 at most"),
    ("HOMEWARD_SESSION_HOURS", "how long a session lasts at most, 12 where left out, and no more"),
    ("HOMEWARD_SESSIONS_AT_ONCE", "how many sessions of one person stand at once, 5 where left out"),
    (
        "HOMEWARD_UNLOCK_MINUTES",
        "after how long a locked sign-in opens, 15 where left out; `never` asks an administrator",
    ),
    (
        "HOMEWARD_REQUESTS_A_MINUTE",
        "how much one session may ask for, 600 where left out; a person twice, an address 20, an agency 100 times as much",
    ),
    ("HOMEWARD_WORK_LISTEN", "where `work` shows /livez, /readyz, /metrics and /status; nowhere where left out"),
    ("HOMEWARD_WATCH_LISTEN", "the same for `watch`"),
    ("HOMEWARD_ALARM_COMMAND", "a command that gets each alarm of `watch` on standard input; not by the mail relay"),
    ("HOMEWARD_ALARM_URL", "where `watch` posts each alarm, as JSON"),
    ("HOMEWARD_PING_URL", "what `watch` asks for each minute while all is well, so that others notice when it stops"),
    ("HOMEWARD_CANARY_MAILBOX", "where canaries are sent by mail: give it to `work` and `watch`"),
    ("HOMEWARD_CANARY_MAILDIR", "the Maildir in which they arrive, for `watch` to read"),
    ("HOMEWARD_BACKUP_STAMP", "a file that your backup touches when it has ended well; `watch` looks at its age"),
    ("HOMEWARD_REPLICAS", "how many replicas the database has to have; `watch` misses those that are not connected"),
    ("HOMEWARD_LOG", "what is logged, `warn` where left out; `info` writes a line for each request"),
    ("HOMEWARD_CONFIG", "a TOML file with any of the above; the environment wins over it"),
];

/// What can be read from a file that `<name>_FILE` names.
const SECRETS: [&str; 6] = [
    "DATABASE_URL",
    "HOMEWARD_MIGRATE_URL",
    "HOMEWARD_SMTP_URL",
    "HOMEWARD_DEMO_PASSWORD",
    "HOMEWARD_ALARM_URL",
    "HOMEWARD_PING_URL",
];

impl Config {
    /// Reads the environment, and the file that it may name.
    pub fn read(environment: impl Iterator<Item = (String, String)>) -> Result<Self, ConfigFaults> {
        let mut values: BTreeMap<String, String> = environment.filter(|(_, value)| !value.is_empty()).collect();
        let mut faults = Vec::new();
        if let Some(path) = values.get("HOMEWARD_CONFIG").cloned() {
            match file(&path) {
                Ok(file) => file.into_iter().for_each(|(name, value)| {
                    values.entry(name).or_insert(value);
                }),
                Err(fault) => faults.push(fault),
            }
        }
        faults.extend(SECRETS.into_iter().filter_map(|name| secret(&mut values, name).err()));
        let config = Self::from(&values, &mut faults);
        if faults.is_empty() { Ok(config) } else { Err(ConfigFaults(faults)) }
    }

    fn from(values: &BTreeMap<String, String>, faults: &mut Vec<String>) -> Self {
        let text = |name: &str| values.get(name).cloned();
        let data_dir = PathBuf::from(text("HOMEWARD_DATA_DIR").unwrap_or_else(|| ".homeward".to_owned()));
        let key_file = text("HOMEWARD_KEY_FILE").map_or_else(|| data_dir.join("signing.key"), PathBuf::from);
        let data_key_file = text("HOMEWARD_DATA_KEY_FILE").map_or_else(|| data_dir.join("data.keys"), PathBuf::from);
        let listen = parsed(values, faults, "HOMEWARD_LISTEN", SocketAddr::from(([127, 0, 0, 1], 8080)));
        addresses::check(values, faults);
        Self {
            smtp_url: text("HOMEWARD_SMTP_URL"),
            mail_from: text("HOMEWARD_MAIL_FROM").unwrap_or_else(|| "homeward@localhost".to_owned()),
            public_url: text("HOMEWARD_PUBLIC_URL").unwrap_or_else(|| {
                let scheme = if text("HOMEWARD_TLS_CERT").is_some() { "https" } else { "http" };
                format!("{scheme}://{listen}")
            }),
            webhook_allow: parsed(values, faults, "HOMEWARD_WEBHOOK_ALLOW", Allowed::default()),
            issuer_allow: parsed(values, faults, "HOMEWARD_ISSUER_ALLOW", Allowed::default()),
            issuer_ca: authority(values, faults),
            database_url: text("DATABASE_URL"),
            migrate_url: text("HOMEWARD_MIGRATE_URL"),
            unguarded: accepted(values, faults, "HOMEWARD_UNGUARDED"),
            listen,
            tls: certificate(values, faults),
            connections: parsed(values, faults, "HOMEWARD_CONNECTIONS", DEFAULT_CONNECTIONS).get(),
            threads: parsed(values, faults, "HOMEWARD_THREADS", DEFAULT_THREADS).get(),
            demo_password: text("HOMEWARD_DEMO_PASSWORD"),
            work_listen: listening(values, faults, "HOMEWARD_WORK_LISTEN"),
            limits: limits::read(values, faults),
            rates: limits::rates(values, faults),
            watch: WatchConfig::from(values, faults),
            audit: AuditConfig::from(values, &data_dir),
            environment: parsed(values, faults, "HOMEWARD_ENVIRONMENT", Environment::default()),
            data_dir,
            key_file,
            data_key_file,
        }
    }
}

impl AuditConfig {
    /// With nothing else said, all lies under this folder.
    pub fn under(data_dir: &Path) -> Self {
        let (key_file, anchors) = (data_dir.join("audit.key"), vec![data_dir.join("anchors")]);
        Self { key_file, anchors, are_named: false }
    }

    fn from(values: &BTreeMap<String, String>, data_dir: &Path) -> Self {
        let mut audit = Self::under(data_dir);
        if let Some(file) = values.get("HOMEWARD_AUDIT_KEY_FILE") {
            audit.key_file = file.into();
        }
        if let Some(folders) = values.get("HOMEWARD_AUDIT_ANCHORS") {
            let folders = folders.split(',').map(str::trim).filter(|it| !it.is_empty());
            (audit.anchors, audit.are_named) = (folders.map(PathBuf::from).collect(), true);
        }
        audit
    }
}

impl WatchConfig {
    fn from(values: &BTreeMap<String, String>, faults: &mut Vec<String>) -> Self {
        let text = |name: &str| values.get(name).cloned();
        let watch = Self {
            listen: listening(values, faults, "HOMEWARD_WATCH_LISTEN"),
            alarm_command: text("HOMEWARD_ALARM_COMMAND"),
            alarm_url: text("HOMEWARD_ALARM_URL"),
            ping_url: text("HOMEWARD_PING_URL"),
            canary_mailbox: text("HOMEWARD_CANARY_MAILBOX"),
            canary_maildir: text("HOMEWARD_CANARY_MAILDIR").map(PathBuf::from),
            backup_stamp: text("HOMEWARD_BACKUP_STAMP").map(PathBuf::from),
            replicas: number(values, faults, "HOMEWARD_REPLICAS"),
        };
        for (name, url) in [("HOMEWARD_ALARM_URL", &watch.alarm_url), ("HOMEWARD_PING_URL", &watch.ping_url)] {
            if url.as_ref().is_some_and(|it| !it.starts_with("https://") && !it.starts_with("http://")) {
                faults.push(format!("{name}: it begins with neither https:// nor http://"));
            }
        }
        let mailbox = watch.canary_mailbox.as_deref();
        if mailbox.is_some_and(|it| it.parse::<lettre::message::Mailbox>().is_err()) {
            faults.push("HOMEWARD_CANARY_MAILBOX: it is no mail address".to_owned());
        }
        if mailbox.is_none() && watch.canary_maildir.is_some() {
            faults.push("HOMEWARD_CANARY_MAILDIR: nothing arrives there without HOMEWARD_CANARY_MAILBOX".to_owned());
        }
        watch
    }
}

/// Takes the value from the file that is named in its place (LG-05): it stands in no environment and no process list.
fn secret(values: &mut BTreeMap<String, String>, name: &str) -> Result<(), String> {
    let in_file = format!("{name}_FILE");
    let Some(path) = values.get(&in_file) else { return Ok(()) };
    if values.contains_key(name) {
        return Err(format!("{in_file}: {name} is set too"));
    }
    let bytes = private_file::read(Path::new(path)).map_err(|error| format!("{in_file}: {path}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{in_file}: {path}: it is no text"))?;
    values.insert(name.to_owned(), text.trim_end().to_owned());
    Ok(())
}

fn certificate(values: &BTreeMap<String, String>, faults: &mut Vec<String>) -> Option<CertificateFiles> {
    match ["HOMEWARD_TLS_CERT", "HOMEWARD_TLS_KEY"].map(|it| values.get(it)) {
        [Some(chain), Some(key)] => {
            let files = CertificateFiles { chain: chain.into(), key: key.into() };
            if let Err(error) = Certificate::load(files.clone()) {
                faults.push(format!("HOMEWARD_TLS_CERT, HOMEWARD_TLS_KEY: {error}"));
            }
            Some(files)
        }
        [None, None] => None,
        _ => {
            faults.push("HOMEWARD_TLS_CERT, HOMEWARD_TLS_KEY: the one is nothing without the other".to_owned());
            None
        }
    }
}

fn authority(values: &BTreeMap<String, String>, faults: &mut Vec<String>) -> Option<reqwest::Certificate> {
    let path = values.get("HOMEWARD_ISSUER_CA")?;
    let pem = std::fs::read(path).map_err(|error| error.to_string());
    let read = pem.and_then(|it| reqwest::Certificate::from_pem(&it).map_err(|_| "it is no certificate".to_owned()));
    read.map_err(|fault| faults.push(format!("HOMEWARD_ISSUER_CA: {path}: {fault}"))).ok()
}

fn listening(values: &BTreeMap<String, String>, faults: &mut Vec<String>, name: &str) -> Option<SocketAddr> {
    let text = values.get(name)?;
    let address = text.parse();
    if address.is_err() {
        faults.push(format!("{name}: `{text}` is not understood"));
    }
    address.ok()
}

fn accepted(values: &BTreeMap<String, String>, faults: &mut Vec<String>, name: &str) -> bool {
    let text = values.get(name);
    if text.is_some_and(|it| it != "accepted") {
        faults.push(format!("{name}: it is `accepted` or left out"));
    }
    text.is_some()
}

fn number(values: &BTreeMap<String, String>, faults: &mut Vec<String>, name: &str) -> Option<u32> {
    let text = values.get(name)?;
    let number = text.parse().ok();
    if number.is_none() {
        faults.push(format!("{name}: `{text}` is not understood"));
    }
    number
}

fn parsed<T: std::str::FromStr>(
    values: &BTreeMap<String, String>,
    faults: &mut Vec<String>,
    name: &str,
    default: T,
) -> T {
    let Some(text) = values.get(name) else { return default };
    text.parse().unwrap_or_else(|_| {
        faults.push(format!("{name}: `{text}` is not understood"));
        default
    })
}

fn file(path: &str) -> Result<BTreeMap<String, String>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("HOMEWARD_CONFIG: {path}: {error}"))?;
    let table: toml::Table = toml::from_str(&text).map_err(|error| format!("HOMEWARD_CONFIG: {path}: {error}"))?;
    let is_secret = |name: &str| name.strip_suffix("_FILE").is_some_and(|it| SECRETS.contains(&it));
    let known = |name: &str| is_secret(name) || VARIABLES.iter().any(|(it, _)| *it == name);
    table
        .into_iter()
        .map(|(name, value)| match value {
            _ if !known(&name) => Err(format!("HOMEWARD_CONFIG: {path}: `{name}` is not a setting")),
            toml::Value::String(text) => Ok((name, text)),
            other => Ok((name, other.to_string())),
        })
        .collect()
}

mod addresses;
mod limits;
#[cfg(test)]
mod tests;
