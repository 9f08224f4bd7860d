//! A real server on a real database, with a clock that a test moves.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::id::Id;
use homeward_server::allowance::{Allowances, Rates};
use homeward_server::auth::password::{Password, Passwords};
use homeward_server::auth::token::{Keys, SigningKey};
use homeward_server::clock::Clock as _;
use homeward_server::ctx::AppState;
use homeward_server::demo::{self, NewUser};
use homeward_server::mail::Mailer;
use homeward_server::objects::Objects;
use homeward_server::photo::Decoder;
use homeward_server::provider::{Fetcher, Providers};
use homeward_server::pulse::Pulse;
use homeward_server::reading::Readers;
use homeward_server::reminders::{Outbox, Way, Worker};
use homeward_server::serve::{self, Door};
use homeward_server::webhook::{Allowed, Poster};
use homeward_store::Store;
use homeward_store::seal::{self, Keyring};
use homeward_store::sessions::Limits;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::clock::TestClock;
use super::db::{KEYS, LITTLE, keyring};
use super::given::Case;
use super::mailbox::Relay;
use super::{Database, PASSWORD, Person, at};

/// Where canaries are sent.
pub const CANARIES: &str = "canary@agency.test";

/// One server and one worker. They share nothing with any other test.
pub struct TestApp {
    pub db: Database,
    pub address: String,
    pub state: AppState,
    pub worker: Worker,
    pub keyring: Keyring,
    pub key_text: String,
    /// What leaves the program, where the test has a way for it.
    pub outboxes: Vec<Outbox>,
    clock: Arc<TestClock>,
}

impl TestApp {
    /// A server whose clock says `now`.
    pub async fn at(now: &str) -> Self {
        Self::on(Database::new().await, now).await
    }

    /// The same on a database of one's own.
    pub async fn on(db: Database, now: &str) -> Self {
        Self::with(db, now, None, (roomy(), MANY)).await
    }

    /// A server on which sessions last no longer than they do where it is in use.
    pub async fn strict(now: &str) -> Self {
        Self::with(Database::new().await, now, None, (Limits::default(), MANY)).await
    }

    /// A server that lets no more be asked for in a minute than this.
    pub async fn allowing(now: &str, rates: Rates) -> Self {
        Self::with(Database::new().await, now, None, (roomy(), rates)).await
    }

    /// A server whose mail goes to `relay`.
    pub async fn mailing(now: &str, relay: &Relay) -> Self {
        let mailer = Mailer::new(&relay.url, "homeward@agency.test", "https://homeward.agency.test").expect("a mailer");
        let mailer = mailer.with_canaries(CANARIES).expect("an address");
        Self::with(Database::new().await, now, Some(mailer), (roomy(), MANY)).await
    }

    async fn with(db: Database, now: &str, mailer: Option<Mailer>, (limits, rates): (Limits, Rates)) -> Self {
        let clock = Arc::new(TestClock::at(at(now)));
        let (key_text, keyring) = (KEYS.to_owned(), keyring());
        let store = Store::open(&db.url, 4, keyring.clone()).await.expect("the database opens").limited(limits);
        let store = if mailer.is_some() { store.mailing() } else { store };
        let objects = Objects::in_memory();
        // Endpoints of a test listen on this machine, at any port.
        let poster = Poster::new(Allowed::anywhere());
        let name = "worker-1".to_owned();
        let worker = Worker { store: store.clone(), clock: clock.clone(), objects: objects.clone(), name };
        let pulse = pulse(&store, &clock);
        let state = AppState {
            providers: providers(&store),
            store,
            clock: clock.clone(),
            allowances: Arc::new(Allowances::new(rates)),
            readers: Arc::new(Readers::default()),
            keys: Arc::new(Keys::new(SigningKey::from_bytes((7..39).collect()).expect("a key"))),
            passwords: Arc::new(Passwords::new(LITTLE)),
            objects,
            poster,
            decoders: Arc::new(Semaphore::new(1)),
            decoder: Decoder::of(program(), Duration::from_secs(10)),
            pulse,
        };
        let address = listen(&state);
        let ways = mailer.map(Way::Mail).into_iter().chain([Way::Hooks(state.poster.clone())]);
        let outbox =
            |way| Outbox { store: state.store.clone(), clock: clock.clone(), way, name: "worker-1".to_owned() };
        let outboxes = ways.map(outbox).collect();
        Self { db, address, state, worker, keyring, key_text, outboxes, clock }
    }

