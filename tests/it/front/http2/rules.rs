//! Clients that break the rules of HTTP/2 (RFC 9113): the connection or the request ends, and others are served.
//!
//! RFC 9113 lets a server end the connection instead of a single request (5.4.2). Where an RFC asks for another
//! code than `PROTOCOL_ERROR`, the library may still say `PROTOCOL_ERROR`: clients only log it.
use super::{
    super::{LONG, Running, SHORT, rest},
    raw::{
        ACK, COMPRESSION_ERROR, CONTINUATION, DATA, END_HEADERS, END_STREAM, FLOW_CONTROL_ERROR,
        FRAME_SIZE_ERROR, GOAWAY, HEADERS, Outcome,
        Outcome::{Closed, GoAway, Reset, Status},
        PADDED, PING, PREFACE, PRIORITY, PROTOCOL_ERROR, PUSH_PROMISE, RST_STREAM, Raw, SETTINGS,
        STREAM_CLOSED, WINDOW_UPDATE, block, field, frame, get, get_fields, outcome, post, request,
        reset, settings, start, window,
    },
};
use tokio::time::timeout;

/// A name, what a client sends after the beginning of a connection, and what may happen.
type Case = (&'static str, Vec<u8>, &'static [Outcome]);

/// Runs each case on a connection of its own.
async fn check(front: &Running, cases: Vec<Case>) {
    for (name, bytes, allowed) in cases {
        let outcome = outcome(front, &bytes).await;
        assert!(allowed.contains(&outcome), "{name}: {outcome:?} is none of {allowed:?}");
    }
}

const PROTOCOL: &[Outcome] = &[GoAway(PROTOCOL_ERROR)];
const SIZE: &[Outcome] = &[GoAway(FRAME_SIZE_ERROR), GoAway(PROTOCOL_ERROR)];
const COMPRESSION: &[Outcome] = &[GoAway(COMPRESSION_ERROR), GoAway(PROTOCOL_ERROR)];
const CLOSED_STREAM: &[Outcome] =
    &[Reset(STREAM_CLOSED), GoAway(STREAM_CLOSED), GoAway(PROTOCOL_ERROR)];
