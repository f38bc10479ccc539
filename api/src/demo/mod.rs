//! The demonstration township.
