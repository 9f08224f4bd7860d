//! The law as it is told to a lawyer: named cases, timelines, and properties that hold for every case.

mod acceptance;
mod calendar;
mod documents;
mod given;
mod overlays;
mod properties;
mod refusals;
mod states;
mod timelines;
