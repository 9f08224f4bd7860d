//! The file of the key that signs the trail. Only who signs reads it: no server, no database (AD-08).

use std::io;
use std::path::Path;

use homeward_store::audit::trail::{Bytes, Signer};

use super::TrailError;
use crate::private_file;

/// The signer of the file, which is made if there is none. Two that start at once end up with the same key.
pub fn load_or_create(path: &Path) -> Result<Signer, TrailError> {
    if !path.exists() {
        let text = format!("{}\n", Bytes(Signer::seed()?));
        private_file::create(path, text.as_bytes()).map_err(TrailError::file(path))?;
    }
    let bytes = private_file::read(path).map_err(TrailError::file(path))?;
    let text = String::from_utf8(bytes).map_err(|_| TrailError::file(path)(io::ErrorKind::InvalidData.into()))?;
    let Bytes(seed) = text.trim_end().parse().map_err(|source| TrailError::Key { path: path.to_owned(), source })?;
    Ok(Signer::of(&seed)?)
}
