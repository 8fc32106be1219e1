//! [`ReplyBody`]: the body of a reply, on its way from Rocket to hyper.
use super::activity::Request;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};
use tokio::sync::{mpsc, oneshot};

/// The body of a reply. It belongs to the request until it is sent.
pub struct ReplyBody {
    content: Content,
    request: Option<Request>,
}

/// What a reply contains.
pub enum Content {
    /// Nothing. If `ends` is false, hyper keeps the header `Content-Length` of a reply to HEAD and of a 304.
    Empty { ends: bool },
    /// Everything.
    Whole(Bytes),
    /// One part after the other.
    Chunks(Chunks),
}

/// A part of a reply.
pub enum Chunk {
    /// More bytes.
    Data(Bytes),
    /// The reply is complete. Without this part it is not, and the client notices.
    End,
}

/// The parts of a reply, each of which is read when it is wanted.
pub struct Chunks {
    want: mpsc::Sender<oneshot::Sender<Chunk>>,
    next: Option<oneshot::Receiver<Chunk>>,
}

impl Chunks {
    /// Parts that whoever receives from the other end of `want` reads.
    pub fn new(want: mpsc::Sender<oneshot::Sender<Chunk>>) -> Self {
        Self { want, next: None }
    }

    /// The next part; `None` if nobody reads any more.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Chunk>> {
        let next = self.next.get_or_insert_with(|| {
            let (send, next) = oneshot::channel();
            // If that fails, `next` does.
            let _ = self.want.try_send(send);
            next
        });
        let chunk = ready!(Pin::new(next).poll(cx)).ok();
        self.next = None;
        Poll::Ready(chunk)
    }
}

impl From<Content> for ReplyBody {
    fn from(content: Content) -> Self {
        Self { content, request: None }
    }
}

impl ReplyBody {
    /// The body as the reply to `request`.
    pub fn of(mut self, mut request: Request) -> Self {
        if matches!(self.content, Content::Whole(_)) {
            request.chunk_pending();
        }
        self.request = Some(request);
        self
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        // hyper has passed on what it took before.
        if let Some(request) = &mut self.request {
            request.chunk_sent();
        }
        let frame = match &mut self.content {
            Content::Empty { ends } => {
                *ends = true;
                Poll::Ready(None)
            }
            Content::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.content = Content::Empty { ends: true };
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Content::Chunks(parts) => match ready!(parts.poll_next(cx)) {
                Some(Chunk::Data(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Chunk::End) => {
                    self.content = Content::Empty { ends: true };
                    Poll::Ready(None)
                }
                None => Poll::Ready(Some(Err(io::ErrorKind::BrokenPipe.into()))),
            },
        };
        // With HTTP/2, hyper takes one part before the client has room for it.
        if let (Poll::Ready(Some(Ok(_))), Some(request)) = (&frame, &mut self.request) {
            request.chunk_pending();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.content, Content::Empty { ends: true })
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Empty { ends: true } => SizeHint::with_exact(0),
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            _ => SizeHint::default(),
        }
    }
}
