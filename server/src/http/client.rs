//! Who is at the other end of a request: address, program, request id.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use officina::identity::service::Client;

use crate::config::Network;
use crate::http::auth;
use crate::http::request_id;
use crate::state::AppState;

/// The other end of the connection, put into each request by the accept loop.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The client's address, after trusted proxies; put into each request by [`crate::http::frame`].
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub Option<IpAddr>);

/// The address of the client: the peer, or the last hop of `X-Forwarded-For` that is not a trusted proxy, if the peer is
/// one. What anybody else writes into that header is ignored.
#[must_use]
pub fn address(trusted: &[Network], peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let peer = peer?.to_canonical();
    if !is_trusted(peer) {
        return Some(peer);
    }
    let mut nearest = peer;
    let hops: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for hop in hops.into_iter().rev() {
        // A hop that is no address ends the walk: nothing before it can be believed.
        let Some(hop) = parse_hop(hop.trim()) else { break };
        nearest = hop;
        if !is_trusted(hop) {
            break;
        }
    }
    Some(nearest)
}

/// An address with or without a port, as proxies write it.
fn parse_hop(text: &str) -> Option<IpAddr> {
    let address = text.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// The client of a request, as the services want it.
#[must_use]
pub fn of(state: &AppState, parts: &Parts) -> Client {
    let address = parts.extensions.get::<ClientAddress>().map_or_else(
        || {
            let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
            address(&state.config.trusted_proxies, peer, &parts.headers)
        },
        |address| address.0,
    );
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let id: Arc<str> = request_id::current();
    let device = auth::device_value(&parts.headers).map(str::to_owned);
    Client { address, user_agent, device, request_id: Some(id.to_string()) }
}

/// [`Client`] as an extractor.
#[derive(Debug)]
pub struct FromClient(pub Client);

impl FromRequestParts<AppState> for FromClient {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        Ok(Self(of(state, parts)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(trusted: &[&str], peer: &str, forwarded: &[&'static str]) -> String {
        let trusted: Vec<Network> = trusted.iter().map(|network| network.parse().unwrap()).collect();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", axum::http::HeaderValue::from_static(value));
        }
        address(&trusted, Some(peer.parse().unwrap()), &headers).unwrap().to_string()
    }

    #[test]
    fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
        assert_eq!(seen(&[], "203.0.113.1", &["198.51.100.7"]), "203.0.113.1");
        assert_eq!(seen(&["10.0.0.0/8"], "10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen(&["10.0.0.0/8"], "10.0.0.1", &["1.2.3.4, 198.51.100.7, 10.0.0.9"]), "198.51.100.7");
        assert_eq!(seen(&["10.0.0.0/8"], "10.0.0.1", &["1.2.3.4", "198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(seen(&["10.0.0.0/8"], "10.0.0.1", &["1.2.3.4, unknown"]), "10.0.0.1");
        assert_eq!(seen(&["10.0.0.0/8"], "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(seen(&["10.0.0.0/8"], "::ffff:10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
    }
}
