//! A reader between a format and the types: every text that passes is cleaned.
//!
//! A struct is read of an object and a word of a text: what a format could take for them besides (a list for a struct, an object for a
//! word) is refused, since nobody means it and no contract says it.
//!
//! It wraps any deserializer of serde. What a type asks for decides how: [`Lines`] and [`Secret`] are known by their names, all
//! other text is a line.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};

use super::secret::Secret;
use super::text::{Kind, Lines, clean};

/// A deserializer whose text is clean.
pub struct Door<D> {
    inner: D,
    kind: Kind,
}

impl<D> Door<D> {
    /// Around a format's own.
    pub fn new(inner: D) -> Self {
        Self { inner, kind: Kind::Line }
    }
}

/// Forwards the methods that say nothing about text.
macro_rules! forward {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method(Cleaner { visitor, kind: self.kind })
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Door<D> {
    type Error = D::Error;

    forward! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
        deserialize_char deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf deserialize_option
        deserialize_unit deserialize_seq deserialize_map deserialize_identifier deserialize_ignored_any
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_unit_struct(name, Cleaner { visitor, kind: self.kind })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let kind = match name {
            Lines::NAME => Kind::Lines,
            Secret::NAME => Kind::Raw,
            _ => self.kind,
        };
        self.inner.deserialize_newtype_struct(name, Cleaner { visitor, kind })
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_tuple(len, Cleaner { visitor, kind: self.kind })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_tuple_struct(name, len, Cleaner { visitor, kind: self.kind })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = Cleaner { visitor, kind: self.kind };
        self.inner.deserialize_struct(name, fields, Object(visitor))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.inner.deserialize_str(Word(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// What a type wanted to see, after cleaning.
struct Cleaner<V> {
    visitor: V,
    kind: Kind,
}

macro_rules! pass {
    ($($method:ident: $type:ty),* $(,)?) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<V::Value, E> {
            self.visitor.$method(value)
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Cleaner<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    pass! {
        visit_bool: bool, visit_i8: i8, visit_i16: i16, visit_i32: i32, visit_i64: i64, visit_i128: i128,
        visit_u8: u8, visit_u16: u16, visit_u32: u32, visit_u64: u64, visit_u128: u128, visit_f32: f32, visit_f64: f64,
        visit_bytes: &[u8], visit_borrowed_bytes: &'de [u8], visit_byte_buf: Vec<u8>,
    }

    fn visit_char<E: Error>(self, value: char) -> Result<V::Value, E> {
        self.visit_str(value.encode_utf8(&mut [0; 4]))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        match clean(value, self.kind).map_err(E::custom)? {
            Cow::Borrowed(text) => self.visitor.visit_str(text),
            Cow::Owned(text) => self.visitor.visit_string(text),
        }
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<V::Value, E> {
        match clean(value, self.kind).map_err(E::custom)? {
            Cow::Borrowed(text) => self.visitor.visit_borrowed_str(text),
            Cow::Owned(text) => self.visitor.visit_string(text),
        }
    }

    fn visit_string<E: Error>(self, value: String) -> Result<V::Value, E> {
        match clean(&value, self.kind).map_err(E::custom)? {
            Cow::Borrowed(text) if text.len() == value.len() => self.visitor.visit_string(value),
            text => self.visitor.visit_string(text.into_owned()),
        }
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Door { inner, kind: self.kind })
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Door { inner, kind: self.kind })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(Door { inner, kind: self.kind })
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Door { inner, kind: self.kind })
    }
}

/// What a struct is read of.
struct Object<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Object<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(inner)
    }
}

/// What a word of a kind is read of.
struct Word<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Word<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        let word = clean(value, Kind::Line).map_err(E::custom)?;
        self.0.visit_enum(word.as_ref().into_deserializer())
    }
}

