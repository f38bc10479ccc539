//! What holds for people and party organisations whatever the database says.

use entity::kinds::{MemberCategory, PartyOrgKind};
use pinyin::ToPinyin;

/// Characters in a member's number.
pub const NUMBER_MAX: usize = 32;
/// Characters in a person's name.
pub const NAME_MAX: usize = 50;
/// Characters in the code of a party organisation.
pub const CODE_MAX: usize = 32;
/// Characters in the name of a party organisation.
pub const ORG_NAME_MAX: usize = 100;

/// Surnames that are read otherwise than the character usually is.
const SURNAMES: &[(&str, &str)] = &[
    ("长孙", "zs"),
    ("单于", "cy"),
    ("尉迟", "yc"),
    ("万俟", "mq"),
    ("澹台", "tt"),
    ("区", "o"),
    ("仇", "q"),
    ("单", "s"),
    ("曾", "z"),
    ("解", "x"),
    ("查", "z"),
    ("翟", "z"),
    ("覃", "q"),
    ("缪", "m"),
    ("乐", "y"),
    ("员", "y"),
    ("折", "s"),
    ("秘", "b"),
    ("召", "s"),
    ("种", "c"),
    ("重", "c"),
    ("朴", "p"),
    ("盖", "g"),
    ("洗", "x"),
    ("冼", "x"),
];

/// Pinyin initials of a name in lower case, for search by prefix: 张三 is `zs`. Surnames with a reading of their
/// own are known; Latin letters and digits stay; everything else (spaces, the dot of Uyghur names) is left out.
pub fn initials(name: &str) -> String {
    let name = name.trim();
    let (head, rest) = SURNAMES
        .iter()
        .find_map(|(surname, letters)| Some((*letters, name.strip_prefix(surname)?)))
        .unwrap_or(("", name));
    let letters = rest.chars().filter_map(|c| {
        if c.is_ascii_alphanumeric() {
            return Some(c.to_ascii_lowercase());
        }
        let first = c.to_pinyin()?.plain().chars().next()?;
        // No syllable begins with ü; a letter outside a–z could not be typed.
        Some(first).filter(char::is_ascii_lowercase)
    });
    head.chars().chain(letters).collect()
}

/// A mobile number as it is kept: eleven digits from `1[3-9]`. Full-width digits, blanks, hyphens and the
/// country code are accepted; anything else is none.
pub fn phone(text: &str) -> Option<String> {
    let plain: String = half_width(text)
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '—' | '–'))
        .collect();
    let digits = ["+86", "0086", "86"]
        .iter()
        .find_map(|prefix| plain.strip_prefix(prefix).filter(|rest| rest.len() == 11))
        .unwrap_or(&plain);
    let mut bytes = digits.bytes();
    let mobile = digits.len() == 11
        && digits.bytes().all(|b| b.is_ascii_digit())
        && bytes.next() == Some(b'1')
        && bytes.next().is_some_and(|b| b >= b'3');
    mobile.then(|| digits.to_owned())
}

/// The number as those see it who do not manage people: `138****5678`.
pub fn masked(phone: &str) -> String {
    match (phone.get(..3), phone.get(7..)) {
        (Some(head), Some(tail)) if phone.len() == 11 => format!("{head}****{tail}"),
        _ => "****".to_owned(),
    }
}

/// The last four digits, by which people are found.
pub fn tail(phone: &str) -> Option<String> {
    phone.get(phone.len().checked_sub(4)?..).map(str::to_owned)
}

/// Full-width letters, digits and signs as their ordinary forms.
pub fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{3000}' => ' ',
            '！'..='～' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
            c => c,
        })
        .collect()
}

/// Whether the text can be a number of a member or a code of a party organisation: letters, digits, `-`, `_`.
pub fn is_code(text: &str, max: usize) -> bool {
    !text.is_empty()
        && text.len() <= max
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// A name as it is kept: no blanks at the ends, and those inside are single. None when it is empty, too long or
/// holds control characters.
pub fn name(text: &str, max: usize) -> Option<String> {
    let clean = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (1..=max).contains(&clean.chars().count()) && !clean.chars().any(char::is_control);
    fits.then_some(clean)
}

/// A category by its label or its word.
pub fn category(text: &str) -> Option<MemberCategory> {
    MemberCategory::from_zh(text).or_else(|| {
        MemberCategory::ALL.iter().copied().find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    })
}

/// How high an organisation stands; smaller is higher.
fn rank(kind: PartyOrgKind) -> u8 {
    match kind {
        PartyOrgKind::WorkCommittee => 0,
        PartyOrgKind::Committee => 1,
        PartyOrgKind::GeneralBranch => 2,
        PartyOrgKind::Branch => 3,
        PartyOrgKind::Group => 4,
        PartyOrgKind::Household => 5,
    }
}

/// Whether an organisation may belong to the other: never to one of a lower level. Levels may be skipped (a branch
/// directly under the committee) and repeated (a village's committee under the town's).
pub fn may_belong(kind: PartyOrgKind, parent: PartyOrgKind) -> bool {
    rank(parent) <= rank(kind)
}

/// How a search text is looked up. Each way is a prefix or an exact key, so that an index serves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Search {
    /// Nothing to look for.
    All,
    /// Digits: the beginning of a number, or the last four of a phone.
    Digits {
        /// How the number begins.
        number: String,
        /// How a phone ends, where four digits were given.
        tail: Option<String>,
    },
    /// Latin letters with digits: the beginning of the initials, a number or a Latin name.
    Letters {
        /// How the initials begin.
        initials: String,
        /// How a number or a Latin name begins.
        text: String,
    },
    /// Anything else: the beginning of a name, or of a number with a sign in it.
    Name(String),
}

