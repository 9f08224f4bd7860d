//! The trail as evidence: whoever changes it, be it as the owner of the database, is found out.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use homeward_server::trail::{Anchors, Notary, TrailError, Trusted, export, load_or_create, verify, verify_copies};
use homeward_store::audit::trail::{Beginning, Report, Signer};
use serde_json::{Value, json};

use crate::support::{Case, TestApp, new_child, program};

mod rights;
mod tampering;
mod told;
mod unusual;
mod watched;

pub const NOW: &str = "2026-05-01T08:00:00Z";

/// A trail with a notary and two anchors.
pub struct Signed {
    pub app: TestApp,
    pub case: Case,
    pub folder: tempfile::TempDir,
}

impl Signed {
    /// Three checkpoints over what people did and saw, some minutes apart.
    pub async fn new() -> Self {
        let app = TestApp::at(NOW).await;
        let case = app.given_case().await;
        let signed = Self { app, case, folder: tempfile::tempdir().unwrap() };
        signed.sign().await.unwrap();
        for instant in ["2026-05-01T08:05:00Z", "2026-05-01T08:10:00Z"] {
            signed.app.set_clock(instant);
            signed.live().await;
            signed.sign().await.unwrap();
        }
        signed
    }

    /// A change and some looks.
    pub async fn live(&self) {
        let Self { app, case, .. } = self;
        // An access token works for minutes only.
        let (worker, supervisor) = (app.caseworker().await, app.supervisor().await);
        new_child(&worker, json!({})).await;
        worker.get(&case.child_url(""), 200).await;
        worker.get("/v1/children", 200).await;
        supervisor.get(&case.url(""), 200).await;
    }

    pub fn folders(&self) -> Vec<PathBuf> {
        ["one", "two"].map(|it| self.folder.path().join(it)).to_vec()
    }

    pub async fn sign(&self) -> Result<(), TrailError> {
        self.notary().round().await
    }

    pub fn notary(&self) -> Notary {
        let (store, clock) = (self.app.state.store.clone(), self.app.state.clock.clone());
        let signer = Signer::of(&[9; 32]).unwrap();
        Notary { store, clock, signer, anchors: Anchors::new(self.folders()) }
    }

    pub fn trusted(&self) -> Trusted {
        Trusted { anchors: Anchors::new(self.folders()), keys: Vec::new() }
    }

    pub async fn verified(&self) -> Report {
        verify(&self.app.db.url, &self.trusted(), Beginning::First).await.unwrap()
    }

    /// The lines of the anchors of the agency that has a trail.
    pub fn anchored(&self, folder: usize) -> Vec<Value> {
        let files = std::fs::read_dir(&self.folders()[folder]).unwrap().flatten();
        let texts = files.map(|it| std::fs::read_to_string(it.path()).unwrap());
        let longest = texts.max_by_key(String::len).unwrap();
        longest.lines().map(|it| serde_json::from_str(it).unwrap()).collect()
    }

    pub async fn count(&self, query: &str) -> i64 {
        self.app.db.owner().await.query_one(query, &[]).await.unwrap().get(0)
    }

