//! Whether a password may be chosen.
//!
//! Rules:
//! - At least twelve characters (OWASP ASVS 5.0, 6.2.1 asks for eight and recommends fifteen; the townships' 等保 assessors look for
//!   complexity, which length and strength give better than a rule about kinds of characters).
//! - Not guessed within some hundred million tries by somebody who knows common passwords, keyboards, dates and repeated patterns, and
//!   the words of our world: zxcvbn's estimate, with a list of what people in townships choose.
//! - Neither the user name, the telephone number, nor the township's code or name stands in it.

use entity::ids::MemberId;
use entity::member;
use pinyin::ToPinyin;
use zxcvbn::{Score, zxcvbn};

use crate::door::Secret;
use crate::http::{ApiError, Result};
use crate::tenancy::Tx;

/// Characters at least. DTOs say the same.
pub const SHORTEST: usize = 12;
/// Letters from which on a known word is looked for: a user name of two letters stands in many words.
const KNOWN: usize = 4;

/// Words that people here put into passwords: whoever guesses tries them first.
const LOCAL: &[&str] = &[
    "gezhi",
    "dangjian",
    "dangyuan",
    "dangwei",
    "dangzhibu",
    "zhibu",
    "zhenfu",
    "zhengfu",
    "xiangzhen",
    "jiedao",
    "shequ",
    "juweihui",
    "cunwei",
    "wangge",
    "wanggeyuan",
    "wanggezhang",
    "qingdan",
    "jifen",
    "fuwu",
    "renmin",
    "zhongguo",
    "beijing",
    "shanghai",
    "gongchandang",
    "jiceng",
    "zhili",
    "admin",
    "administrator",
    "guanliyuan",
    "xitong",
    "mima",
    "password",
    "passw0rd",
    "qwerty",
    "woaini",
    "woaizhongguo",
    "wodemima",
    "chushimima",
    "nihao",
    "5201314",
    "1314520",
    "woshishui",
    "asdfghjkl",
    "zhangsan",
    "lisi",
    "wangwu",
    "test",
    "demo",
    "changeme",
    "abc123",
    "aa123456",
    "qq123456",
    "huanying",
    "xinnian",
    "kuaile",
    "facai",
    "taihu",
];

/// Why a password may not be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// Too short.
    Short,
    /// What everybody knows of its owner stands in it.
    Personal,
    /// Guessed soon.
    Common,
}

impl Weakness {
    const fn zh(self) -> &'static str {
        match self {
            Self::Short => "至少 12 个字符",
            Self::Personal => "不能含有用户名、手机号、镇街代码或名称",
            Self::Common => "太容易被猜到，请换一个更长、更少见的密码",
        }
    }

    const fn en(self) -> &'static str {
        match self {
            Self::Short => "must have at least 12 characters",
            Self::Personal => {
                "must not hold the user name, the telephone number, or the township's code or name"
            }
            Self::Common => "is guessed too easily: choose a longer, less common one",
        }
    }
}

/// What is wrong with a password of somebody of whom these words are known, in letters or in Chinese.
#[must_use]
pub fn weakness(password: &str, known: &[&str]) -> Option<Weakness> {
    if password.chars().count() < SHORTEST {
        return Some(Weakness::Short);
    }
    let folded = password.to_lowercase();
    let mut words: Vec<String> = Vec::new();
    for word in known {
        let word = word.trim().to_lowercase();
        let letters: String =
            word.chars().filter_map(|c| c.to_pinyin()).map(|one| one.plain()).collect();
        words.extend([word, letters]);
    }
    // What is one word of two is known as well: of 漕泾镇 the name without its rank.
    let shorter: Vec<String> = words
        .iter()
        .filter_map(|word| {
            ["镇", "乡", "街道", "zhen", "xiang", "jiedao"]
                .iter()
                .find_map(|rank| word.strip_suffix(rank))
        })
        .map(str::to_owned)
        .collect();
    words.extend(shorter);
    words.retain(|word| !word.is_empty());
    let stands = |word: &String| {
        let least = if word.is_ascii() { KNOWN } else { 2 };
        word.chars().count() >= least && folded.contains(word.as_str())
    };
    if words.iter().any(stands) {
        return Some(Weakness::Personal);
    }
    let inputs: Vec<&str> = words.iter().map(String::as_str).chain(LOCAL.iter().copied()).collect();
    (zxcvbn(password, &inputs).score() < Score::Three).then_some(Weakness::Common)
}

