//! The edge: HTTP, tokens, the worker, the command line, the clock.

pub mod auth;
mod body;
pub mod cli;
pub mod clock;
pub mod config;
pub mod ctx;
pub mod data_keys;
pub mod demo;
pub mod http;
pub mod import;
mod observe;
pub mod openapi;
mod packet;
mod paging;
mod pdf;
pub mod postgres;
mod private_file;
pub mod problem;
pub mod reminders;
mod reply;
mod request_id;
pub mod run;
pub mod serve;
mod url;
mod wire;
