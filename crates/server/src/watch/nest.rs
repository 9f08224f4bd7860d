//! Where canaries arrive: a Maildir that a mail server delivers into.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// A canary is a few lines; its headers grow on the way.
const LONGEST: u64 = 64 * 1024;
/// So many letters are looked at in one round.
const MOST: usize = 1000;

/// The Maildir.
pub(super) struct Nest {
    folder: PathBuf,
}

/// A canary that was found.
pub(super) struct Arrived {
    pub(super) id: Uuid,
    file: PathBuf,
}

impl Nest {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The canaries that lie there. Other letters are left alone.
    pub(super) async fn arrived(&self) -> Vec<Arrived> {
        let folders = [self.folder.join("new"), self.folder.join("cur")];
        let look = move || folders.iter().flat_map(|it| letters(it)).filter_map(read).take(MOST).collect();
        tokio::task::spawn_blocking(look).await.unwrap_or_default()
    }
}

impl Arrived {
    /// It has done its work. If it cannot be removed it is found once more, which does no harm.
    pub(super) fn forget(self) {
        if let Err(error) = std::fs::remove_file(&self.file) {
            tracing::warn!(%error, "a canary could not be removed from its mailbox");
        }
    }
}

fn letters(folder: &Path) -> Vec<PathBuf> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.flatten().map(|it| it.path()).collect(),
        Err(error) => {
            tracing::warn!(%error, folder = %folder.display(), "the canary mailbox cannot be read");
            Vec::new()
        }
    }
}

fn read(file: PathBuf) -> Option<Arrived> {
    let mut bytes = Vec::new();
    std::fs::File::open(&file).ok()?.take(LONGEST).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n"))?;
    let is_ours = head.lines().any(|it| it.trim_end() == "Subject: Homeward canary");
    let id = body.lines().find_map(|it| Uuid::parse_str(it.trim()).ok())?;
    is_ours.then_some(Arrived { id, file })
}
