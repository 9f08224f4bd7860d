//! What the program does not start on.

use std::process::Command;

use homeward_server::postgres::{Cluster, Durability};
use homeward_store::guard::{Fault, faults};
use homeward_store::migrate;

use crate::import::program;
use crate::support::{Database, KEYS, at, keyring};

const NOW: &str = "2026-05-01T12:00:00Z";

/// The address of a database by another login.
fn by(url: &str, login: &str) -> String {
    let (before, after) = url.split_once("://").unwrap();
    let (_, at) = after.split_once('@').unwrap();
    format!("{before}://{login}@{at}")
}

async fn cluster(durability: Durability) -> (Cluster, tempfile::TempDir) {
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let cluster = Cluster::start(folder.path(), durability).unwrap();
    cluster.ensure_database("homeward").unwrap();
    migrate::up(&cluster.url("homeward"), &keyring(), at(NOW)).await.unwrap();
    (cluster, folder)
}

#[tokio::test]
async fn db_01_a_login_that_owns_creates_or_passes_the_wall_is_a_fault() {
    let (cluster, _folder) = cluster(Durability::Durable).await;
    let url = cluster.url("homeward");
    let (owner, driver) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(driver);
    owner
        .batch_execute(
            "create role passes login bypassrls in role homeward_app;
             create role creates login in role homeward_app; grant create on schema public to creates;
             create role owns login in role homeward_app; alter table looks owner to owns;",
        )
        .await
        .unwrap();
    assert_eq!(faults(&cluster.running_url("homeward")).await.unwrap(), []);
    assert_eq!(faults(&by(&url, "passes")).await.unwrap(), [Fault::PassesTheWall]);
    assert_eq!(faults(&by(&url, "creates")).await.unwrap(), [Fault::Creates]);
    assert_eq!(faults(&by(&url, "owns")).await.unwrap(), [Fault::OwnsTables]);
    let superuser = faults(&url).await.unwrap();
    assert_eq!(superuser, [Fault::Superuser, Fault::PassesTheWall, Fault::OwnsTables, Fault::Creates]);
}

#[tokio::test]
async fn db_08_a_database_that_can_forget_what_it_acknowledged_is_a_fault() {
    let (cluster, _folder) = cluster(Durability::Volatile).await;
    let found = faults(&cluster.running_url("homeward")).await.unwrap();
    assert_eq!(found, [Fault::SkipsTheDisk, Fault::TearsPages, Fault::AcknowledgesEarly, Fault::SeesNoRot]);
}

#[tokio::test]
async fn db_01_db_08_the_program_says_all_that_is_wrong_and_does_not_start() {
    let db = Database::new().await;
    let folder = tempfile::tempdir().unwrap();
    let keys = folder.path().join("data.keys");
    std::fs::write(&keys, KEYS).unwrap();
    std::fs::set_permissions(&keys, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    for command in ["serve", "work"] {
        let mut program = Command::new(program());
        program.arg(command).env_remove("HOMEWARD_UNGUARDED").env("DATABASE_URL", &db.url);
        program.env("HOMEWARD_DATA_DIR", folder.path()).env("HOMEWARD_LISTEN", "127.0.0.1:0");
        let output = program.env("HOMEWARD_DATA_KEY_FILE", &keys).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{command} started: {said}");
        assert!(said.contains("its login is a superuser") && said.contains("its login owns tables"), "{said}");
    }
}
