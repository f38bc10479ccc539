//! What several inputs have in common: fields left out, given as null, blank; and what may be wrong with a field.

use serde::{Deserialize, Deserializer};

/// Declares what may be wrong with a field, each with what it is called.
macro_rules! field_codes {
    ($($name:ident = $code:literal, $zh:literal, $en:literal;)+) => {
        /// What is wrong with one field of a request: stable, for programs. The reason beside it is for people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum FieldCode {
            $(#[doc = $en] $name,)+
        }

        impl FieldCode {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The code, snake_case.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// What it is called in Chinese.
            #[must_use]
            pub const fn zh(self) -> &'static str {
                match self {
                    $(Self::$name => $zh,)+
                }
            }

            /// What it is called in English.
            #[must_use]
            pub const fn en(self) -> &'static str {
                match self {
                    $(Self::$name => $en,)+
                }
            }
        }
    };
}

field_codes! {
    Required = "required", "缺少必填项", "It is required and was left out";
    UnknownField = "unknown_field", "没有这个字段或查询参数", "There is no such field or query parameter";
    WrongType = "wrong_type", "类型不对", "It is of another type";
    TooShort = "too_short", "过短、过少或为空", "It is too short, or there are too few";
    TooLong = "too_long", "过长或过多", "It is too long, or there are too many";
    OutOfRange = "out_of_range", "超出范围", "It is out of range";
    Format = "format", "格式不正确", "It is not well formed";
    NotAnOption = "not_an_option", "不在可选范围内", "It is none of the options";
    Duplicate = "duplicate", "重复", "It is given more than once";
    NotFound = "not_found", "所指的对象不存在", "What it names does not exist";
    Invalid = "invalid", "不合规则，见说明", "It is against a rule, which the message tells";
}

impl FieldCode {
    /// The code of this name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// For `garde(custom(…))`: a fault of this code with its reason in both languages.
    #[must_use]
    pub fn because(self, zh: impl std::fmt::Display, en: impl std::fmt::Display) -> garde::Error {
        garde::Error::new(format!("{}|{zh}|{en}", self.as_str()))
    }
}

/// For a field that may be left out but not be null: `#[serde(default, deserialize_with = "crate::http::present")]`.
///
/// # Errors
/// What the type says to a null.
pub fn present<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Tells a field given as `null` (clear it) from a field left out (leave it): for `Option<Option<T>>` with
/// `#[serde(default, deserialize_with = "crate::http::given")]`.
///
/// # Errors
/// What the type says to the value.
pub fn given<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

/// For `garde(custom(not_blank))`: words, not spaces alone.
///
/// # Errors
/// A text of nothing but spaces.
pub fn not_blank(text: &str, _: &()) -> garde::Result {
    if text.trim().is_empty() {
        return Err(FieldCode::TooShort.because("不能为空", "must not be blank"));
    }
    Ok(())
}