    /// Another server on a store of one's own. Its address.
    pub fn replica_on(&self, store: Store) -> String {
        listen(&AppState { store: store.limited(self.state.store.limits()), ..self.state.clone() })
    }

    /// A second server on the same database and clock: another replica. Its address.
    pub async fn replica(&self) -> String {
        let store = Store::open(&self.db.url, 4, self.keyring.clone()).await.expect("the database opens");
        let store = store.limited(self.state.store.limits());
        let (allowances, readers) = (Arc::new(self.state.allowances.anew()), Arc::default());
        listen(&AppState { providers: providers(&store), store, allowances, readers, ..self.state.clone() })
    }

    /// Another server on the same database, which keeps pictures in this folder. Its address.
    pub fn keeping_in(&self, folder: &Path) -> String {
        let objects = Objects::in_folder(folder).expect("a folder");
        listen(&AppState { objects, ..self.state.clone() })
    }

    /// Another server on the same database, which decodes pictures with this. Its address.
    pub fn decoding_with(&self, decoder: Decoder) -> String {
        listen(&AppState { decoder, ..self.state.clone() })
    }

    /// Another server on the same database, which posts to endpoints with this. Its address.
    pub fn posting_with(&self, poster: Poster) -> String {
        listen(&AppState { poster, ..self.state.clone() })
    }

