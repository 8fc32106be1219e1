//! [`Limits`]: the limits of the front; [`Slots`]: the connections and requests of each address.
use crate::config::Server;
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

/// How many requests a client may have open on a connection with HTTP/2.
pub const MAX_STREAMS: u32 = 64;
/// How many requests of an address are handled at once, on all its connections.
pub const MAX_REQUESTS_PER_ADDRESS: usize = 256;
/// How many headers a request may have.
pub const MAX_HEADERS: usize = 100;
/// How much of a reply hyper holds for each request with HTTP/2, in bytes.
pub const SEND_BUFFER: usize = 16 << 10;
/// How much of a request with HTTP/2 a client may send before the service reads it, in bytes.
pub const STREAM_WINDOW: u32 = 64 << 10;
/// The same for all requests of a connection, in bytes.
pub const CONNECTION_WINDOW: u32 = 256 << 10;
/// Replies up to this size are sent as a whole, and longer ones in parts of this size, in bytes.
pub const CHUNK_SIZE: usize = 16 << 10;
/// How many streams that the client resets, and the server has not seen yet, end a connection (CVE-2023-44487).
pub const MAX_PENDING_RESETS: usize = 20;
/// The memory for the bodies of all requests on a connection, in bytes. A request may take more if its own
/// limit is higher.
const CONNECTION_BODY_MEMORY: u32 = 256 << 10;

/// The limits of the front. The lengths are in bytes.
#[derive(Clone, Debug)]
pub struct Limits {
    pub head: Duration,
    pub body: Duration,
    pub write: Duration,
    pub idle: Duration,
    pub max_head: u32,
    pub max_body: u32,
    pub max_bodies: u32,
}

impl Limits {
    /// The limits in the settings.
    pub fn new(server: &Server) -> Self {
        Self {
            head: server.head_timeout,
            body: server.body_timeout,
            write: server.write_timeout,
            idle: server.idle_timeout,
            max_head: server.max_head,
            max_body: server.max_body,
            max_bodies: server.max_bodies,
        }
    }

    /// The memory for the bodies of all requests on a connection, in bytes. `trusted` says whether it is that of
    /// a trusted proxy.
    pub fn connection_body_memory(&self, trusted: bool) -> usize {
        let own = if trusted { self.max_bodies } else { CONNECTION_BODY_MEMORY };
        self.max_body.max(own) as usize
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new(&Server::default())
    }
}

/// How many connections each address holds, and the places of its requests.
pub struct Slots {
    most: u32,
    held: Mutex<HashMap<IpAddr, (u32, Arc<Semaphore>)>>,
}

/// A connection of an address. Its drop gives the place back.
pub struct Slot {
    slots: Arc<Slots>,
    client: IpAddr,
    /// The places of all requests of the address.
    pub requests: Arc<Semaphore>,
}

impl Slots {
    /// An address may hold `most` connections.
    pub fn new(most: u32) -> Arc<Self> {
        Arc::new(Self { most, held: Mutex::default() })
    }

    /// Takes a place for a connection from `address`; `None` if it holds enough.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Option<Slot> {
        let client = client(address);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, requests) = held
            .entry(client)
            .or_insert_with(|| (0, Arc::new(Semaphore::new(MAX_REQUESTS_PER_ADDRESS))));
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Slot { slots: Arc::clone(self), client, requests: Arc::clone(requests) })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut held = self.slots.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((count, _)) = held.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.client);
            }
        }
    }
}

/// The address that counts: an IPv6 client usually has a network of 64 bits.
fn client(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64)).into(),
        ip @ IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_64_bits_is_one_client() {
        let slots = Slots::new(2);
        let take = |ip: &str| slots.take(ip.parse().unwrap());
        let (one, _two) = (take("2001:db8::1").unwrap(), take("2001:db8::2:0:0:1").unwrap());
        assert!(take("2001:db8::3").is_none());
        let _other = take("2001:db8:0:1::1").unwrap();
        drop(one);
        let _again = take("2001:db8::3").unwrap();
        let _four = [take("192.0.2.1").unwrap(), take("::ffff:192.0.2.1").unwrap()];
        assert!(take("192.0.2.1").is_none() && take("192.0.2.2").is_some());
    }

    #[test]
    fn nothing_is_kept_of_a_client_that_left() {
        let slots = Slots::new(1);
        drop(slots.take("192.0.2.1".parse().unwrap()));
        assert!(slots.held.lock().unwrap().is_empty());
    }
}
