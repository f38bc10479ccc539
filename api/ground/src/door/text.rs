//! Text as it may stand in a record.

use std::borrow::Cow;
use std::ops::Deref;

use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// What kind of text a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name, a title, a word to search for.
    Line,
    /// A description, a reason: line breaks and tabs may stand in it.
    Lines,
    /// A secret: as it was typed.
    Raw,
}

/// Why a text was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A line break where one line is asked for.
    LineBreak,
    /// A control character, or one that Unicode keeps from ever being one.
    Control(char),
}

impl Fault {
    /// In Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::LineBreak => "只能填写一行".to_owned(),
            Self::Control(c) => format!("含有控制字符 U+{:04X}", u32::from(c)),
        }
    }

    fn en(self) -> String {
        match self {
            Self::LineBreak => "must be one line".to_owned(),
            Self::Control(c) => {
                format!("must not hold the control character U+{:04X}", u32::from(c))
            }
        }
    }
}

/// Both languages, for [`super`].
impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&super::both(&self.zh(), &self.en()))
    }
}

/// Several lines of text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename = "door::Lines")]
pub struct Lines(String);

impl Lines {
    /// The name by which the door knows that several lines are asked for.
    pub(super) const NAME: &'static str = "door::Lines";

    /// The text.
    #[must_use]
    pub fn into_inner(self) -> String {
        self.0
    }
}

