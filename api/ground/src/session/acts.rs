//! What this room records.

use crate::audit::Act;

/// A session was opened.
pub(crate) const SIGN_IN: Act = Act::new("sign_in", "登录", "Signed in", &["sign_in"]);
/// The session that asked was ended.
pub(crate) const SIGN_OUT: Act = Act::new("sign_out", "退出登录", "Signed out", &["sign_out"]);
/// Another of the caller's sessions was ended.
pub(crate) const END_SESSION: Act =
    Act::new("end_session", "结束其他登录", "Ended a session", &["end_session"]);
/// A refresh token that was used came again: it was stolen, or its session's answer was.
pub(crate) const TOKEN_REUSED: Act = Act::new(
    "refresh_token_reused",
    "登录凭证被重复使用",
    "A used refresh token came again",
    &["refresh_session"],
)
.when_refused();
/// Somebody changed their own password.
pub(crate) const CHANGE_PASSWORD: Act =
    Act::new("change_password", "修改本人密码", "Changed their password", &["change_password"]);

/// All of them.
pub(crate) const ACTS: &[&Act] =
    &[&SIGN_IN, &SIGN_OUT, &END_SESSION, &TOKEN_REUSED, &CHANGE_PASSWORD];
