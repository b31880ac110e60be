//! The binary `officina`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    officina_server::cli::run(std::env::args_os()).await
}
