//! The server under test: started on a core of its own, watched from outside.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Result;
use crate::client::{Connection, get};

/// How long a start may take before it counts as failed.
const START_PATIENCE: Duration = Duration::from_secs(30);
/// How long a stop may take.
const STOP_PATIENCE: Duration = Duration::from_secs(15);
/// A server is at rest that uses no more than this share of its core for so long;
const REST: Duration = Duration::from_secs(1);
const AT_REST: f64 = 0.05;
/// and it may take so long to come to rest.
const REST_PATIENCE: Duration = Duration::from_secs(60);
/// The unit of processor time in /proc, see sysconf(_SC_CLK_TCK); 100 on every Linux.
const TICKS: f64 = 100.0;

/// How servers are started.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The binary.
    pub binary: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// A PostgreSQL database instead of the file in the data folder.
    pub database: Option<String>,
    /// The core that the server runs on; none when cores cannot be chosen.
    pub core: Option<usize>,
}

/// A process that does not outlive the run, however the run ends.
struct Guarded(Child);

impl Drop for Guarded {
    fn drop(&mut self) {
        // It has usually ended by now, and then this does nothing.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A running server.
pub struct Server {
    child: Guarded,
    /// The server's process, which is not the child while it is traced.
    pid: u32,
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start of the process to the first answer.
    pub started_in: Duration,
}

impl Setup {
    /// Starts a server and waits for its first answer.
    pub async fn start(&self) -> Result<Server> {
        self.start_by(&[]).await
    }

    /// Starts a server whose calls of fsync and fdatasync are counted; the count is written to `report` when it ends.
    pub async fn start_counting_fsyncs(&self, report: &Path) -> Result<Server> {
        let report = report.to_string_lossy();
        // With a filter in the kernel only these calls stop; all others run as without.
        self.start_by(&["strace", "-f", "--seccomp-bpf", "-c", "-e", "trace=fsync,fdatasync", "-o", &report]).await
    }

    async fn start_by(&self, tracer: &[&str]) -> Result<Server> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let core = self.core.map(|core| core.to_string());
        let mut words: Vec<&str> = Vec::new();
        if let Some(core) = &core {
            words.extend(["taskset", "-c", core]);
        }
        words.extend(tracer);
        let binary = self.binary.to_string_lossy();
        let listen = address.to_string();
        words.extend([&*binary, "serve", "--listen", &listen, "--data", ".", "--limits-enabled", "false"]);
        let mut command = Command::new(words[0]);
        // In the data folder, and without the caller's settings: the server's defaults are what is measured.
        command.args(&words[1..]).current_dir(&self.data);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("OFFICINA_") {
                command.env_remove(name);
            }
        }
        if let Some(url) = &self.database {
            command.env("OFFICINA_DATABASE", url);
        }
        let log = std::fs::File::create(self.log())?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let start = Instant::now();
        let child = command.spawn().map_err(|error| format!("{} cannot be started: {error}", words[0]))?;
        let mut child = Guarded(child);
        while !answers(address).await {
            if let Some(status) = child.0.try_wait()? {
                return Err(format!("the server ended with {status}: {}", self.last_words()).into());
            }
            if start.elapsed() > START_PATIENCE {
                return Err(format!("the server does not answer: {}", self.last_words()).into());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let started_in = start.elapsed();
        let pid = child.0.id();
        let pid = if tracer.is_empty() { pid } else { only_child(pid)? };
        Ok(Server { child, pid, address, started_in })
    }

    fn log(&self) -> PathBuf {
        self.data.join("server.log")
    }

    fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }
}

async fn answers(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else { return false };
    connection.exchange(&get("/health", &[])).await.is_ok_and(|answer| answer.status == 200)
}

impl Drop for Server {
    fn drop(&mut self) {
        // A traced server outlives its tracer, so it has to be ended by its own number.
        if matches!(self.child.0.try_wait(), Ok(None)) {
            let _ = Command::new("kill").args(["-KILL", &self.pid.to_string()]).status();
        }
    }
}

fn only_child(pid: u32) -> Result<u32> {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    Ok(children.split_whitespace().next().ok_or("the traced server is gone")?.parse()?)
}

impl Server {
    /// Resident memory now, in MB.
    pub fn memory(&self) -> Result<f64> {
        self.status_megabytes("VmRSS:")
    }

    /// The most resident memory since the last [`Server::forget_peak`], in MB.
    pub fn peak_memory(&self) -> Result<f64> {
        self.status_megabytes("VmHWM:")
    }

    /// Begins a new measurement of the peak (proc(5), clear_refs).
    pub fn forget_peak(&self) -> Result<()> {
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.pid), "5")?)
    }

    fn status_megabytes(&self, field: &str) -> Result<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status.lines().find_map(|line| line.strip_prefix(field)).ok_or("no memory figure in /proc")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1024.0 / 1e6)
    }

    /// Processor time used so far, in seconds.
    pub fn processor_time(&self) -> Result<f64> {
        processor_time(&self.pid.to_string())
    }

    /// Waits until the server does nothing for a second but what it does without requests, and tells how long that took.
    pub async fn rest(&self) -> Result<Duration> {
        let begin = Instant::now();
        loop {
            let before = self.processor_time()?;
            tokio::time::sleep(REST).await;
            if self.processor_time()? - before <= REST.as_secs_f64() * AT_REST {
                return Ok(begin.elapsed().saturating_sub(REST));
            }
            if begin.elapsed() > REST_PATIENCE {
                return Err("the server does not come to rest".into());
            }
        }
    }

    /// Stops the server as an operator would and waits for its end.
    pub async fn stop(mut self) -> Result<()> {
        let told = Command::new("kill").args(["-TERM", &self.pid.to_string()]).status()?;
        if !told.success() {
            return Err("the server was gone before it was stopped".into());
        }
        let told = Instant::now();
        while self.child.0.try_wait()?.is_none() {
            if told.elapsed() > STOP_PATIENCE {
                return Err("the server does not stop".into());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

/// Processor time of a process (a number, or `self`) in seconds: fields 14 and 15 of /proc/…/stat (proc(5)).
pub fn processor_time(process: &str) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name in parentheses may hold anything; what follows is regular and begins with field 3.
    let (_, rest) = stat.rsplit_once(')').ok_or("no figures in /proc")?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    let ticks = |number: usize| -> Result<f64> { Ok(fields.get(number - 3).ok_or("no figures in /proc")?.parse()?) };
    Ok((ticks(14)? + ticks(15)?) / TICKS)
}
