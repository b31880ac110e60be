//! The accept loop, on hyper-util: axum's own sets no deadline for the head of a request.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, header};
use futures::FutureExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

use super::body::TimedBody;
use super::client::Peer;
use crate::config::Config;

/// How long to rest when the system has no file descriptor left for another connection.
const REST: Duration = Duration::from_millis(50);
/// How long a connection that has said nothing yet may still send its request after the server was told to stop.
const LAST_WORD: Duration = Duration::from_millis(500);
/// HTTP/2 pings find dead peers.
const PING: Duration = Duration::from_secs(30);

/// How connections are served.
#[derive(Debug, Clone)]
struct Rules {
    header: Duration,
    body: Duration,
    /// Set when the server is stopping: answers then close their connection.
    stopping: Arc<AtomicBool>,
    stop: CancellationToken,
}

/// Serves a router on a listener until `stop`, then lets running requests end for as long as configured.
pub async fn serve(listener: TcpListener, router: Router, config: &Config, stop: CancellationToken) {
    let rules = Rules {
        header: Duration::from_secs(config.deadlines.header_seconds),
        body: Duration::from_secs(config.deadlines.body_seconds),
        stopping: Arc::new(AtomicBool::new(false)),
        stop: stop.clone(),
    };
    let seats = Arc::new(Semaphore::new(config.limits.connections));
    let connections = TaskTracker::new();
    let open = |stream: TcpStream, peer: SocketAddr, seat: Option<OwnedSemaphorePermit>| {
        let (router, rules) = (router.clone(), rules.clone());
        connections.spawn(async move {
            serve_connection(stream, peer, router, rules).await;
            drop(seat);
        });
    };
    loop {
        // Without a free seat nothing is accepted: who comes waits in the system's queue.
        let seat = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            seat = Arc::clone(&seats).acquire_owned() => seat,
        };
        let Ok(seat) = seat else { break };
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => open(stream, peer, Some(seat)),
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                // Out of file descriptors or memory: it passes when connections close.
                tracing::warn!(error = %error, "cannot accept connections for now");
                tokio::time::sleep(REST).await;
            }
        }
    }
    rules.stopping.store(true, Ordering::Relaxed);
    // Who is already in the queue was promised a connection.
    while let Some(Ok((stream, peer))) = listener.accept().now_or_never() {
        open(stream, peer, Arc::clone(&seats).try_acquire_owned().ok());
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

async fn serve_connection(stream: TcpStream, peer: SocketAddr, router: Router, rules: Rules) {
    // Without it the last small packet of a streamed page waits for the client's delayed acknowledgement, 40 ms.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let spoken = Arc::new(AtomicBool::new(false));
    let service = {
        let (spoken, stopping, deadline) = (Arc::clone(&spoken), Arc::clone(&rules.stopping), rules.body);
        service_fn(move |request: Request<Incoming>| {
            spoken.store(true, Ordering::Relaxed);
            let answer = answer(router.clone(), request, peer, deadline);
            let stopping = Arc::clone(&stopping);
            async move {
                let mut response = answer.await?;
                if stopping.load(Ordering::Relaxed) {
                    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(response)
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
    let connection = http.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    // hyper-util waits without end for the first bytes, which tell HTTP/1 from HTTP/2: this is their deadline.
    let mut first_request = std::pin::pin!(tokio::time::sleep(rules.header));
    let (mut waiting, mut told) = (true, false);
    loop {
        tokio::select! {
            biased;
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(error = %error, "connection ended early");
                }
                return;
            }
            () = rules.stop.cancelled(), if !told => {
                told = true;
                if spoken.load(Ordering::Relaxed) {
                    connection.as_mut().graceful_shutdown();
                    waiting = false;
                } else {
                    first_request.as_mut().reset(tokio::time::Instant::now() + LAST_WORD);
                }
            }
            () = first_request.as_mut(), if waiting => {
                if !spoken.load(Ordering::Relaxed) {
                    return;
                }
                waiting = false;
            }
        }
    }
}

async fn answer(
    mut router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    deadline: Duration,
) -> Result<Response<Body>, Infallible> {
    let mut request = request.map(|body| Body::new(TimedBody::new(body, deadline)));
    request.extensions_mut().insert(Peer(peer));
    router.call(request).await
}