/// What a type makes of the next value.
struct Seed<S> {
    seed: S,
    kind: Kind,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        self.seed.deserialize(Door { inner, kind: self.kind })
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Door<A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        self.inner.next_element_seed(Seed { seed, kind: self.kind })
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Door<A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, A::Error> {
        // Keys are compared with names of fields: what is none of them is refused or passed over as it stands.
        self.inner.next_key_seed(Seed { seed, kind: Kind::Raw })
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(Seed { seed, kind: self.kind })
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// A text of its own, as from a path or a cell, read as a type.
///
/// # Errors
/// What the door or the type says to it.
pub fn text<'de, T: serde::Deserialize<'de>>(text: &'de str) -> Result<T, serde::de::value::Error> {
    T::deserialize(Door::new(text.into_deserializer()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "snake_case")]
    enum Shape {
        Plain,
        Round,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Named {
        name: String,
    }

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Everything {
        name: String,
        maybe: Option<String>,
        #[serde(default, deserialize_with = "crate::http::given")]
        cleared: Option<Option<String>>,
        text: Option<Lines>,
        secret: Option<Secret>,
        list: Vec<String>,
        map: BTreeMap<String, String>,
        shapes: Vec<Shape>,
        named: Vec<Named>,
        pair: (String, f64),
        any: serde_json::Value,
        letter: char,
    }

    fn read(value: serde_json::Value) -> Result<Everything, String> {
        let text = value.to_string();
        let mut json = serde_json::Deserializer::from_str(&text);
        serde_path_to_error::deserialize(Door::new(&mut json)).map_err(|error| error.to_string())
    }

    fn whole(dirty: &str) -> serde_json::Value {
        serde_json::json!({
            "name": dirty, "maybe": dirty, "cleared": dirty, "text": dirty, "secret": dirty, "list": [dirty],
            "map": {"key": dirty}, "shapes": ["plain", " round\u{200B}"], "named": [{"name": dirty}],
            "pair": [dirty, 1.5], "any": {"deep": [dirty]}, "letter": "字",
        })
    }

    #[test]
    fn every_text_is_cleaned_wherever_it_stands() {
        let dirty = " 张\u{200B}三 ";
        let read = read(whole(dirty)).unwrap();
        let clean = "张三".to_owned();
        assert_eq!(
            read,
            Everything {
                name: clean.clone(),
                maybe: Some(clean.clone()),
                cleared: Some(Some(clean.clone())),
                text: Some(Lines::from(&*clean)),
                secret: Some(Secret::from(dirty)),
                list: vec![clean.clone()],
                map: [("key".to_owned(), clean.clone())].into(),
                shapes: vec![Shape::Plain, Shape::Round],
                named: vec![Named { name: clean.clone() }],
                pair: (clean.clone(), 1.5),
                any: serde_json::json!({"deep": [clean]}),
                letter: '字',
            }
        );
    }

    #[test]
    fn nothing_else_is_taken_for_an_object_or_a_word() {
        let places = [
            ("named", serde_json::json!([["张三"]])),
            ("shapes", serde_json::json!([{"plain": null}])),
            ("shapes", serde_json::json!([["plain"]])),
            ("shapes", serde_json::json!([0])),
        ];
        for (place, value) in places {
            let mut whole = whole("张三");
            whole[place] = value.clone();
            assert!(read(whole).is_err(), "{place}: {value}");
        }
        let list =
            serde_json::json!(["张三", null, null, null, null, [], {}, [], [], ["a", 1], 1, "字"]);
        assert!(read(list).is_err());
    }

    #[test]
    fn what_cannot_stay_is_refused_wherever_it_stands() {
        for bad in ["张\0三", "张\n三"] {
            for place in ["name", "maybe", "cleared", "list", "map", "named", "pair", "any"] {
                let mut value = whole("张三");
                value[place] = whole(bad)[place].clone();
                let refused = read(value).unwrap_err();
                assert!(refused.contains(place), "{place}: {refused}");
                assert!(
                    super::super::languages(refused.split_once(": ").unwrap().1).is_some(),
                    "{refused}"
                );
            }
        }
        let mut value = whole("张三");
        value["text"] = serde_json::json!("张\n三");
        value["secret"] = serde_json::json!("\0\n");
        assert!(read(value).is_ok());
        assert_eq!(text::<String>(" a ").unwrap(), "a");
        assert!(text::<String>("a\u{1}b").is_err());
    }
}
