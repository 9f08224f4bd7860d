//! The command line: one binary, `homeward`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use homeward_store::audit::trail::Bytes;

use crate::config::VARIABLES;
use crate::rules::Case;

/// Case management for children missing from care.
#[derive(Debug, Parser)]
#[command(name = "homeward", version, after_long_help = environment())]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Everything at once, on a database of its own: migrate, load the demo agencies, serve, work
    Run {
        /// Where the private database lives; `HOMEWARD_DATA_DIR` where left out
        #[arg(long)]
        data_dir: Option<PathBuf>,
    },
    /// Answer requests
    Serve {
        /// Deliver reminders too
        #[arg(long)]
        with_worker: bool,
    },
    /// Deliver reminders
    Work,
    /// Raise an alarm when reminders fall silent; runs beside, better on another machine
    Watch,
    /// Bring the tables up to date, and seal what is there from before it was sealed
    Migrate {
        /// Stop where rows can still be loaded in the clear, as the benchmark does
        #[arg(long, hide = true)]
        before_sealing: bool,
    },
    /// Load two synthetic agencies and print how to sign in
    Demo,
    /// Bring in an agency's records from a folder of CSV files
    Import {
        /// The folder
        dir: PathBuf,
        /// The agency; the demo agency or the only one where left out
        #[arg(long)]
        agency: Option<String>,
        /// Where refused rows are written; DIR/rejects.csv where left out
        #[arg(long)]
        rejects: Option<PathBuf>,
        /// Report the same, and write nothing to the database
        #[arg(long)]
        dry_run: bool,
    },
    /// Take a report of a failed mail on standard input, as a mail alias pipes it
    Bounce,
    /// Print the API description
    Openapi,
    /// Ask about rule packs; needs no database
    Rules {
        /// What to ask
        #[command(subcommand)]
        command: RulesCommand,
    },
    /// Prove the trail of what was done and seen
    Audit {
        /// What to do with it
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Print who may do what: the table of the policy, to read and sign
    Policy,
    /// Manage people
    User {
        /// What to do with them
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Manage the providers that an agency trusts to sign its people in
    Issuer {
        /// What to do with them
        #[command(subcommand)]
        command: IssuerCommand,
    },
    /// Manage the keys that seal values
    Keys {
        /// What to do with them
        #[command(subcommand)]
        command: KeysCommand,
    },
    /// Decode one picture from standard input, within limits; the server runs itself so
    #[command(hide = true)]
    DecodePicture,
    /// Run a command with a private database in `DATABASE_URL`
    #[command(hide = true)]
    WithPostgres {
        /// Where it lives; a temporary folder where left out
        #[arg(long)]
        dir: Option<PathBuf>,
        /// Give durability up for speed
        #[arg(long)]
        volatile: bool,
        /// The command
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

/// Asking about rule packs.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Say what a pack asks for, or every line that is refused and why
    Check {
        /// The pack
        file: PathBuf,
        /// The rules it stands on: `US`, or the postal code of a State for an agency's own pack
        #[arg(long, default_value = "US")]
        on: String,
    },
    /// Print the duties that a case would raise, with their limits and citations
    Explain(Case),
}

/// Proving the trail.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Hold every entry and every look against the chain, and the chain against what was signed; exits with 4 where the
    /// trail was tampered with
    Verify(Verification),
    /// Write the trail to a file, to verify it elsewhere
    Export {
        /// The file, which must not be there
        file: PathBuf,
    },
    /// Link, sign and anchor what was written so far; the worker does so every 30 seconds
    Checkpoint,
}

/// What to verify, and against what.
#[derive(Debug, Args)]
pub struct Verification {
    /// A folder of anchors, once for each; `HOMEWARD_AUDIT_ANCHORS` where left out
    #[arg(long)]
    pub anchors: Vec<PathBuf>,
    /// Begin with the checkpoint before this link
    #[arg(long, conflicts_with = "dump")]
    pub from: Option<u64>,
    /// Read this export and no database, once for each
    #[arg(long)]
    pub dump: Vec<PathBuf>,
    /// A public key that may have signed, in hexadecimal; any key found in the anchors where left out
    #[arg(long)]
    pub key: Vec<Bytes<32>>,
}

/// Managing the keys that seal values.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Add a key to the file and put every sealed value under it, while others read and write
    Rotate,
}

