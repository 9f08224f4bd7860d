//! What holds for every operation, proven by walking the API description.

mod access;
mod audit;
pub(crate) mod bodies;
mod enrolling;
mod logged;
mod matrix;
mod sealed;
mod shape;
mod world;