/// A malformed request (RFC 9113, 8.1.1).
const MALFORMED: &[Outcome] = &[Reset(PROTOCOL_ERROR), GoAway(PROTOCOL_ERROR), Status(400)];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_begins_with_the_preface_and_settings() {
    let front = Running::start(|c| c.server.head_timeout = SHORT).await;
    // What is no preface is taken for HTTP/1, and is none either.
    for bytes in [
        &b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"[..],
        b"PRI * HTTP/2.0\r\n\r\n",
        b"PRI * HTTP/2.0\r\nHost: localhost\r\n\r\nSM\r\n\r\n",
    ] {
        let reply = front.ask(bytes).await;
        assert!(
            reply.is_empty()
                || reply.starts_with("HTTP/1.1 400 ")
                || reply.starts_with("HTTP/1.1 5"),
            "{reply}"
        );
    }
    // The limit of time for a head holds for the preface, SETTINGS and the first request.
    for bytes in [
        &PREFACE[..20],
        PREFACE,
        &start(),
        &[start(), get(1, "/health/live")[..20].to_vec()].concat(),
    ] {
        rest(&mut front.send(bytes).await).await;
    }
    // The library takes missing SETTINGS for empty ones.
    for first in [get(1, "/health/live"), frame(PING, 0, 0, &[0; 8]), frame(DATA, 0, 0, b"")] {
        let mut raw = Raw::open(&front, &[PREFACE.to_vec(), first].concat()).await;
        let outcome = raw.outcome_of(1).await;
        let allowed = [GoAway(PROTOCOL_ERROR), Closed, Status(200)];
        assert!(allowed.contains(&outcome), "{outcome:?}");
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_have_their_size_and_their_stream() {
    let front = Running::start(|_| ()).await;
    let ok = || block(&get_fields("/health/live"));
    check(
        &front,
        vec![
            ("a GET", get(1, "/health/live"), &[Status(200)]),
            (
                "a frame of an unknown kind",
                [frame(0x77, 0xff, 1, b"x"), get(1, "/health/live")].concat(),
                &[Status(200)],
            ),
            (
                "a frame longer than 16 KiB",
                [post(1, &[]), frame(DATA, 0, 1, &[b'x'; 16_385])].concat(),
                &[GoAway(FRAME_SIZE_ERROR)],
            ),
            (
                "a frame that claims 16 MiB",
                vec![0xff, 0xff, 0xff, DATA, 0, 0, 0, 0, 1],
                &[GoAway(FRAME_SIZE_ERROR)],
            ),
            ("DATA on stream 0", frame(DATA, 0, 0, b"x"), PROTOCOL),
            ("HEADERS on stream 0", get(0, "/health/live"), PROTOCOL),
            ("HEADERS on a stream of the server", get(2, "/health/live"), PROTOCOL),
            ("PRIORITY on stream 0", frame(PRIORITY, 0, 0, &[0; 5]), PROTOCOL),
            ("RST_STREAM on stream 0", reset(0), PROTOCOL),
            ("SETTINGS on a stream", frame(SETTINGS, 0, 1, &[]), PROTOCOL),
            ("PING on a stream", frame(PING, 0, 1, &[0; 8]), PROTOCOL),
            ("GOAWAY on a stream", frame(GOAWAY, 0, 1, &[0; 8]), PROTOCOL),
            (
                "PUSH_PROMISE",
                frame(PUSH_PROMISE, END_HEADERS, 1, &[&[0, 0, 0, 2][..], &ok()].concat()),
                PROTOCOL,
            ),
            ("SETTINGS of 5 bytes", frame(SETTINGS, 0, 0, &[0; 5]), SIZE),
            (
                "an acknowledgement of SETTINGS with settings",
                frame(SETTINGS, ACK, 0, &[0; 6]),
                SIZE,
            ),
            ("PING of 7 bytes", frame(PING, 0, 0, &[0; 7]), SIZE),
            ("GOAWAY of 7 bytes", frame(GOAWAY, 0, 0, &[0; 7]), SIZE),
            (
                "RST_STREAM of 3 bytes",
                [post(1, &[]), frame(RST_STREAM, 0, 1, &[0; 3])].concat(),
                SIZE,
            ),
            ("WINDOW_UPDATE of 3 bytes", frame(WINDOW_UPDATE, 0, 0, &[0; 3]), SIZE),
            (
                "PRIORITY of 4 bytes",
                frame(PRIORITY, 0, 1, &[0; 4]),
                &[GoAway(FRAME_SIZE_ERROR), GoAway(PROTOCOL_ERROR), Reset(FRAME_SIZE_ERROR)],
            ),
            (
                "padding longer than HEADERS",
                frame(HEADERS, END_HEADERS | END_STREAM | PADDED, 1, &[&[200][..], &ok()].concat()),
                PROTOCOL,
            ),
            (
                "padding longer than DATA",
                [post(1, &[]), frame(DATA, PADDED, 1, &[9, b'x'])].concat(),
                PROTOCOL,
            ),
            (
                "a stream that depends on itself",
                frame(
                    HEADERS,
                    END_HEADERS | END_STREAM | 0x20,
                    1,
                    &[&[0, 0, 0, 1, 0][..], &ok()].concat(),
                ),
                &[Reset(PROTOCOL_ERROR), GoAway(PROTOCOL_ERROR), Status(200)],
            ),
        ],
    )
    .await;
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_frames_of_a_head_follow_each_other() {
    let front = Running::start(|_| ()).await;
    let ok = || block(&get_fields("/health/live"));
    let begun = || frame(HEADERS, END_STREAM, 1, &ok());
    check(
        &front,
        vec![
            ("CONTINUATION without HEADERS", frame(CONTINUATION, END_HEADERS, 1, &ok()), PROTOCOL),
            (
                "CONTINUATION on another stream",
                [begun(), frame(CONTINUATION, END_HEADERS, 3, &[])].concat(),
                PROTOCOL,
            ),
            (
                "CONTINUATION after the end of HEADERS",
                [get(1, "/app/wait"), frame(CONTINUATION, END_HEADERS, 1, &[])].concat(),
                PROTOCOL,
            ),
            (
                "a frame between HEADERS and CONTINUATION",
                [begun(), frame(PING, 0, 0, &[0; 8]), frame(CONTINUATION, END_HEADERS, 1, &[])]
                    .concat(),
                PROTOCOL,
            ),
            (
                "a request between HEADERS and CONTINUATION",
                [begun(), get(3, "/health/live")].concat(),
                PROTOCOL,
            ),
            (
                "HEADERS in parts",
                [begun(), frame(CONTINUATION, 0, 1, &[]), frame(CONTINUATION, END_HEADERS, 1, &[])]
                    .concat(),
                &[Status(200)],
            ),
        ],
    )
    .await;
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_and_windows_have_their_limits() {
    let front = Running::start(|_| ()).await;
    let flow: &[Outcome] = &[GoAway(FLOW_CONTROL_ERROR), Reset(FLOW_CONTROL_ERROR)];
    let wait = || get(1, "/app/wait");
    check(
        &front,
        vec![
            ("SETTINGS_ENABLE_PUSH of 2", settings(&[(2, 2)]), PROTOCOL),
            (
                "SETTINGS_INITIAL_WINDOW_SIZE of 2 GiB",
                settings(&[(4, 1 << 31)]),
                &[GoAway(FLOW_CONTROL_ERROR), GoAway(PROTOCOL_ERROR)],
            ),
            ("SETTINGS_MAX_FRAME_SIZE of 16383", settings(&[(5, 16_383)]), PROTOCOL),
            ("SETTINGS_MAX_FRAME_SIZE of 16 MiB", settings(&[(5, 1 << 24)]), PROTOCOL),
            (
                "an unknown setting",
                [settings(&[(0xff, 9)]), get(1, "/health/live")].concat(),
                &[Status(200)],
            ),
            (
                "two acknowledgements",
                [
                    frame(SETTINGS, ACK, 0, &[]),
                    frame(SETTINGS, ACK, 0, &[]),
                    get(1, "/health/live"),
                ]
                .concat(),
                &[GoAway(PROTOCOL_ERROR), Status(200)],
            ),
            ("a window of a connection by 0", window(0, 0), PROTOCOL),
            (
                "a window of a request by 0",
                [wait(), window(1, 0)].concat(),
                &[Reset(PROTOCOL_ERROR), GoAway(PROTOCOL_ERROR)],
            ),
            (
                "a window of a connection beyond 2 GiB",
                window(0, 0x7fff_ffff),
                &[GoAway(FLOW_CONTROL_ERROR)],
            ),
            ("a window of a request beyond 2 GiB", [wait(), window(1, 0x7fff_ffff)].concat(), flow),
            (
                "windows that become too large by SETTINGS",
                [wait(), window(1, 0x7fff_0000), settings(&[(4, 0x7fff_ffff)])].concat(),
                flow,
            ),
        ],
    )
    .await;
    // Two bodies take the memory of the connection, so nothing is read of one of the three.
    let head = |stream| post(stream, &[("content-length", "131072")]);
    let part = |stream| frame(DATA, 0, stream, &[b'x'; 16_384]).repeat(5);
    let sent = [start(), head(1), head(3), head(5), part(1), part(3), part(5)].concat();
    let mut raw = Raw::open(&front, &sent).await;
    let code = loop {
        match raw.frame().await.expect("the front says why") {
            (RST_STREAM, _, _, payload) => break payload,
            (GOAWAY, _, _, payload) => break payload[4..8].to_vec(),
            _ => {}
        }
    };
    assert_eq!(code, FLOW_CONTROL_ERROR.to_be_bytes());
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_carries_one_request() {
    let front = Running::start(|_| ()).await;
    for again in [get(1, "/app/bytes/7"), frame(DATA, 0, 1, b"x"), window(1, 1), reset(1)] {
        let mut raw = Raw::open(&front, &[start(), get(1, "/health/live")].concat()).await;
        assert_eq!(raw.outcome_of(1).await, Status(200));
        raw.send(&[again, get(7, "/health/live")].concat()).await;
        while let Some((kind, _, stream, _)) = raw.frame().await {
            if kind == HEADERS {
                assert_eq!(stream, 7, "a stream was used twice");
                break;
            }
        }
    }
    let wait = || get(1, "/app/wait");
    check(
        &front,
        vec![
            (
                "DATA after the end of a request",
                [wait(), frame(DATA, END_STREAM, 1, b"x")].concat(),
                CLOSED_STREAM,
            ),
            (
                "HEADERS after the end of a request",
                [wait(), get(1, "/health/live")].concat(),
                CLOSED_STREAM,
            ),
            (
                "HEADERS on a stream that was given up",
                [wait(), reset(1), get(1, "/health/live")].concat(),
                CLOSED_STREAM,
            ),
            (
                "a lower stream than before",
                [get(5, "/app/wait"), get(1, "/health/live")].concat(),
                CLOSED_STREAM,
            ),
            ("DATA before a request", frame(DATA, END_STREAM, 1, b"x"), PROTOCOL),
            ("RST_STREAM before a request", reset(1), PROTOCOL),
            ("WINDOW_UPDATE before a request", window(1, 1), PROTOCOL),
        ],
    )
    .await;
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invalid_compression_ends_the_connection() {
    let front = Running::start(|_| ()).await;
    let with = |bytes: &[u8]| {
        frame(
            HEADERS,
            END_HEADERS | END_STREAM,
            1,
            &[block(&get_fields("/health/live")), bytes.to_vec()].concat(),
        )
    };
    check(
        &front,
        vec![
            ("index 0", with(&[0x80]), COMPRESSION),
            ("an index that the table does not have", with(&[0xff, 0x80, 0x01]), COMPRESSION),
            ("an integer without end", with(&[&[0xff][..], &[0x80; 20]].concat()), COMPRESSION),
            (
                "a table larger than allowed",
                frame(
                    HEADERS,
                    END_HEADERS | END_STREAM,
                    1,
                    &[&[0x3f, 0xe2, 0x1f][..], &block(&get_fields("/health/live"))].concat(),
                ),
                COMPRESSION,
            ),
            ("a size of the table after a field", with(&[0x20]), COMPRESSION),
            (
                "a string longer than the block",
                with(&[0x00, 0x01, b'x', 0x7f, 0x20, b'x']),
                COMPRESSION,
            ),
            (
                "Huffman's code with an end of string",
                with(&[0x00, 0x01, b'x', 0x84, 0xff, 0xff, 0xff, 0xff]),
                COMPRESSION,
            ),
            (
                "Huffman's code with padding of zeros",
                with(&[0x00, 0x01, b'x', 0x81, 0x00]),
                COMPRESSION,
            ),
            (
                "Huffman's code with a byte of padding",
                with(&[0x00, 0x01, b'x', 0x82, 0x07, 0xff]),
                COMPRESSION,
            ),
        ],
    )
    .await;
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_malformed_head_reaches_no_handler() {
    let front = Running::start(|_| ()).await;
    let without = |name: &str| {
        let fields: Vec<_> =
            get_fields("/app/seen").into_iter().filter(|(n, _)| *n != name).collect();
        request(1, &fields)
    };
    let with = |more: &[(&str, &str)]| request(1, &[&get_fields("/app/seen")[..], more].concat());
    let first = |more: (&'static str, &'static str)| {
        request(1, &[&[more][..], &get_fields("/app/seen")].concat())
    };
    let raw = |name: &[u8], value: &[u8]| {
        let fields = [block(&get_fields("/app/seen")), field(0, name, value)].concat();
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &fields)
    };
    let path = |path: &'static str| request(1, &get_fields(path));
    let head = |method: &'static str, authority: &'static str| {
        let rest = [(":scheme", "http"), (":authority", authority), (":path", "/app/seen")];
        request(1, &[&[(":method", method)][..], &rest].concat())
    };
    check(
        &front,
        vec![
            ("a well-formed head", with(&[("te", "trailers"), ("x", "y")]), &[Status(200)]),
            ("without :method", without(":method"), MALFORMED),
            ("without :scheme", without(":scheme"), MALFORMED),
            ("without :path", without(":path"), MALFORMED),
            ("an empty :path", path(""), MALFORMED),
            ("a :path without a slash", path("app/seen"), MALFORMED),
            ("a :path that is a URL", path("http://localhost/app/seen"), MALFORMED),
            ("a :path with a space", path("/app/seen x"), MALFORMED),
            ("a :path with a line break", path("/app/seen\r\nx: y"), MALFORMED),
            ("two :path", with(&[(":path", "/app/seen")]), MALFORMED),
            ("two :path in front", first((":path", "/app/seen")), MALFORMED),
            ("two :method", first((":method", "GET")), MALFORMED),
            ("two :authority", first((":authority", "localhost")), MALFORMED),
            (":status", first((":status", "200")), MALFORMED),
            (":protocol", first((":protocol", "websocket")), MALFORMED),
            ("an unknown pseudo-header", first((":x", "y")), MALFORMED),
            (
                "a pseudo-header after a header",
                request(
                    1,
                    &[
                        ("x", "y"),
                        (":method", "GET"),
                        (":scheme", "http"),
                        (":authority", "localhost"),
                        (":path", "/app/seen"),
                    ],
                ),
                MALFORMED,
            ),
            ("a method in lower case", head("get", "localhost"), &[Status(501)]),
            ("a method with a line break", head("GET /x HTTP/1.1\r\nx:", "localhost"), MALFORMED),
            (
                "CONNECT",
                request(1, &[(":method", "CONNECT"), (":authority", "localhost:80")]),
                &[Status(501)],
            ),
            ("CONNECT with a :path", head("CONNECT", "localhost"), MALFORMED),
            ("an empty :authority", head("GET", ""), MALFORMED),
            ("an :authority that is no host", head("GET", "local host"), MALFORMED),
            ("an :authority with a path", head("GET", "localhost/x"), MALFORMED),
            ("a Host that differs", with(&[("host", "other.example")]), &[Status(400)]),
            ("two Host", with(&[("host", "localhost"), ("host", "localhost")]), &[Status(400)]),
            ("Host as :authority", with(&[("host", "localhost")]), &[Status(200)]),
            ("a name in upper case", with(&[("X", "y")]), MALFORMED),
            ("an empty name", raw(b"", b"y"), MALFORMED),
            ("a name with a space", raw(b"x y", b"z"), MALFORMED),
            ("a name with a colon", raw(b"x:y", b"z"), MALFORMED),
            ("a name with a byte that is not ASCII", raw(b"x\xe9", b"z"), MALFORMED),
            ("a value with a line break", raw(b"x", b"y\r\nz: 1"), MALFORMED),
            ("a value with a line feed", raw(b"x", b"y\nz"), MALFORMED),
            ("a value with a zero byte", raw(b"x", b"y\0z"), MALFORMED),
            ("Connection", with(&[("connection", "close")]), MALFORMED),
            ("Transfer-Encoding", with(&[("transfer-encoding", "chunked")]), MALFORMED),
            ("Upgrade", with(&[("upgrade", "websocket")]), MALFORMED),
            ("Keep-Alive", with(&[("keep-alive", "1")]), MALFORMED),
            ("Proxy-Connection", with(&[("proxy-connection", "close")]), MALFORMED),
            ("TE other than trailers", with(&[("te", "gzip")]), MALFORMED),
        ],
    )
    .await;
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_has_the_length_that_its_head_names() {
    let front = Running::start(|_| ()).await;
    let sent = |lengths: &[&'static str], body: &[u8]| {
        let lengths: Vec<_> = lengths.iter().map(|length| ("content-length", *length)).collect();
        [post(1, &lengths), frame(DATA, END_STREAM, 1, body)].concat()
    };
    let only_head = |length: &'static str| {
        request(1, &[&get_fields("/app/seen")[..], &[("content-length", length)]].concat())
    };
    let trailers = |flags: u8, fields: &[(&str, &str)]| {
        [
            post(1, &[]),
            frame(DATA, 0, 1, b"12345"),
            frame(HEADERS, END_HEADERS | flags, 1, &block(fields)),
        ]
        .concat()
    };
    check(
        &front,
        vec![
            ("the length", sent(&["5"], b"12345"), &[Status(200)]),
            ("no length", sent(&[], b"12345"), &[Status(200)]),
            ("a longer body", sent(&["4"], b"12345"), MALFORMED),
            ("a shorter body", sent(&["6"], b"12345"), MALFORMED),
            ("no body", only_head("5"), MALFORMED),
            ("two lengths", sent(&["5", "6"], b"12345"), MALFORMED),
            ("two lengths in one header", sent(&["5, 6"], b"12345"), MALFORMED),
            ("a length with a sign", sent(&["+5"], b"12345"), MALFORMED),
            ("a length with a letter", sent(&["5x"], b"12345"), MALFORMED),
            ("a length beyond 64 bits", sent(&["18446744073709551621"], b"12345"), MALFORMED),
            ("an empty length", sent(&[""], b"12345"), MALFORMED),
            ("trailers", trailers(END_STREAM, &[("x", "y")]), &[Status(200)]),
            ("trailers without an end", trailers(0, &[("x", "y")]), MALFORMED),
            // The library does not check this. Nothing reads trailers.
            (
                "trailers with a pseudo-header",
                trailers(END_STREAM, &[(":path", "/x")]),
                &[Reset(PROTOCOL_ERROR), Status(200)],
            ),
            ("trailers with a name in upper case", trailers(END_STREAM, &[("X", "y")]), MALFORMED),
        ],
    )
    .await;
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trailers_are_no_headers() {
    let front = Running::start(|_| ()).await;
    let fields = get_fields("/app/seen");
    let forged = block(&[("authorization", "Bearer x"), ("x-forwarded-for", "192.0.2.7")]);
    let bytes = [
        start(),
        frame(HEADERS, END_HEADERS, 1, &block(&fields)),
        frame(DATA, 0, 1, b"x"),
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &forged),
    ];
    let mut raw = Raw::open(&front, &bytes.concat()).await;
    let body = async {
        loop {
            let (kind, _, _, payload) = raw.frame().await.unwrap();
            if kind == DATA {
                return String::from_utf8(payload).unwrap();
            }
        }
    };
    let seen = timeout(LONG, body).await.unwrap();
    assert!(
        seen.contains("from 127.0.0.1:") && !seen.contains("Bearer") && !seen.contains("192.0.2.7"),
        "{seen}"
    );
    front.end().await;
}
