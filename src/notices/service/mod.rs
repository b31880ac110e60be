//! The rules of notices.

mod clock;
mod concern;
mod daily;
mod follow;
mod own;
mod story;
mod tell;

pub use clock::clock_set_back;
pub use concern::{Concern, concern};
pub use daily::{DAILY_EVERY, DAILY_JOB, report_days};
pub use follow::follow;
pub use own::*;
pub use story::alert_story;
