//! Where checkpoints are kept beside the database: folders with a file for each agency, a line for each checkpoint. They
//! are appended to and never changed; what keeps others from changing them is set up outside this program.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use homeward_domain::id::AgencyId;
use homeward_store::audit::trail::{Anchor, Checkpoint};

use super::TrailError;

/// The last line lies within this.
const TAIL: u64 = 16 * 1024;

const ENDING: &str = "checkpoints";

/// The folders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchors(Vec<PathBuf>);

/// What an anchor has of an agency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tail {
    /// The last whole line.
    pub(super) last: Option<Checkpoint>,
    /// Something follows it that a crash has torn.
    is_torn: bool,
}

impl Anchors {
    /// These folders.
    pub fn new(folders: Vec<PathBuf>) -> Self {
        Self(folders)
    }

    /// Those of them that are there.
    pub fn there(self) -> Self {
        Self(self.0.into_iter().filter(|it| it.is_dir()).collect())
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Everything in them.
    pub fn read(&self) -> Result<Vec<Anchor>, TrailError> {
        self.0.iter().map(|folder| read(folder).map_err(TrailError::file(folder))).collect()
    }

    /// The file of an agency in each of them.
    pub(super) fn files(&self, agency: AgencyId) -> impl Iterator<Item = PathBuf> {
        self.0.iter().map(move |it| it.join(format!("{agency}.{ENDING}")))
    }
}

fn read(folder: &Path) -> io::Result<Anchor> {
    let mut anchor = Anchor::new(folder.display().to_string());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let agency = path.file_stem().and_then(|it| it.to_str()).and_then(|it| it.parse().ok());
        if let Some(agency) = agency.filter(|_| path.extension().is_some_and(|it| it == ENDING)) {
            // What is no text is no checkpoint either: the line that holds it will say so.
            anchor.add(agency, &String::from_utf8_lossy(&fs::read(&path)?));
        }
    }
    Ok(anchor)
}

/// The end of a file; of one that is not there too.
pub(super) fn tail(path: &Path) -> io::Result<Tail> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Tail::default()),
        opened => opened?,
    };
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let is_torn = !text.is_empty() && !text.ends_with('\n');
    let whole = text.rfind('\n').and_then(|end| text.get(..end));
    let last = whole.and_then(|it| it.rsplit('\n').find(|line| !line.is_empty()));
    let last = last.map(serde_json::from_str).transpose().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok(Tail { last, is_torn })
}

/// Appends whole lines, and returns once they are on the disk.
pub(super) fn append(path: &Path, tail: Tail, checkpoints: &[Checkpoint]) -> io::Result<()> {
    if checkpoints.is_empty() {
        return Ok(());
    }
    let mut text = String::from(if tail.is_torn { "\n" } else { "" });
    for checkpoint in checkpoints {
        text.push_str(&serde_json::to_string(checkpoint)?);
        text.push('\n');
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
