//! A feature of a GeoJSON file as it stands there: read leniently, since what is wrong with it is told to people at
//! its number and property, and kept small. A tree of JSON values would take thirty times the file; here a corner
//! takes eight bytes, and of a list only what comes before its first fault is kept, which decides what is said.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::geometry::{Flaw, Point};

/// One feature; what is no object has nothing.
#[derive(Clone, Debug, Default)]
pub struct Feature {
    pub(super) properties: Properties,
    /// None when there is no such member.
    pub(super) geometry: Option<Geometry>,
}

/// The properties that say something here.
#[derive(Clone, Debug, Default)]
pub(super) struct Properties {
    pub(super) code: Property,
    pub(super) name: Property,
    pub(super) kind: Property,
    pub(super) parent: Property,
}

/// A property: a text (numbers are taken as such, null and absent as empty), or something else.
#[derive(Clone, Debug)]
pub(super) enum Property {
    Text(String),
    Other,
}

impl Default for Property {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Property {
    /// The text without blanks around it.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()),
            Self::Other => None,
        }
    }
}

/// A geometry, its coordinates not yet understood.
#[derive(Clone, Debug, Default)]
pub(super) struct Geometry {
    pub(super) kind: Option<String>,
    pub(super) coordinates: Option<Nested>,
}

/// Lists within lists.
#[derive(Clone, Debug)]
pub(super) enum Nested {
    /// A number.
    Number(f64),
    /// Two or three values of which the first two are numbers that make a place in China.
    Position(Point),
    /// Two or three such values that do not.
    Elsewhere,
    /// Neither a number nor a list.
    Other,
    List {
        /// Up to the first that cannot be right, that one included.
        items: Box<[Nested]>,
        /// All of them.
        count: usize,
    },
}

impl Nested {
    /// Whether no list this stands in can be right, so that what follows there need not be known.
    fn wrong(&self) -> bool {
        match self {
            Self::Position(_) => false,
            Self::Number(_) | Self::Elsewhere | Self::Other => true,
            Self::List { items, .. } => match items.first() {
                None => true,
                // A ring has four corners, the last being the first again.
                Some(Self::Position(_)) if items.len() < 4 => true,
                Some(_) => items.last().is_none_or(Self::wrong),
            },
        }
    }
}

/// What is not asked for stands for nothing: the default.
macro_rules! anything_else_is_default {
    ($($visit:ident: $value:ty),+) => {
        $(fn $visit<E>(self, _: $value) -> Result<Self::Value, E> { Ok(Self::Value::default()) })+
        fn visit_unit<E>(self) -> Result<Self::Value, E> { Ok(Self::Value::default()) }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

struct FeatureVisitor;

impl<'de> Visitor<'de> for FeatureVisitor {
    type Value = Feature;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feature")
    }

    anything_else_is_default!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Feature, A::Error> {
        let mut feature = Feature::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "properties" => feature.properties = map.next_value()?,
                "geometry" => feature.geometry = Some(map.next_value()?),
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(feature)
    }
}

impl<'de> Deserialize<'de> for Feature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FeatureVisitor)
    }
}

struct PropertiesVisitor;

impl<'de> Visitor<'de> for PropertiesVisitor {
    type Value = Properties;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("properties")
    }

    anything_else_is_default!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Properties, A::Error> {
        let mut properties = Properties::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "code" => properties.code = map.next_value()?,
                "name" => properties.name = map.next_value()?,
                "kind" => properties.kind = map.next_value()?,
                "parent" => properties.parent = map.next_value()?,
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(properties)
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PropertiesVisitor)
    }
}

struct PropertyVisitor;

impl<'de> Visitor<'de> for PropertyVisitor {
    type Value = Property;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a property")
    }

    fn visit_unit<E>(self) -> Result<Property, E> {
        Ok(Property::default())
    }

    fn visit_str<E>(self, text: &str) -> Result<Property, E> {
        Ok(Property::Text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Property, E> {
        Ok(Property::Text(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Property, E> {
        Ok(Property::Text(number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Property, E> {
        Ok(serde_json::Number::from_f64(number)
            .map_or(Property::Other, |number| Property::Text(number.to_string())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Property, E> {
        Ok(Property::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Property, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Property::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Property, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Property::Other)
    }
}

impl<'de> Deserialize<'de> for Property {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PropertyVisitor)
    }
}

struct GeometryVisitor;

impl<'de> Visitor<'de> for GeometryVisitor {
    type Value = Geometry;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a geometry")
    }

    anything_else_is_default!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Geometry, A::Error> {
        let mut geometry = Geometry::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => {
                    geometry.kind = match map.next_value()? {
                        Property::Text(kind) => Some(kind),
                        Property::Other => None,
                    }
                }
                "coordinates" => geometry.coordinates = Some(map.next_value()?),
                _ => _ = map.next_value::<IgnoredAny>()?,
            }
        }
        Ok(geometry)
    }
}

impl<'de> Deserialize<'de> for Geometry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(GeometryVisitor)
    }
}

struct NestedVisitor;

impl<'de> Visitor<'de> for NestedVisitor {
    type Value = Nested;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("coordinates")
    }

    fn visit_f64<E>(self, number: f64) -> Result<Nested, E> {
        Ok(Nested::Number(number))
    }

    #[expect(clippy::as_conversions, reason = "as serde_json reads a whole number as f64")]
    fn visit_u64<E>(self, number: u64) -> Result<Nested, E> {
        Ok(Nested::Number(number as f64))
    }

    #[expect(clippy::as_conversions, reason = "as serde_json reads a whole number as f64")]
    fn visit_i64<E>(self, number: i64) -> Result<Nested, E> {
        Ok(Nested::Number(number as f64))
    }

    fn visit_unit<E>(self) -> Result<Nested, E> {
        Ok(Nested::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Nested, E> {
        Ok(Nested::Other)
    }

    fn visit_str<E>(self, _: &str) -> Result<Nested, E> {
        Ok(Nested::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Nested, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Nested::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Nested, A::Error> {
        let mut items: Vec<Nested> = Vec::new();
        let mut count = 0;
        loop {
            let decided = match items.as_slice() {
                [] | [Nested::Number(_)] => false,
                [.., last] => last.wrong(),
            };
            if decided {
                if list.next_element::<IgnoredAny>()?.is_none() {
                    break;
                }
            } else {
                match list.next_element()? {
                    Some(item) => items.push(item),
                    None => break,
                }
            }
            count += 1;
        }
        Ok(match items.as_slice() {
            // A third number, the height, is allowed by GeoJSON and of no use here.
            [Nested::Number(lng), Nested::Number(lat)] if count <= 3 => {
                Point::of_degrees(*lng, *lat).map_or(Nested::Elsewhere, Nested::Position)
            }
            _ => Nested::List { items: items.into_boxed_slice(), count },
        })
    }
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NestedVisitor)
    }
}

impl Nested {
    /// As a place.
    pub(super) fn position(&self) -> Result<Point, Flaw> {
        match self {
            Self::Position(point) => Ok(*point),
            Self::Elsewhere => Err(Flaw::Outside),
            Self::Number(_) | Self::Other | Self::List { .. } => Err(Flaw::Shape),
        }
    }

    /// As a list of at most so many.
    pub(super) fn list(&self, most: usize) -> Result<&[Nested], Flaw> {
        match self {
            Self::List { count, .. } if *count > most => Err(Flaw::TooLarge),
            Self::List { items, .. } => Ok(items),
            _ => Err(Flaw::Shape),
        }
    }
}
