//! The open connections: how many there may be, whose they are, and which one gives way to a new one.
//!
//! A connection is anonymous until a request on it has shown a good credential: a session, a token or a device's key. Of
//! anonymous ones only a part of the places can be taken. So whoever opens thousands of them and keeps them open takes
//! places from nobody who is known, and from strangers only as long as these say nothing: the one that has been idle for
//! the longest gives way. Whoever is known has no more than a part of the places with one credential, either.

mod connection;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::Extensions;
use officina::kernel::actor::{Actor, ActorKind};
use officina::kernel::ids::{AccountId, ApiTokenId};
use officina::kernel::network::{Network as ClientNetwork, SITE_ALLOWANCE};
use tokio::sync::Notify;
use tokio::time::Instant;

use connection::milliseconds;
pub use connection::{Connection, Running, Seat, Verdict};

use crate::config::{Config, Network};

/// An idle connection is not asked to give way before it had so long for its first request, or its next one.
const GRACE: Duration = Duration::from_millis(500);
/// The need of strangers who ask for nothing, below that of all others.
const IDLE: u8 = 0;
/// The need of those who are known and ask for nothing, beyond that of all others.
const KNOWN: u8 = 3;
/// Open connections that have shown the same credential.
const MOST_OF_CREDENTIAL: usize = 500;
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
    per_credential: usize,
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
            per_credential: MOST_OF_CREDENTIAL,
            trusted: config.trusted_proxies.clone(),
        }
    }

    /// What is counted as one client; none for a proxy of ours, behind which are many.
    fn client(&self, peer: IpAddr) -> Option<Client> {
        let peer = peer.to_canonical();
        let is_many = self.trusted.iter().any(|network| network.contains(peer));
        let (own, site) = (ClientNetwork::of(peer), ClientNetwork::site_of(peer));
        (!is_many).then(|| Client { own, site, is_here: peer.is_loopback() })
    }
}

/// Whose a connection is, as far as its address tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Client {
    own: ClientNetwork,
    /// The site that an IPv6 client is part of.
    site: Option<ClientNetwork>,
    /// What stands before us on this machine may speak for many, whether we are told to trust it or not.
    is_here: bool,
}

/// What a connection is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A person, in all sessions.
    Account(AccountId),
    /// A program's token.
    Program(ApiTokenId),
    /// The short number of a device, for all of its keys.
    Device(i64),
}

impl Credential {
    /// What an actor has shown. None for those who show nothing, and for devices, which are no actors when they ask.
    #[must_use]
    pub const fn of(actor: &Actor) -> Option<Self> {
        match &actor.kind {
            ActorKind::Member(member) => Some(Self::Account(member.account)),
            ActorKind::Program(program) => Some(Self::Program(program.token)),
            ActorKind::Device(_) | ActorKind::Public | ActorKind::System => None,
        }
    }
}

impl Client {
    /// All that it is counted under, and how many times as much as one client each may have.
    fn counted(self) -> impl Iterator<Item = (ClientNetwork, usize)> {
        let site = self.site.map(|site| (site, SITE_ALLOWANCE as usize));
        std::iter::once((self.own, 1)).chain(site)
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
    leaving: Leaving,
    /// Before this moment nobody else can give way.
    look_after: u64,
    /// Anonymous connections of each client, and of each site.
    of_client: HashMap<ClientNetwork, Group>,
    /// Connections of each credential, but for those that may speak for many.
    of_credential: HashMap<Credential, Group>,
}

/// Connections that count together.
#[derive(Debug, Default)]
struct Group {
    all: HashMap<u64, Arc<Connection>>,
    /// Before this moment none of them can give way to another one.
    look_after: u64,
}

/// How many connections are on their way out.
#[derive(Debug, Default)]
struct Leaving {
    strangers: usize,
    known: usize,
}

impl Leaving {
    const fn of(&mut self, is_stranger: bool) -> &mut usize {
        if is_stranger { &mut self.strangers } else { &mut self.known }
    }
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
        if let Some(client) = client
            && !client.is_here
            && let Some(full) = open.full_network(client, self.0.caps.per_address)
            && !open.make_way_within(full, self.0.now())
        {
            metrics::counter!("officina_connections_closed_total", "why" => "refused").increment(1);
            return None;
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
        let anonymous = open.anonymous.saturating_sub(open.leaving.strangers);
        let full = open.all.len() >= self.caps.total;
        let is_nobody_leaving = open.leaving.strangers + open.leaving.known == 0;
        let now = self.now();
        if now >= open.look_after && (anonymous >= most || full && is_nobody_leaving) {
            let count = anonymous.saturating_sub(most) + most.div_ceil(100);
            open.make_way(now, full, count);
        }
        !full
    }
}

impl Open {
    fn enter(&mut self, register: &Arc<Register>, client: Option<Client>) -> Seat {
        let id = self.next;
        self.next += 1;
        let connection = Arc::new(Connection::new(id, client, register));
        self.anonymous += 1;
        for (network, _) in client.into_iter().flat_map(Client::counted) {
            self.of_client.entry(network).or_default().all.insert(id, Arc::clone(&connection));
        }
        self.all.insert(id, Arc::clone(&connection));
        Seat(connection)
    }

