//! The rules of notices.

mod follow;
mod own;
mod tell;

pub use follow::follow;
pub use own::*;
