//! The accept loop: slow, silent and many clients, and stopping under way.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Kind, TestServer, talk};

const HEALTH: &[u8] = b"GET /health HTTP/1.1\r\nhost: officina.test\r\nconnection: close\r\n\r\n";

/// The database has no part in these stories, so they are told on one.
async fn impatient() -> TestServer {
    TestServer::on(Kind::Sqlite, |config| {
        config.deadlines.header_seconds = 1;
        config.deadlines.body_seconds = 1;
        config.limits.connections = 3;
    })
    .await
}

async fn say(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).await.unwrap();
}

/// All that comes until the server closes the connection.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    // A reset is an end as well.
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn who_says_nothing_or_too_little_is_closed() {
    let mut server = impatient().await;
    let address = server.open_port().await;
    // "P" is how both POST and the preface of HTTP/2 begin.
    for beginning in ["", "P", "GET /health HTTP/1.1\r\nhost: officina"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        say(&mut stream, beginning).await;
        let begun = Instant::now();
        let answer = rest(stream).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(begun.elapsed() < Duration::from_secs(3), "{beginning:?}: {:?}", begun.elapsed());
    }
    assert!(talk(address, HEALTH).await.starts_with("HTTP/1.1 200"));
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let mut server = impatient().await;
    let address = server.open_port().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    say(
        &mut stream,
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: officina.test\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
    )
    .await;
    let begun = Instant::now();
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("BAD_REQUEST"), "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    server.stop().await;
}

#[tokio::test]
async fn more_connections_than_seats_wait_their_turn() {
    let mut server = impatient().await;
    let address = server.open_port().await;
    let answers = futures::future::join_all((0..20).map(|_| talk(address, HEALTH))).await;
    assert!(answers.iter().all(|answer| answer.starts_with("HTTP/1.1 200")));
    server.stop().await;
}

#[tokio::test]
async fn stopping_lets_a_running_request_end_and_refuses_new_ones() {
    let mut server = TestServer::on(Kind::Sqlite, |_| {}).await;
    let address = server.open_port().await;
    // The head is there, the body is under way when the server is told to stop.
    let body = r#"{"email":"admin@rossi.test","password":"correct horse battery"}"#;
    let mut stream = TcpStream::connect(address).await.unwrap();
    say(
        &mut stream,
        &format!(
            "POST /api/v1/auth/login HTTP/1.1\r\nhost: officina.test\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        ),
    )
    .await;
    // The handler asks for the body: it is running.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert!(interim.starts_with(b"HTTP/1.1 100"));
    let idle = TcpStream::connect(address).await.unwrap();

    let begun = Instant::now();
    let stopping = tokio::spawn(server.stop());
    // An idle connection is closed; from then on the server has been told.
    assert_eq!(rest(idle).await, "");
    assert!(TcpStream::connect(address).await.is_err(), "a stopping server takes nobody");
    say(&mut stream, body).await;
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("accessToken"), "{answer}");
    stopping.await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn pings_are_no_use_of_a_connection() {
    let mut server = impatient().await;
    let address = server.open_port().await;
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut requests, mut connection) = h2::client::handshake(stream).await.unwrap();
    let mut pings = connection.ping_pong().unwrap();
    let connection = tokio::spawn(connection);
    let request = || http::Request::get("http://officina.test/health").body(()).unwrap();
    let (answer, _) = requests.send_request(request(), true).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
    let begun = Instant::now();
    // As often as the server lets us, for as long as it does.
    while pings.ping(h2::Ping::opaque()).await.is_ok() {}
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    // Told to go, not cut off.
    connection.await.unwrap().unwrap();
    server.stop().await;
}

#[tokio::test]
async fn who_does_not_read_is_closed() {
    let mut server = TestServer::on(Kind::Sqlite, |config| {
        config.deadlines.write_seconds = 1;
        config.deadlines.header_seconds = 4;
    })
    .await;
    let address = server.open_port().await;
    // HTTP/1: more answers than all buffers on the way hold.
    let mut stream = TcpStream::connect(address).await.unwrap();
    let ask = "GET /api/openapi.json HTTP/1.1\r\nhost: officina.test\r\n\r\n";
    say(&mut stream, &ask.repeat(200)).await;
    stream.readable().await.unwrap();
    // The deadline of one who says nothing is longer, and tells that the other one is over. Whoever reads then gets what was on
    // its way, and no more of it.
    rest(TcpStream::connect(address).await.unwrap()).await;
    let taken = tokio::time::timeout(Duration::from_secs(20), rest(stream)).await.expect("it is over");
    let answers = taken.matches("HTTP/1.1 200").count();
    assert!(answers < 200, "{answers}");

    // HTTP/2: the answer has a window of its own, and the client opens it no further. A live stream is no exception.
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut requests, connection) =
        h2::client::Builder::new().initial_window_size(16).handshake::<_, bytes::Bytes>(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    let live = server.member("admin").await.request(http::Method::GET, "http://officina.test/api/v1/live");
    let (live, _) = requests.send_request(live.body(()).unwrap(), true).unwrap();
    let live = live.await.unwrap();
    assert_eq!(live.status(), 200);
    // Whether by an error or not: it ends, though nothing is read.
    let _ = tokio::time::timeout(Duration::from_secs(20), connection).await.expect("the server ends it");
    server.stop().await;
}

#[tokio::test]
async fn the_longest_idle_stranger_gives_way_and_who_is_known_stays() {
    let mut server = TestServer::on(Kind::Sqlite, |config| {
        config.limits.connections = 6;
        config.limits.connections_anonymous = 3;
    })
    .await;
    let address = server.open_port().await;
    let member = server.member("admin").await.request(http::Method::GET, "/");
    let token = member.headers_ref().unwrap()["authorization"].to_str().unwrap().to_owned();
    let me = format!("GET /api/v1/auth/me HTTP/1.1\r\nhost: officina.test\r\nauthorization: {token}\r\n\r\n");
    let mut known = TcpStream::connect(address).await.unwrap();
    ask(&mut known, &me).await;
    // Silent, half a head, and HTTP/2 with nothing but a preface.
    let mut strangers = Vec::new();
    for beginning in ["", "GET / HTTP/1.1\r\nhost: o", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        say(&mut stream, beginning).await;
        strangers.push(stream);
    }
    // However many keep silent, each who has something to say is heard, and the deadline of thirty seconds has no part in it.
    let begun = Instant::now();
    for _ in 0..6 {
        assert!(talk(address, HEALTH).await.starts_with("HTTP/1.1 200"));
        strangers.push(TcpStream::connect(address).await.unwrap());
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    rest(strangers.remove(0)).await;
    ask(&mut known, &me).await;
    server.stop().await;
}

/// Asks on a connection that stays open, and expects 200.
async fn ask(stream: &mut TcpStream, request: &str) {
    say(stream, request).await;
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "{}", String::from_utf8_lossy(&answer));
    }
    assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let mut server = impatient().await;
    let address = server.open_port().await;
    for hosts in ["", "host: officina.test\r\nhost: officina.test\r\n", "host: a b\r\n"] {
        let answer = talk(address, format!("GET /health HTTP/1.1\r\n{hosts}\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("BAD_REQUEST"), "{hosts:?}: {answer}");
    }
    let old = talk(address, b"GET /health HTTP/1.0\r\n\r\n").await;
    assert!(old.starts_with("HTTP/1.0 200"), "{old}");
    server.stop().await;
}
