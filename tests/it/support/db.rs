//! A database for each test, cloned from one that is migrated once.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use homeward_server::auth::password::{Cost, Password, Passwords};
use homeward_server::demo;
use homeward_store::migrate;
use homeward_store::seal::Keyring;
use tokio_postgres::{Client, NoTls};

use super::at;

/// The keys of every database here: the template is sealed once for all of them.
pub const KEYS: &str = "1:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n";

/// What is sealed of a record, and how it is found. Another form of either takes another template.
const SEALED_AS: [&str; 3] = [
    include_str!("../../../crates/store/src/children/identity.rs"),
    include_str!("../../../crates/store/src/search/words.rs"),
    include_str!("../../../crates/store/src/seal/columns.rs"),
];

/// A keyring of these keys that no other test changes.
pub fn keyring() -> Keyring {
    Keyring::parse(KEYS).expect("a keyring")
}

/// The password of everyone in the two agencies of the template.
pub const PASSWORD: &str = "a password for tests only";

/// What a guess at it costs: next to nothing, so that a test can sign in often.
pub const LITTLE: Cost = Cost { memory: 64, passes: 1 };

/// A database that goes away with the test.
pub struct Database {
    pub url: String,
    name: String,
    server: String,
}

impl Database {
    /// Two agencies with people, and nothing else.
    pub async fn new() -> Self {
        let server = server();
        let template = template(&server).await;
        Self::create(server, &format!(" template {template} strategy file_copy")).await
    }

    /// Nothing at all.
    pub async fn empty() -> Self {
        Self::create(server(), "").await
    }

    async fn create(server: String, how: &str) -> Self {
        let name = format!("t_{}", uuid::Uuid::new_v4().simple());
        let admin = connect(&server).await;
        admin.batch_execute(&format!("create database {name}{how}")).await.expect("a database can be made");
        Self { url: in_database(&server, &name), name, server }
    }

    /// A connection of the owner, past the policy.
    pub async fn owner(&self) -> Client {
        connect(&self.url).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        let gone = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let admin = connect(&server).await;
                let _ = admin.batch_execute(&format!("drop database if exists {name} with (force)")).await;
            });
        });
        let _ = gone.join();
    }
}

#[expect(clippy::disallowed_methods, reason = "only the test runner knows the server")]
fn server() -> String {
    std::env::var("DATABASE_URL").expect("DATABASE_URL names a server; `make test` starts one")
}

pub async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the database answers");
    tokio::spawn(connection);
    client
}

/// The same server, another database.
fn in_database(url: &str, name: &str) -> String {
    let (address, parameters) = url.split_once('?').map_or((url, String::new()), |(it, rest)| (it, format!("?{rest}")));
    let (address, _) = address.rsplit_once('/').expect("a URL names a database");
    format!("{address}/{name}{parameters}")
}

/// Made by the first test that asks, under a lock, and named by what is in the migrations.
async fn template(server: &str) -> String {
    let name = format!("template_{:016x}", fingerprint());
    let admin = connect(server).await;
    admin.batch_execute("select pg_advisory_lock(721347002)").await.expect("the lock");
    let rows = admin.query("select 1 from pg_database where datname = $1", &[&name]).await.expect("a query");
    if rows.is_empty() {
        let building = format!("{name}_building");
        admin.batch_execute(&format!("drop database if exists {building} with (force)")).await.expect("a clean start");
        admin.batch_execute(&format!("create database {building}")).await.expect("a database");
        let url = in_database(server, &building);
        let now = at("2020-01-01T00:00:00Z");
        migrate::up(&url, &keyring(), now).await.expect("the migrations apply");
        demo::load(&url, &keyring(), Some(PASSWORD.to_owned()), now).await.expect("the demo agencies load");
        make_cheap(&url).await;
        rename(&admin, &building, &name).await;
    }
    admin.batch_execute("select pg_advisory_unlock(721347002)").await.expect("the lock is given back");
    name
}

/// Everyone's password at little cost. The template is older than any test, and nobody has gone away since.
async fn make_cheap(url: &str) {
    let password = Password::parse(PASSWORD.to_owned()).expect("a password");
    let hash = Passwords::new(LITTLE).hash(&password).await.expect("a hash");
    let cheaper = "update sign_ins set password_hash = $1, used_at = null";
    connect(url).await.execute(cheaper, &[&hash]).await.expect("sign-ins");
}

fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
    let mut files: Vec<_> = std::fs::read_dir(root).expect("migrations").flatten().map(|it| it.path()).collect();
    files.sort();
    for folder in files.iter().filter(|it| it.is_dir()) {
        std::fs::read_to_string(folder.join("up.sql")).expect("up.sql").hash(&mut hasher);
    }
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/server/src/demo.rs");
    std::fs::read_to_string(demo).expect("demo.rs").hash(&mut hasher);
    SEALED_AS.hash(&mut hasher);
    (LITTLE.memory, LITTLE.passes).hash(&mut hasher);
    hasher.finish()
}

/// A connection to the server itself. Locks taken through it hold for every test: they belong to one database.
pub async fn admin() -> Client {
    connect(&server()).await
}

/// Renames a database. A session that was told to go takes a moment to be gone.
pub async fn rename(admin: &Client, from: &str, to: &str) {
    let gone = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{from}'");
    for _ in 0..100 {
        admin.batch_execute(&gone).await.expect("sessions can be ended");
        if admin.batch_execute(&format!("alter database {from} rename to {to}")).await.is_ok() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{from} is still in use");
}
