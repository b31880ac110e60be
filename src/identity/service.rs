//! The rules of identity.
