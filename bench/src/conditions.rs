//! Under which conditions a run was made: figures without them mean nothing.

use std::process::Command;

use crate::{Run, run};

/// The conditions, a line each.
pub async fn describe(options: &Run) -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let pinned = match options.server_core {
        Some(core) => format!("server on core {core}, load on {cores} other"),
        None => "server and load share all cores".to_owned(),
    };
    let folder = options.data.to_string_lossy();
    let file_system = output("stat", &["-f", "-c", "%T", &folder]);
    [
        format!("processor    {}; {pinned}", processor.trim_start_matches([':', '\t', ' '])),
        format!("kernel       {}, data on {file_system}", kernel.trim()),
        format!("compiler     {}", output("rustc", &["--version"])),
        format!("database     {}", database(options).await),
        format!(
            "load         {} connections, {} devices, {} s a case, {} rounds, medians",
            options.connections, options.devices, options.seconds, options.rounds
        ),
        format!("filled in    {} repairs, {} readings", options.repairs, options.readings),
        String::new(),
    ]
    .join("\n")
}

fn output(program: &str, arguments: &[&str]) -> String {
    match Command::new(program).args(arguments).output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        _ => "unknown".to_owned(),
    }
}

async fn database(options: &Run) -> String {
    let Ok(db) = run::open(&options.data.join("server"), options.database.as_deref()).await else {
        return "unknown".to_owned();
    };
    let (name, version) = if db.is_sqlite() {
        ("SQLite", officina::kernel::db::sql("SELECT sqlite_version()"))
    } else {
        (
            "PostgreSQL",
            officina::kernel::db::sql(
                "SELECT current_setting('server_version') || ', fsync ' || current_setting('fsync')",
            ),
        )
    };
    let version: Result<(String,), _> = version.one(&db).await;
    db.close().await;
    version.map_or_else(|_| name.to_owned(), |(version,)| format!("{name} {version}"))
}
