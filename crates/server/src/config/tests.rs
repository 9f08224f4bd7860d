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
fn a_certificate_goes_with_its_key_and_makes_the_address_an_https_one() {
    let [chain, key] = [("HOMEWARD_TLS_CERT", "chain.pem"), ("HOMEWARD_TLS_KEY", "key.pem")];
    let config = read(&[chain, key]).expect("no faults");
    assert_eq!(config.public_url, "https://127.0.0.1:8080");
    assert!(config.tls.is_some_and(|it| it.key == Path::new("key.pem")));
    assert!(read(&[chain]).is_err() && read(&[key]).is_err());
}
