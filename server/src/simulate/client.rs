//! The way to the server: connections that stay open, over plain HTTP.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

use crate::launch::StartError;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client of one server. Clones share its connections.
#[derive(Debug, Clone)]
pub(super) struct Client {
    base: String,
    http: hyper_util::client::legacy::Client<HttpConnector, Full<Bytes>>,
}

/// What the server said.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: StatusCode,
    pub retry_after: Option<Duration>,
    /// The body, where it is JSON.
    pub body: Value,
}

impl Answer {
    /// The answer in a few words, for messages.
    pub fn in_words(&self) -> String {
        match self.body["error"].as_str() {
            Some(error) => format!("{}: {error}", self.status),
            None => self.status.to_string(),
        }
    }
}

impl Client {
    /// A client of the server at an address.
    pub fn new(url: &str) -> Result<Self, StartError> {
        let base = url.trim_end_matches('/').to_owned();
        let is_plain = base.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some("http") && uri.host().is_some());
        if !is_plain {
            return Err(StartError::new(format!("{url} is not an address such as http://127.0.0.1:3000.")));
        }
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let http = hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { base, http })
    }

    /// Posts JSON, with one more header.
    ///
    /// # Errors
    /// In a few words, why there is no answer.
    pub async fn post(&self, path: &str, header: (&str, &str), body: Bytes) -> Result<Answer, String> {
        self.ask(Method::POST, path, header, body).await
    }

    /// Gets JSON, with one more header.
    ///
    /// # Errors
    /// As [`Client::post`].
    pub async fn get(&self, path: &str, header: (&str, &str)) -> Result<Answer, String> {
        self.ask(Method::GET, path, header, Bytes::new()).await
    }

    async fn ask(&self, method: Method, path: &str, header: (&str, &str), body: Bytes) -> Result<Answer, String> {
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header.0, header.1)
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        let exchange = async {
            let response = self.http.request(request).await.map_err(|error| root(&error))?;
            let (head, body) = response.into_parts();
            let body = body.collect().await.map_err(|error| root(&error))?.to_bytes();
            Ok::<_, String>((head, body))
        };
        let (head, body) =
            tokio::time::timeout(PATIENCE, exchange).await.map_err(|_| "no answer in 30 seconds".to_owned())??;
        let retry_after = head.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok(Answer {
            status: head.status,
            retry_after: retry_after.map(Duration::from_secs),
            body: serde_json::from_slice(&body).unwrap_or_default(),
        })
    }
}

/// The cause at the bottom of an error: what stands above it only says that a request failed.
fn root(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    cause.to_string()
}
