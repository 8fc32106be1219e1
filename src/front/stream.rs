//! [`Watched`]: a socket that records its reads and writes, and that closes gently.
use super::activity::Activity;
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// How long and how much is still read after the last reply. If a socket is closed before everything was read,
/// the system discards the reply that the client has not read yet (RFC 9112, 9.6).
const LINGER: Duration = Duration::from_secs(1);
/// In bytes.
const MAX_LINGER_BYTES: usize = 256 << 10;

/// A socket that records its reads and writes. It is below TLS, so that each written byte counts.
pub struct Watched<S> {
    socket: S,
    activity: Arc<Activity>,
    /// The end of reading after the last reply, and how many bytes may still be read.
    lingers: Option<(Pin<Box<Sleep>>, usize)>,
    ended: bool,
}

impl<S> Watched<S> {
    /// Watches `socket`.
    pub fn new(socket: S, activity: Arc<Activity>) -> Self {
        Self { socket, activity, lingers: None, ended: false }
    }

    fn wrote<T>(&self, written: &Poll<io::Result<T>>) {
        match written {
            Poll::Ready(_) => self.activity.wrote(),
            Poll::Pending => self.activity.blocked(),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let (before, room) = (buffer.filled().len(), buffer.remaining());
        ready!(Pin::new(&mut self.socket).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.activity.read();
        } else if room > 0 {
            self.ended = true;
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(cx, bytes);
        self.wrote(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(cx, bytes);
        self.wrote(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingers.is_none() {
            ready!(Pin::new(&mut self.socket).poll_shutdown(cx))?;
            self.lingers = Some((Box::pin(sleep(LINGER)), MAX_LINGER_BYTES));
        }
        let this = &mut *self;
        let Some((end, left)) = this.lingers.as_mut() else { return Poll::Ready(Ok(())) };
        let mut rest = [0; 4096];
        while !this.ended && *left > 0 && end.as_mut().poll(cx).is_pending() {
            let mut buffer = ReadBuf::new(&mut rest);
            match ready!(Pin::new(&mut this.socket).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    *left = left.saturating_sub(buffer.filled().len());
                }
                _ => this.ended = true,
            }
        }
        Poll::Ready(Ok(()))
    }
}
