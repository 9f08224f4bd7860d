use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::*;

fn read(values: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
    Config::read(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

#[test]
fn lg_05_a_secret_is_read_from_a_file_that_not_everyone_can_read() {
    let file = std::env::temp_dir().join(format!("homeward-config-{}", uuid::Uuid::new_v4()));
    fs::write(&file, "smtps://user:word@relay.example\n").expect("a file");
    fs::set_permissions(&file, Permissions::from_mode(0o640)).expect("its mode");
    let path = file.to_str().expect("a path");
    let config = read(&[("HOMEWARD_SMTP_URL_FILE", path)]).expect("no faults");
    assert_eq!(config.smtp_url.as_deref(), Some("smtps://user:word@relay.example"));
    assert!(read(&[("HOMEWARD_SMTP_URL_FILE", path), ("HOMEWARD_SMTP_URL", "smtp://other")]).is_err());
    let settings = file.with_extension("toml");
    fs::write(&settings, format!("HOMEWARD_SMTP_URL_FILE = '{path}'")).expect("a file");
    let config = read(&[("HOMEWARD_CONFIG", settings.to_str().expect("a path"))]).expect("no faults");
    assert!(config.smtp_url.is_some());
    fs::remove_file(settings).expect("it is there");
    fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("its mode");
    let faults = read(&[("HOMEWARD_SMTP_URL_FILE", path)]).expect_err("it is open");
    assert!(faults.to_string().contains("everyone can read it"), "{faults}");
    fs::remove_file(file).expect("it is there");
}

#[test]
fn a_certificate_goes_with_its_key_and_both_have_to_be_there() {
    let [chain, key] = [("HOMEWARD_TLS_CERT", "chain.pem"), ("HOMEWARD_TLS_KEY", "key.pem")];
    for faulty in [&[chain, key][..], &[chain], &[key]] {
        assert!(read(faulty).expect_err("a fault").to_string().contains("HOMEWARD_TLS_KEY"));
    }
}

#[test]
fn lm_01_how_much_may_be_asked_for_follows_from_one_number() {
    let rates = read(&[]).expect("no faults").rates;
    let all = (rates.session, rates.person, rates.source, rates.stranger, rates.agency);
    assert_eq!(all, (600, 1_200, 12_000, 1_200, 60_000));
    let few = read(&[("HOMEWARD_REQUESTS_A_MINUTE", "60")]).expect("no faults").rates;
    assert_eq!((few.agency, few.reporter), (6_000, 600));
    for wrong in ["59", "1000001", "many"] {
        assert!(read(&[("HOMEWARD_REQUESTS_A_MINUTE", wrong)]).is_err());
    }
}

#[test]
fn se_03_the_limits_of_a_session_can_be_tightened_and_not_loosened() {
    let limits = read(&[]).expect("no faults").limits;
    assert_eq!((limits.idle.num_minutes(), limits.lifetime.num_hours(), limits.at_once), (15, 12, 5));
    assert_eq!((limits.access.num_minutes(), limits.unlock.map(|it| it.num_minutes())), (5, Some(15)));
    let tighter =
        [("HOMEWARD_IDLE_MINUTES", "5"), ("HOMEWARD_SESSION_HOURS", "8"), ("HOMEWARD_UNLOCK_MINUTES", "never")];
    let limits = read(&tighter).expect("no faults").limits;
    assert_eq!((limits.idle.num_minutes(), limits.lifetime.num_hours(), limits.unlock), (5, 8, None));
    for looser in [
        ("HOMEWARD_IDLE_MINUTES", "31"),
        ("HOMEWARD_IDLE_MINUTES", "0"),
        ("HOMEWARD_SESSION_HOURS", "13"),
        ("HOMEWARD_SESSIONS_AT_ONCE", "0"),
        ("HOMEWARD_UNLOCK_MINUTES", "9"),
        ("HOMEWARD_UNLOCK_MINUTES", "soon"),
    ] {
        assert!(read(&[looser]).expect_err("it is refused").to_string().contains(looser.0));
    }
}