impl From<&str> for Lines {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Lines {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<Lines> for String {
    fn from(lines: Lines) -> Self {
        lines.0
    }
}

impl Deref for Lines {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl garde::rules::length::chars::HasChars for Lines {
    fn num_chars(&self) -> usize {
        self.0.chars().count()
    }
}

/// What Unicode calls Default_Ignorable_Code_Point (DerivedCoreProperties 16.0): characters that are not seen. They come along
/// when text is copied from a page or a chat, and two names that look the same would be two names.
fn is_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    )
}

/// Not seen though Unicode does not say so: marks of annotation, and Braille without a dot.
fn is_stray(c: char) -> bool {
    is_ignorable(c) || matches!(c, '\u{FFF9}'..='\u{FFFB}' | '\u{2800}')
}

/// What chooses how the character before it is drawn, as in rare forms of a surname.
fn is_variation(c: char) -> bool {
    matches!(c, '\u{180B}'..='\u{180D}' | '\u{180F}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// What joins or parts the characters beside it, in emoji and in scripts whose letters join.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// Characters of scripts and signs that never join: between them a joiner says nothing.
fn stands_alone(c: char) -> bool {
    c.is_ascii()
        || c.is_whitespace()
        || matches!(c, '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Without what is not seen. A variation selector stays directly behind what it varies, a joiner between two that may join.
fn seen(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_stray) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let before = kept.chars().next_back();
        let stays = if is_variation(c) {
            before.is_some_and(|before| !before.is_whitespace() && !is_stray(before))
        } else if is_joiner(c) {
            let joins = |beside: Option<char>| {
                beside.is_some_and(|beside| {
                    !stands_alone(beside) && (!is_stray(beside) || is_variation(beside))
                })
            };
            joins(before) && joins(chars.peek().copied().filter(|after| !is_variation(*after)))
        } else {
            !is_stray(c)
        };
        if stays {
            kept.push(c);
        }
    }
    Cow::Owned(kept)
}

fn is_noncharacter(c: char) -> bool {
    let code = u32::from(c);
    (0xFDD0..=0xFDEF).contains(&code) || code & 0xFFFE == 0xFFFE
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{0B}' | '\u{0C}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The text as it is kept; borrowed where nothing had to change.
///
/// # Errors
/// A character that cannot be kept.
pub fn clean(text: &str, kind: Kind) -> Result<Cow<'_, str>, Fault> {
    if kind == Kind::Raw {
        return Ok(Cow::Borrowed(text));
    }
    // Most of what comes in: nothing to look at twice.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Ok(Cow::Borrowed(text.trim()));
    }
    let text = seen(text);
    // What stands around the text says nothing, line breaks included.
    let inner = text.trim();
    let mut kept = String::with_capacity(inner.len());
    let mut chars = inner.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if kind == Kind::Lines && chars.peek() == Some(&'\n') => {}
            '\u{2028}' | '\u{2029}' | '\r' if kind == Kind::Lines => kept.push('\n'),
            '\n' | '\t' if kind == Kind::Lines => kept.push(c),
            c if is_line_break(c) && kind == Kind::Line => return Err(Fault::LineBreak),
            c if c.is_control() || is_noncharacter(c) => return Err(Fault::Control(c)),
            c => kept.push(c),
        }
    }
    if is_nfc_quick(kept.chars()) != IsNormalized::Yes {
        kept = kept.nfc().collect();
    }
    Ok(match text {
        Cow::Borrowed(text) if text.trim() == kept => Cow::Borrowed(text.trim()),
        _ => Cow::Owned(kept),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(text: &str) -> Result<String, Fault> {
        clean(text, Kind::Line).map(Cow::into_owned)
    }

    fn lines(text: &str) -> Result<String, Fault> {
        clean(text, Kind::Lines).map(Cow::into_owned)
    }

    #[test]
    fn what_is_not_seen_does_not_stay() {
        assert_eq!(line(" 张\u{200B}三\u{FEFF}\n").unwrap(), "张三");
        assert_eq!(line("\u{202E}张三\u{202C}").unwrap(), "张三");
        for blank in
            ["", "  ", "\u{200B}\u{200F}", "\u{3164}", "\u{2800} \u{FE0F}", "\u{E0041}", "\u{3000}"]
        {
            assert_eq!(line(blank).unwrap(), "", "{blank:?}");
        }
        // Between characters that do not join nothing joins, and no name ends in what is not seen.
        for name in ["欧阳试验", "clerk", "田中"] {
            for c in [
                '\u{200D}',
                '\u{3164}',
                '\u{FFA0}',
                '\u{115F}',
                '\u{E0FFF}',
                '\u{1D173}',
                '\u{2062}',
                '\u{34F}',
            ] {
                let (head, tail) = name.split_at(name.chars().next().unwrap().len_utf8());
                for hidden in
                    [format!("{head}{c}{tail}"), format!("{name}{c}"), format!("{c}\n {name}")]
                {
                    assert_eq!(line(&hidden).unwrap(), name, "{hidden:?}");
                }
            }
        }
        assert_eq!(lines("一\r\u{200B}\n二").unwrap(), "一\n二");
        // What chooses between forms that are seen stays.
        for seen in ["👨\u{200D}👩\u{200D}👧", "葛\u{E0100}", "❤\u{FE0F}"] {
            assert_eq!(line(seen).unwrap(), seen);
        }
    }

    #[test]
    fn one_letter_is_written_in_one_way() {
        assert_eq!(line("e\u{301}").unwrap(), "é");
        // A compatibility ideograph of old fonts is the letter itself.
        assert_eq!(line("\u{F9A4}").unwrap(), "\u{637B}");
    }

    #[test]
    fn controls_are_refused() {
        for c in ['\0', '\u{1B}', '\u{7F}', '\u{9B}', '\u{FFFE}', '\u{FDD0}', '\u{1FFFF}'] {
            let text = format!("张{c}三");
            assert_eq!(line(&text), Err(Fault::Control(c)));
            assert_eq!(lines(&text), Err(Fault::Control(c)));
        }
        assert_eq!(line("a\tb"), Err(Fault::Control('\t')));
        for c in ['\n', '\r', '\u{2028}', '\u{85}'] {
            assert_eq!(line(&format!("张{c}三")), Err(Fault::LineBreak));
        }
        assert_eq!(lines("一\r\n二\u{2029}三\r四\t五").unwrap(), "一\n二\n三\n四\t五");
    }

    #[test]
    fn alone_nothing_invisible_is_a_text() {
        for c in (0..=0x0010_FFFF)
            .filter_map(char::from_u32)
            .filter(|c| is_ignorable(*c) || c.is_whitespace())
        {
            assert_eq!(lines(&c.to_string()).as_deref(), Ok(""), "{c:?}");
            assert_eq!(line(&format!("{c}{c}")).as_deref(), Ok(""), "{c:?}");
        }
    }

    proptest! {
        #[test]
        fn what_came_out_goes_in_unchanged(text in any::<String>()) {
            for kind in [Kind::Line, Kind::Lines] {
                if let Ok(once) = clean(&text, kind) {
                    prop_assert_eq!(&*clean(&once, kind).unwrap(), &*once);
                    prop_assert!(!once.chars().any(|c| c.is_control() && !(kind == Kind::Lines && matches!(c, '\n' | '\t'))));
                    prop_assert_eq!(once.nfc().collect::<String>(), &*once);
                    prop_assert_eq!(once.trim(), &*once);
                }
            }
            let raw = clean(&text, Kind::Raw).unwrap();
            prop_assert_eq!(&*raw, &text);
        }
    }
}
