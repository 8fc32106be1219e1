//! Clients that keep the front busy with frames that cost them little.
use super::{
    super::{LONG, Running, SHORT, get_head, rest},
    raw::{
        CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, HEADERS,
        Outcome::{Closed, GoAway, Reset, Status},
        PING, PRIORITY, PROTOCOL_ERROR, REFUSED_STREAM, Raw, STREAM_CLOSED, block, field, frame,
        get, get_fields, outcome, post, request, reset, settings, start, window,
    },
};
use tokio::{io::AsyncWriteExt, net::TcpSocket, time::timeout};

/// Sends frames again and again, and reads nothing, until the front closes the connection.
async fn until_cut(front: &Running, first: &[u8], again: &[u8]) {
    let mut raw = Raw::open(front, first).await;
    let again = again.repeat(2_000);
    let flood = async { while raw.0.write_all(&again).await.is_ok() {} };
    timeout(LONG, flood).await.expect("the connection ends");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_floods_without_reading_is_cut_off() {
    let front = Running::start(|c| c.server.write_timeout = SHORT).await;
    for again in [frame(PING, 0, 0, &[7; 8]), settings(&[(3, 1)]), settings(&[])] {
        until_cut(&front, &[start(), get(1, "/app/wait")].concat(), &again).await;
        assert!(front.get("/health/live").await.starts_with("HTTP/1.1 200 "));
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_without_a_request_do_not_keep_a_connection() {
    let front = Running::start(|c| {
        c.server.head_timeout = SHORT;
        c.server.idle_timeout = SHORT;
    })
    .await;
    let kinds = [
        frame(PING, 0, 0, &[7; 8]),
        settings(&[]),
        window(0, 1),
        frame(PRIORITY, 0, 9, &[0, 0, 0, 0, 1]),
        frame(0x77, 0, 0, b""),
    ];
    for first in [start(), [start(), get(1, "/health/live")].concat()] {
        for again in &kinds {
            let mut raw = Raw::open(&front, &first).await;
            let (mut reader, mut writer) = raw.0.split();
            let mut sink = tokio::io::sink();
            let read = tokio::io::copy(&mut reader, &mut sink);
            let write = async {
                while writer.write_all(again).await.is_ok() {
                    tokio::task::yield_now().await;
                }
            };
            let ended = async {
                tokio::select! { _ = read => (), () = write => () }
            };
            timeout(LONG, ended).await.expect("the connection ends");
        }
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_in_endless_parts_ends_the_connection() {
    let front = Running::start(|_| ()).await;
    let begin = |stream| frame(HEADERS, END_STREAM, stream, &block(&get_fields("/health/live")));
    let parts = [
        frame(CONTINUATION, 0, 1, &[]).repeat(10_000),
        frame(CONTINUATION, 0, 1, &field(0, b"x", b"y")).repeat(10_000),
        frame(CONTINUATION, 0, 1, &field(0, b"x", &[b'y'; 16_000])).repeat(200),
    ];
    for part in parts {
        let ended = outcome(&front, &[begin(1), part].concat()).await;
        assert!(matches!(ended, GoAway(_) | Closed), "{ended:?}");
    }
    // A string that never ends.
    let endless = [
        begin(1),
        frame(CONTINUATION, 0, 1, &[0x00, 0x01, b'x', 0x7f, 0x80, 0x80, 0x80, 0x01]),
        frame(CONTINUATION, 0, 1, &[b'y'; 16_384]).repeat(200),
    ];
    let ended = outcome(&front, &endless.concat()).await;
    assert!(matches!(ended, GoAway(_) | Closed), "{ended:?}");
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_head_that_unpacks_to_a_large_one_is_refused() {
    let front = Running::start(|_| ()).await;
    // A field of 4000 bytes in the table, and then a byte for each time it comes again.
    let bomb = |times: usize| {
        let fields = [
            block(&get_fields("/health/live")),
            field(0x40, b"x", &[b'y'; 3_900]),
            vec![0xbe; times],
        ];
        frame(HEADERS, END_HEADERS | END_STREAM, 1, &fields.concat())
    };
    assert_eq!(outcome(&front, &bomb(2)).await, Status(200));
    for times in [5, 1_000, 12_000] {
        let ended = outcome(&front, &bomb(times)).await;
        assert!([Status(431), GoAway(ENHANCE_YOUR_CALM)].contains(&ended), "{times}: {ended:?}");
    }
    // Cookies may come one by one.
    let crumbs = [&get_fields("/app/cookies")[..], &[("cookie", "a=b"); 400]].concat();
    let ended = outcome(&front, &request(1, &crumbs)).await;
    assert_eq!(ended, Status(431));
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parts_of_a_body_without_content_end_the_connection() {
    let front = Running::start(|_| ()).await;
    for part in [
        frame(DATA, 0, 1, b""),
        frame(DATA, 0x8, 1, &[0]),
        frame(DATA, 0x8, 1, &[&[255][..], &[0; 255]].concat()),
    ] {
        let ended = outcome(&front, &[post(1, &[]), part.repeat(100_000)].concat()).await;
        assert!(matches!(ended, GoAway(_) | Closed), "{ended:?}");
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_gives_up_requests_or_provokes_that_is_cut_off() {
    let front = Running::start(|_| ()).await;
    // CVE-2023-44487: the client resets. CVE-2025-8671: it makes the server reset.
    let given_up = |stream| [get(stream, "/app/wait"), reset(stream)].concat();
    let window_by_zero = |stream| [get(stream, "/app/wait"), window(stream, 0)].concat();
    let malformed = |stream| request(stream, &[(":method", "GET")]);
    let too_long = |stream| {
        [post(stream, &[("content-length", "1")]), frame(DATA, END_STREAM, stream, b"xx")].concat()
    };
    let half_closed = |stream| [get(stream, "/app/wait"), frame(DATA, 0, stream, b"x")].concat();
    let kinds: [&dyn Fn(u32) -> Vec<u8>; 5] =
        [&given_up, &window_by_zero, &malformed, &too_long, &half_closed];
    for (number, make) in kinds.into_iter().enumerate() {
        let many: Vec<u8> = (1..5_000).flat_map(|i| make(2 * i + 1)).collect();
        let ended = outcome(&front, &many).await;
        assert!(
            matches!(ended, GoAway(ENHANCE_YOUR_CALM | PROTOCOL_ERROR | STREAM_CLOSED) | Closed),
            "{number}: {ended:?}"
        );
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_65th_request_at_once_is_refused() {
    let front = Running::start(|_| ()).await;
    let waiting: Vec<u8> = (0..64).flat_map(|i| get(2 * i + 1, "/app/wait")).collect();
    let mut raw = Raw::open(&front, &[start(), waiting, get(129, "/health/live")].concat()).await;
    assert_eq!(raw.outcome_of(129).await, Reset(REFUSED_STREAM));
    assert!(front.get("/health/live").await.starts_with("HTTP/1.1 200 "));
    // One that does not stop to ask is cut off.
    let more: Vec<u8> = (65..1_000).flat_map(|i| get(2 * i + 1, "/health/live")).collect();
    raw.send(&more).await;
    assert!(matches!(raw.outcome_of(1).await, GoAway(_) | Closed));
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_may_have_256_requests_on_all_its_connections() {
    let front = Running::start(|_| ()).await;
    let mut connections = Vec::new();
    for _ in 0..4 {
        let mut raw = Raw::open(&front, &start()).await;
        for i in 0..64 {
            raw.send(&get(2 * i + 1, "/app/wait")).await;
            timeout(LONG, front.signs.reached.notified()).await.expect("the handler begins");
        }
        connections.push(raw);
    }
    let mut raw = Raw::open(&front, &[start(), get(1, "/app/wait")].concat()).await;
    assert!(timeout(SHORT, front.signs.reached.notified()).await.is_err());
    let other = TcpSocket::new_v4().unwrap();
    other.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut other = other.connect(front.address).await.unwrap();
    other.write_all(get_head("/health/live").as_bytes()).await.unwrap();
    assert!(rest(&mut other).await.starts_with("HTTP/1.1 200 "));
    front.signs.go.notify_one();
    timeout(LONG, front.signs.reached.notified()).await.expect("the next handler begins");
    front.signs.go.notify_waiters();
    // If the last handler did not wait yet.
    front.signs.go.notify_one();
    assert_eq!(raw.outcome_of(1).await, Status(200));
    drop(connections);
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_gives_up_requests_waits_for_their_handlers() {
    let front = Running::start(|_| ()).await;
    let mut raw = Raw::open(&front, &start()).await;
    for i in 0..64 {
        raw.send(&get(2 * i + 1, "/app/wait")).await;
        timeout(LONG, front.signs.reached.notified()).await.expect("the handler begins");
        raw.send(&reset(2 * i + 1)).await;
    }
    raw.send(&get(129, "/app/wait")).await;
    assert!(timeout(SHORT, front.signs.reached.notified()).await.is_err());
    front.signs.go.notify_one();
    timeout(LONG, front.signs.reached.notified()).await.expect("the next handler begins");
    front.signs.go.notify_waiters();
    // If the handler of 129 did not wait yet.
    front.signs.go.notify_one();
    assert_eq!(raw.outcome_of(129).await, Status(200));
    front.end().await;
}