/// Reads the search text.
pub fn search(text: &str) -> Search {
    let text = half_width(text).trim().to_owned();
    if text.is_empty() {
        Search::All
    } else if text.bytes().all(|b| b.is_ascii_digit()) {
        Search::Digits { tail: (text.len() == 4).then(|| text.clone()), number: text }
    } else if text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Search::Letters { initials: text.to_ascii_lowercase(), text }
    } else {
        Search::Name(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn initials_of_names() {
        for (name, expected) in [
            ("张三", "zs"),
            ("欧阳修", "oyx"),
            ("单田芳", "stf"),
            ("曾国藩", "zgf"),
            ("尉迟恭", "ycg"),
            ("吕布", "lb"),
            ("迪丽热巴·买买提", "dlrbmmt"),
            ("Anna 王", "annaw"),
            (" 李 四 ", "ls"),
            ("", ""),
            ("！", ""),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }

    #[test]
    fn phones_as_people_write_them() {
        let kept = Some("13812345678".to_owned());
        for text in [
            "13812345678",
            " 138 1234 5678 ",
            "138-1234-5678",
            "+86 13812345678",
            "8613812345678",
            "0086-13812345678",
            "１３８１２３４５６７８",
        ] {
            assert_eq!(phone(text), kept, "{text}");
        }
        for text in [
            "",
            "1381234567",
            "138123456789",
            "12812345678",
            "021-57250000",
            "1381234567a",
            "一三八",
        ] {
            assert_eq!(phone(text), None, "{text}");
        }
        assert_eq!(masked("13812345678"), "138****5678");
        assert_eq!(masked("110"), "****");
        assert_eq!(tail("13812345678").as_deref(), Some("5678"));
        assert_eq!(tail("110"), None);
    }

    #[test]
    fn levels_of_party_organisations() {
        assert!(may_belong(PartyOrgKind::Branch, PartyOrgKind::Committee));
        assert!(may_belong(PartyOrgKind::Committee, PartyOrgKind::Committee));
        assert!(!may_belong(PartyOrgKind::Committee, PartyOrgKind::Branch));
    }

    #[test]
    fn a_search_text_tells_how_to_look() {
        assert_eq!(search("  "), Search::All);
        assert_eq!(
            search("5678"),
            Search::Digits { number: "5678".into(), tail: Some("5678".into()) }
        );
        assert_eq!(search("10001"), Search::Digits { number: "10001".into(), tail: None });
        assert_eq!(search("ZS"), Search::Letters { initials: "zs".into(), text: "ZS".into() });
        assert_eq!(search("张"), Search::Name("张".into()));
        assert_eq!(search("M-1"), Search::Name("M-1".into()));
    }

    proptest! {
        #[test]
        fn initials_can_always_be_typed(name in "\\PC{0,60}") {
            prop_assert!(initials(&name).bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        }

        #[test]
        fn a_kept_phone_stays_as_it_is(rest in "[3-9][0-9]{9}") {
            let number = format!("1{rest}");
            prop_assert_eq!(phone(&number), Some(number.clone()));
            let shown = masked(&number);
            prop_assert_eq!(shown.len(), 11);
            prop_assert_eq!(shown.get(3..7), Some("****"));
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,80}") {
            if let Some(number) = phone(&text) {
                prop_assert_eq!(phone(&number), Some(number.clone()));
            }
            if let Some(clean) = name(&text, NAME_MAX) {
                prop_assert_eq!(name(&clean, NAME_MAX), Some(clean.clone()));
            }
            let _way = search(&text);
        }

        #[test]
        fn parents_of_parents_are_not_lower(a in prop::sample::select(PartyOrgKind::ALL),
                b in prop::sample::select(PartyOrgKind::ALL), c in prop::sample::select(PartyOrgKind::ALL)) {
            if may_belong(a, b) && may_belong(b, c) {
                prop_assert!(may_belong(a, c));
            }
        }
    }
}
