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
