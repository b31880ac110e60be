//! One connection: whose it is, what it does, and since when.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Client, Credential, Register};

/// An anonymous request that has run for so long may be given up when there is no place left.
const OVERDUE: Duration = Duration::from_secs(5);
/// A client that takes so many bytes in a second is not idle, though it asks for nothing.
const SLOWEST: u64 = 4 * 1024;
/// No point in time.
const NEVER: u64 = u64::MAX;

/// How one connection does.
#[derive(Debug)]
pub struct Connection {
    pub(super) id: u64,
    pub(super) client: Option<Client>,
    register: Weak<Register>,
    begun: Instant,
    /// When it was opened, in milliseconds since `begun`, as all times here.
    opened_at: u64,
    /// The first good credential that was shown on it.
    credential: OnceLock<Credential>,
    /// Requests whose answers are not yet handed over in full.
    running: AtomicUsize,
    /// When a request last began or ended.
    pub(super) changed_at: AtomicU64,
    /// Bytes of answers that the client took since then.
    taken: AtomicU64,
    /// Bytes of answers that were handed over and that the client has not taken yet.
    owed: AtomicU64,
    /// Since when the client takes nothing of what is sent.
    blocked_since: AtomicU64,
    answers: Mutex<Vec<Arc<Answer>>>,
    pub(super) gives_way: CancellationToken,
    /// Whether it was told to give way because nothing was asked for.
    was_idle: AtomicBool,
    /// Whether it answers a request first that began before it heard that it gives way.
    answers_first: AtomicBool,
}

/// What the deadlines say about a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// All is well; look again in so long.
    Fine(Duration),
    /// Nothing was asked for too long.
    Idle,
    /// The client does not take what it asked for.
    Stalled,
}

/// A place among the open connections, given back when this is dropped.
#[derive(Debug)]
pub struct Seat(pub(super) Arc<Connection>);

/// An answer under way.
#[derive(Debug)]
struct Answer {
    begun: u64,
    /// Since when a part of it waits to be taken.
    waiting_since: AtomicU64,
}

/// A request that is being answered, until this is dropped.
#[derive(Debug)]
pub struct Running {
    connection: Arc<Connection>,
    answer: Arc<Answer>,
}

impl Connection {
    pub(super) fn new(id: u64, client: Option<Client>, register: &Arc<Register>) -> Self {
        Self {
            id,
            client,
            register: Arc::downgrade(register),
            begun: register.begun,
            opened_at: register.now(),
            credential: OnceLock::new(),
            running: AtomicUsize::new(0),
            changed_at: AtomicU64::new(register.now()),
            taken: AtomicU64::new(0),
            owed: AtomicU64::new(0),
            blocked_since: AtomicU64::new(NEVER),
            answers: Mutex::default(),
            gives_way: CancellationToken::new(),
            was_idle: AtomicBool::new(false),
            answers_first: AtomicBool::new(false),
        }
    }

    /// From now on this connection is one of somebody who is known.
    pub(super) fn prove(&self, credential: Credential) {
        if self.is_proven() {
            return;
        }
        let Some(register) = self.register.upgrade() else { return };
        let mut open = register.lock();
        if self.credential.set(credential).is_ok() && open.all.contains_key(&self.id) {
            open.uncount(self);
            if self.is_leaving() {
                open.leaving.strangers -= 1;
                open.leaving.known += 1;
            }
            open.know(self, credential, register.caps.per_credential, register.now());
            register.freed.notify_one();
        }
    }

    pub(super) fn is_proven(&self) -> bool {
        self.credential.get().is_some()
    }

    fn now(&self) -> u64 {
        milliseconds(self.begun.elapsed())
    }

    fn since_change(&self, now: u64) -> Duration {
        Duration::from_millis(now.saturating_sub(self.changed_at.load(Ordering::Relaxed)))
    }

    pub(super) fn is_idle_for(&self, now: u64, time: Duration) -> bool {
        self.running.load(Ordering::Relaxed) == 0 && self.since_change(now) >= time
    }

    /// Whether one of the requests takes too long, whatever else was asked for meanwhile.
    pub(super) fn is_overdue(&self, now: u64) -> bool {
        self.answers().iter().any(|answer| now.saturating_sub(answer.begun) >= milliseconds(OVERDUE))
    }

    pub(super) fn is_older_than(&self, now: u64, age: Duration) -> bool {
        now.saturating_sub(self.opened_at) >= milliseconds(age)
    }

    /// Tells it to give way: one that is idle only if it still is when it hears of it.
    pub(super) fn give_way(&self, is_idle: bool) {
        metrics::counter!("officina_connections_closed_total", "why" => "gave way").increment(1);
        self.was_idle.store(is_idle, Ordering::Relaxed);
        self.gives_way.cancel();
    }

