//! How user names are compared.

/// A user name as it is kept and looked for, whichever way it was typed: without blanks at its ends, in small letters.
#[must_use]
pub fn username(typed: &str) -> String {
    typed.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::username;

    #[test]
    fn a_name_is_one_however_it_is_typed() {
        assert_eq!(username(" ZhangSan "), username("zhangsan"));
        assert_eq!(username(" Ｚ张 三\u{3000}"), "ｚ张 三");
    }
}
