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
