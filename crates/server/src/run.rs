//! What each command does, and the database it does it on.

use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use homeward_store::silence::Lookout;
use homeward_store::{Store, StoreError, guard, migrate};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::allowance::Allowances;
use crate::auth::password::{Cost, Passwords};
use crate::auth::token::{Keys, SigningKey};
use crate::bounce;
use crate::cli::{Command, KeysCommand, RulesCommand, UserCommand};
use crate::clock::{Clock, SystemClock};
use crate::config::{AuditConfig, Config};
use crate::ctx::AppState;
use crate::demo::{self, Demo, NewUser, Stage};
use crate::figures;
use crate::import;
use crate::mail::Mailer;
use crate::objects::Objects;
use crate::panics;
use crate::photo::Decoder;
use crate::postgres::{Cluster, Durability};
use crate::privacy::keep_memory_private;
use crate::pulse::Pulse;
use crate::reading::Readers;
use crate::reminders::{Outbox, Way, Worker};
use crate::rules;
use crate::trail::Anchors;
use crate::watch::{Watch, worker_name};
use crate::webhook::Poster;

mod doors;
mod issuers;
mod keys;
mod trail;

use doors::{answer_until_told, show_until_told};
use issuers::{manage_issuer, providers};
use keys::{admitted, migrate_and_seal, open_store, rotate_keys};
use trail::{audit, notary};

pub use trail::verify_copies;

type Failure = Box<dyn Error + Send + Sync>;

/// How many import rows may be refused before the exit status says so: none.
const SOME_ROWS_REFUSED: u8 = 3;

/// What tells a mail server to keep a report and come again (`EX_TEMPFAIL`).
const TRY_LATER: u8 = 75;

/// How many pictures are decoded at a time; each may take half a gigabyte for a moment.
const DECODERS: usize = 2;

/// How long to wait before the database is asked again.
const WAIT: Duration = Duration::from_secs(1);

/// The database that a command runs on.
struct Database {
    url: String,
    owner_url: String,
    own: Option<Cluster>,
}

impl Database {
    fn open(config: &Config) -> Result<Self, Failure> {
        if let Some(url) = config.database_url.clone() {
            let owner_url = config.migrate_url.clone().unwrap_or_else(|| url.clone());
            return Ok(Self { url, owner_url, own: None });
        }
        let cluster = Cluster::start(&config.data_dir, Durability::Durable)?;
        cluster.ensure_database("homeward")?;
        let (url, owner_url) = (cluster.running_url("homeward"), cluster.url("homeward"));
        Ok(Self { url, owner_url, own: Some(cluster) })
    }

    fn close(self) -> Result<(), Failure> {
        self.own.map_or(Ok(()), |cluster| Ok(cluster.stop()?))
    }
}

