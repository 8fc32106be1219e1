//! The metrics, for Prometheus. There is one recorder per process, which also holds the metrics of a host
//! application.
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

const DURATION: &str = "portcullis_request_seconds";
const BUCKETS: [f64; 9] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];

static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Starts recording, unless the process already has a recorder.
pub fn start() {
    RECORDER.get_or_init(|| {
        let name = metrics_exporter_prometheus::Matcher::Full(DURATION.to_owned());
        let builder = PrometheusBuilder::new().set_buckets_for_metric(name, &BUCKETS).ok()?;
        builder.install_recorder().ok()
    });
}

/// Counts a request to `route`.
pub fn count(method: &'static str, route: &str, status: u16, seconds: f64) {
    let labels = [("method", method.to_owned()), ("route", route.to_owned())];
    metrics::histogram!(DURATION, &labels).record(seconds);
    let status = [("status", status.to_string())];
    metrics::counter!("portcullis_requests_total", &[&labels[..], &status].concat()).increment(1);
}

/// Moves recorded durations into their buckets. Until then each of them takes memory, so this must run every
/// few seconds, even if the metrics are never read.
pub fn upkeep() {
    if let Some(Some(handle)) = RECORDER.get() {
        handle.run_upkeep();
    }
}

/// All metrics, in the text format of Prometheus. `None` if another recorder is installed.
pub fn render() -> Option<String> {
    RECORDER.get()?.as_ref().map(|handle| {
        handle.run_upkeep();
        handle.render()
    })
}
