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
///
/// With HTTP/2, hyper passes a frame on as soon as the client has room for one byte of it. So the last byte of each
/// frame is a frame of its own, for which there is room once the client has taken the others: the request does not
/// end before that.
pub struct ReplyBody {
    content: Content,
    /// The last byte of the frame that was passed on.
    last: Option<Bytes>,
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
        Self { content, last: None, request: None }
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
        let frame = self.poll_content(cx);
        // With HTTP/2, hyper takes one part before the client has room for it.
        if let (Poll::Ready(Some(Ok(_))), Some(request)) = (&frame, &mut self.request) {
            request.chunk_pending();
        }
        frame.map(|frame| frame.map(|bytes| bytes.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.last.is_none() && matches!(self.content, Content::Empty { ends: true })
    }

    fn size_hint(&self) -> SizeHint {
        let last = self.last.as_ref().map_or(0, Bytes::len) as u64;
        match &self.content {
            Content::Empty { ends: true } => SizeHint::with_exact(last),
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            _ => SizeHint::default(),
        }
    }
}

impl ReplyBody {
    /// The bytes of the next frame.
    fn poll_content(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if let Some(last) = self.last.take() {
            return Poll::Ready(Some(Ok(last)));
        }
        let mut bytes = match &mut self.content {
            Content::Empty { ends } => {
                *ends = true;
                return Poll::Ready(None);
            }
            Content::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.content = Content::Empty { ends: true };
                bytes
            }
            Content::Chunks(parts) => match ready!(parts.poll_next(cx)) {
                Some(Chunk::Data(bytes)) => bytes,
                Some(Chunk::End) => {
                    self.content = Content::Empty { ends: true };
                    return Poll::Ready(None);
                }
                None => return Poll::Ready(Some(Err(io::ErrorKind::BrokenPipe.into()))),
            },
        };
        let splits = self.request.as_ref().is_some_and(|request| request.is_http2);
        if splits && bytes.len() > 1 {
            self.last = Some(bytes.split_off(bytes.len() - 1));
        }
        Poll::Ready(Some(Ok(bytes)))
    }
}
