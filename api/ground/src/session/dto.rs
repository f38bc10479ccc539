//! What crosses HTTP in signing in.

use entity::ids::SessionId;
use entity::kinds::Vocabulary;
use garde::Validate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Time;
use crate::door::Secret;
use crate::page;

/// Where the refresh token goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefreshIn {
    /// An HttpOnly cookie: for browsers.
    #[default]
    Cookie,
    /// The answer's body: for other programs, which keep it as they keep a password.
    Body,
}

/// What these words are called.
pub(super) const REFRESH_IN: Vocabulary = Vocabulary {
    name: "RefreshIn",
    words: &[("cookie", "浏览器 Cookie", "Cookie"), ("body", "应答正文", "Body of the answer")],
};

/// Sign-in.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"township": "310116112", "username": "clerk", "password": "correct horse battery staple"}))]
pub struct SignIn {
    /// Nine-digit code of the township, or its name where only one township here has it.
    #[garde(length(chars, min = 1, max = 50))]
    #[schema(min_length = 1, max_length = 50, example = "310116112")]
    pub township: String,
    /// User name; capitals do not matter.
    #[garde(length(chars, min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64, example = "clerk")]
    pub username: String,
    /// Password.
    #[garde(length(chars, min = 1, max = 256))]
    #[schema(value_type = String, min_length = 1, max_length = 256, example = "correct horse battery staple")]
    pub password: Secret,
    /// Where the refresh token goes.
    #[garde(skip)]
    #[serde(default)]
    pub refresh_in: RefreshIn,
}

/// Refresh.
#[derive(Debug, Default, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({}))]
pub struct Refresh {
    /// The refresh token, for programs that do not keep it in the cookie.
    #[garde(length(chars, max = 256))]
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 256, required = false)]
    pub refresh_token: Option<Secret>,
}

/// A fresh pair of tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedIn {
    /// Bearer token for the `Authorization` header.
    pub access_token: String,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: String,
    /// Seconds the access token lives.
    #[schema(example = 600)]
    pub expires_in: i64,
    /// The next refresh token where the body was asked for; null where it is in the cookie.
    #[schema(required = true)]
    pub refresh_token: Option<String>,
}

/// One session of the account.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// The browser or program, as it named itself.
    pub user_agent: String,
    /// When it was opened.
    pub created_at: Time,
    /// When it was last refreshed.
    pub last_used_at: Time,
    /// When it ends unless it is used.
    pub expires_at: Time,
    /// Whether it is the one that asks.
    pub current: bool,
}

page!(SessionList, Session);

/// A new password.
#[derive(Debug, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The present password.
    #[garde(length(chars, min = 1, max = 256))]
    #[schema(value_type = String, min_length = 1, max_length = 256)]
    pub current: Secret,
    /// The new one: at least twelve characters (NIST SP 800-63B asks for length, not for kinds of characters).
    #[garde(length(chars, min = 12, max = 256))]
    #[schema(value_type = String, min_length = 12, max_length = 256)]
    pub new: Secret,
}
