//! A disk that is full takes nothing on, loses nothing, and goes on when there is room again (M-09).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use homeward_server::trail;
use serde_json::json;
use tokio::time::sleep;

use super::database::Yard;
use crate::photos::{new_photo, png};
use crate::support::TestApp;

/// Room for a cluster and a few seconds of writes.
const SIZE: &str = "size=192m";
/// What is left once the disk is filled.
const ROOM: u64 = 4 << 20;

/// A small file system in memory, taken away with the test.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// None where this account may not mount.
    fn mounted() -> Option<Self> {
        let folder = tempfile::tempdir_in("/tmp").unwrap().keep();
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(&folder).status().unwrap();
        if mount.success() {
            return Some(Self(folder));
        }
        std::fs::remove_dir(folder).unwrap();
        None
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    fn fill(&self) {
        let free = free(&self.0);
        let length = (free - ROOM).to_string();
        assert!(Command::new("fallocate").args(["-l", &length]).arg(self.ballast()).status().unwrap().success());
    }

    fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().unwrap();
        std::fs::remove_dir(&self.0).unwrap();
    }
}

/// Bytes that are free in the file system of a folder.
fn free(folder: &Path) -> u64 {
    let output = Command::new("df").args(["--output=avail", "-B1"]).arg(folder).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().nth(1).unwrap().trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn op_08_what_was_acknowledged_on_a_disk_that_fills_up_is_there_once_when_there_is_room_again() {
    let Some(disk) = SmallDisk::mounted() else {
        println!("not tried: only root can mount a small disk");
        return;
    };
    let settings = "alter system set max_wal_size = '64MB';alter system set min_wal_size = '32MB';\
        select pg_reload_conf()";
    let mut yard = Yard::within(tempfile::tempdir_in(&disk.0).unwrap(), settings).await;
    let asked = yard
        .load_during(async {
            sleep(Duration::from_millis(500)).await;
            disk.fill();
            sleep(Duration::from_secs(5)).await;
        })
        .await;
    let acknowledged = asked.iter().filter(|it| it.is_acknowledged()).count();
    let refused = asked.iter().filter(|it| !it.is_acknowledged()).count();
    println!("{acknowledged} acknowledged, {refused} refused");
    assert!(0 < acknowledged && 0 < refused, "the disk was not full");
    assert!(asked.iter().all(|it| [201, 503].contains(&it.status)), "{:?}", asked.iter().map(|it| it.status).max());
    disk.make_room();
    yard.kill();
    yard.restart().await;
    assert_eq!(yard.missing(&asked).await, 0);
    yard.ask_again(&asked).await;
    drop(yard);
}

#[tokio::test]
async fn op_08_below_five_percent_photos_and_exports_wait_and_episodes_do_not() {
    let Some(disk) = SmallDisk::mounted() else {
        println!("not tried: only root can mount a small disk");
        return;
    };
    let app = TestApp::at("2026-05-01T08:00:00Z").await;
    let case = app.given_case().await;
    let worker = case.worker.at_replica(&app.keeping_in(&disk.0.join("objects")));
    let export = |name: &str| disk.0.join(name);
    worker.post(&case.child_url("/photos"), new_photo(&png(4, 4)), 201).await;
    trail::export(&app.db.url, &export("before")).await.unwrap();

    disk.fill();
    let refused = worker.post(&case.child_url("/photos"), new_photo(&png(4, 4)), 507).await;
    assert_eq!(refused["type"], "/problems/little-room");
    let refused = trail::export(&app.db.url, &export("meanwhile")).await.unwrap_err();
    assert!(refused.to_string().contains("too little room"), "{refused}");
    assert!(!export("meanwhile").exists());
    let child = crate::support::new_child(&worker, json!({})).await;
    let receipt = json!({ "agency_information_received_at": "2026-05-01T07:00:00Z" });
    worker.post(&format!("/v1/children/{child}/missing-episodes"), receipt, 201).await;

    disk.make_room();
    worker.post(&case.child_url("/photos"), new_photo(&png(4, 4)), 201).await;
    let photos = worker.get(&case.child_url("/photos"), 200).await;
    assert_eq!(photos["data"].as_array().unwrap().len(), 2);
}
