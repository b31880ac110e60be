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
mod tests {
    use super::*;

    const A: &str = "203.0.113.1";
    const B: &str = "203.0.113.2";

    fn register(total: usize, anonymous: usize, per_address: usize) -> Connections {
        let trusted = vec!["10.0.0.0/8".parse().unwrap()];
        Connections::with(Caps { total, anonymous, per_address, per_credential: 3, trusted })
    }

    fn seat(connections: &Connections, peer: &str) -> Seat {
        connections.enter(peer.parse().unwrap()).unwrap()
    }

    /// The connection of a device that has shown its key.
    fn device(connections: &Connections, peer: &str, number: i64) -> Seat {
        let seat = seat(connections, peer);
        seat.connection().prove(Credential::Device(number));
        seat
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
        let device = device(&connections, A, 1);
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
        third.connection().prove(Credential::Device(2));
        let fourth = seat(&connections, B);
        pass(600).await;
        assert!(connections.0.has_room());
        assert_eq!(leaving(&[&device, &third, &fourth]), [false; 3]);
    }

    /// Requests that follow each other keep nobody's place, and nobody who is known leaves for a stranger who says a lot.
    #[tokio::test(start_paused = true)]
    async fn strangers_who_ask_all_the_time_give_way_where_no_place_is_left() {
        let connections = register(4, 2, 100);
        let known = [A, A].map(|peer| device(&connections, peer, 1));
        let strangers = [B, B].map(|peer| seat(&connections, peer));
        let _stuck: Vec<Running> = strangers.iter().map(Seat::begin).collect();
        for _ in 0..2 {
            pass(2_000).await;
            drop(strangers.iter().map(Seat::begin).collect::<Vec<_>>());
        }
        assert!(!connections.0.has_room());
        let [first, second] = &strangers;
        assert_eq!(leaving(&[&known[0], &known[1], first, second]), [false, false, true, false]);
        pass(2_000).await;
        let overdue = second.begin();
        assert!(second.connection().is_overdue(connections.0.now()), "whatever was asked for since");
        drop(overdue);
    }

