//! Error codes: one line a code, the single origin of the problem documents, of the contract's list and of the screens'
//! texts. What a room alone answers stands in the room.

/// A text in both languages of the product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Simplified Chinese, the default.
    pub zh: std::borrow::Cow<'static, str>,
    /// English, when `Accept-Language` prefers it.
    pub en: std::borrow::Cow<'static, str>,
}

impl Text {
    /// The text in the language asked for.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Chinese => &self.zh,
            Language::English => &self.en,
        }
    }
}

/// The languages an answer can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Simplified Chinese.
    #[default]
    Chinese,
    /// English.
    English,
}

impl Language {
    /// Reads `Accept-Language`: English only where it is named before (or without) Chinese.
    #[must_use]
    pub fn of_header(value: Option<&str>) -> Self {
        let Some(value) = value else {
            return Self::Chinese;
        };
        let mut best = (Self::Chinese, 0.0_f32);
        for part in value.split(',') {
            let mut pieces = part.trim().split(';');
            let tag = pieces.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = pieces
                .find_map(|piece| piece.trim().strip_prefix("q=").and_then(|q| q.parse().ok()))
                .unwrap_or(1.0_f32);
            let language = if tag.starts_with("en") {
                Self::English
            } else if tag.starts_with("zh") {
                Self::Chinese
            } else {
                continue;
            };
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }
}

/// An error that the API can answer. The code is stable; texts may improve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code {
    code: &'static str,
    status: u16,
    zh: &'static str,
    en: &'static str,
}

impl Code {
    /// A code, the HTTP status that goes with it, and its title in both languages.
    #[must_use]
    pub const fn new(code: &'static str, status: u16, zh: &'static str, en: &'static str) -> Self {
        Self { code, status, zh, en }
    }

    /// The stable code in problem documents, snake_case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.code
    }

    /// The HTTP status that goes with it.
    #[must_use]
    pub const fn status(self) -> u16 {
        self.status
    }

    /// The title in both languages.
    #[must_use]
    pub const fn title(self) -> Text {
        Text { zh: std::borrow::Cow::Borrowed(self.zh), en: std::borrow::Cow::Borrowed(self.en) }
    }
}

/// Declares codes as constants of [`Code`], and lists them.
macro_rules! codes {
    ($($name:ident = $code:literal, $status:literal, $zh:literal, $en:literal;)+) => {
        impl Code {
            $(#[doc = $en] pub const $name: Self = Self::new($code, $status, $zh, $en);)+
            /// Those that any room may answer; what a room alone answers stands in the room.
            pub const GROUND: &'static [Self] = &[$(Self::$name,)+];
        }
    };
}

codes! {
    BAD_REQUEST = "bad_request", 400, "请求有误", "The request is malformed";
    MALFORMED_BODY = "malformed_body", 400, "请求内容无法解析", "The body cannot be parsed";
    INVALID_CURSOR = "invalid_cursor", 400, "翻页标记无效，请从第一页重新读取", "The cursor is not valid; start again from the first page";
    INVALID_PARAMETER = "invalid_parameter", 400, "请求头有误", "A header of the request is not valid";
    UNAUTHENTICATED = "unauthenticated", 401, "请先登录", "Sign in first";
    INVALID_CREDENTIALS = "invalid_credentials", 401, "镇街、用户名或密码不正确", "Township, user name or password is not right";
    TOKEN_EXPIRED = "token_expired", 401, "登录凭证已过期，请刷新或重新登录", "The access token has expired";
    SESSION_ENDED = "session_ended", 401, "本次登录已结束，请重新登录", "This session has ended; sign in again";
    ACCOUNT_DISABLED = "account_disabled", 401, "账号已停用，请联系管理员", "The account is disabled";
    PASSWORD_CHANGE_REQUIRED = "password_change_required", 403, "请先修改初始密码", "Change the password that somebody else chose first";
    FORBIDDEN = "forbidden", 403, "没有此项权限", "You are not permitted to do this";
    NOT_FOUND = "not_found", 404, "没有找到", "Not found";
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, "此地址不支持该请求方式", "The method is not allowed here";
    REQUEST_TIMEOUT = "request_timeout", 408, "请求超时，请重试", "The request took too long to arrive";
    CONFLICT = "conflict", 409, "与现有数据冲突", "This conflicts with what is there";
    ALREADY_EXISTS = "already_exists", 409, "已经存在", "This exists already";
    STATE_CONFLICT = "state_conflict", 409, "当前状态不允许此操作，请刷新后再试", "The present state does not allow this; reload and try again";
    NO_MEMBER = "no_member", 409, "此账号没有对应的人员", "This account is not linked to a member";
    IN_USE = "in_use", 409, "正在被使用，不能这样更改", "This is in use and cannot be changed so";
    PRECONDITION_FAILED = "precondition_failed", 412, "内容已被他人修改，请刷新后再改", "Somebody changed this meanwhile; reload and change again";
    PAYLOAD_TOO_LARGE = "payload_too_large", 413, "内容过大", "The content is too large";
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type", 415, "不支持的内容格式", "The media type is not supported";
    VALIDATION_FAILED = "validation_failed", 422, "有内容需要更正", "Some fields need correction";
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch", 422, "同一幂等键用于了不同的请求", "The Idempotency-Key was used for another request";
    FILE_UNREADABLE = "file_unreadable", 422, "文件无法读取", "The file cannot be read";
    TOO_MUCH_WORK = "too_much_work", 422, "文件需要的处理量过大", "The file asks for too much work";
    PRECONDITION_REQUIRED = "precondition_required", 428, "修改须带 If-Match", "A change needs If-Match";
    TOO_MANY_REQUESTS = "too_many_requests", 429, "尝试过于频繁，请稍后再试", "Too many attempts; try again later";
    HEAD_TOO_LARGE = "head_too_large", 431, "请求头过大", "The head of the request is too large";
    INTERNAL = "internal", 500, "系统出错，已记录", "Something went wrong; it has been recorded";
    UNAVAILABLE = "unavailable", 503, "服务暂不可用，请稍后再试", "The service is not available just now";
    STORAGE_FULL = "storage_full", 507, "服务器存储空间已满，内容没有保存，请联系管理员后重试", "The server's storage is full; nothing was kept";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_the_range_of_errors() {
        let mut seen = std::collections::HashSet::new();
        for code in Code::GROUND {
            assert!(seen.insert(code.as_str()), "{} stands twice", code.as_str());
            assert!((400..=507).contains(&code.status()));
        }
    }

    #[test]
    fn language_follows_the_weights() {
        assert_eq!(Language::of_header(None), Language::Chinese);
        assert_eq!(Language::of_header(Some("en")), Language::English);
        assert_eq!(Language::of_header(Some("zh-CN,zh;q=0.9,en;q=0.8")), Language::Chinese);
        assert_eq!(Language::of_header(Some("en-US,en;q=0.9,zh;q=0.8")), Language::English);
        assert_eq!(Language::of_header(Some("fr")), Language::Chinese);
    }
}
