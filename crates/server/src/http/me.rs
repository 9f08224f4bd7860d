//! How one is reached: what a person chooses for themselves.

pub(super) mod addresses;
pub(super) mod factor;
pub(super) mod password;
pub(super) mod preferences;
pub(super) mod sessions;