    /// The program, with the anchors and the key of this trail.
    fn homeward(&self, arguments: &[&str]) -> Output {
        let anchors: Vec<String> = self.folders().iter().map(|it| it.display().to_string()).collect();
        let mut command = Command::new(program());
        command.env("DATABASE_URL", &self.app.db.url).env("HOMEWARD_AUDIT_ANCHORS", anchors.join(","));
        command.env("HOMEWARD_DATA_DIR", self.folder.path().join("data")).args(arguments).output().unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[tokio::test]
async fn ad_06_every_entry_and_every_look_is_one_link_without_gaps() {
    let signed = Signed::new().await;
    let traces = "select (select count(*) from audit_entries) + (select count(*) from looks)";
    let links = signed.count("select count(*) from audit_links").await;
    assert_eq!(links, signed.count(traces).await);
    assert!(10 <= links, "{links}");
    let ends = "select count(*) from (select agency_id from audit_links group by agency_id \
        having min(sequence) <> 1 or max(sequence) <> count(*)) g";
    assert_eq!(signed.count(ends).await, 0);
    assert_eq!(signed.count("select count(*) from audit_unlinked").await, 0);
    let report = signed.verified().await;
    assert!(report.is_clean() && report.remarks.is_empty(), "{report}");
    assert_eq!(report.links, u64::try_from(links).unwrap());
}

#[tokio::test]
async fn ad_07_what_is_new_is_signed_and_anchored_twice_and_when_nothing_is_that_is_signed_after_ten_minutes() {
    let signed = Signed::new().await;
    assert_eq!(signed.anchored(0).len(), 3);
    signed.app.set_clock("2026-05-01T08:19:59Z");
    signed.sign().await.unwrap();
    assert_eq!(signed.anchored(0).len(), 3);
    signed.app.set_clock("2026-05-01T08:20:00Z");
    signed.sign().await.unwrap();
    let lines = signed.anchored(0);
    assert_eq!(lines, signed.anchored(1));
    assert_eq!(lines.iter().map(|it| it["number"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!((&lines[2]["size"], &lines[2]["root"]), (&lines[3]["size"], &lines[3]["root"]));
    assert!(signed.verified().await.is_clean());
}

#[tokio::test]
async fn ad_07_an_anchor_that_was_away_gets_all_that_it_missed() {
    let signed = Signed::new().await;
    let two = &signed.folders()[1];
    let aside = two.with_extension("aside");
    std::fs::rename(two, &aside).unwrap();
    std::fs::write(two, "no folder").unwrap();
    signed.app.set_clock("2026-05-01T08:14:00Z");
    signed.live().await;
    assert!(signed.sign().await.is_err(), "it is said");
    assert_eq!(signed.anchored(0).len(), 4, "the other anchor has it");
    std::fs::remove_file(two).unwrap();
    std::fs::rename(&aside, two).unwrap();
    signed.sign().await.unwrap();
    assert_eq!(signed.anchored(0), signed.anchored(1));
    assert!(signed.verified().await.is_clean());
}

#[tokio::test]
async fn ad_06_what_commits_late_is_linked_late_and_never_passed_over() {
    let signed = Signed::new().await;
    let late = signed.app.db.owner().await;
    late.batch_execute(
        "begin; insert into looks select agency_id, gen_random_uuid(), at, actor_id, kind, 'late' from looks limit 1",
    )
    .await
    .unwrap();
    signed.live().await;
    signed.sign().await.unwrap();
    let before = signed.count("select count(*) from audit_links").await;
    late.batch_execute("commit").await.unwrap();
    assert!(signed.verified().await.is_clean(), "it waits, and that is no alarm");
    signed.sign().await.unwrap();
    assert_eq!(signed.count("select count(*) from audit_links").await, before + 1);
    assert!(signed.verified().await.is_clean());
}

#[tokio::test]
async fn two_notaries_at_once_make_one_chain() {
    let signed = Signed::new().await;
    for _ in 0..3 {
        signed.live().await;
        let (one, other) = (signed.notary(), signed.notary());
        let (one, other) = tokio::join!(one.round(), other.round());
        // They may meet at an anchor, where the second finds what the first has just written.
        assert!(one.is_ok() || other.is_ok());
        signed.sign().await.unwrap();
    }
    let report = signed.verified().await;
    assert!(report.is_clean(), "{report}");
}

#[tokio::test]
async fn ad_08_the_key_is_a_file_of_its_own_that_only_its_owner_reads() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys/audit.key");
    let key = load_or_create(&path).unwrap().key();
    assert_eq!(load_or_create(&path).unwrap().key(), key, "it stays");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(load_or_create(&path).is_err());
}

#[tokio::test]
async fn ad_09_the_program_verifies_live_and_from_an_export_and_its_status_says_what_it_found() {
    let signed = Signed::new().await;
    let dump = signed.folder.path().join("trail.jsonl");
    let dump = dump.to_str().unwrap();
    let clean = signed.homeward(&["audit", "verify"]);
    assert_eq!(clean.status.code(), Some(0), "{}", said(&clean));
    let exported = signed.homeward(&["audit", "export", dump]);
    assert_eq!(exported.status.code(), Some(0), "{}", said(&exported));
    assert!(!std::fs::read_to_string(dump).unwrap().contains("Sample"), "it holds no names");
    let copy = Command::new(program())
        .args(["audit", "verify", "--dump", dump, "--anchors"])
        .args([&signed.folders()[0]])
        .env("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
        .output()
        .unwrap();
    assert_eq!(copy.status.code(), Some(0), "{}", said(&copy));
    let edited = std::fs::read_to_string(dump).unwrap().replacen("child_added", "child_changed", 1);
    std::fs::write(dump, edited).unwrap();
    let found = verify_copies(&[dump.into()], &signed.trusted()).unwrap();
    assert_eq!(found.findings.len(), 1, "{found}");
    let tampered = signed.homeward(&["audit", "verify", "--dump", dump]);
    assert_eq!(tampered.status.code(), Some(4), "{}", said(&tampered));
    assert!(said(&tampered).contains(&format!("link {}: changed", found.findings[0].sequence.unwrap())));
    std::fs::write(dump, "nonsense\n").unwrap();
    assert_eq!(signed.homeward(&["audit", "verify", "--dump", dump]).status.code(), Some(1));
}

#[tokio::test]
async fn ad_09_a_part_is_verified_from_the_checkpoint_before_it() {
    let signed = Signed::new().await;
    let url = &signed.app.db.url;
    let [size, end] = [1, 2].map(|it| signed.anchored(0)[it]["size"].as_u64().unwrap());
    let part = verify(url, &signed.trusted(), Beginning::Link(size + 1)).await.unwrap();
    assert!(part.is_clean(), "{part}");
    assert_eq!(part.links, end - size);
    let hour = Beginning::Instant("2026-05-01T08:06:00Z".parse().unwrap());
    let recent = verify(url, &signed.trusted(), hour).await.unwrap();
    assert!(recent.is_clean() && recent.links == end - size, "{recent}");
}

#[tokio::test]
async fn an_export_leaves_a_file_that_is_there_as_it_is() {
    let signed = Signed::new().await;
    let path = signed.folder.path().join("there");
    std::fs::write(&path, "mine").unwrap();
    assert!(export(&signed.app.db.url, &path).await.is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}

#[tokio::test]
async fn ad_15_no_name_and_nothing_that_was_written_about_a_child_is_in_the_chain() {
    let signed = Signed::new().await;
    let path = signed.folder.path().join("export");
    export(&signed.app.db.url, &path).await.unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    for told in ["Sample", "Child\"", "2011-03-04", "Desk officer", "@demo"] {
        assert!(!text.contains(told), "{told}");
    }
}
