//! The rules of the cold chain.

mod alerts;
mod fleet;
mod readings;

pub use alerts::*;
pub use fleet::*;
pub use readings::*;
