//! A deadline for request bodies, so that a slow sender cannot hold a connection for ever.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

/// Who sends slower than this for longer than the deadline is cut off, in bytes per second. A phone on a bad network is faster.
const SLOWEST: u64 = 4 * 1024;

/// A body that fails when it does not arrive in time.
///
/// The time allowed is the deadline, and a second more for every 4 KiB received: one rule for small JSON and for
/// large photos. A body that is already there costs no timer.
#[derive(Debug)]
pub struct TimedBody<B> {
    inner: B,
    deadline: Duration,
    started: Option<Instant>,
    received: u64,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<B> TimedBody<B> {
    /// A body with a deadline.
    pub const fn new(inner: B, deadline: Duration) -> Self {
        Self { inner, deadline, started: None, received: 0, timer: None }
    }
}

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
pub enum BodyError<E> {
    /// It came too slowly.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// The connection failed.
    #[error(transparent)]
    Connection(E),
}

impl<B> Body for TimedBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Data = Bytes;
    type Error = BodyError<B::Error>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            if let Some(Ok(frame)) = &frame
                && let Some(data) = frame.data_ref()
            {
                self.received += data.remaining() as u64;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Connection)));
        }
        let started = *self.started.get_or_insert_with(Instant::now);
        let until = started + self.deadline + Duration::from_secs(self.received / SLOWEST);
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        match timer.as_mut().poll(context) {
            Poll::Ready(()) => Poll::Ready(Some(Err(BodyError::TooSlow))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use http_body_util::{BodyExt, StreamBody};

    type Parts = stream::Pending<Result<Frame<Bytes>, std::convert::Infallible>>;

    #[tokio::test(start_paused = true)]
    async fn a_body_that_never_comes_is_given_up() {
        let silent: Parts = stream::pending();
        let begun = Instant::now();
        let outcome = TimedBody::new(StreamBody::new(silent), Duration::from_secs(20)).collect().await;
        assert!(matches!(outcome, Err(BodyError::TooSlow)));
        assert_eq!(begun.elapsed().as_secs(), 20);
    }

    #[tokio::test(start_paused = true)]
    async fn a_large_body_has_time_by_its_size() {
        let slow = stream::unfold(0, |count| async move {
            if count == 30 {
                return None;
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
            Some((Ok::<_, std::convert::Infallible>(Frame::data(Bytes::from(vec![0; 16 * 1024]))), count + 1))
        });
        let body = TimedBody::new(StreamBody::new(Box::pin(slow)), Duration::from_secs(20));
        assert_eq!(body.collect().await.unwrap().to_bytes().len(), 30 * 16 * 1024);
    }
}
