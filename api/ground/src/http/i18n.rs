//! What the library of validation says, in our words: the code of the fault and both languages, parted by `|`, as the rules of our
//! own say it.

use std::borrow::Cow;
use std::fmt::Display;

use garde::i18n::{I18n, InvalidCreditCard, InvalidEmail, InvalidPhoneNumber, InvalidUrl, IpKind};

use super::field::FieldCode;

/// The words.
pub(super) struct Words;

fn say(code: FieldCode, zh: impl Display, en: impl Display) -> Cow<'static, str> {
    format!("{}|{zh}|{en}", code.as_str()).into()
}

fn ill_formed(zh: impl Display, en: impl Display) -> Cow<'static, str> {
    say(FieldCode::Format, zh, en)
}

impl I18n for Words {
    fn length_lower_than(&self, min: usize) -> Cow<'static, str> {
        if min == 1 {
            return say(FieldCode::TooShort, "不能为空", "must not be empty");
        }
        let (zh, en) = (format!("不得少于 {min} 个"), format!("must have {min} at least"));
        say(FieldCode::TooShort, zh, en)
    }
    fn length_greater_than(&self, max: usize) -> Cow<'static, str> {
        let (zh, en) = (format!("不得超过 {max} 个"), format!("must have {max} at most"));
        say(FieldCode::TooLong, zh, en)
    }
    fn range_lower_than(&self, min: &dyn Display) -> Cow<'static, str> {
        let (zh, en) = (format!("不得小于 {min}"), format!("must be {min} at least"));
        say(FieldCode::OutOfRange, zh, en)
    }
    fn range_greater_than(&self, max: &dyn Display) -> Cow<'static, str> {
        let (zh, en) = (format!("不得大于 {max}"), format!("must be {max} at most"));
        say(FieldCode::OutOfRange, zh, en)
    }
    fn credit_card_invalid(&self, _: InvalidCreditCard) -> Cow<'static, str> {
        ill_formed("卡号无效", "is no card number")
    }
    fn pattern_no_match(&self, _: &dyn Display) -> Cow<'static, str> {
        ill_formed("格式不正确", "is not well formed")
    }
    fn contains_missing(&self, pattern: &dyn Display) -> Cow<'static, str> {
        ill_formed(format!("须包含 {pattern}"), format!("must contain {pattern}"))
    }
    fn url_invalid(&self, _: InvalidUrl) -> Cow<'static, str> {
        ill_formed("网址无效", "is no address of a page")
    }
    fn prefix_missing(&self, pattern: &dyn Display) -> Cow<'static, str> {
        ill_formed(format!("须以 {pattern} 开头"), format!("must begin with {pattern}"))
    }
    fn suffix_missing(&self, pattern: &dyn Display) -> Cow<'static, str> {
        ill_formed(format!("须以 {pattern} 结尾"), format!("must end with {pattern}"))
    }
    fn phone_number_invalid(&self, _: InvalidPhoneNumber) -> Cow<'static, str> {
        ill_formed("电话号码无效", "is no telephone number")
    }
    fn ip_invalid(&self, _: IpKind) -> Cow<'static, str> {
        ill_formed("网络地址无效", "is no network address")
    }
    fn matches_field_mismatch(&self, field: &dyn Display) -> Cow<'static, str> {
        say(FieldCode::Invalid, format!("与 {field} 不一致"), format!("is not the same as {field}"))
    }
    fn email_invalid(&self, _: InvalidEmail) -> Cow<'static, str> {
        ill_formed("邮箱地址无效", "is no e-mail address")
    }
    fn ascii_invalid(&self) -> Cow<'static, str> {
        ill_formed("只能使用英文字符", "must be ASCII")
    }
    fn alphanumeric_invalid(&self) -> Cow<'static, str> {
        ill_formed("只能使用字母和数字", "must be letters and digits")
    }
    fn required_not_set(&self) -> Cow<'static, str> {
        say(FieldCode::Required, "必填", "is required")
    }
}
