//! A watch with a file for its alarms, and a Maildir for its canaries.

use std::path::PathBuf;
use std::time::Duration;

use homeward_server::config::Config;
use homeward_server::watch::Watch;

use crate::support::{CANARIES, Letter, TestApp};

pub struct Watched {
    pub watch: Watch,
    pub config: Config,
    folder: tempfile::TempDir,
}

impl Watched {
    /// A watch whose canaries go no further than a worker.
    pub fn over(app: &TestApp) -> Self {
        Self::with(app, &[])
    }

    /// One whose canaries go by mail and come back.
    pub fn with_mail(app: &TestApp) -> Self {
        Self::with(app, &[("HOMEWARD_CANARY_MAILBOX", CANARIES)])
    }

    pub fn with(app: &TestApp, more: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("mail/new")).expect("a mailbox");
        std::fs::create_dir_all(folder.path().join("mail/cur")).expect("a mailbox");
        let at = |name: &str| folder.path().join(name).display().to_string();
        let mut settings = vec![
            ("HOMEWARD_DATA_DIR".to_owned(), at("data")),
            ("HOMEWARD_ALARM_COMMAND".to_owned(), format!("cat >> {}", at("alarms"))),
        ];
        settings.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        if more.iter().any(|(name, _)| *name == "HOMEWARD_CANARY_MAILBOX") {
            settings.push(("HOMEWARD_CANARY_MAILDIR".to_owned(), at("mail")));
        }
        let config = Config::read(settings.into_iter()).expect("the settings are right");
        let watch = Watch::new(app.state.store.lookout(), app.state.clock.clone(), &config);
        Self { watch, config, folder }
    }

    pub async fn round(&mut self) {
        self.watch.round().await;
    }

    /// Everything that was told.
    pub fn text(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("alarms")).unwrap_or_default()
    }

    /// What was told with this word, but for clocks: the database's is never the one of a test.
    pub fn said(&self, word: &str) -> Vec<String> {
        let text = self.text();
        let said = text.lines().filter_map(|it| it.strip_prefix(&format!("Homeward: {word} ")).map(str::to_owned));
        said.filter(|it| it != "clock_skew").collect()
    }

    /// Lays letters into the mailbox, as a mail server does.
    pub fn deliver(&self, letters: &[Letter]) {
        for (at, letter) in letters.iter().enumerate() {
            std::fs::write(self.mailbox().join(format!("{at}.letter")), &letter.text).expect("a letter");
        }
    }

    pub fn mailbox(&self) -> PathBuf {
        self.folder.path().join("mail/new")
    }
}

/// Waits until it is so; panics if it is not within a while.
pub async fn until(is_so: impl AsyncFn() -> bool) {
    for _ in 0..200 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it never came to be");
}
