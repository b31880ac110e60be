//! The accept loop, on hyper-util: axum's own sets no deadline for the head of a request.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, Request, Response, Version, header};
use axum::response::IntoResponse;
use futures::FutureExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use officina::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use super::body::TimedBody;
use super::client::Peer;
use super::connections::{Connections, Seat, Verdict};
use super::error::ApiError;
use super::watched::{WatchedBody, WatchedSocket};
use crate::config::Config;

/// How long to rest when the system has no file descriptor left for another connection.
const REST: Duration = Duration::from_millis(50);
/// How long a connection that has said nothing yet may still send its request after the server was told to stop.
const LAST_WORD: Duration = Duration::from_millis(500);
/// How long a client that is told to go may take to do so.
const LEAVING: Duration = Duration::from_secs(1);
/// How long a stranger's request may take that began before its connection heard that its place is needed.
const LAST_ANSWER: Duration = Duration::from_secs(5);
/// HTTP/2 pings find dead peers.
const PING: Duration = Duration::from_secs(30);

/// How connections are served.
#[derive(Debug, Clone)]
struct Rules {
    header: Duration,
    body: Duration,
    write: Duration,
    /// Set when the server is stopping: answers then close their connection.
    stopping: Arc<AtomicBool>,
    stop: CancellationToken,
}

/// Serves a router on a listener until `stop`, then lets running requests end for as long as configured.
pub async fn serve(listener: TcpListener, router: Router, config: &Config, stop: CancellationToken) {
    let rules = Rules {
        header: Duration::from_secs(config.deadlines.header_seconds),
        body: Duration::from_secs(config.deadlines.body_seconds),
        write: Duration::from_secs(config.deadlines.write_seconds),
        stopping: Arc::new(AtomicBool::new(false)),
        stop: stop.clone(),
    };
    let places = Connections::new(config);
    let connections = TaskTracker::new();
    let open = |stream: TcpStream, peer: SocketAddr, seat: Seat| {
        connections.spawn(serve_connection(stream, peer, router.clone(), rules.clone(), seat));
    };
    loop {
        // Without a free place nothing is accepted: who comes waits in the system's queue, though not for long.
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = places.room() => {}
        }
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                if let Some(seat) = places.enter(peer.ip()) {
                    open(stream, peer, seat);
                }
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Out of file descriptors or memory: it passes when connections close.
                tracing::warn!(error = %error, "cannot accept connections for now");
                sleep(REST).await;
            }
        }
    }
    rules.stopping.store(true, Ordering::Relaxed);
    // Who is already in the queue was promised a connection.
    while let Some(Ok((stream, peer))) = listener.accept().now_or_never() {
        open(stream, peer, places.enter_anyhow(peer.ip()));
    }
    drop(listener);
    connections.close();
    let patience = Duration::from_secs(config.deadlines.shutdown_seconds);
    if tokio::time::timeout(patience, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "stopped before these connections were done");
    }
}

/// Errors of accept that say something about one connection and nothing about the listener (accept(2)).
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset
    )
}

