//! Where sealed pictures are kept: first as incoming, and settled once their row is there (UP-07, UP-09).
//!
//! Only incoming ones are ever swept. A settled one is never deleted, also not where an older database was put back.

use std::path::{Path as Folder, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt as _;
use homeward_domain::id::{AgencyId, Id, PhotoId};
use homeward_store::{Store, StoreError};
use object_store::local::LocalFileSystem;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};
use uuid::Uuid;

use crate::disk;

/// By then an upload has succeeded or failed.
const GRACE: TimeDelta = TimeDelta::hours(1);

const INCOMING: &str = "incoming";
const SETTLED: &str = "photos";

/// The object store. Clones share it.
#[derive(Clone, Debug)]
pub struct Objects {
    kept: Arc<dyn ObjectStore>,
    folder: Option<Arc<PathBuf>>,
}

/// Why a picture could not be kept, found or swept.
#[derive(Debug, thiserror::Error)]
pub enum ObjectError {
    /// The object store failed.
    #[error("the object store failed")]
    Objects(#[from] object_store::Error),
    /// The disk is nearly full.
    #[error("the disk has too little room for what can wait")]
    LittleRoom,
    /// The folder could not be made.
    #[error("the folder of objects cannot be made")]
    Folder(#[from] std::io::Error),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Objects {
    /// In a folder, which is made if need be. What was written survives a power cut.
    pub fn in_folder(folder: &Folder) -> Result<Self, ObjectError> {
        std::fs::create_dir_all(folder)?;
        let kept = Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_fsync(true));
        Ok(Self { kept, folder: Some(Arc::new(folder.to_owned())) })
    }

    /// In memory, for tests.
    pub fn in_memory() -> Self {
        Self { kept: Arc::new(InMemory::new()), folder: None }
    }

    /// Keeps the sealed bytes of a photo that has no row yet, unless the disk is nearly full.
    pub async fn put(&self, agency: AgencyId, id: PhotoId, sealed: Vec<u8>) -> Result<(), ObjectError> {
        if self.folder.as_ref().is_some_and(|it| !disk::has_room(it)) {
            return Err(ObjectError::LittleRoom);
        }
        self.kept.put(&place(INCOMING, agency, id), sealed.into()).await?;
        Ok(())
    }

    /// The row is there. If this fails, the sweep does it.
    pub async fn settle(&self, agency: AgencyId, id: PhotoId) -> Result<(), ObjectError> {
        self.kept.rename(&place(INCOMING, agency, id), &place(SETTLED, agency, id)).await?;
        Ok(())
    }

    /// The sealed bytes of a photo.
    pub async fn get(&self, agency: AgencyId, id: PhotoId) -> Result<Vec<u8>, ObjectError> {
        let settled = self.kept.get(&place(SETTLED, agency, id)).await;
        let found = match settled {
            Err(object_store::Error::NotFound { .. }) => self.kept.get(&place(INCOMING, agency, id)).await?,
            other => other?,
        };
        Ok(found.bytes().await?.to_vec())
    }

    /// How many are incoming, and how many settled.
    pub async fn count(&self) -> Result<(usize, usize), ObjectError> {
        let mut counts = [0, 0];
        for (count, kind) in counts.iter_mut().zip([INCOMING, SETTLED]) {
            *count = self.kept.list(Some(&Path::from(kind))).try_collect::<Vec<_>>().await?.len();
        }
        Ok(counts.into())
    }

    /// Settles incoming pictures that have a row, and deletes those that never got one. Says how many it deleted.
    pub async fn sweep(&self, store: &Store, now: DateTime<Utc>) -> Result<usize, ObjectError> {
        let mut swept = 0;
        for (agency, id) in self.incoming().await? {
            if now < made_at(id) + GRACE {
                continue;
            }
            if store.photos_recorded(agency, vec![id]).await?.is_empty() {
                self.kept.delete(&place(INCOMING, agency, id)).await?;
                swept += 1;
            } else {
                self.settle(agency, id).await?;
            }
        }
        Ok(swept)
    }

    async fn incoming(&self) -> Result<Vec<(AgencyId, PhotoId)>, ObjectError> {
        let all: Vec<_> = self.kept.list(Some(&Path::from(INCOMING))).try_collect().await?;
        let named = all.iter().filter_map(|it| {
            let mut parts = it.location.parts().skip(1);
            let mut id = || Uuid::parse_str(parts.next()?.as_ref()).ok();
            Some((Id::from_uuid(id()?), Id::from_uuid(id()?)))
        });
        Ok(named.collect())
    }
}

/// Ids are made of the instant of the request.
fn made_at(id: PhotoId) -> DateTime<Utc> {
    let (seconds, nanos) = id.uuid().get_timestamp().map_or((0, 0), |it| it.to_unix());
    i64::try_from(seconds).ok().and_then(|it| DateTime::from_timestamp(it, nanos)).unwrap_or_default()
}

/// Made of ids alone: nothing that a client sent stands in a path.
fn place(kind: &str, agency: AgencyId, id: PhotoId) -> Path {
    Path::from(format!("{kind}/{agency}/{id}"))
}
