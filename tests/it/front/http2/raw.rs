//! A client that sends frames of HTTP/2 byte by byte, and so any that RFC 9113 forbids.
use super::super::{LONG, Running};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// The beginning of every connection (RFC 9113, 3.4), without its SETTINGS.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PUSH_PROMISE: u8 = 5;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const ACK: u8 = 0x1;
pub const END_STREAM: u8 = 0x1;
pub const END_HEADERS: u8 = 0x4;
pub const PADDED: u8 = 0x8;

pub const PROTOCOL_ERROR: u32 = 1;
pub const FLOW_CONTROL_ERROR: u32 = 3;
pub const STREAM_CLOSED: u32 = 5;
pub const FRAME_SIZE_ERROR: u32 = 6;
pub const REFUSED_STREAM: u32 = 7;
pub const COMPRESSION_ERROR: u32 = 9;
pub const ENHANCE_YOUR_CALM: u32 = 11;

/// A frame (RFC 9113, 4.1).
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    frame.extend_from_slice(&[kind, flags]);
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// SETTINGS with these pairs.
pub fn settings(pairs: &[(u16, u32)]) -> Vec<u8> {
    let pairs =
        pairs.iter().map(|(id, value)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat());
    frame(SETTINGS, 0, 0, &pairs.collect::<Vec<_>>().concat())
}

/// The beginning of a connection that follows the rules.
pub fn start() -> Vec<u8> {
    [PREFACE, &settings(&[])].concat()
}

/// `WINDOW_UPDATE` by `count` bytes.
pub fn window(stream: u32, count: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &count.to_be_bytes())
}

/// `RST_STREAM` because the client is no longer interested.
pub fn reset(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &8u32.to_be_bytes())
}

/// A length as HPACK writes it after a prefix of 7 bits (RFC 7541, 5.1).
fn length(length: usize) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(length.min(127)).unwrap()];
    if let Some(mut rest) = length.checked_sub(127) {
        while rest > 127 {
            bytes.push(u8::try_from(rest % 128).unwrap() | 128);
            rest /= 128;
        }
        bytes.push(u8::try_from(rest).unwrap());
    }
    bytes
}

/// A field that `first` says how to index, with its name and value as they are.
pub fn field(first: u8, name: &[u8], value: &[u8]) -> Vec<u8> {
    [&[first], &length(name.len())[..], name, &length(value.len()), value].concat()
}

/// Fields as HPACK, without its table and Huffman's code.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let fields = fields.iter().map(|(name, value)| field(0, name.as_bytes(), value.as_bytes()));
    fields.collect::<Vec<_>>().concat()
}

/// The fields of a GET.
pub fn get_fields(path: &str) -> Vec<(&str, &str)> {
    vec![(":method", "GET"), (":scheme", "http"), (":authority", "localhost"), (":path", path)]
}

/// A whole request without a body.
pub fn request(stream: u32, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | END_STREAM, stream, &block(fields))
}

/// A whole GET.
pub fn get(stream: u32, path: &str) -> Vec<u8> {
    request(stream, &get_fields(path))
}

/// The head of a POST to `/app/size`, whose body follows.
pub fn post(stream: u32, more: &[(&str, &str)]) -> Vec<u8> {
    let fields = [
        ("POST", ":method"),
        ("http", ":scheme"),
        ("localhost", ":authority"),
        ("/app/size", ":path"),
    ];
    let fields: Vec<_> =
        fields.iter().map(|(value, name)| (*name, *value)).chain(more.iter().copied()).collect();
    frame(HEADERS, END_HEADERS, stream, &block(&fields))
}

/// What the front does about a connection or a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It closes the connection without a word.
    Closed,
    /// It closes the connection, and says why.
    GoAway(u32),
    /// It gives a request up, and says why.
    Reset(u32),
    /// It replies with this status.
    Status(u16),
}