/// Managing providers.
#[derive(Debug, Subcommand)]
pub enum IssuerCommand {
    /// Trust a provider, or trust it otherwise than before; whoever it signed in signs in again
    Set(Box<Trust>),
    /// Print which are trusted
    List,
    /// Trust it no more, from the next request on
    Remove {
        /// The agency
        #[arg(long)]
        agency: String,
        /// What it calls itself
        #[arg(long)]
        issuer: String,
        /// What its tokens are made for
        #[arg(long)]
        audience: String,
    },
}

/// What is trusted of a provider.
#[derive(Debug, Args)]
pub struct Trust {
    /// The agency whose people it signs in
    #[arg(long)]
    pub agency: String,
    /// What it calls itself, to the letter: `iss` of its tokens
    #[arg(long)]
    pub issuer: String,
    /// What its tokens have to be made for: one of `aud`
    #[arg(long)]
    pub audience: String,
    /// To whom it may have given a token: `client_id` or `azp`, once for each
    #[arg(long, required = true)]
    pub client: Vec<String>,
    /// Where its keys are; its discovery document says so where left out
    #[arg(long)]
    pub jwks_url: Option<String>,
    /// What it may sign with, once for each: RS256 to PS512, ES256, ES384, `EdDSA`
    #[arg(long, default_values = ["RS256", "PS256", "ES256", "EdDSA"])]
    pub algorithm: Vec<String>,
    /// What `acr` has to be, once for each that will do: name only what stands for two factors
    #[arg(long)]
    pub acr: Vec<String>,
    /// What has to be in `amr`, once for each that is needed
    #[arg(long)]
    pub amr: Vec<String>,
    /// How many minutes ago somebody may have signed in there at most, by `auth_time`; 720 is the most
    #[arg(long, value_parser = clap::value_parser!(i64).range(1..=720))]
    pub auth_minutes: Option<i64>,
    /// Take access tokens whose header does not say `at+jwt` (RFC 9068)
    #[arg(long)]
    pub plain_jwt: bool,
}

/// Managing people.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Give a person of an agency a password, their first or another; it is read from standard input
    Password {
        /// The agency they work for
        #[arg(long)]
        agency: String,
        /// What they sign in with
        #[arg(long)]
        email: String,
        /// Read the password from a file instead
        #[arg(long)]
        password_file: Option<PathBuf>,
    },
    /// Choose how many records the people of a role open as part of their work before a privacy officer is told
    Reading(Reading),
    /// Add a person; the password is read from standard input
    Create {
        /// The agency they work for
        #[arg(long)]
        agency: String,
        /// What they sign in with
        #[arg(long)]
        email: String,
        /// Their name
        #[arg(long)]
        name: String,
        /// `caseworker`, `supervisor`, `on_call`, `auditor`, `privacy_officer` or `administrator`
        #[arg(long)]
        role: String,
        /// The codes of their units
        #[arg(long)]
        unit: Vec<String>,
        /// They work for the whole agency
        #[arg(long)]
        whole_agency: bool,
        /// Read the password from a file instead
        #[arg(long)]
        password_file: Option<PathBuf>,
    },
}

/// How many records the people of a role open.
#[derive(Debug, Args)]
pub struct Reading {
    /// The agency
    #[arg(long)]
    pub agency: String,
    /// `caseworker`, `supervisor`, `on_call`, `auditor`, `privacy_officer` or `administrator`
    #[arg(long)]
    pub role: String,
    /// Within any hour; at twice as many they are stopped
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub an_hour: u32,
    /// Within any 24 hours; no fewer than within an hour
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub a_day: u32,
}

fn environment() -> String {
    let lines = VARIABLES.iter().map(|(name, what)| format!("  {name:<24} {what}"));
    let lines = lines.collect::<Vec<_>>().join("\n");
    format!("Environment:\n{lines}\n  <name>_FILE              a file to read a setting from that holds a secret")
}
