//! What an entry may show of people. Pure.

/// A name: its first character, and a star for each of the others, at most five (张三丰 → 张**).
#[must_use]
pub fn name(name: &str) -> String {
    let mut letters = name.trim().chars();
    let Some(first) = letters.next() else { return String::new() };
    let stars = letters.count().clamp(1, 5);
    format!("{first}{}", "*".repeat(stars))
}

/// A text with its telephone and identity numbers masked, whoever wrote them into it: of a run of eleven digits that
/// begins with 1 the middle four, of a run of eighteen (the last may be X) all but the first three and the last two.
#[must_use]
pub fn numbers(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut shown = String::with_capacity(text.len());
    let mut rest = letters.as_slice();
    while let Some(first) = rest.first() {
        let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
        if digits == 0 {
            shown.push(*first);
            rest = rest.get(1..).unwrap_or_default();
            continue;
        }
        let with_x = digits == 17 && rest.get(17).is_some_and(|c| matches!(c, 'x' | 'X'));
        let length = if with_x { 18 } else { digits };
        let (run, tail) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        let hidden = match length {
            11 if *first == '1' => 3..7,
            // With the country's code before it.
            13 if run.starts_with(&['8', '6', '1']) => 5..9,
            15 | 18 => 3..length - 2,
            _ => 0..0,
        };
        shown.extend(
            run.iter().enumerate().map(|(at, c)| if hidden.contains(&at) { '*' } else { *c }),
        );
        rest = tail;
    }
    shown
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_numbers_are_masked() {
        assert_eq!(name("张三丰"), "张**");
        assert_eq!(name(" 李四 "), "李*");
        assert_eq!(name("王"), "王*");
        assert_eq!(name(""), "");
        assert_eq!(
            numbers("电话13812345678，另一个8613912345678"),
            "电话138****5678，另一个86139****5678"
        );
        assert_eq!(numbers("31011619900101123X"), "310*************3X");
        assert_eq!(numbers("310116112 共 12 人 2026-11-26"), "310116112 共 12 人 2026-11-26");
    }

    proptest! {
        #[test]
        fn no_number_stays_whole(before in "[^0-9]{0,8}", number in "1[3-9][0-9]{9}", after in "[^0-9xX]{0,8}") {
            let shown = numbers(&format!("{before}{number}{after}"));
            prop_assert!(!shown.contains(&number));
            prop_assert!(shown.contains(&number[7..]));
        }

        #[test]
        fn masking_twice_is_masking_once(text in "[0-9xX张a ]{0,60}") {
            let once = numbers(&text);
            prop_assert_eq!(numbers(&once), once.clone());
            prop_assert_eq!(once.chars().count(), text.chars().count());
        }
    }
}
