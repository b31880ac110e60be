//! Who people are, stored.