/// What everybody knows of somebody: it makes a password easy to guess.
pub struct Known(Vec<String>);

impl<const N: usize> From<[&str; N]> for Known {
    fn from(words: [&str; N]) -> Self {
        Self(words.map(str::to_owned).to_vec())
    }
}

impl Known {
    /// Of an account of this township.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn of(
        tx: &Tx,
        username: &str,
        display_name: &str,
        member: Option<MemberId>,
    ) -> Result<Self> {
        let township = tx.township().await?;
        let member = match member {
            Some(id) => tx.try_get::<member::Entity>(id).await?,
            None => None,
        };
        let mut known = Self::from([username, display_name, &township.code, &township.name]);
        known.0.extend(member.and_then(|member| member.phone));
        Ok(known)
    }

    /// Refuses a password that may not be chosen: 422 with the reason at `field`.
    ///
    /// # Errors
    /// The refusal.
    pub fn check(&self, field: &'static str, password: &Secret) -> Result<()> {
        let words: Vec<&str> = self.0.iter().map(String::as_str).collect();
        match weakness(password.reveal(), &words) {
            None => Ok(()),
            Some(weakness) => Err(ApiError::invalid(field, weakness.zh(), weakness.en())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KNOWN_HERE: &[&str] = &["zhangsan", "13812345678", "310116112", "漕泾镇"];

    #[test]
    fn what_is_guessed_is_refused() {
        for (password, why) in [
            ("1234567890", Weakness::Short),
            ("admin12345", Weakness::Short),
            ("Tr0ub4dor&3", Weakness::Short),
            ("310116112xyz", Weakness::Personal),
            ("zhangsan-2026", Weakness::Personal),
            ("my13812345678!", Weakness::Personal),
            ("caojingzhen!9", Weakness::Personal),
            ("CaoJing#2026x", Weakness::Personal),
            ("我在漕泾上班很多年了", Weakness::Short),
            ("我在漕泾上班很多很多年了", Weakness::Personal),
            ("          　 ", Weakness::Common),
            ("aaaaaaaaaaaaaaaa", Weakness::Common),
            ("123456789012", Weakness::Common),
            ("abcabcabcabcabc", Weakness::Common),
            ("qwertyuiop[]", Weakness::Common),
            ("administrator", Weakness::Common),
            ("administrator1", Weakness::Common),
            ("password2026", Weakness::Common),
            ("P@ssw0rd1234", Weakness::Common),
            ("woaizhongguo", Weakness::Common),
            ("dangjian2026", Weakness::Common),
            ("wangge123456", Weakness::Common),
        ] {
            assert_eq!(weakness(password, KNOWN_HERE), Some(why), "{password}");
        }
    }

    #[test]
    fn what_is_long_and_rare_is_taken() {
        for password in [
            "correct horse battery staple",
            "7hK-pq2W-mm4Z",
            "走访完去河边钓鱼再回家",
            "青石板路上卖豆花的老伯",
            "vexed plinth oak tumbler",
        ] {
            let padded = format!("{password}~~");
            assert_eq!(weakness(&padded, KNOWN_HERE), None, "{password}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_an_answer_and_random_ones_are_good(text in any::<String>(), random in "[a-zA-Z0-9]{16}") {
            let _ = weakness(&text, KNOWN_HERE);
            prop_assert_eq!(weakness(&random, &[]), None);
        }

        #[test]
        fn what_is_known_never_stands_in_it(before in "[a-zA-Z0-9]{8}", after in "[a-zA-Z0-9]{8}", which in 0_usize..4) {
            let word = KNOWN_HERE[which];
            let password = format!("{before}{}{after}", word.to_uppercase());
            prop_assert_eq!(weakness(&password, KNOWN_HERE), Some(Weakness::Personal));
        }
    }
}