    #[tokio::test(start_paused = true)]
    async fn of_those_who_are_known_one_gives_way_at_a_time() {
        let connections = register(3, 2, 100);
        let known = [A, A, B].map(|peer| device(&connections, peer, 1));
        pass(600).await;
        assert!(!connections.0.has_room());
        assert!(!connections.0.has_room(), "one is leaving");
        let [first, second, third] = &known;
        assert_eq!(leaving(&[first, second, third]).into_iter().filter(|leaves| *leaves).count(), 1);
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

    /// Whoever has a site takes another network of it for each connection.
    #[tokio::test(start_paused = true)]
    async fn of_strangers_a_site_that_has_the_most_gives_way() {
        let connections = register(100, 32, 100);
        let honest = [seat(&connections, A), seat(&connections, A)];
        pass(1).await;
        let site: Vec<_> = (0..30).map(|number| seat(&connections, &format!("2001:db8:0:{number}::1"))).collect();
        pass(600).await;
        assert!(connections.0.has_room());
        assert_eq!(leaving(&[&honest[0], &honest[1], &site[0]]), [false, false, true]);
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
        // A site has room for ten of its clients.
        let site: Vec<_> = (1..=9).map(|number| format!("2001:db9:0:{number}::1")).collect();
        let _site: Vec<_> = site.iter().flat_map(|peer| [seat(&connections, peer), seat(&connections, peer)]).collect();
        let _last = [seat(&connections, "2001:db9:0:a::1"), seat(&connections, "2001:db9:0:b::1")];
        assert!(connections.enter("2001:db9:0:c::1".parse().unwrap()).is_none(), "twenty of one /48");
        for peer in ["127.0.0.1", "10.1.2.3"] {
            let seats: Vec<_> = (0..5).map(|_| seat(&connections, peer)).collect();
            assert_eq!(seats.len(), 5, "{peer}");
        }
        // Who is known does not count.
        let devices: Vec<_> = (0..5).map(|number| device(&connections, A, number)).collect();
        assert_eq!(devices.len(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn with_one_credential_nobody_takes_all_places() {
        let connections = register(100, 100, 100);
        let other = device(&connections, A, 2);
        let [first, second, third] = [A, B, A].map(|peer| device(&connections, peer, 1));
        pass(600).await;
        let busy = first.begin();
        assert_eq!(leaving(&[&first, &second, &third, &other]), [false; 4], "as many as it may have");
        let fourth = device(&connections, B, 1);
        assert_eq!(leaving(&[&first, &second, &third, &fourth, &other]), [false, true, false, false, false]);
        let fifth = device(&connections, B, 1);
        assert_eq!(leaving(&[&first, &third, &fourth, &fifth, &other]), [false, true, false, false, false]);
        drop((second, third));
        pass(1).await;
        let all_busy = [fourth.begin(), fifth.begin()];
        let sixth = device(&connections, A, 1);
        assert_eq!(leaving(&[&first, &fourth, &fifth, &sixth, &other]), [true, false, false, false, false]);
        assert_eq!(connections.0.lock().leaving.known, 1);
        drop((busy, all_busy));
        drop((first, fourth, fifth, sixth, other));
        let open = connections.0.lock();
        assert!(open.of_credential.is_empty() && open.leaving.known == 0, "nothing is kept of who has gone");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_begins_before_its_connection_closes_is_answered() {
        let connections = register(2, 1, 100);
        let [first, second] = [A, B].map(|peer| device(&connections, peer, 1));
        pass(600).await;
        assert!(!connections.0.has_room());
        assert_eq!(leaving(&[&first, &second]), [true, false]);
        assert!(!first.answers_first(), "nothing was asked for");
        let running = first.begin();
        assert!(first.answers_first());
        assert!(!connections.0.has_room());
        assert_eq!(leaving(&[&first, &second]), [true, true], "somebody else is asked in its stead");
        drop(running);
        drop((first, second));
        let leaving_now = || {
            let open = connections.0.lock();
            (open.leaving.strangers, open.leaving.known)
        };
        assert_eq!(leaving_now(), (0, 0));
        // Whoever is told because of what they ask for has no time left for it.
        let stranger = seat(&connections, A);
        let _stuck = stranger.begin();
        pass(6_000).await;
        assert!(connections.0.has_room());
        assert_eq!(leaving(&[&stranger]), [true]);
        assert!(!stranger.answers_first());
        drop(stranger);
        assert_eq!(leaving_now(), (0, 0));
    }

    /// Behind a proxy are many, though the first of them lends it a credential.
    #[tokio::test(start_paused = true)]
    async fn a_proxy_has_no_credential_of_its_own() {
        for peer in ["127.0.0.1", "10.1.2.3"] {
            let connections = register(100, 100, 100);
            let seats: Vec<_> = (0..5).map(|_| device(&connections, peer, 1)).collect();
            assert_eq!(leaving(&seats.iter().collect::<Vec<_>>()), [false; 5], "{peer}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_are_refused_do_not_each_look_through_all() {
        let connections = register(10, 10, 1);
        let first = seat(&connections, A);
        pass(480).await;
        assert!(connections.enter(A.parse().unwrap()).is_none(), "it has not had its time");
        pass(30).await;
        assert!(connections.enter(A.parse().unwrap()).is_none(), "nobody has looked again");
        assert!(connections.enter(B.parse().unwrap()).is_some(), "that is said of one client alone");
        pass(30).await;
        let second = seat(&connections, A);
        assert_eq!(leaving(&[&first, &second]), [true, false]);
        drop(first);
        drop(second);
        assert!(connections.0.lock().of_client.is_empty(), "nothing is kept of who has gone");
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
