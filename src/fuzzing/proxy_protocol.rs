//! The `PROXY` protocol.
use crate::front::proxy_protocol::read;
use futures_util::FutureExt;
use std::net::{IpAddr, SocketAddr};

/// The first bytes of a connection from a proxy.
///
/// # Panics
/// If a header is accepted that says something else, or what follows it is read as well.
pub fn proxy_protocol(bytes: &[u8]) {
    let parse = |mut stream: &[u8]| {
        // Bytes in memory are always ready.
        let address = read(&mut stream).now_or_never()?.ok()?;
        Some((address, stream.len()))
    };
    let Some((address, rest)) = parse(bytes) else { return };
    let header = &bytes[..bytes.len() - rest];
    assert_eq!(header.len(), 16 + usize::from(u16::from_be_bytes([bytes[14], bytes[15]])));
    assert!(header.len() <= 16 + 2048);
    assert_eq!(parse(header), Some((address, 0)));
    assert_eq!(parse(&header[..header.len() - 1]), None);
    if let Some(address) = address {
        assert_eq!(parse(&written(address)), Some((Some(address), 0)));
    }
}

/// A header for a client.
fn written(client: SocketAddr) -> Vec<u8> {
    let (family, ip, other) = match client.ip() {
        IpAddr::V4(ip) => (0x11, ip.octets().to_vec(), vec![0; 4]),
        IpAddr::V6(ip) => (0x21, ip.octets().to_vec(), vec![0; 16]),
    };
    let rest = [ip, other, client.port().to_be_bytes().to_vec(), vec![0; 2]].concat();
    let length = u8::try_from(rest.len()).expect("36 at most");
    [b"\r\n\r\n\0\r\nQUIT\n\x21".as_slice(), &[family, 0, length], &rest].concat()
}
