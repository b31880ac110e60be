//! A small HTTP client for gateways that the operator of the installation names: one request, one connection, no
//! redirects.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderValue, Request, StatusCode};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use url::Url;

use crate::{Error, Result};

/// How long a request may take from the first to the last.
const PATIENCE: Duration = Duration::from_secs(20);

/// A way to one kind of server.
#[derive(Clone)]
pub(super) struct HttpClient {
    tls: Option<TlsConnector>,
}

impl HttpClient {
    /// A client for addresses like one. With https, servers prove who they are to the certificates of the system.
    pub fn for_address(address: &Url) -> Self {
        if address.scheme() != "https" {
            return Self { tls: None };
        }
        let mut roots = RootCertStore::empty();
        // A certificate that cannot be read vouches for nobody; the others still do.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let builder = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
        let config = builder.with_safe_default_protocol_versions().ok();
        let config = config.map(|builder| builder.with_root_certificates(roots).with_no_client_auth());
        Self { tls: config.map(|config| TlsConnector::from(Arc::new(config))) }
    }

    /// Sends a request and tells how it was answered. What the answer says is not read.
    ///
    /// # Errors
    /// Internal, with what went wrong on the way.
    pub async fn send(&self, address: &Url, request: Request<Full<Bytes>>) -> Result<StatusCode> {
        let late = |_| Error::internal(format!("{} did not answer in time", host(address)));
        tokio::time::timeout(PATIENCE, self.exchange(address, request)).await.map_err(late)?
    }

    async fn exchange(&self, address: &Url, request: Request<Full<Bytes>>) -> Result<StatusCode> {
        let port = address.port_or_known_default().unwrap_or(80);
        let bare = host(address).trim_matches(['[', ']']).to_owned();
        let stream = TcpStream::connect((bare.as_str(), port)).await.map_err(Error::internal)?;
        if address.scheme() != "https" {
            return speak(stream, address, request).await;
        }
        let tls = self.tls.as_ref().ok_or_else(|| Error::internal("there is no way to speak https"))?;
        let name = ServerName::try_from(bare).map_err(Error::internal)?;
        speak(tls.connect(name, stream).await.map_err(Error::internal)?, address, request).await
    }
}

fn host(address: &Url) -> &str {
    address.host_str().unwrap_or_default()
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    address: &Url,
    mut request: Request<Full<Bytes>>,
) -> Result<StatusCode> {
    let authority = address.port().map_or_else(|| host(address).to_owned(), |port| format!("{}:{port}", host(address)));
    request.headers_mut().insert(HOST, HeaderValue::try_from(authority).map_err(Error::internal)?);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(Error::internal)?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(Error::internal);
    connection.abort();
    Ok(answer?.status())
}
