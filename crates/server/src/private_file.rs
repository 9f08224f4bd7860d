//! Files with keys in them: for their owner only, there whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// No file of keys is longer; a wrong path is not read into memory.
const BYTES_MAX: u64 = 16 * 1024;

/// What is in it. A file that everyone on the machine can read holds no secret, and is refused (LG-05).
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if is_open(&file)? {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "everyone can read it: chmod 600 it"));
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether people who are neither its owner nor of its group can do anything with it.
pub fn is_open(file: &File) -> io::Result<bool> {
    Ok(file.metadata()?.permissions().mode() & 0o007 != 0)
}

/// Written beside its place and then linked to it. A file that is there already is left as it is.
pub fn create(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = folder(path);
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let draft = draft(path);
    let linked = write_private(&draft, bytes).and_then(|()| fs::hard_link(&draft, path));
    let removed = fs::remove_file(&draft);
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
        // A key that is gone after a power cut takes with it what it signed or sealed.
        Ok(()) => removed.and_then(|()| File::open(folder)?.sync_all()),
    }
}

/// Written beside its place and then moved over it.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = draft(path);
    write_private(&draft, bytes)?;
    fs::rename(&draft, path)?;
    File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn draft(path: &Path) -> PathBuf {
    path.with_extension(format!("{}.draft", Uuid::new_v4()))
}

fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