/// Runs a command to its end.
pub fn command(command: Command, mut config: Config) -> Result<ExitCode, Failure> {
    log_to_stderr()?;
    if matches!(command, Command::Run { .. } | Command::Serve { .. } | Command::Work | Command::Watch) {
        keep_memory_private()?;
    }
    if let Command::Run { data_dir: Some(dir) } = &command {
        config.data_dir.clone_from(dir);
        config.key_file = dir.join("signing.key");
        config.data_key_file = dir.join("data.keys");
        config.audit = AuditConfig::under(dir);
    }
    // Before the runtime: starting a server blocks, and stopping it must not be cut short.
    let database = Database::open(&config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let done = runtime.block_on(dispatch(command, &config, &database));
    drop(runtime);
    database.close()?;
    done
}

/// As lines of JSON. What drives the database would log the values that go to it, at levels that nobody needs here.
fn log_to_stderr() -> Result<(), Failure> {
    let asked = tracing_subscriber::EnvFilter::try_from_env("HOMEWARD_LOG").unwrap_or_else(|_| "warn".into());
    let filter = asked.add_directive("tokio_postgres=warn".parse()?);
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    panics::log_places();
    Ok(())
}

async fn dispatch(command: Command, config: &Config, database: &Database) -> Result<ExitCode, Failure> {
    match command {
        Command::Run { .. } => all(config, database).await?,
        Command::Serve { with_worker } => {
            await_current(database).await?;
            serve_until_told(config, database, Roles { serve: true, work: with_worker }).await?;
        }
        Command::Work => {
            await_current(database).await?;
            serve_until_told(config, database, Roles { serve: false, work: true }).await?;
        }
        Command::Watch => watch_until_told(config, database).await?,
        Command::Migrate { before_sealing: true } => {
            let applied = migrate::up_to_the_clear(&database.owner_url).await?;
            print(&format!("{applied} migrations applied; the next `homeward migrate` seals what is loaded now"));
        }
        Command::Migrate { before_sealing: false } => {
            print(&format!("{} migrations applied", migrate_and_seal(config, database).await?));
        }
        Command::Demo => print(&load_demo(config, database).await?.to_string()),
        Command::Import { dir, agency, rejects, dry_run } => {
            ensure_current(database).await?;
            let database_url = database.owner_url.clone();
            let (keyring, now) = (admitted(config, database).await?.keyring().clone(), SystemClock.now());
            let options = import::Options { dir, agency, rejects, dry_run, database_url, keyring, now };
            let report = import::run(options).await?;
            print(&report.to_string());
            return Ok(if report.rejects.is_empty() { ExitCode::SUCCESS } else { SOME_ROWS_REFUSED.into() });
        }
        Command::Bounce => return Ok(take_bounce(config, database).await),
        Command::User { command } => {
            ensure_current(database).await?;
            manage_user(command, database).await?;
        }
        Command::Issuer { command } => manage_issuer(command, config, database).await?,
        Command::Keys { command: KeysCommand::Rotate } => rotate_keys(config, database).await?,
        Command::Audit { command } => {
            ensure_current(database).await?;
            return audit(command, config, database).await;
        }
        Command::DecodePicture
        | Command::Policy
        | Command::Openapi
        | Command::Rules { .. }
        | Command::WithPostgres { .. } => {}
    }
    Ok(ExitCode::SUCCESS)
}

async fn manage_user(command: UserCommand, database: &Database) -> Result<(), Failure> {
    match command {
        UserCommand::Create { agency, email, name, role, unit: units, whole_agency, password_file } => {
            let password = demo::read_password(password_file.as_deref())?;
            let new = NewUser { agency, email, name, role, units, whole_agency, password, cost: Cost::STRONG };
            let id = demo::create_user(&database.owner_url, new, SystemClock.now()).await?;
            print(&format!("created {id}"));
        }
        UserCommand::Password { agency, email, password_file } => {
            let password = (demo::read_password(password_file.as_deref())?, Cost::STRONG);
            demo::give_password(&database.owner_url, (&agency, &email), password, SystemClock.now()).await?;
            print("they can sign in with it now");
        }
        UserCommand::Reading(chosen) => demo::choose_reading(&database.owner_url, chosen, SystemClock.now()).await?,
    }
    Ok(())
}

/// A mail server that is told to try again later keeps the report; any other failure would send it back.
async fn take_bounce(config: &Config, database: &Database) -> ExitCode {
    let taken = async {
        let report = bounce::read_in(std::io::stdin().lock())?;
        Ok::<_, Failure>(bounce::take(&open_store(config, database).await?, &report, SystemClock.now()).await?)
    };
    match taken.await {
        Ok(taken) => {
            print(&taken.to_string());
            ExitCode::SUCCESS
        }
        Err(error) => {
            fail(error.as_ref());
            TRY_LATER.into()
        }
    }
}

async fn ensure_current(database: &Database) -> Result<(), Failure> {
    if migrate::is_current(&database.url).await? {
        return Ok(());
    }
    Err("the tables are not those of this program: run `homeward migrate` first".into())
}

/// The same for what is to run for long: it may be started before its database (OP-04).
async fn await_current(database: &Database) -> Result<(), Failure> {
    let mut told = false;
    loop {
        match migrate::is_current(&database.url).await {
            Err(StoreError::Unavailable(error)) => {
                if !std::mem::replace(&mut told, true) {
                    print(&format!("waiting for the database: {error}"));
                }
                tokio::time::sleep(WAIT).await;
            }
            _ => return ensure_current(database).await,
        }
    }
}

async fn load_demo(config: &Config, database: &Database) -> Result<Demo, Failure> {
    migrate_and_seal(config, database).await?;
    let (store, password) = (admitted(config, database).await?, config.demo_password.clone());
    let demo = demo::load(&database.owner_url, store.keyring(), password, SystemClock.now()).await?;
    let objects = Objects::in_folder(&config.data_dir.join("objects"))?;
    Box::pin(demo::load_cases(&database.owner_url, &Stage { store, objects }, SystemClock.now())).await?;
    Ok(demo)
}

/// Answers a question about rule packs. No database is opened, and no setting is read.
pub fn ask(command: RulesCommand) -> ExitCode {
    let answered = match command {
        RulesCommand::Check { file, on } => rules::check(&file, &on),
        RulesCommand::Explain(case) => rules::explain(&case),
    };
    match answered {
        Ok(text) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

/// `make run`: a fresh machine to a working product.
async fn all(config: &Config, database: &Database) -> Result<(), Failure> {
    let demo = load_demo(config, database).await?;
    print(&demo.to_string());
    print(&demo.try_it(config.listen));
    serve_until_told(config, database, Roles { serve: true, work: true }).await
}

/// What one process does.
#[derive(Clone, Copy)]
struct Roles {
    serve: bool,
    work: bool,
}

async fn serve_until_told(config: &Config, database: &Database, roles: Roles) -> Result<(), Failure> {
    guarded(config, database).await?;
    let mailer = mailer(config)?;
    let store = open_store(config, database).await?.limited(config.limits);
    let store = if mailer.is_some() { store.mailing() } else { store };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let objects = Objects::in_folder(&config.data_dir.join("objects"))?;
    let poster = Poster::new(config.webhook_allow.clone());
    let (stop, stopped) = watch::channel(false);
    let mut working = JoinSet::new();
    let pulse = pulse(config, (&store, &clock), roles)?;
    if roles.work {
        let name = worker_name("worker");
        let worker =
            Worker { store: store.clone(), clock: clock.clone(), objects: objects.clone(), name: name.clone() };
        working.spawn(worker.run(stopped.clone()));
        working.spawn(notary(store.clone(), clock.clone(), config)?.run(stopped.clone()));
        for outbox in outboxes(mailer, &poster, (&store, &clock, &name)) {
            working.spawn(outbox.run(stopped.clone()));
        }
    }
    if roles.serve {
        let state = AppState {
            providers: providers(config, &store, &clock),
            store,
            clock,
            allowances: Arc::new(Allowances::new(config.rates)),
            readers: Arc::new(Readers::default()),
            keys: Arc::new(
                Keys::new(SigningKey::load_or_create(&config.key_file)?).in_environment(config.environment.clone()),
            ),
            passwords: Arc::new(Passwords::new(Cost::STRONG)),
            objects,
            poster,
            decoders: Arc::new(Semaphore::new(DECODERS)),
            decoder: Decoder::own(),
            pulse,
        };
        answer_until_told(state, config, &stop).await?;
    } else {
        print("delivering reminders");
        show_until_told(pulse, config.work_listen, &stop).await?;
    }
    while let Some(ended) = working.join_next().await {
        ended?;
    }
    Ok(())
}

/// Refuses a database that it would be wrong to trust, with all that is wrong with it (DB-01, DB-08).
async fn guarded(config: &Config, database: &Database) -> Result<(), Failure> {
    let faults = guard::faults(&database.url).await?;
    if faults.is_empty() {
        return Ok(());
    }
    let faults = faults.iter().map(|it| format!("  {it}")).collect::<Vec<_>>().join("\n");
    let faults = format!("the database is not one to trust (docs/runbook.md):\n{faults}");
    if !config.unguarded {
        return Err(faults.into());
    }
    print(&faults);
    Ok(())
}

/// What shows whether the process works.
fn pulse(config: &Config, (store, clock): (&Store, &Arc<dyn Clock>), roles: Roles) -> Result<Pulse, Failure> {
    Ok(Pulse {
        lookout: store.lookout(),
        clock: clock.clone(),
        key_file: Some(config.data_key_file.clone()),
        needs_the_time: !roles.serve,
        metrics: Some(figures::keep()?),
    })
}

/// A loop for each way that messages leave by.
fn outboxes(
    mailer: Option<Mailer>,
    poster: &Poster,
    (store, clock, name): (&Store, &Arc<dyn Clock>, &str),
) -> Vec<Outbox> {
    let ways = mailer.map(Way::Mail).into_iter().chain([Way::Hooks(poster.clone())]);
    ways.map(|way| Outbox { store: store.clone(), clock: clock.clone(), way, name: name.to_owned() }).collect()
}

async fn watch_until_told(config: &Config, database: &Database) -> Result<(), Failure> {
    if config.watch.alarm_command.is_none() && config.watch.alarm_url.is_none() {
        return Err("nobody would hear an alarm: set HOMEWARD_ALARM_COMMAND or HOMEWARD_ALARM_URL".into());
    }
    if config.watch.ping_url.is_none() {
        print("nobody notices when the watch stops: set HOMEWARD_PING_URL (docs/runbook.md)");
    }
    let lookout = Lookout::at(&database.url);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = Some(figures::keep()?);
    let pulse = Pulse { lookout: lookout.clone(), clock: clock.clone(), key_file: None, needs_the_time: true, metrics };
    let (stop, stopped) = watch::channel(false);
    let anchors = Anchors::new(config.audit.anchors.clone());
    // A watch on another machine than the worker has those that were named, and not the worker's own.
    let anchors = if config.audit.are_named { anchors } else { anchors.there() };
    let watch = Watch::new(lookout, clock, config).auditing(&database.url, anchors);
    let watching = tokio::spawn(watch.run(stopped));
    print("watching");
    show_until_told(pulse, config.watch.listen, &stop).await?;
    Ok(watching.await?)
}

/// The relay, where there is one.
fn mailer(config: &Config) -> Result<Option<Mailer>, Failure> {
    let Some(url) = &config.smtp_url else { return Ok(None) };
    let mailer = Mailer::new(url, &config.mail_from, &config.public_url)?;
    Ok(Some(match &config.watch.canary_mailbox {
        Some(to) => mailer.with_canaries(to)?,
        None => mailer,
    }))
}

/// Writes a line for the person at the terminal. A closed pipe is no reason to stop serving.
pub fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Says what went wrong, and every cause of it.
pub fn fail(error: &(dyn Error + 'static)) -> ExitCode {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    let _ = writeln!(std::io::stderr(), "homeward: {text}");
    ExitCode::FAILURE
}
