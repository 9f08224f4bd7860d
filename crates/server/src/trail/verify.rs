//! Verifying the trail, live or in copies, and making the copies.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use homeward_store::audit::trail::{Beginning, Bytes, Line, Report, Source, Verifier};

use super::{Anchors, TrailError};
use crate::disk;

/// What is believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trusted {
    /// Where checkpoints were kept.
    pub anchors: Anchors,
    /// The keys that may have signed them; those found in the anchors where there are none.
    pub keys: Vec<Bytes<32>>,
}

/// Verifies the trail of every agency in the database.
pub async fn verify(url: &str, trusted: &Trusted, from: Beginning) -> Result<Report, TrailError> {
    // The anchors first: what is signed between the two reads is in the database, and no anchor is ahead of it.
    let mut verifier = Verifier::of_a_database(trusted.anchors.read()?, trusted.keys.clone());
    let mut source = Source::open(url).await?;
    for agency in source.agencies().await? {
        source.lines(agency, from, &mut |line| Ok::<_, TrailError>(verifier.take(line)?)).await?;
    }
    Ok(verifier.finish()?)
}

/// Verifies copies, without a database.
pub fn verify_copies(files: &[PathBuf], trusted: &Trusted) -> Result<Report, TrailError> {
    let mut verifier = Verifier::of_a_copy(trusted.anchors.read()?, trusted.keys.clone());
    for path in files {
        let file = File::open(path).map_err(TrailError::file(path))?;
        for (at, text) in BufReader::new(file).lines().enumerate() {
            let text = text.map_err(TrailError::file(path))?;
            let line = serde_json::from_str(&text);
            verifier.take(line.map_err(|_| TrailError::NoLine { path: path.clone(), line: at + 1 })?)?;
        }
    }
    Ok(verifier.finish()?)
}

/// Writes the trail of every agency into a new file, for whoever verifies it elsewhere. It holds ids, and no names.
pub async fn export(url: &str, path: &Path) -> Result<u64, TrailError> {
    if !path.parent().is_none_or(disk::has_room) {
        return Err(TrailError::LittleRoom { path: path.to_owned() });
    }
    let failed = |source| TrailError::File { path: path.to_owned(), source };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    let (mut writer, mut lines) = (BufWriter::new(file), 0);
    let mut source = Source::open(url).await?;
    for agency in source.agencies().await? {
        let mut each = |line: Line| {
            lines += 1;
            write_line(&mut writer, &line).map_err(failed)
        };
        source.lines(agency, Beginning::First, &mut each).await?;
    }
    writer.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
    Ok(lines)
}

fn write_line(mut writer: &mut BufWriter<File>, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut writer, line)?;
    writer.write_all(b"\n")
}
