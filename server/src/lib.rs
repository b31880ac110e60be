//! The server of Officina: command line, configuration, HTTP, ingestion and background work.
//!
//! Handlers are thin: they extract, call one service of the crate `officina`, and map the result.

pub mod api;
pub mod background;
pub mod backup;
pub mod cli;
pub mod config;
mod curve;
pub mod demo;
mod downloads;
pub mod http;
pub mod ingest;
pub mod launch;
pub mod public;
pub mod router;
mod secret_file;
pub mod simulate;
pub mod staff;
pub mod state;

pub use config::Config;
pub use state::AppState;
