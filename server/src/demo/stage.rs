//! The order of a play: everybody acts at a pace of their own, and the journal has it all in the order of time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use officina::kernel::time::Timestamp;
use tokio::sync::oneshot;

/// One of several who act in turns, the earliest first.
pub(super) struct Part {
    number: usize,
    stage: Arc<Mutex<Stage>>,
}

struct Stage {
    players: usize,
    waiting: BTreeMap<(Timestamp, usize), oneshot::Sender<()>>,
}

/// The parts of a play. Who drops a part has left the stage.
pub(super) fn parts<const N: usize>() -> [Part; N] {
    let stage = Arc::new(Mutex::new(Stage { players: N, waiting: BTreeMap::new() }));
    std::array::from_fn(|number| Part { number, stage: Arc::clone(&stage) })
}

impl Part {
    /// Waits until nobody has anything to do before a moment. From here to the next call it is this one's turn.
    pub(super) async fn until(&self, moment: Timestamp) {
        let (call, turn) = oneshot::channel();
        self.change(|stage| {
            stage.waiting.insert((moment, self.number), call);
        });
        // The caller goes away only with the whole play.
        let _ = turn.await;
    }

    fn change(&self, what: impl FnOnce(&mut Stage)) {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        what(&mut stage);
        if stage.waiting.len() == stage.players
            && let Some((_, call)) = stage.waiting.pop_first()
        {
            let _ = call.send(());
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.change(|stage| stage.players -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_acts_in_the_order_of_time() {
        let [first, second] = parts();
        let acts = Mutex::new(Vec::new());
        let play = async |part: Part, moments: &[i64]| {
            for moment in moments {
                part.until(Timestamp(*moment)).await;
                tokio::task::yield_now().await;
                acts.lock().unwrap().push(*moment);
            }
        };
        tokio::join!(play(first, &[1, 4, 5, 9]), play(second, &[2, 3, 6]));
        assert_eq!(*acts.lock().unwrap(), [1, 2, 3, 4, 5, 6, 9]);
    }
}