    /// Whether it was told to give way and does so at once.
    pub(super) fn is_leaving(&self) -> bool {
        self.gives_way.is_cancelled() && !self.answers_first.load(Ordering::Relaxed)
    }

    fn change(&self) {
        self.changed_at.store(self.now(), Ordering::Relaxed);
        self.taken.store(0, Ordering::Relaxed);
    }

    /// Notes that the client took some bytes. What is sent beside answers, such as acknowledgements of pings, counts for
    /// nothing.
    pub fn note_taken(&self, bytes: usize) {
        let bytes = bytes as u64;
        let owed =
            self.owed.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |owed| Some(owed.saturating_sub(bytes)));
        self.taken.fetch_add(bytes.min(owed.unwrap_or_default()), Ordering::Relaxed);
        self.blocked_since.store(NEVER, Ordering::Relaxed);
    }

    /// Notes that the client takes nothing just now.
    pub fn note_blocked(&self) {
        let _ = self.blocked_since.compare_exchange(NEVER, self.now(), Ordering::Relaxed, Ordering::Relaxed);
    }

    fn has_stalled(&self, now: u64, deadline: Duration) -> bool {
        let is_late = |since: &AtomicU64| now.saturating_sub(since.load(Ordering::Relaxed)) >= milliseconds(deadline);
        is_late(&self.blocked_since) || self.answers().iter().any(|answer| is_late(&answer.waiting_since))
    }

    fn answers(&self) -> MutexGuard<'_, Vec<Arc<Answer>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// The connection of this place.
    #[must_use]
    pub const fn connection(&self) -> &Arc<Connection> {
        &self.0
    }

    /// Waits until the place is needed for somebody else.
    pub async fn gives_way(&self) {
        self.0.gives_way.cancelled().await;
    }

    /// Whether a request is answered first that began before this connection heard that it gives way. Its place is not
    /// waited for then: somebody else is asked for theirs.
    #[must_use]
    pub fn answers_first(&self) -> bool {
        let Some(register) = self.0.register.upgrade() else { return false };
        let mut open = register.lock();
        if self.is_idle() || !self.0.was_idle.load(Ordering::Relaxed) || !self.0.is_leaving() {
            return false;
        }
        *open.leaving.of(!self.0.is_proven()) -= 1;
        self.0.answers_first.store(true, Ordering::Relaxed);
        register.freed.notify_one();
        true
    }

    /// Whether a good credential was shown.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.0.is_proven()
    }

    /// Whether no request is being answered.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.0.running.load(Ordering::Relaxed) == 0
    }

    /// Notes that a request begins.
    #[must_use]
    pub fn begin(&self) -> Running {
        let answer = Arc::new(Answer { begun: self.0.now(), waiting_since: AtomicU64::new(NEVER) });
        self.0.change();
        self.0.running.fetch_add(1, Ordering::Relaxed);
        self.0.answers().push(Arc::clone(&answer));
        Running { connection: Arc::clone(&self.0), answer }
    }

    /// What the deadlines say. Only requests count as use: a client that no more than answers pings is idle.
    #[must_use]
    pub fn verdict(&self, idle: Duration, write: Duration) -> Verdict {
        let now = self.0.now();
        if self.0.has_stalled(now, write) {
            return Verdict::Stalled;
        }
        if !self.is_idle() {
            return Verdict::Fine(write / 2);
        }
        // What was answered is perhaps still on its way, through a thin line.
        let deadline = idle + Duration::from_secs(self.0.taken.load(Ordering::Relaxed) / SLOWEST);
        match deadline.checked_sub(self.0.since_change(now)) {
            Some(left) if !left.is_zero() => Verdict::Fine(left),
            _ => Verdict::Idle,
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let Some(register) = self.0.register.upgrade() else { return };
        let mut open = register.lock();
        open.all.remove(&self.0.id);
        if self.0.is_leaving() {
            *open.leaving.of(!self.0.is_proven()) -= 1;
        }
        match self.0.credential.get() {
            Some(credential) => open.forget(&self.0, *credential),
            None => open.uncount(&self.0),
        }
        drop(open);
        register.freed.notify_one();
    }
}

impl Running {
    /// Notes that a part of the answer, of so many bytes, was handed over and waits to be taken.
    pub fn note_waiting(&self, bytes: usize) {
        self.connection.owed.fetch_add(bytes as u64, Ordering::Relaxed);
        self.answer.waiting_since.store(self.connection.now(), Ordering::Relaxed);
    }

    /// Notes that the next part is asked for.
    pub fn note_asked(&self) {
        self.answer.waiting_since.store(NEVER, Ordering::Relaxed);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.connection.answers().retain(|answer| !Arc::ptr_eq(answer, &self.answer));
        self.connection.change();
        self.connection.running.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(NEVER)
}
