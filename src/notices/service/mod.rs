//! The rules of notices.

mod daily;
mod follow;
mod own;
mod tell;

pub use daily::{DAILY_EVERY, DAILY_JOB, report_days};
pub use follow::follow;
pub use own::*;
