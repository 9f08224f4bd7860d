//! How much room is left on a disk.

use std::path::Path;

use rustix::fs::statvfs;

/// With less than this free, nothing large is taken on, so that what must not be refused has room: episodes, contacts and
/// reminders (OP-08). People are told below 10 %.
const LITTLE: f64 = 5.0;

/// How much of the disk of `folder` is free; none where that cannot be told.
pub fn free_percent(folder: &Path) -> Option<f64> {
    let disk = statvfs(folder).ok()?;
    // In thousandths, as whole numbers, of what programs can use that are not the superuser's: as `df` counts.
    let used = disk.f_blocks.checked_sub(disk.f_bfree)?;
    let thousandths = disk.f_bavail.checked_mul(1000)?.checked_div(used.checked_add(disk.f_bavail)?)?;
    Some(f64::from(u32::try_from(thousandths).ok()?) / 10.0)
}

/// Whether the disk of `folder` has room for what can wait.
pub fn has_room(folder: &Path) -> bool {
    free_percent(folder).is_none_or(|free| LITTLE <= free)
}
