//! Figures for Prometheus, on a listener of their own.

use std::sync::OnceLock;
use std::time::Duration;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use officina::{Error, Result};

/// Upper ends of the time buckets, in seconds.
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
/// How often samples are folded into the buckets.
const UPKEEP: Duration = Duration::from_secs(5);

static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();

/// Begins to collect. Until this is called, counting costs next to nothing.
///
/// # Errors
/// Only internal ones.
pub fn collect() -> Result<PrometheusHandle> {
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), BUCKETS)
        .map_err(Error::internal)?
        .build_recorder();
    let handle = HANDLE.get_or_init(|| recorder.handle()).clone();
    metrics::set_global_recorder(recorder).map_err(|error| Error::internal(error.to_string()))?;
    Ok(handle)
}

/// The router of the metrics listener.
pub fn router(handle: PrometheusHandle) -> Router {
    let render = move || {
        let handle = handle.clone();
        async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render()).into_response() }
    };
    Router::new().route("/metrics", get(render))
}

/// Keeps the figures small, for ever.
pub async fn keep(handle: PrometheusHandle) {
    let mut beat = tokio::time::interval(UPKEEP);
    loop {
        beat.tick().await;
        handle.run_upkeep();
    }
}
