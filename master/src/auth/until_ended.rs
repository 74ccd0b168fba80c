//! An answer that goes on for no longer than the session that asked.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

/// A body that ends with `last` when `ended` comes before its own end.
pub struct UntilEnded<B> {
    body: B,
    ended: BoxFuture<'static, ()>,
    last: Option<HeaderMap>,
}

impl<B> UntilEnded<B> {
    pub fn new(body: B, ended: BoxFuture<'static, ()>, last: HeaderMap) -> Self {
        Self { body, ended, last: Some(last) }
    }
}

impl<B: Body + Unpin> Body for UntilEnded<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.last.is_none() {
            return Poll::Ready(None);
        }
        if self.ended.poll_unpin(context).is_ready() {
            return Poll::Ready(self.last.take().map(|last| Ok(Frame::trailers(last))));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.last.is_none() || self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}