async fn serve_connection(stream: TcpStream, peer: SocketAddr, router: Router, rules: Rules, seat: Seat) {
    // Without it the last small packet of a streamed page waits for the client's delayed acknowledgement, 40 ms.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    // What the client's system has not taken by then is given up by ours, even where nothing is left to say to it.
    #[cfg(target_os = "linux")]
    let _ = rustix::net::sockopt::set_tcp_user_timeout(&stream, u32::try_from(rules.write.as_millis()).unwrap_or(0));
    let seat = &Arc::new(seat);
    let spoken = Arc::new(AtomicBool::new(false));
    let service = {
        let (spoken, stopping, deadline) = (Arc::clone(&spoken), Arc::clone(&rules.stopping), rules.body);
        let seat = Arc::downgrade(seat);
        service_fn(move |request: Request<Incoming>| {
            spoken.store(true, Ordering::Relaxed);
            let running = seat.upgrade().map(|seat| (seat.begin(), Arc::clone(seat.connection())));
            let router = router.clone();
            let stopping = Arc::clone(&stopping);
            async move {
                let mut request = request.map(|body| Body::new(TimedBody::new(body, deadline)));
                request.extensions_mut().insert(Peer(peer));
                let running = running.map(|(running, connection)| {
                    request.extensions_mut().insert(connection);
                    running
                });
                let mut response = answer(router, request).await?;
                if stopping.load(Ordering::Relaxed) {
                    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(match running {
                    Some(running) => response.map(|body| Body::new(WatchedBody::new(body, running))),
                    None => response,
                })
            }
        })
    };
    let mut http = auto::Builder::new(TokioExecutor::new());
    // The deadline for the head runs from the end of the answer before it, so it is also the one for idling.
    http.http1().timer(TokioTimer::new()).header_read_timeout(rules.header);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PING)
        .max_concurrent_streams(128)
        .max_header_list_size(32 * 1024);
    let socket = WatchedSocket::new(stream, Arc::clone(seat.connection()));
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(socket), service));
    // hyper sets no deadline for the first bytes, which tell HTTP/1 from HTTP/2, none for idling on HTTP/2, where answers
    // to pings are no use of it, and none for a client that takes nothing.
    let mut look = std::pin::pin!(sleep(rules.header.min(rules.write)));
    let (mut leaving, mut told, mut gives_way) = (false, false, false);
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(error = %error, "connection ended early");
                }
                return;
            }
            () = seat.gives_way(), if !gives_way => {
                if !seat.answers_first() {
                    return;
                }
                (leaving, gives_way) = (true, true);
                connection.as_mut().graceful_shutdown();
                look.as_mut().reset(Instant::now() + LAST_ANSWER);
            }
            () = rules.stop.cancelled(), if !told => {
                told = true;
                if spoken.load(Ordering::Relaxed) {
                    connection.as_mut().graceful_shutdown();
                } else {
                    leaving = true;
                    look.as_mut().reset(Instant::now() + LAST_WORD);
                }
            }
            () = look.as_mut() => {
                if leaving && seat.is_idle() || gives_way && !seat.is_known() {
                    return;
                }
                let next = match seat.verdict(rules.header, rules.write) {
                    Verdict::Fine(next) => next,
                    Verdict::Stalled => {
                        metrics::counter!("officina_connections_closed_total", "why" => "stalled").increment(1);
                        return;
                    }
                    Verdict::Idle => {
                        leaving = true;
                        connection.as_mut().graceful_shutdown();
                        LEAVING
                    }
                };
                look.as_mut().reset(Instant::now() + next);
            }
        }
    }
}

async fn answer(mut router: Router, request: Request<Body>) -> Result<Response<Body>, Infallible> {
    if !names_one_host(&request) {
        let error = Error::BadRequest("A request names the host that it is for, once.".to_owned());
        let mut response = ApiError::from(error).into_response();
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        return Ok(response);
    }
    router.call(request).await
}

/// Whether a request has the `Host` that RFC 9112, section 3.2, asks for: one in HTTP/1.1, elsewhere at most one, and
/// nothing but a host and a port in it. Two of them are how a request is smuggled past a proxy that reads the other one.
fn names_one_host(request: &Request<Body>) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        (Some(host), None) => {
            let is_host = |host: &[u8]| Authority::try_from(host).is_ok_and(|host| !host.as_str().contains('@'));
            host.is_empty() || is_host(host.as_bytes())
        }
        (Some(_), Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(version: Version, hosts: &[&str]) -> bool {
        let mut request = Request::builder().version(version);
        for host in hosts {
            request = request.header(header::HOST, *host);
        }
        names_one_host(&request.body(Body::empty()).unwrap())
    }

    #[test]
    fn a_request_names_its_host_once() {
        for host in ["officina.test", "officina.test:3000", "[2001:db8::1]:80", "192.0.2.1", ""] {
            assert!(passes(Version::HTTP_11, &[host]), "{host}");
        }
        for host in ["a, b", "user@officina.test", "officina.test/path", "a b"] {
            assert!(!passes(Version::HTTP_11, &[host]), "{host}");
        }
        assert!(!passes(Version::HTTP_11, &[]));
        assert!(passes(Version::HTTP_10, &[]) && passes(Version::HTTP_2, &[]));
        for version in [Version::HTTP_10, Version::HTTP_11, Version::HTTP_2] {
            assert!(!passes(version, &["officina.test", "officina.test"]), "{version:?}");
        }
    }
}
