//! What must be shown for a task: a list of requirements, kept in one column.

use std::fmt;
use std::str::FromStr;

use sea_orm::DeriveValueType;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::kinds::EvidenceKind;

/// One thing that must be shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = EvidenceRequirement)]
pub struct Requirement {
    /// How it is shown.
    pub kind: EvidenceKind,
    /// Of photos: how many at least.
    #[schema(example = 1)]
    pub count: i32,
    /// Of a number: what is counted.
    #[schema(required = true, example = "户")]
    pub unit: Option<String>,
    /// Of a number: not less than this.
    #[schema(required = true, example = 0)]
    pub least: Option<f64>,
    /// Of a number: not more than this.
    #[schema(required = true)]
    pub most: Option<f64>,
}

impl Requirement {
    /// One of a kind, without bounds.
    #[must_use]
    pub const fn one(kind: EvidenceKind) -> Self {
        Self { kind, count: 1, unit: None, least: None, most: None }
    }
}

/// All that must be shown, each kind once; nothing where nothing is asked for.
#[derive(Clone, Debug, Default, PartialEq, DeriveValueType, Serialize, Deserialize)]
#[sea_orm(value_type = "String")]
#[serde(transparent)]
pub struct Requirements(pub Vec<Requirement>);

impl fmt::Display for Requirements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Requirements {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_written() -> Result<(), serde_json::Error> {
        let all = Requirements(vec![
            Requirement { count: 3, ..Requirement::one(EvidenceKind::Photo) },
            Requirement {
                unit: Some("户".to_owned()),
                least: Some(0.0),
                most: Some(1e6),
                ..Requirement::one(EvidenceKind::Number)
            },
        ]);
        for list in [Requirements::default(), all] {
            assert_eq!(list.to_string().parse::<Requirements>()?, list);
        }
        assert_eq!(Requirements::default().to_string(), "[]");
        Ok(())
    }
}
