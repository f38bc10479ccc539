//! What may be done: the rule that an act asks, told beforehand to whoever reads.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::code::Code;
use super::error::ApiError;

/// Why an act is refused: the code that the operation answers, and what it says of this very case. A rule gives it, so it is without
/// the heap: lists ask for each of their rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    code: Code,
    detail: Option<(&'static str, &'static str)>,
}

impl Refusal {
    /// The code.
    #[must_use]
    pub const fn code(self) -> Code {
        self.code
    }
}

impl Code {
    /// A refusal that says why, in Chinese and English.
    #[must_use]
    pub const fn because(self, zh: &'static str, en: &'static str) -> Refusal {
        Refusal { code: self, detail: Some((zh, en)) }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self { code, detail: None }
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let error = Self::new(refusal.code);
        match refusal.detail {
            Some((zh, en)) => error.detail(zh, en),
            None => error,
        }
    }
}

/// What an act that is not refused comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It changes something.
    Something,
    /// What it would bring about is so already: it is answered as if it had done it, and changes nothing.
    Nothing,
}

impl Does {
    /// Something, where there is something left to do.
    #[must_use]
    pub const fn when(left: bool) -> Self {
        if left { Self::Something } else { Self::Nothing }
    }
}

/// Whether its reader may do something now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct May {
    /// The operation would do it.
    pub allowed: bool,
    /// Where it would not: the code that it would answer; null where there is nothing left to do, which it would answer with success.
    #[schema(required = true, value_type = Option<String>, example = "state_conflict")]
    pub code: Option<Cow<'static, str>>,
}

impl From<Result<Does, Refusal>> for May {
    fn from(verdict: Result<Does, Refusal>) -> Self {
        match verdict {
            Ok(does) => Self { allowed: does == Does::Something, code: None },
            Err(refusal) => Self { allowed: false, code: Some(refusal.code.as_str().into()) },
        }
    }
}

impl From<Result<(), Refusal>> for May {
    fn from(verdict: Result<(), Refusal>) -> Self {
        verdict.map(|()| Does::Something).into()
    }
}
