//! The demonstration township.
/// x
pub async fn ensure(_s: &crate::state::AppState) -> crate::http::Result<String> { Ok(String::new()) }
