//! What may be uploaded, and how much of it.

/// The largest upload, in bytes.
pub const MOST_BYTES: usize = 8 * 1024 * 1024;
/// Photos of one account that no submission has named yet: some days of work without a connection.
pub const MOST_UNSUBMITTED: usize = 400;
/// Bytes of them.
pub const MOST_UNSUBMITTED_BYTES: i64 = 400 * 1024 * 1024;

/// Whether an account that has so many photos of these sizes in bytes, none of them submitted, may upload one more.
#[must_use]
pub fn may_upload(unsubmitted: &[i64]) -> bool {
    unsubmitted.len() < MOST_UNSUBMITTED
        && unsubmitted.iter().fold(0, |sum, size| size.saturating_add(sum)) < MOST_UNSUBMITTED_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_may_not_hoard() {
        assert!(may_upload(&[]));
        assert!(may_upload(&vec![1_000_000; MOST_UNSUBMITTED - 1]));
        assert!(!may_upload(&vec![1; MOST_UNSUBMITTED]));
        assert!(!may_upload(&[MOST_UNSUBMITTED_BYTES / 2; 2]));
        assert!(!may_upload(&[i64::MAX; 2]));
    }
}
