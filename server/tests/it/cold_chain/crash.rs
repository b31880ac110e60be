//! The server is killed in the middle of its work: what it acknowledged is there, exactly once.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::program::{Program, assert_all_there, device_in, reading};
use crate::support::Kind;
use crate::support::database;

/// Clients that send at the same time.
const CLIENTS: i64 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_acknowledged_reading_survives_kill_9_exactly_once() {
    for kind in database::kinds() {
        let rounds = if kind == Kind::Sqlite { 80 } else { 20 };
        let database = database::fresh(kind).await;
        let config = database.config();
        let key = device_in(&config).await;
        let mut acknowledged = HashSet::new();
        for round in 0..rounds {
            let program = Program::start(&config).await;
            // A different moment each time, decided by what has been acknowledged and not by a clock.
            let enough = 15 + round * 7 % 140;
            acknowledged.extend(send_until_killed(program, &key, round as i64, enough).await);
            assert_all_there(&config, &acknowledged, &format!("round {round}")).await;
        }
        assert!(acknowledged.len() >= 15 * rounds, "{} acknowledged", acknowledged.len());
    }
}

/// Sends readings on several connections, kills the server once enough are acknowledged, and returns these.
async fn send_until_killed(program: Program, key: &str, round: i64, enough: usize) -> Vec<i64> {
    let count = Arc::new(AtomicUsize::new(0));
    let (reached, mut is_reached) = watch::channel(false);
    let address = program.address;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (key, count, reached) = (key.to_owned(), Arc::clone(&count), reached.clone());
            tokio::spawn(async move {
                let mut acknowledged = Vec::new();
                let Ok(mut stream) = TcpStream::connect(address).await else { return acknowledged };
                for number in 0.. {
                    let seq = (round * CLIENTS + client) * 1_000_000 + number;
                    if !send(&mut stream, &key, seq).await {
                        return acknowledged;
                    }
                    acknowledged.push(seq);
                    if count.fetch_add(1, Ordering::Relaxed) + 1 == enough {
                        reached.send_replace(true);
                    }
                }
                acknowledged
            })
        })
        .collect();
    is_reached.wait_for(|reached| *reached).await.expect("the clients hold the sender");
    drop(program);
    let mut acknowledged = Vec::new();
    for client in clients {
        acknowledged.extend(client.await.expect("a client"));
    }
    acknowledged
}

/// Sends one reading and tells whether it was acknowledged.
async fn send(stream: &mut TcpStream, key: &str, seq: i64) -> bool {
    if stream.write_all(reading(key, seq, "keep-alive").as_bytes()).await.is_err() {
        return false;
    }
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    // The answer to a single accepted reading ends so.
    while !answer.ends_with(b"\"rejected\":0}}") {
        match stream.read(&mut buffer).await {
            Ok(0) | Err(_) => return false,
            Ok(read) => answer.extend_from_slice(&buffer[..read]),
        }
        assert!(answer.starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&answer));
    }
    true
}
