//! The open connections: how many there may be, whose they are, and which one gives way to a new one.
//!
//! A connection is anonymous until a request on it has shown a good credential: a session, a token or a device's key. Of
//! anonymous ones only a part of the places can be taken. So whoever opens thousands of them and keeps them open takes
//! places from nobody who is known, and from strangers only as long as these say nothing: the one that has been idle for
//! the longest gives way.

mod connection;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::Extensions;
use officina::kernel::network::Network as ClientNetwork;
use tokio::sync::Notify;
use tokio::time::Instant;

use connection::milliseconds;
pub use connection::{Connection, Running, Seat, Verdict};

use crate::config::{Config, Network};

/// An idle connection is not asked to give way before it had so long for its first request, or its next one.
const GRACE: Duration = Duration::from_millis(500);
/// How soon it is looked again for a connection that can give way.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// File descriptors that are not connections: database, files, pipes.
const OTHER_DESCRIPTORS: u64 = 256;

/// How many connections there may be.
#[derive(Debug, Clone)]
struct Caps {
    total: usize,
    anonymous: usize,
    per_address: usize,
    trusted: Vec<Network>,
}

impl Caps {
    fn of(config: &Config) -> Self {
        let limits = &config.limits;
        let total = within_descriptors(limits.connections);
        Self {
            total,
            anonymous: limits.connections_anonymous.min(total),
            per_address: limits.connections_per_address,
            trusted: config.trusted_proxies.clone(),
        }
    }

    /// What is counted as one client; none for a proxy of ours, behind which are many.
    fn client(&self, peer: IpAddr) -> Option<ClientNetwork> {
        let peer = peer.to_canonical();
        let is_many = self.trusted.iter().any(|network| network.contains(peer));
        (!is_many).then(|| ClientNetwork::of(peer))
    }
}

/// Raises the limit of open files as far as the system lets us, and says how many connections fit into it.
fn within_descriptors(wanted: usize) -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    let needed = wanted as u64 + OTHER_DESCRIPTORS;
    if limit.current.is_some_and(|current| current < needed) {
        let raised = Rlimit { current: Some(limit.maximum.map_or(needed, |most| most.min(needed))), ..limit };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            limit = raised;
        }
    }
    let fitting = limit.current.map_or(u64::MAX, |current| current.saturating_sub(OTHER_DESCRIPTORS).max(current / 2));
    let fitting = usize::try_from(fitting).unwrap_or(usize::MAX).max(1);
    if fitting < wanted {
        tracing::warn!(wanted, fitting, "the system's limit of open files allows fewer connections than configured");
    }
    wanted.min(fitting)
}

/// The register of open connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connections(Arc<Register>);

#[derive(Debug)]
struct Register {
    caps: Caps,
    begun: Instant,
    open: Mutex<Open>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    all: HashMap<u64, Arc<Connection>>,
    anonymous: usize,
    /// Those that were told to give way and are still here.
    leaving: usize,
    /// Before this moment nobody else can give way.
    look_after: u64,
    /// Anonymous connections of each client.
    of_client: HashMap<ClientNetwork, usize>,
}

impl Connections {
    /// A register with the configured limits; as many open files as they need are asked for.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self::with(Caps::of(config))
    }

    fn with(caps: Caps) -> Self {
        Self(Arc::new(Register { caps, begun: Instant::now(), open: Mutex::default(), freed: Notify::new() }))
    }

    /// Waits until one more connection may be accepted. Where all places are taken, those who need theirs least are closed.
    pub async fn room(&self) {
        while !self.0.has_room() {
            // Somebody left meanwhile: the permit of the notification is kept.
            let _ = tokio::time::timeout(LOOK_AGAIN, self.0.freed.notified()).await;
        }
    }

    /// Registers a connection that was accepted. None where its client has as many anonymous ones as it may have, and all
    /// of them are busy.
    #[must_use]
    pub fn enter(&self, peer: IpAddr) -> Option<Seat> {
        let client = self.0.caps.client(peer);
        let mut open = self.0.lock();
        // What stands before us on this machine may speak for many, whether we are told to trust it or not.
        if let Some(client) = client
            && !peer.to_canonical().is_loopback()
            && open.of_client.get(&client).is_some_and(|count| *count >= self.0.caps.per_address)
        {
            let now = self.0.now();
            let idlest = open
                .all
                .values()
                .filter(|other| other.client == Some(client) && !other.is_proven())
                .filter(|other| !other.gives_way.is_cancelled() && other.is_idle_for(now, GRACE))
                .min_by_key(|other| other.changed_at.load(Ordering::Relaxed));
            let Some(idlest) = idlest else {
                metrics::counter!("officina_connections_closed_total", "why" => "refused").increment(1);
                return None;
            };
            idlest.give_way();
            open.leaving += 1;
        }
        Some(open.enter(&self.0, client))
    }

    /// Registers a connection without asking for a place: one that was promised.
    #[must_use]
    pub fn enter_anyhow(&self, peer: IpAddr) -> Seat {
        self.0.lock().enter(&self.0, self.0.caps.client(peer))
    }
}

