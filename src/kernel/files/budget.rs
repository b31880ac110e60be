//! A budget of memory for reading pictures, shared fairly: organisations take turns, and within one, who came first.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::refusal::Refusal;
use crate::kernel::ids::OrgId;

/// Pictures of one organisation that may wait.
const MOST_WAITING: usize = 60;
/// Pictures that may wait, of all organisations together.
const MOST_WAITING_IN_ALL: usize = 600;

/// The budget. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// All there is, in bytes.
    bytes: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: u64,
    /// How many more may be read at once: it is also the processor's time.
    places: usize,
    waiting: usize,
    queues: HashMap<OrgId, VecDeque<Waiter>>,
    /// The organisations that wait, in the order of their turns.
    turns: VecDeque<OrgId>,
}

#[derive(Debug)]
struct Waiter {
    bytes: u64,
    ready: oneshot::Sender<Share>,
}

/// A part of the budget, given back when this is dropped.
#[derive(Debug)]
pub(super) struct Share {
    shared: Arc<Shared>,
    bytes: u64,
}

impl Budget {
    /// So many bytes, and so many pictures at once.
    pub fn new(bytes: u64, at_once: usize) -> Self {
        let state = State { free: bytes, places: at_once, waiting: 0, queues: HashMap::new(), turns: VecDeque::new() };
        Self(Arc::new(Shared { bytes, state: Mutex::new(state) }))
    }

    /// Waits for a part of the budget.
    ///
    /// # Errors
    /// [`Refusal::TooCostly`] for more than there ever is, [`Refusal::Busy`] when too many wait already.
    pub async fn take(&self, org: OrgId, bytes: u64) -> Result<Share, Refusal> {
        if bytes > self.0.bytes {
            return Err(Refusal::TooCostly);
        }
        let share = {
            let mut state = self.0.lock();
            let of_org = state.queues.get(&org).map_or(0, VecDeque::len);
            if of_org >= MOST_WAITING || state.waiting >= MOST_WAITING_IN_ALL {
                return Err(Refusal::Busy);
            }
            let (ready, share) = oneshot::channel();
            if of_org == 0 {
                state.turns.push_back(org);
            }
            state.queues.entry(org).or_default().push_back(Waiter { bytes, ready });
            state.waiting += 1;
            share
        };
        self.0.serve();
        share.await.map_err(|_| Refusal::Busy)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives what is free to those whose turn it is. Whoever needs more than is free is waited for, and not passed by.
    fn serve(self: &Arc<Self>) {
        loop {
            // The lock is given back before anything is sent: a share that nobody takes asks for it when it is dropped.
            let next = self.lock().next();
            let Some((waiter, bytes)) = next else { return };
            let _ = waiter.send(Share { shared: Arc::clone(self), bytes });
        }
    }
}

impl State {
    /// The next one to be served, with its share taken.
    fn next(&mut self) -> Option<(oneshot::Sender<Share>, u64)> {
        loop {
            let org = *self.turns.front()?;
            let queue = self.queues.get_mut(&org)?;
            let gone = queue.front().is_some_and(|waiter| waiter.ready.is_closed());
            let fits = queue.front().is_some_and(|waiter| self.places > 0 && waiter.bytes <= self.free);
            if !gone && !fits {
                return None;
            }
            let waiter = queue.pop_front()?;
            let is_empty = queue.is_empty();
            self.turns.pop_front();
            if is_empty {
                self.queues.remove(&org);
            } else if gone {
                self.turns.push_front(org);
            } else {
                self.turns.push_back(org);
            }
            self.waiting -= 1;
            if !gone {
                self.free -= waiter.bytes;
                self.places -= 1;
                return Some((waiter.ready, waiter.bytes));
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        {
            let mut state = self.shared.lock();
            state.free += self.bytes;
            state.places += 1;
        }
        self.shared.serve();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn organisations_take_turns() {
        let budget = Budget::new(100, 8);
        let (many, few) = (OrgId::new(), OrgId::new());
        let first = budget.take(many, 100).await.unwrap();
        let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(budget.take(many, 60))).collect();
        for waiter in &mut waiting {
            assert!(waiter.now_or_never().is_none());
        }
        let mut late = Box::pin(budget.take(few, 60));
        assert!((&mut late).now_or_never().is_none());
        drop(first);
        let second = (&mut waiting[0]).now_or_never().expect("who came first").unwrap();
        assert!((&mut late).now_or_never().is_none(), "there is not enough for two");
        drop(second);
        assert!((&mut late).now_or_never().expect("the other organisation's turn").is_ok());
        assert!((&mut waiting[1]).now_or_never().expect("and the first one's again").is_ok());
    }

    #[tokio::test]
    async fn what_never_fits_and_what_is_too_much_is_said() {
        let budget = Budget::new(100, 1);
        let org = OrgId::new();
        assert_eq!(budget.take(org, 101).await.err(), Some(Refusal::TooCostly));
        let _share = budget.take(org, 1).await.unwrap();
        let mut waiting: Vec<_> = (0..MOST_WAITING).map(|_| Box::pin(budget.take(org, 1))).collect();
        for waiter in &mut waiting {
            assert!(waiter.now_or_never().is_none(), "one at a time");
        }
        assert_eq!(budget.take(org, 1).now_or_never().unwrap().err(), Some(Refusal::Busy));
        // Another organisation still has its own.
        assert!(budget.take(OrgId::new(), 1).now_or_never().is_none());
    }

    #[tokio::test]
    async fn who_goes_away_leaves_nothing_behind() {
        let budget = Budget::new(100, 4);
        let org = OrgId::new();
        let first = budget.take(org, 100).await.unwrap();
        let mut gone = Box::pin(budget.take(org, 100));
        assert!((&mut gone).now_or_never().is_none());
        drop(gone);
        drop(first);
        assert!(budget.take(org, 100).now_or_never().expect("all is free").is_ok());
    }
}