    /// Writes the keys that seal values where another process can read them.
    pub fn write_keys(&self, file: &std::path::Path) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(file, &self.key_text).expect("the file is written");
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).expect("nobody else reads it");
    }

    /// What is sealed under `told` in these rows of a table.
    pub async fn told(&self, table: &str, which: &str) -> Vec<Value> {
        let column = *seal::ALL.iter().find(|it| (it.table, it.name) == (table, "told")).expect("a sealed column");
        let query = format!("select agency_id, {}, told from {table} where {which}", column.row);
        let rows = self.db.owner().await.query(&query, &[]).await.expect("the rows are there");
        let open = |it: &tokio_postgres::Row| {
            self.keyring
                .try_open(Id::from_uuid(it.get(0)), column, it.get(1), it.get(2))
                .expect("it opens in its place")
        };
        rows.iter().map(|it| serde_json::from_slice(&open(it)).expect("it is JSON")).collect()
    }

    /// Now, as the server sees it.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Moves the clock, and lets the worker deliver what is due by then, all at once: as after a time of silence.
    pub async fn travel_to(&self, instant: &str) {
        self.clock.set(at(instant));
        self.settle().await;
    }

    /// Lets the worker do all that is due now.
    pub async fn settle(&self) {
        self.worker.plan_birthdays().await.expect("birthdays are planned");
        self.worker.warn_of_keys().await.expect("their people are warned of keys");
        while self.worker.sweep().await.expect("the sweep works") > 0 {}
        for outbox in &self.outboxes {
            while outbox.sweep().await.expect("the outbox works") > 0 {}
        }
    }

    /// Moves the clock rung by rung, as it goes while the worker runs.
    pub async fn live_until(&self, instant: &str) {
        let end = at(instant);
        while let Some(next) = self.state.store.next_work_at().await.expect("the queue answers") {
            if end < next {
                break;
            }
            self.clock.set(next.max(self.now()));
            self.worker.plan_birthdays().await.expect("birthdays are planned");
            self.worker.sweep().await.expect("the sweep works");
            for outbox in &self.outboxes {
                outbox.sweep().await.expect("the outbox works");
            }
        }
        self.clock.set(end);
    }

    /// Moves the clock only.
    pub fn set_clock(&self, instant: &str) {
        self.clock.set(at(instant));
    }

    /// Someone of the demo agency, signed in.
    pub async fn person(&self, name: &str) -> Person {
        Person::sign_in(self, &format!("{name}@demo.homeward.test")).await
    }

    /// The caseworker of north-county.
    pub async fn caseworker(&self) -> Person {
        self.person("caseworker").await
    }

    /// The supervisor of north-county.
    pub async fn supervisor(&self) -> Person {
        self.person("supervisor").await
    }

    /// The auditor of the whole agency.
    pub async fn auditor(&self) -> Person {
        self.person("auditor").await
    }

    /// A caseworker of another agency.
    pub async fn stranger(&self) -> Person {
        Person::sign_in(self, "caseworker@other.homeward.test").await
    }

    /// Another administrator of the demo agency: what takes two takes them.
    pub async fn second_administrator(&self) -> Person {
        self.added("Demo State", "second-administrator@demo.homeward.test", "administrator").await
    }

    /// Someone added on the command line, signed in.
    async fn added(&self, agency: &str, email: &str, role: &str) -> Person {
        let new = NewUser {
            agency: agency.to_owned(),
            email: email.to_owned(),
            name: "Added Person".to_owned(),
            role: role.to_owned(),
            units: Vec::new(),
            whole_agency: true,
            password: Password::parse(super::db::PASSWORD.to_owned()).expect("a password"),
            cost: LITTLE,
        };
        homeward_server::demo::create_user(&self.db.url, new, self.now()).await.expect("a person is added");
        Person::sign_in(self, email).await
    }

    /// The auditor of another agency.
    pub async fn given_auditor_of_the_other_agency(&self) -> Person {
        self.added("Other State", "auditor@other.homeward.test", "auditor").await
    }

    /// Nobody: a client without a token.
    pub fn nobody(&self) -> Person {
        Person::nobody(self)
    }

    /// Another person of the demo agency, added by its administrator, signed in.
    pub async fn given_person(&self, name: &str, role: &str, unit: Option<&str>) -> Person {
        let email = format!("{name}@demo.homeward.test");
        let units: Vec<&str> = unit.into_iter().collect();
        let person = json!({
            "email": email, "name": name, "role": role, "unit_codes": units, "whole_agency": unit.is_none(),
        });
        self.person("administrator").await.post("/v1/users", person, 201).await;
        let password = (Password::parse(PASSWORD.to_owned()).expect("a password"), LITTLE);
        demo::give_password(&self.db.url, ("Demo State", &email), password, self.now()).await.expect("they are there");
        self.person(name).await
    }

    /// A child of north-county, missing since the clock's now, assigned to the caseworker.
    pub async fn given_case(&self) -> Case {
        Case::open(self).await
    }
}

/// Tests go from one hour or year to the next with one token, and sign the same person in for each case.
/// Time stands still in most tests, so all that they ask for comes in one minute.
const MANY: Rates = Rates::of_session(1_000_000);

fn roomy() -> Limits {
    let (access, unused) = (TimeDelta::minutes(15), TimeDelta::days(36_500));
    Limits { access, unused, fresh: access, at_once: 1_000, ..Limits::default() }
}

/// The program itself, beside the tests.
pub fn program() -> PathBuf {
    let tests = std::env::current_exe().expect("a path");
    tests.ancestors().map(|it| it.join("homeward")).find(|it| it.is_file()).expect("the program is built")
}

/// Issuers of a test listen on this machine, at any port.
fn providers(store: &Store) -> Arc<Providers> {
    Arc::new(Providers::new(store.clone(), Fetcher::new(Allowed::anywhere())))
}

/// What shows whether it works. The database's clock is not the test's, so nothing is held against the test's.
fn pulse(store: &Store, clock: &Arc<TestClock>) -> Pulse {
    Pulse { lookout: store.lookout(), clock: clock.clone(), key_file: None, needs_the_time: false, metrics: None }
}

fn listen(state: &AppState) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let server = serve::server(state.clone(), Door::plain(listener)).expect("the server starts");
    tokio::spawn(server);
    address
}