impl Register {
    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> u64 {
        milliseconds(self.begun.elapsed())
    }

    /// Whether there is a place. Where strangers have more than their part, some are told to give way: a few at once, so that
    /// under a flood not every new connection has to look through all of them. Nobody waits for that, or a flood would
    /// fill the system's queue, and those who are known would stand in it.
    fn has_room(&self) -> bool {
        let mut open = self.lock();
        let most = self.caps.anonymous;
        let (anonymous, full) = (open.anonymous.saturating_sub(open.leaving), open.all.len() >= self.caps.total);
        let now = self.now();
        if now >= open.look_after && (anonymous >= most || full && open.leaving == 0) {
            let count = anonymous.saturating_sub(most) + most.div_ceil(100);
            open.make_way(now, full, count);
        }
        !full
    }
}

impl Open {
    fn enter(&mut self, register: &Arc<Register>, client: Option<ClientNetwork>) -> Seat {
        let id = self.next;
        self.next += 1;
        let connection = Arc::new(Connection::new(id, client, register));
        self.anonymous += 1;
        if let Some(client) = client {
            *self.of_client.entry(client).or_default() += 1;
        }
        self.all.insert(id, Arc::clone(&connection));
        Seat(connection)
    }

    /// One anonymous connection fewer.
    fn uncount(&mut self, client: Option<ClientNetwork>) {
        self.anonymous -= 1;
        if let Some(client) = client
            && let Some(count) = self.of_client.get_mut(&client)
        {
            *count -= 1;
            if *count == 0 {
                self.of_client.remove(&client);
            }
        }
    }

    /// Tells those who need their places least to give way: anonymous ones that are idle, then anonymous ones whose
    /// request is overdue, and where `anybody` has to, idle ones of those who are known. Among equals, first one of whoever
    /// has the most, and of those the one that has been so for the longest.
    fn make_way(&mut self, now: u64, anybody: bool, count: usize) {
        let mut candidates: Vec<_> = self
            .all
            .values()
            .filter(|connection| !connection.gives_way.is_cancelled())
            .filter_map(|connection| {
                let need = match (connection.is_proven(), connection.is_idle_for(now, GRACE)) {
                    (false, true) => 0,
                    (false, false) if connection.is_overdue(now) => 1,
                    (true, true) if anybody => 2,
                    _ => return None,
                };
                let of_client = connection.client.and_then(|client| self.of_client.get(&client)).copied();
                let since = connection.changed_at.load(Ordering::Relaxed);
                Some(((need, Reverse(of_client.unwrap_or_default()), since, connection.id), connection))
            })
            .collect();
        candidates.sort_unstable_by_key(|(rank, _)| *rank);
        candidates.truncate(count);
        let leaving = candidates.len();
        for (_, connection) in candidates {
            connection.give_way();
        }
        self.leaving += leaving;
        if leaving == 0 {
            self.look_after = now + milliseconds(LOOK_AGAIN);
        }
    }
}

