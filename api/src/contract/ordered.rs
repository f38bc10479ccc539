//! JSON that keeps the order in which it was written, but for extensions: a document that is committed must always be written alike,
//! and the library keeps `x-` entries in a map that has no order.

use std::fmt;

use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, Value};

/// A value whose objects keep their order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ordered {
    Object(Vec<(String, Ordered)>),
    Array(Vec<Ordered>),
    Leaf(Value),
}

impl Ordered {
    /// With every object's extensions at its end, by name.
    pub(super) fn sorted(self) -> Self {
        match self {
            Self::Object(entries) => {
                let (mut extensions, mut rest): (Vec<_>, Vec<_>) = entries
                    .into_iter()
                    .map(|(key, value)| (key, value.sorted()))
                    .partition(|(key, _)| key.starts_with("x-"));
                extensions.sort_by(|(one, _), (other, _)| one.cmp(other));
                rest.extend(extensions);
                Self::Object(rest)
            }
            Self::Array(items) => Self::Array(items.into_iter().map(Self::sorted).collect()),
            Self::Leaf(value) => Self::Leaf(value),
        }
    }
}

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Self::Array(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Self::Leaf(value) => value.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Ordered {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Ordered;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Ordered, E> {
        Ok(Ordered::Leaf(Value::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Ordered, E> {
        Ok(Ordered::Leaf(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Ordered, E> {
        Ok(Ordered::Leaf(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Ordered, E> {
        Ok(Ordered::Leaf(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Ordered, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not a number of JSON"))?;
        Ok(Ordered::Leaf(Value::Number(number)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Ordered, E> {
        Ok(Ordered::Leaf(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Ordered, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Ordered::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Ordered::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_extensions_are_moved() -> Result<(), serde_json::Error> {
        let text = r#"{"x-b":1,"z":[{"x-c":null,"a":1.5}],"x-a":"é","b":-2,"a":true}"#;
        let read: Ordered = serde_json::from_str(text)?;
        assert_eq!(serde_json::to_string(&read)?, text);
        let sorted = r#"{"z":[{"a":1.5,"x-c":null}],"b":-2,"a":true,"x-a":"é","x-b":1}"#;
        assert_eq!(serde_json::to_string(&read.sorted())?, sorted);
        Ok(())
    }
}
