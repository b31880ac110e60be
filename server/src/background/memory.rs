//! Memory that nobody uses any more.

use std::hint::black_box;
use std::time::Duration;

/// How often memory is given back.
const EVERY: Duration = Duration::from_secs(1);
/// A block that the allocator keeps for itself and does not part among small ones, in bytes.
const LARGE: usize = 1 << 20;

/// Gives memory back to the system for ever. The allocator waits for a while, in case it is needed again, and looks at what
/// has waited when the next large block is freed. A server at rest frees none: it would keep what its start or the last
/// rush took.
pub async fn give_back() {
    let mut beat = tokio::time::interval(EVERY);
    loop {
        beat.tick().await;
        // Never written to, so it costs the system nothing.
        drop(black_box(Vec::<u8>::with_capacity(black_box(LARGE))));
    }
}