/// Notes that the request with these extensions has shown a good credential.
pub fn prove(extensions: &Extensions) {
    if let Some(connection) = extensions.get::<Arc<Connection>>() {
        connection.prove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "203.0.113.1";
    const B: &str = "203.0.113.2";

    fn register(total: usize, anonymous: usize, per_address: usize) -> Connections {
        Connections::with(Caps { total, anonymous, per_address, trusted: vec!["10.0.0.0/8".parse().unwrap()] })
    }

    fn seat(connections: &Connections, peer: &str) -> Seat {
        connections.enter(peer.parse().unwrap()).unwrap()
    }

    /// Whose connections were told to give way.
    fn leaving(seats: &[&Seat]) -> Vec<bool> {
        seats.iter().map(|seat| seat.0.gives_way.is_cancelled()).collect()
    }

    async fn pass(milliseconds: u64) {
        tokio::time::advance(Duration::from_millis(milliseconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_take_no_place_of_those_who_are_known() {
        let connections = register(4, 2, 100);
        let device = seat(&connections, A);
        device.connection().prove();
        let first = seat(&connections, B);
        pass(1).await;
        let second = seat(&connections, B);
        assert!(connections.0.has_room());
        assert_eq!(leaving(&[&device, &first, &second]), [false; 3], "nobody had the time to say something");
        pass(600).await;
        assert!(connections.0.has_room());
        assert_eq!(leaving(&[&device, &first, &second]), [false, true, false], "the one that was idle for longest");
        let third = seat(&connections, B);
        assert!(!connections.0.has_room(), "all places are taken");
        drop(first);
        tokio::time::timeout(Duration::from_secs(1), connections.room()).await.expect("a place is free");
        assert_eq!(leaving(&[&device, &second, &third]), [false, true, false]);
        // Who becomes known leaves a stranger's place.
        drop(second);
        third.connection().prove();
        let fourth = seat(&connections, B);
        pass(600).await;
        assert!(connections.0.has_room());
        assert_eq!(leaving(&[&device, &third, &fourth]), [false; 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn of_strangers_whoever_has_the_most_gives_way() {
        let connections = register(10, 4, 100);
        let honest = seat(&connections, A);
        pass(1).await;
        let many = [B, B, B].map(|peer| seat(&connections, peer));
        pass(600).await;
        let busy = many[0].begin();
        assert!(connections.0.has_room());
        let [first, second, third] = &many;
        assert_eq!(leaving(&[&honest, first, second, third]), [false, false, true, false]);
        drop(busy);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_never_ends_gives_way_only_where_nothing_is_idle() {
        let connections = register(10, 2, 100);
        let (slow, other) = (seat(&connections, A), seat(&connections, A));
        let (_slow, _other) = (slow.begin(), other.begin());
        pass(4_900).await;
        assert!(connections.0.has_room());
        assert_eq!(leaving(&[&slow, &other]), [false, false]);
        let _again = other.begin();
        pass(200).await;
        assert!(connections.0.has_room());
        assert_eq!(leaving(&[&slow, &other]), [true, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_has_its_share_and_a_proxy_has_many_clients() {
        let connections = register(100, 100, 2);
        let (first, second) = (seat(&connections, "2001:db8::1"), seat(&connections, "2001:db8::2"));
        let (busy, _other) = (first.begin(), second.begin());
        let third = || connections.enter("2001:db8:0:0:ffff::3".parse().unwrap());
        assert!(third().is_none(), "one /64 is one client");
        assert!(connections.enter("2001:db8:0:1::1".parse().unwrap()).is_some());
        drop(busy);
        pass(600).await;
        assert!(third().is_some());
        assert_eq!(leaving(&[&first, &second]), [true, false], "its own idle connection gives way");
        for peer in ["127.0.0.1", "10.1.2.3"] {
            let seats: Vec<_> = (0..5).map(|_| seat(&connections, peer)).collect();
            assert_eq!(seats.len(), 5, "{peer}");
        }
        // Who is known does not count.
        let devices: Vec<_> = (0..5)
            .map(|_| {
                let seat = seat(&connections, A);
                seat.connection().prove();
                seat
            })
            .collect();
        assert_eq!(devices.len(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_for_nothing_is_idle_and_who_takes_nothing_has_stalled() {
        let (idle, write) = (Duration::from_secs(30), Duration::from_secs(20));
        let connections = register(10, 10, 10);
        let seat = seat(&connections, A);
        assert_eq!(seat.verdict(idle, write), Verdict::Fine(idle));
        pass(30_000).await;
        assert_eq!(seat.verdict(idle, write), Verdict::Idle);
        let answer = seat.begin();
        pass(60_000).await;
        assert_eq!(seat.verdict(idle, write), Verdict::Fine(write / 2), "an answer may take its time");
        answer.note_waiting(40 * 1024);
        pass(19_999).await;
        assert_eq!(seat.verdict(idle, write), Verdict::Fine(write / 2));
        pass(1).await;
        assert_eq!(seat.verdict(idle, write), Verdict::Stalled);
        answer.note_asked();
        seat.connection().note_blocked();
        pass(19_999).await;
        seat.connection().note_blocked();
        pass(1).await;
        assert_eq!(seat.verdict(idle, write), Verdict::Stalled);
        drop(answer);
        // Ten seconds' worth of bytes on a thin line, after the answer was handed over.
        seat.connection().note_taken(40 * 1024);
        // Acknowledgements of pings are no part of an answer.
        seat.connection().note_taken(1024 * 1024);
        pass(35_000).await;
        assert_eq!(seat.verdict(idle, write), Verdict::Fine(Duration::from_secs(5)));
        pass(5_000).await;
        assert_eq!(seat.verdict(idle, write), Verdict::Idle);
    }
}
