//! What handles requests between HTTP and the flows.
mod body;
mod cors;
mod csrf;
mod error_pages;
mod headers;
mod multipart;
mod protocol;
mod proxies;
mod refusal_log;
mod routing;

const FORM: &str = "application/x-www-form-urlencoded";
const APP: &str = "https://app.example.com";

/// In bytes.
const HUGE: usize = 200_000;
const MULTIPART: &str = "multipart/form-data; boundary=----x";

/// A field of a `FormData`.
fn part(name: &str, value: &str) -> String {
    format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}")
}

fn multipart(parts: &[String]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| format!("------x\r\n{part}\r\n")).collect();
    parts.concat() + "------x--\r\n"
}
