//! Validation messages in Chinese; English is the library's own.

use std::borrow::Cow;
use std::fmt::Display;

use garde::i18n::{I18n, InvalidCreditCard, InvalidEmail, InvalidPhoneNumber, InvalidUrl, IpKind};

/// The Chinese messages.
pub(super) struct Chinese;

impl I18n for Chinese {
    fn length_lower_than(&self, min: usize) -> Cow<'static, str> {
        if min == 1 { "不能为空".into() } else { format!("不得少于 {min} 个").into() }
    }
    fn length_greater_than(&self, max: usize) -> Cow<'static, str> {
        format!("不得超过 {max} 个").into()
    }
    fn range_lower_than(&self, min: &dyn Display) -> Cow<'static, str> {
        format!("不得小于 {min}").into()
    }
    fn range_greater_than(&self, max: &dyn Display) -> Cow<'static, str> {
        format!("不得大于 {max}").into()
    }
    fn credit_card_invalid(&self, _: InvalidCreditCard) -> Cow<'static, str> {
        "卡号无效".into()
    }
    fn pattern_no_match(&self, _: &dyn Display) -> Cow<'static, str> {
        "格式不正确".into()
    }
    fn contains_missing(&self, pattern: &dyn Display) -> Cow<'static, str> {
        format!("须包含 {pattern}").into()
    }
    fn url_invalid(&self, _: InvalidUrl) -> Cow<'static, str> {
        "网址无效".into()
    }
    fn prefix_missing(&self, pattern: &dyn Display) -> Cow<'static, str> {
        format!("须以 {pattern} 开头").into()
    }
    fn suffix_missing(&self, pattern: &dyn Display) -> Cow<'static, str> {
        format!("须以 {pattern} 结尾").into()
    }
    fn phone_number_invalid(&self, _: InvalidPhoneNumber) -> Cow<'static, str> {
        "电话号码无效".into()
    }
    fn ip_invalid(&self, _: IpKind) -> Cow<'static, str> {
        "网络地址无效".into()
    }
    fn matches_field_mismatch(&self, field: &dyn Display) -> Cow<'static, str> {
        format!("与 {field} 不一致").into()
    }
    fn email_invalid(&self, _: InvalidEmail) -> Cow<'static, str> {
        "邮箱地址无效".into()
    }
    fn ascii_invalid(&self) -> Cow<'static, str> {
        "只能使用英文字符".into()
    }
    fn alphanumeric_invalid(&self) -> Cow<'static, str> {
        "只能使用字母和数字".into()
    }
    fn required_not_set(&self) -> Cow<'static, str> {
        "必填".into()
    }
}
