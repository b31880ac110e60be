//! Integration tests: stories told through the real router, on SQLite and on PostgreSQL.
//!
//! PostgreSQL is named by `OFFICINA_TEST_POSTGRES`; without it that half fails, unless `OFFICINA_TEST_SQLITE_ONLY=1`
//! says that it is left out on purpose.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should panic where it stands")]

mod attacks;
mod audit;
mod auth;
mod background;
mod cold_chain;
mod command_line;
mod connections;
mod entry;
mod errors;
mod factor;
mod forgetting;
mod front_desk;
mod health;
mod idempotency;
mod journal;
mod leads;
mod lists;
mod live;
mod notices;
mod numbers;
mod openapi;
mod pages;
mod pages_access;
mod passkeys;
mod people;
mod people_pages;
mod portal;
mod proof;
mod public;
mod repairs;
mod routes;
mod rulers;
mod settings;
mod shown_once;
mod staff;
mod support;
mod takeover;
mod typed;
mod upgrades;
mod world;
