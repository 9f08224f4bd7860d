//! What is true and what is allowed: the vocabulary, the law, the policy. No I/O, no clock, no async.
//!
//! Facts give rules their moments, rules give duties, duties give reminders. Data flows one way round.

pub mod unusual;
pub mod vocabulary;

pub mod id;
pub mod text;
pub mod zone;

pub mod child;
pub mod determination;
pub mod disclosure;
pub mod episode;
pub mod factor;
pub mod impossible;
pub mod indicator;
pub mod interview;
pub mod notification;
pub mod observation;
pub mod placement;
pub mod refusal;
pub mod screening;
pub mod search_effort;
pub mod whereabouts;

pub mod delivery;
pub mod duty;
pub mod law;
pub mod reminder;
pub mod report;
pub mod restriction;
pub mod silence;

pub mod compliance;
pub mod counts;

pub mod audit;
pub mod machine_key;
pub mod notice;
pub mod photo;
pub mod policy;
pub mod reading;
pub mod roster;
