//! [`Listeners`]: the sockets that the service listens on: those that systemd passes, or those of the settings.
use super::{FrontError, connection::canonical};
use crate::config::Server;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};
use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use {
    std::{
        fs,
        os::unix::{
            fs::{FileTypeExt, PermissionsExt},
            net::UnixStream as StdUnixStream,
        },
        path::{Path, PathBuf},
    },
    tokio::net::{UnixListener, UnixStream},
};

/// What connections to a socket are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// HTTP, to the application.
    Plain,
    /// HTTP over TLS, to the application.
    Tls,
    /// HTTP, redirected to https.
    Redirect,
}

/// The sockets.
pub struct Listeners(pub Vec<Listener>);

/// A socket, and what connections to it are for.
pub struct Listener {
    socket: Socket,
    pub purpose: Purpose,
}

enum Socket {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(
        UnixListener,
        #[expect(dead_code, reason = "it removes the file when it is dropped")] Option<SocketFile>,
    ),
}

/// A connection that was accepted.
pub enum Accepted {
    Tcp(TcpStream, SocketAddr),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// The address that stands for the other end of a Unix socket.
pub const LOCAL: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

impl Listeners {
    /// Listens on the sockets that systemd passes (`sd_listen_fds(3)`). If there are none, listens on
    /// `address`. `tls` says whether there are certificates.
    ///
    /// # Errors
    /// If an address cannot be listened on.
    pub async fn bind(address: SocketAddr, tls: bool, server: &Server) -> Result<Self, FrontError> {
        let app = if tls { Purpose::Tls } else { Purpose::Plain };
        let redirect = server.redirect_port.map(|port| SocketAddr::new(address.ip(), port));
        let mut listeners = Vec::new();
        #[cfg(unix)]
        passed(app, server.redirect_port, &mut listeners)?;
        if listeners.is_empty() {
            for (address, purpose, keys) in [
                (Some(address), app, "address and port, or ROCKET_ADDRESS and ROCKET_PORT"),
                (redirect, Purpose::Redirect, "address and portcullis.server.redirect_port"),
            ] {
                let Some(address) = address else { continue };
                let socket = TcpListener::bind(address).await;
                let socket = socket.map_err(|e| unbound(&address.to_string(), keys, &e))?;
                listeners.push(Listener { socket: Socket::Tcp(socket), purpose });
            }
            #[cfg(unix)]
            if let Some(path) = &server.unix_socket {
                let (socket, file) = unix(path).map_err(|e| {
                    unbound(&path.display().to_string(), "portcullis.server.unix_socket", &e)
                })?;
                let socket = Socket::Unix(socket, Some(file));
                listeners.push(Listener { socket, purpose: Purpose::Plain });
            }
        }
        Ok(Self(listeners))
    }

    /// The addresses of the sockets with an address.
    pub fn addresses(&self) -> Vec<(SocketAddr, Purpose)> {
        let address = |listener: &Listener| match &listener.socket {
            Socket::Tcp(socket) => Some((socket.local_addr().ok()?, listener.purpose)),
            #[cfg(unix)]
            Socket::Unix(..) => None,
        };
        self.0.iter().filter_map(address).collect()
    }
}

impl Listener {
    /// Where it listens, for people: `https://…`, or `unix:` and a path.
    pub fn place(&self) -> String {
        match &self.socket {
            Socket::Tcp(socket) => {
                let address = socket.local_addr().map(|a| a.to_string()).unwrap_or_default();
                let scheme = if self.purpose == Purpose::Tls { "https" } else { "http" };
                format!("{scheme}://{address}")
            }
            #[cfg(unix)]
            Socket::Unix(socket, _) => {
                let address = socket.local_addr().ok();
                let path = address.as_ref().and_then(|a| a.as_pathname());
                format!("unix:{}", path.unwrap_or_else(|| Path::new("")).display())
            }
        }
    }

    /// Waits for a connection.
    ///
    /// # Errors
    /// If none can be accepted.
    pub async fn accept(&self) -> io::Result<Accepted> {
        match &self.socket {
            Socket::Tcp(socket) => {
                let (stream, from) = socket.accept().await?;
                // Replies are written as a whole. A failure costs only time.
                let _ = stream.set_nodelay(true);
                Ok(Accepted::Tcp(stream, canonical(from)))
            }
            #[cfg(unix)]
            Socket::Unix(socket, _) => Ok(Accepted::Unix(socket.accept().await?.0)),
        }
    }
}

fn unbound(address: &str, keys: &str, e: &io::Error) -> FrontError {
    let why = match e.kind() {
        io::ErrorKind::AddrInUse => "another program listens there".to_owned(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".to_owned(),
        kind => kind.to_string(),
    };
    FrontError::Listen(format!("{address} cannot be listened on: {why}; it is set by {keys}"))
}

/// Takes the sockets that systemd passes. They are for `app`; the one with the port `redirect` redirects.
#[cfg(unix)]
fn passed(
    app: Purpose,
    redirect: Option<u16>,
    listeners: &mut Vec<Listener>,
) -> Result<(), FrontError> {
    let invalid = |e: &dyn std::fmt::Display| {
        FrontError::Listen(format!("a socket of LISTEN_FDS cannot be used: {e}"))
    };
    let mut passed = listenfd::ListenFd::from_env();
    for index in 0..passed.len() {
        if let Ok(Some(socket)) = passed.take_tcp_listener(index) {
            socket.set_nonblocking(true).map_err(|e| invalid(&e))?;
            let socket = TcpListener::from_std(socket).map_err(|e| invalid(&e))?;
            let port = socket.local_addr().map_err(|e| invalid(&e))?.port();
            let purpose = if redirect == Some(port) { Purpose::Redirect } else { app };
            listeners.push(Listener { socket: Socket::Tcp(socket), purpose });
        } else {
            let socket = passed.take_unix_listener(index).map_err(|e| invalid(&e))?;
            let Some(socket) = socket else { continue };
            socket.set_nonblocking(true).map_err(|e| invalid(&e))?;
            let socket = UnixListener::from_std(socket).map_err(|e| invalid(&e))?;
            let socket = Socket::Unix(socket, None);
            listeners.push(Listener { socket, purpose: Purpose::Plain });
        }
    }
    Ok(())
}

/// The file of a Unix socket. It is removed with this value.
#[cfg(unix)]
struct SocketFile(PathBuf);

#[cfg(unix)]
impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Listens on a Unix socket. Replaces the file of a socket that nobody listens on, which a killed service leaves.
#[cfg(unix)]
fn unix(path: &Path) -> io::Result<(UnixListener, SocketFile)> {
    if fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket()) {
        match StdUnixStream::connect(path) {
            Err(e) if e.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path)?,
            _ => {}
        }
    }
    let socket = UnixListener::bind(path)?;
    let file = SocketFile(path.to_owned());
    fs::set_permissions(path, fs::Permissions::from_mode(0o660))?;
    Ok((socket, file))
}
