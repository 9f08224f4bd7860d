//! An import never brings a determination, under whatever name another system has for one (12.4 item 17).

use std::path::Path;

use homeward_server::import::{self, Options, Report};

use super::NOW;
use crate::support::{Database, at, keyring};

const HEADER: &str = "agency_person_id,setting,started_on,ended_on,provider_name";

async fn import(db: &Database, dir: &Path) -> Result<Report, import::ImportError> {
    let (dir, database_url) = (dir.to_owned(), db.url.clone());
    let agency = Some("Demo State".to_owned());
    import::run(Options { dir, agency, rejects: None, dry_run: false, database_url, keyring: keyring(), now: at(NOW) })
        .await
}

fn write(dir: &Path, column: &str, cell: &str) {
    let rows = format!("{HEADER},{column}\nDEMO-ONE,other,2026-04-01,,,{cell}\n");
    std::fs::write(dir.join("placements.csv"), rows).unwrap();
}

#[tokio::test]
async fn a_column_for_a_conclusion_is_refused_whatever_it_is_called() {
    let (db, dir) = (Database::new().await, tempfile::tempdir().unwrap());
    for column in ["determination_type", "csec_flag", "trafficking_status"] {
        write(dir.path(), column, "yes");
        let refused = import(&db, dir.path()).await.unwrap_err().to_string();
        assert!(refused.contains(&format!("unknown: `{column}`")), "{refused}");
    }
}

#[tokio::test]
async fn a_file_of_determinations_is_not_read() {
    let (db, dir) = (Database::new().await, tempfile::tempdir().unwrap());
    write(dir.path(), "afcars_living_arrangement", "runaway");
    std::fs::write(dir.path().join("determinations.csv"), "agency_person_id\nDEMO-ONE\n").unwrap();
    import(&db, dir.path()).await.unwrap();
    let owner = db.owner().await;
    assert!(owner.query("select from determinations", &[]).await.unwrap().is_empty());
    let stated = owner.query_one("select afcars_living_arrangement, version from placements", &[]).await.unwrap();
    assert_eq!((stated.get::<_, &str>(0), stated.get::<_, i32>(1)), ("runaway", 1));
}
