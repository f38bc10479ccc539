//! The national list of townships and subdistricts, bundled so that a code is enough.

const LIST: &str = include_str!("townships.csv");

/// A township of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Division {
    /// Nine-digit code.
    pub code: &'static str,
    /// Name.
    pub name: &'static str,
}

/// The township of a code. The list is sorted by code, so this is a binary search over the text.
#[must_use]
pub fn find(code: &str) -> Option<Division> {
    if code.len() != 9 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut rest = LIST;
    while !rest.is_empty() {
        let middle = rest.floor_char_boundary(rest.len() / 2);
        let start = rest.get(..middle)?.rfind('\n').map_or(0, |at| at + 1);
        let tail = rest.get(start..)?;
        let line = tail.lines().next()?;
        let mut cells = line.split(',');
        let (found, name) = (cells.next()?, cells.next().unwrap_or_default());
        match found.cmp(code) {
            std::cmp::Ordering::Equal => return Some(Division { code: found, name }),
            // The heading sorts after every digit.
            std::cmp::Ordering::Greater if found.starts_with(|c: char| c.is_ascii_digit()) => {
                rest = rest.get(..start)?;
            }
            _ => {
                rest = tail.get(line.len()..)?.trim_start_matches(['\r', '\n']);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_township_of_the_list_is_found() {
        let mut previous = "";
        let mut count = 0;
        for line in LIST.lines().skip(1).filter(|line| !line.is_empty()) {
            let mut cells = line.split(',');
            let code = cells.next().unwrap();
            assert!(previous < code, "{code} is out of order");
            previous = code;
            assert_eq!(find(code).unwrap().name, cells.next().unwrap());
            count += 1;
        }
        assert_eq!(count, 41_352);
    }

    #[test]
    fn other_codes_are_not() {
        for code in ["", "000000000", "999999999", "31011611", "code", "31011611x"] {
            assert_eq!(find(code), None);
        }
        assert_eq!(find("310116112").unwrap().name, "漕泾镇");
    }
}