    /// One anonymous connection fewer.
    fn uncount(&mut self, connection: &Connection) {
        self.anonymous -= 1;
        for (network, _) in connection.client.into_iter().flat_map(Client::counted) {
            if let Some(group) = self.of_client.get_mut(&network) {
                group.all.remove(&connection.id);
                if group.all.is_empty() {
                    self.of_client.remove(&network);
                }
            }
        }
    }

    /// Counts a connection with the credential that it has shown. Where that has more than it may have, another one of its
    /// own gives way: the one that has been idle for the longest, and where all are busy, the one that last began or ended
    /// a request before the others. Whoever has so many has other things to ask for than answers.
    fn know(&mut self, connection: &Connection, credential: Credential, most: usize, now: u64) {
        let Some(known) = self.all.get(&connection.id).filter(|_| connection.client.is_some_and(|one| !one.is_here))
        else {
            return;
        };
        let group = self.of_credential.entry(credential).or_default();
        group.all.insert(known.id, Arc::clone(known));
        if group.all.values().filter(|one| !one.is_leaving()).count() <= most {
            return;
        }
        let others = group.all.values().filter(|one| !one.gives_way.is_cancelled() && one.id != connection.id);
        let rank =
            |one: &&Arc<Connection>| (!one.is_idle_for(now, GRACE), one.changed_at.load(Ordering::Relaxed), one.id);
        if let Some(other) = others.min_by_key(rank) {
            other.give_way(other.is_idle_for(now, GRACE));
            self.leaving.known += 1;
        }
    }

    /// One connection fewer with the credential that it has shown.
    fn forget(&mut self, connection: &Connection, credential: Credential) {
        if let Some(group) = self.of_credential.get_mut(&credential) {
            group.all.remove(&connection.id);
            if group.all.is_empty() {
                self.of_credential.remove(&credential);
            }
        }
    }

    /// How much of the places a client has: what counts is its own network or its site, whichever has more of its share.
    fn weight_of(&self, client: Client) -> usize {
        client.counted().map(|(network, times)| self.count_of(network) / times).max().unwrap_or_default()
    }

    /// How many anonymous connections a network has.
    fn count_of(&self, network: ClientNetwork) -> usize {
        self.of_client.get(&network).map_or(0, |group| group.all.len())
    }

    /// The network of a client that has as many anonymous connections as it may have.
    fn full_network(&self, client: Client, per_address: usize) -> Option<ClientNetwork> {
        let is_full = |network, times| self.count_of(network) >= per_address.saturating_mul(times);
        client.counted().find(|(network, times)| is_full(*network, *times)).map(|(network, _)| network)
    }

    /// Tells the anonymous connection of a network that has been idle for the longest to give way. Whether there is one:
    /// where all of them are busy, it is not looked again with each of those who are refused.
    fn make_way_within(&mut self, network: ClientNetwork, now: u64) -> bool {
        let Some(group) = self.of_client.get_mut(&network) else { return true };
        if now < group.look_after {
            return false;
        }
        let idle = group.all.values().filter(|one| !one.gives_way.is_cancelled() && one.is_idle_for(now, GRACE));
        let Some(idlest) = idle.min_by_key(|one| one.changed_at.load(Ordering::Relaxed)) else {
            group.look_after = now + milliseconds(LOOK_AGAIN);
            return false;
        };
        idlest.give_way(true);
        self.leaving.strangers += 1;
        true
    }

    /// Tells those who need their places least to give way: anonymous ones that are idle, then anonymous ones with a
    /// request that is overdue. Where no place is left at all, then any anonymous one that has had its time, and only where
    /// there is none, a single idle one of those who are known. Among equals, first one of whoever has the most, and of
    /// those the one that has been so for the longest.
    fn make_way(&mut self, now: u64, is_full: bool, count: usize) {
        let mut candidates: Vec<_> = self
            .all
            .values()
            .filter(|connection| !connection.gives_way.is_cancelled())
            .filter_map(|connection| {
                let need = match (connection.is_proven(), connection.is_idle_for(now, GRACE)) {
                    (false, true) => IDLE,
                    (false, false) if connection.is_overdue(now) => 1,
                    (false, false) if is_full && connection.is_older_than(now, GRACE) => 2,
                    (true, true) if is_full => KNOWN,
                    _ => return None,
                };
                let weight = connection.client.map_or(0, |client| self.weight_of(client));
                let since = connection.changed_at.load(Ordering::Relaxed);
                Some(((need, Reverse(weight), since, connection.id), connection))
            })
            .collect();
        candidates.sort_unstable_by_key(|(rank, _)| *rank);
        let strangers = candidates.iter().take_while(|((need, ..), _)| *need < KNOWN).count();
        candidates.truncate(if strangers > 0 { count.min(strangers) } else { 1 });
        let leaving = candidates.len();
        for ((need, ..), connection) in candidates {
            connection.give_way(matches!(need, IDLE | KNOWN));
        }
        *self.leaving.of(strangers > 0) += leaving;
        if leaving == 0 {
            self.look_after = now + milliseconds(LOOK_AGAIN);
        }
    }
}

/// Notes that the request with these extensions has shown a good credential.
pub fn prove(extensions: &Extensions, credential: Credential) {
    if let Some(connection) = extensions.get::<Arc<Connection>>() {
        connection.prove(credential);
    }
}

#[cfg(test)]
mod tests;
