//! The binary `officina`.

use std::process::ExitCode;

/// Gives large blocks back to the system when they are freed: a password hash takes 19 MiB, on any of many threads, and
/// the system's own allocator would keep all of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    officina_server::cli::run(std::env::args_os()).await
}