/// The status in the head of a reply, which is its first field.
fn status(block: &[u8]) -> u16 {
    const STATIC: [u16; 7] = [200, 204, 206, 304, 400, 404, 500];
    // After changes of the size of the table.
    let block = &block[block.iter().position(|byte| byte & 0xe0 != 0x20).unwrap()..];
    if block[0] & 0x80 != 0 {
        return STATIC[usize::from(block[0] - 0x88)];
    }
    assert!([0x08, 0x18, 0x48].contains(&block[0]), "{block:?}");
    let text = &block[2..2 + usize::from(block[1] & 0x7f)];
    if block[1] & 0x80 == 0 {
        return std::str::from_utf8(text).unwrap().parse().unwrap();
    }
    // Huffman's code has 5 bits for 0, 1 and 2, and 6 for the other digits (RFC 7541, appendix B).
    let bits = text.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
    let mut left = text.len() * 8;
    let mut digits = 0;
    for _ in 0..3 {
        let five = (bits >> (left - 5)) & 31;
        let digit = if five < 3 {
            left -= 5;
            five
        } else {
            left -= 6;
            ((bits >> left) & 63) - 0x19 + 3
        };
        digits = digits * 10 + digit;
    }
    u16::try_from(digits).unwrap()
}

/// A connection.
pub struct Raw(pub TcpStream);

impl Raw {
    /// Opens a connection and sends bytes.
    pub async fn open(front: &Running, bytes: &[u8]) -> Self {
        let mut raw = Self(front.connect().await);
        raw.send(bytes).await;
        raw
    }

    /// Sends bytes. The front may have closed the connection meanwhile.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = timeout(LONG, self.0.write_all(bytes)).await.expect("the front reads");
    }

    /// The next frame: its kind, flags, stream and payload. `None` at the end.
    pub async fn frame(&mut self) -> Option<(u8, u8, u32, Vec<u8>)> {
        let mut head = [0; 9];
        let read = self.0.read_exact(&mut head);
        timeout(LONG, read).await.expect("a frame or the end comes").ok()?;
        let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        let read = self.0.read_exact(&mut payload);
        timeout(LONG, read).await.expect("the frame or the end comes").ok()?;
        Some((head[3], head[4], u32::from_be_bytes(head[5..].try_into().unwrap()), payload))
    }

    /// Reads until something happens to the connection or to a request on `stream`.
    pub async fn outcome_of(&mut self, stream: u32) -> Outcome {
        let code = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
        loop {
            let Some((kind, _, on, payload)) = self.frame().await else { return Outcome::Closed };
            match kind {
                GOAWAY => {
                    while self.frame().await.is_some() {}
                    return Outcome::GoAway(code(&payload[4..8]));
                }
                RST_STREAM if on == stream => return Outcome::Reset(code(&payload)),
                HEADERS if on == stream => return Outcome::Status(status(&payload)),
                _ => {}
            }
        }
    }
}

/// Sends bytes after the beginning of a connection. Returns what happens to the connection or to the request on
/// stream 1. Afterwards the front serves others as before.
pub async fn outcome(front: &Running, bytes: &[u8]) -> Outcome {
    let outcome = Raw::open(front, &[&start(), bytes].concat()).await.outcome_of(1).await;
    let mut next = Raw::open(front, &[start(), get(1, "/health/live")].concat()).await;
    assert_eq!(next.outcome_of(1).await, Outcome::Status(200));
    outcome
}

#[test]
fn statuses_are_read_in_every_form() {
    for (block, code) in [
        (&[0x88][..], 200),
        (&[0x20, 0x8d], 404),
        (&[0x48, 0x03, b'4', b'0', b'1'], 401),
        (&[0x48, 0x82, 0x68, 0x01], 401),
        (&[0x08, 0x82, 0x64, 0x02], 302),
        (&[0x48, 0x83, 0x69, 0x90, 0xff], 431),
    ] {
        assert_eq!(status(block), code, "{block:?}");
    }
}
