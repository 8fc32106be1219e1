//! The `PROXY` protocol, version 2 (`HAProxy`, proxy-protocol.txt, 2.2): a proxy tells the address of the client
//! before the first byte of the client. It is small enough to be read here.
use std::{
    io::{Error, ErrorKind, Result},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};
use tokio::io::{AsyncRead, AsyncReadExt};

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// The longest header after its first 16 bytes, in bytes. Proxies add a few hundred bytes of details.
const MAX_LENGTH: usize = 2048;

/// Reads a header. Returns the address of the client, or `None` if the proxy speaks for itself, as it does in
/// health checks.
///
/// # Errors
/// If the stream does not start with a valid header for TCP.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<SocketAddr>> {
    let mut head = [0; 16];
    stream.read_exact(&mut head).await?;
    let length = usize::from(u16::from_be_bytes([head[14], head[15]]));
    if head[..12] != SIGNATURE || length > MAX_LENGTH {
        return Err(invalid());
    }
    let mut rest = [0; MAX_LENGTH];
    let rest = &mut rest[..length];
    stream.read_exact(rest).await?;
    address(head[12], head[13], rest)
}

/// The client in a header whose version and command, and whose family and transport, are these.
fn address(command: u8, family: u8, rest: &[u8]) -> Result<Option<SocketAddr>> {
    match (command, family) {
        (0x20, _) => Ok(None),
        (0x21, 0x11) => {
            let [a, b, c, d, _, _, _, _, high, low, ..] = *rest else { return Err(invalid()) };
            let port = u16::from_be_bytes([high, low]);
            Ok(Some((Ipv4Addr::new(a, b, c, d), port).into()))
        }
        (0x21, 0x21) => {
            let (ip, port) = (rest.first_chunk::<16>(), rest.get(32..34));
            let (Some(ip), Some(&[high, low])) = (ip, port) else { return Err(invalid()) };
            Ok(Some((Ipv6Addr::from(*ip), u16::from_be_bytes([high, low])).into()))
        }
        _ => Err(invalid()),
    }
}

fn invalid() -> Error {
    Error::new(ErrorKind::InvalidData, "the connection does not start with a PROXY header")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn parse(
        command: u8,
        family: u8,
        rest: &[u8],
        then: &[u8],
    ) -> Result<Option<SocketAddr>> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        let bytes = [&SIGNATURE[..], &[command, family], &length, rest, then].concat();
        let mut stream = &bytes[..];
        let read = read(&mut stream).await;
        if read.is_ok() {
            assert_eq!(stream, then);
        }
        read
    }

    #[tokio::test]
    async fn a_header_names_the_client() {
        let v4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x34, 1, 0xbb];
        let told = parse(0x21, 0x11, &v4, b"GET").await.unwrap();
        assert_eq!(told, Some("192.0.2.7:4660".parse().unwrap()));
        // Details follow the addresses.
        let more = [&v4[..], &[4, 0, 1, 0]].concat();
        assert_eq!(parse(0x21, 0x11, &more, b"").await.unwrap(), told);
        let mut v6 = [0; 36];
        (v6[0], v6[1], v6[15], v6[33]) = (0x20, 0x01, 9, 80);
        let told = parse(0x21, 0x21, &v6, b"x").await.unwrap();
        assert_eq!(told, Some("[2001::9]:80".parse().unwrap()));
    }

    #[tokio::test]
    async fn a_proxy_may_speak_for_itself() {
        assert_eq!(parse(0x20, 0, &[], b"GET").await.unwrap(), None);
        assert_eq!(parse(0x20, 0x11, &[0; 12], b"GET").await.unwrap(), None);
    }

    #[tokio::test]
    async fn anything_else_is_refused() {
        for (command, family, rest) in [
            (0x21, 0x11, &[0; 9][..]),
            (0x21, 0x21, &[0; 33]),
            (0x21, 0x12, &[0; 12]),
            (0x21, 0x31, &[0; 216]),
            (0x21, 0x00, &[]),
            (0x22, 0x11, &[0; 12]),
            (0x11, 0x11, &[0; 12]),
            (0x21, 0x11, &[0; MAX_LENGTH + 1]),
        ] {
            assert!(parse(command, family, rest, b"").await.is_err(), "{command} {family}");
        }
        for bytes in [
            &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
            b"PROXY TCP4 192.0.2.7 10.0.0.1 1 2\r\n",
            b"\r\n\r\n",
        ] {
            assert!(read(&mut &bytes[..]).await.is_err());
        }
    }
}
