use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::account::Account;
use super::programs::Programs;
use super::{Cluster, Durability, with_cluster};
use crate::url::percent_encoded;

type Outcome = Result<(), Box<dyn Error>>;

struct Scratch(PathBuf);

impl Scratch {
    fn create() -> Result<Self, Box<dyn Error>> {
        let path = Path::new("/tmp").join(format!("homeward-test-{}", uuid::Uuid::new_v4().simple()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn ask(cluster: &Cluster, database: &str, query: &str) -> Result<String, Box<dyn Error>> {
    let output = Command::new(Programs::find()?.psql())
        .args(["-X", "-tA", "-v", "ON_ERROR_STOP=1", "-d", &cluster.url(database), "-c", query])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn postmaster(cluster: &Cluster) -> Result<PathBuf, Box<dyn Error>> {
    let file = fs::read_to_string(cluster.folder.postmaster_pid())?;
    Ok(Path::new("/proc").join(file.lines().next().unwrap_or_default()))
}

#[test]
fn data_outlives_a_restart_and_the_server_does_not_outlive_its_cluster() -> Outcome {
    let scratch = Scratch::create()?;
    let cluster = Cluster::start(&scratch.0, Durability::Durable)?;
    cluster.ensure_database("homeward")?;
    ask(&cluster, "homeward", "create table kept as select 7 as it")?;
    let process = postmaster(&cluster)?;
    cluster.stop()?;
    assert!(!process.exists());
    let cluster = Cluster::start(&scratch.0, Durability::Durable)?;
    cluster.ensure_database("homeward")?;
    assert_eq!(ask(&cluster, "homeward", "select it from kept")?, "7");
    assert_eq!(ask(&cluster, "homeward", "show data_checksums")?, "on");
    Ok(())
}

#[test]
fn a_second_process_joins_and_leaves_the_server_running() -> Outcome {
    let scratch = Scratch::create()?;
    let cluster = Cluster::start(&scratch.0, Durability::Volatile)?;
    let guest = Cluster::start(&scratch.0, Durability::Volatile)?;
    assert_eq!(ask(&guest, "postgres", "show fsync")?, "off");
    guest.stop()?;
    assert_eq!(ask(&cluster, "postgres", "select 1")?, "1");
    Ok(())
}

#[test]
fn a_server_left_behind_is_stopped_first() -> Outcome {
    let scratch = Scratch::create()?;
    let cluster = Cluster::start(&scratch.0, Durability::Volatile)?;
    let folder = cluster.folder.clone();
    cluster.stop()?;
    let programs = Programs::find()?;
    let account = Account::choose()?.for_data(&folder.data())?;
    let mut orphan = account.command(&programs.postgres());
    orphan.arg("-D").arg(folder.data()).args(["-h", "", "-k"]).arg(folder.sockets());
    let mut orphan = orphan.stderr(Stdio::null()).spawn()?;
    while fs::metadata(folder.sockets().join(".s.PGSQL.5432")).is_err() {
        assert_eq!(orphan.try_wait()?, None);
        std::thread::sleep(Duration::from_millis(5));
    }
    let reaper = std::thread::spawn(move || orphan.wait());
    let cluster = Cluster::start(&scratch.0, Durability::Volatile)?;
    assert_eq!(ask(&cluster, "postgres", "select 1")?, "1");
    assert!(reaper.join().is_ok_and(|status| status.is_ok()));
    Ok(())
}

#[test]
fn nobody_else_reaches_the_data_or_the_socket() -> Outcome {
    let scratch = Scratch::create()?;
    let cluster = Cluster::start(&scratch.0, Durability::Volatile)?;
    for folder in [cluster.folder.data(), cluster.folder.sockets().to_owned()] {
        assert_eq!(fs::metadata(&folder)?.permissions().mode() & 0o777, 0o700, "{}", folder.display());
    }
    assert_eq!(ask(&cluster, "postgres", "show listen_addresses")?, "");
    Ok(())
}

#[test]
fn a_folder_with_a_long_or_odd_name_will_do() -> Outcome {
    let scratch = Scratch::create()?;
    for name in ["x".repeat(110), "a comma, a %, an 'é'".to_owned(), "a & b?".to_owned()] {
        let cluster = Cluster::start(&scratch.0.join(name), Durability::Volatile)?;
        cluster.ensure_database("it's \"odd\"")?;
        assert_eq!(ask(&cluster, "it's \"odd\"", "select current_database()")?, "it's \"odd\"");
        let sockets = cluster.folder.sockets().to_owned();
        cluster.stop()?;
        fs::remove_dir_all(sockets)?;
    }
    Ok(())
}

#[test]
fn a_command_finds_its_database_and_its_status_is_passed_on() -> Outcome {
    let command = ["sh", "-c", "test -n \"$DATABASE_URL\" && exit 3"].map(Into::into);
    assert_eq!(with_cluster(None, Durability::Volatile, &command)?.code(), Some(3));
    Ok(())
}

#[test]
fn a_url_escapes_what_is_not_plain() {
    assert_eq!(percent_encoded("/a b,é?&".as_bytes()), "/a%20b%2C%C3%A9%3F%26");
}
