//! What can be published, and what a published list asks of whom in a period: pure functions.

pub(super) mod duty;
pub(super) mod lapse;
pub(super) mod opening;
pub(super) mod period;
pub(super) mod publish;
#[cfg(test)]
mod samples;
pub(super) mod slices;
