//! What a published list asks of whom in a period: pure functions.

pub(super) mod duty;
pub(super) mod lapse;
pub(super) mod opening;
pub(super) mod period;
#[cfg(test)]
mod samples;
pub(super) mod slices;
