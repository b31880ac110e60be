//! cold_chain
