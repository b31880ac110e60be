//! What programs send, on its way into a type. A JSON body and a query string both become a [`Value`], which refuses in
//! sentences for people, whatever type it is read as: serde's own sentences name the types of a programming language.
//!
//! A number that came as text is taken where there is no doubt (`"2019"`, but not `"2019abc"` and not `"1.234,5"`), and so
//! is `"true"`. Nothing is taken that came twice: one of the two would be lost.

use std::fmt;

use officina::kernel::text;
use officina::{Error, Result};
use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

use super::refusal::Refusal;

/// A whole number up to here is exact as a floating-point number, too (IEEE 754, 53 bits).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// Something that was sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A number without a fraction.
    Whole(i128),
    /// Any other number.
    Fraction(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// Values with names, in the order in which they came, with those that came twice.
    Object(Vec<(String, Value)>),
}

impl Value {
    /// The parameters of a query string.
    ///
    /// # Errors
    /// [`Error::BadRequest`] for what no text can have.
    pub fn from_query(query: &str) -> Result<Self> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query)
            .map_err(|_| Error::BadRequest("The query of the address cannot be read.".to_owned()))?;
        // PostgreSQL takes no NUL in a text. A list would say so in time, an answer that is streamed would only break off.
        if pairs.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(Error::BadRequest("The query holds a character that no text can have.".to_owned()));
        }
        Ok(Self::Object(pairs.into_iter().map(|(name, value)| (name, Self::Text(value))).collect()))
    }

    /// Reads a value as a type.
    ///
    /// # Errors
    /// [`Error::Validation`] that names the field, [`Error::BadRequest`] where the whole is wrong.
    pub fn read<T: DeserializeOwned>(self) -> Result<T> {
        serde_path_to_error::deserialize(self).map_err(|error| {
            let path = error.path().to_string();
            error.into_inner().at(path.trim_matches('.'))
        })
    }

    fn whole_number<'de, V: Visitor<'de>>(self, visitor: V, low: i128, high: i128) -> Result<V::Value, Refusal> {
        let number = match &self {
            Self::Whole(number) => Some(*number),
            Self::Fraction(number) => whole(*number),
            Self::Text(text) => whole_in(text),
            _ => None,
        };
        match number {
            Some(number) if (low..=high).contains(&number) => match (u64::try_from(number), i64::try_from(number)) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                _ => visitor.visit_i128(number),
            },
            Some(_) => Err(Refusal::new("out_of_range", format!("must be from {low} to {high}"))),
            None => Err(self.unlike("a whole number")),
        }
    }

    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match &self {
            #[expect(clippy::cast_precision_loss, reason = "a number in JSON is no more exact than that")]
            Self::Whole(number) => visitor.visit_f64(*number as f64),
            Self::Fraction(number) => visitor.visit_f64(*number),
            Self::Text(text) => match number_in(text) {
                Some(number) => visitor.visit_f64(number),
                None => Err(self.unlike("a number, such as 12.5")),
            },
            _ => Err(self.unlike("a number, such as 12.5")),
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self {
            Self::Text(text) => visitor.visit_string(text),
            other => Err(other.unlike("text")),
        }
    }

    /// The sentence for a value of another kind than the one that is wanted.
    fn unlike(&self, wanted: &str) -> Refusal {
        match self {
            Self::Null => Refusal::new("required", "is required"),
            _ => Refusal::new("invalid", format!("must be {wanted}")),
        }
    }
}

/// The whole number that a number is, if it is one.
fn whole(number: f64) -> Option<i128> {
    #[expect(clippy::cast_possible_truncation, reason = "without a fraction, and small enough to be exact")]
    let exact = (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i128);
    exact
}

/// The whole number that a text is, written as JSON writes it.
fn whole_in(text: &str) -> Option<i128> {
    let text = text::plain(text);
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    (is_plain && (digits == "0" || !digits.starts_with('0'))).then(|| text.parse().ok()).flatten()
}

/// The number that a text is, written as JSON writes it.
fn number_in(text: &str) -> Option<f64> {
    serde_json::from_str(&text::plain(text)).ok()
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Whole(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Whole(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Fraction(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Vec::new();
        while let Some(field) = fields.next_entry()? {
            object.push(field);
        }
        Ok(Value::Object(object))
    }
}

macro_rules! whole_numbers {
    ($($method:ident $type:ident;)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            self.whole_number(visitor, $type::MIN.into(), $type::MAX.into())
        }
    )+};
}

impl<'de> Deserializer<'de> for Value {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Whole(_) => self.whole_number(visitor, i64::MIN.into(), u64::MAX.into()),
            Self::Fraction(number) => visitor.visit_f64(number),
            Self::Text(text) => visitor.visit_string(text),
            Self::List(_) => self.deserialize_seq(visitor),
            Self::Object(_) => self.deserialize_map(visitor),
        }
    }

    whole_numbers! {
        deserialize_i8 i8; deserialize_i16 i16; deserialize_i32 i32; deserialize_i64 i64;
        deserialize_u8 u8; deserialize_u16 u16; deserialize_u32 u32; deserialize_u64 u64;
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.number(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.number(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match &self {
            Self::Bool(value) => visitor.visit_bool(*value),
            Self::Text(text) if text.trim() == "true" => visitor.visit_bool(true),
            Self::Text(text) if text.trim() == "false" => visitor.visit_bool(false),
            _ => Err(self.unlike("true or false")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.text(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self {
            Self::Null => visitor.visit_none(),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self {
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            other => Err(other.unlike("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self {
            Self::Object(fields) => {
                if let Some(twice) = named_twice(&fields) {
                    return Err(Refusal::new("given_twice", "is given twice").inside(twice));
                }
                visitor.visit_map(MapDeserializer::new(fields.into_iter()))
            }
            other => Err(other.unlike("an object")),
        }
    }

    /// A list is no struct, though serde would take it as one, by the order of its fields.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        match self {
            Self::Text(text) => visitor.visit_enum(text.into_deserializer()),
            Self::Object(fields) => {
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(fields.into_iter())))
            }
            other => Err(other.unlike(&format!("one of {}", variants.join(", ")))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct }
}

impl IntoDeserializer<'_, Refusal> for Value {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn named_twice(fields: &[(String, Value)]) -> Option<&str> {
    let mut names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use officina::kernel::ids::RepairId;
    use officina::kernel::time::Timestamp;
    use officina::repairs::RepairStatus;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "camelCase", default)]
    struct Sent {
        year: Option<i32>,
        count: u16,
        degrees: Option<f64>,
        open: Option<bool>,
        name: Option<String>,
        at: Option<Timestamp>,
        repair: Option<RepairId>,
        status: Option<RepairStatus>,
        years: Vec<i32>,
        inner: Option<Inner>,
        notes: BTreeMap<String, i64>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        name: String,
    }

    fn read(json: &str) -> Result<Sent> {
        serde_json::from_str::<Value>(json).unwrap().read()
    }

    #[test]
    fn numbers_as_text_are_taken_where_there_is_no_doubt() {
        let sent = read(r#"{"year": "2019", "count": " 7 ", "degrees": "-18.5", "open": "true", "years": ["1", 2.0]}"#);
        let expected = Sent {
            year: Some(2019),
            count: 7,
            degrees: Some(-18.5),
            open: Some(true),
            years: vec![1, 2],
            ..Sent::default()
        };
        assert_eq!(sent.unwrap(), expected);
        assert_eq!(read(r#"{"degrees": 4, "year": null}"#).unwrap().degrees, Some(4.0));
        let query = Value::from_query("year=2019&open=false&name=Anna+Rossi").unwrap().read::<Sent>().unwrap();
        assert_eq!((query.year, query.open, query.name.as_deref()), (Some(2019), Some(false), Some("Anna Rossi")));
    }

    #[test]
    fn what_is_wrong_is_said_for_people() {
        let whole = "must be a whole number";
        for (json, field, sentence) in [
            (r#"{"year": "2019abc"}"#, "year", whole),
            (r#"{"year": ""}"#, "year", whole),
            (r#"{"year": "02019"}"#, "year", whole),
            (r#"{"year": "2.019"}"#, "year", whole),
            (r#"{"year": 2019.5}"#, "year", whole),
            (r#"{"year": true}"#, "year", whole),
            (r#"{"year": {}}"#, "year", whole),
            (r#"{"year": 3000000000}"#, "year", "must be from -2147483648 to 2147483647"),
            (r#"{"count": -1}"#, "count", "must be from 0 to 65535"),
            (r#"{"count": null}"#, "count", "is required"),
            (r#"{"degrees": "12,5"}"#, "degrees", "must be a number, such as 12.5"),
            (r#"{"degrees": "NaN"}"#, "degrees", "must be a number, such as 12.5"),
            (r#"{"open": "yes"}"#, "open", "must be true or false"),
            (r#"{"open": 1}"#, "open", "must be true or false"),
            (r#"{"name": 333}"#, "name", "must be text"),
            (r#"{"name": ["A"]}"#, "name", "must be text"),
            (r#"{"at": "yesterday"}"#, "at", "must be a time such as 2026-11-20T10:00:00Z"),
            (r#"{"at": 5}"#, "at", "must be text"),
            (r#"{"repair": "5"}"#, "repair", "must be an id, as this API gives it"),
            (r#"{"years": [1, "x"]}"#, "years[1]", whole),
            (r#"{"years": 1}"#, "years", "must be a list"),
            (r#"{"inner": "x"}"#, "inner", "must be an object"),
            (r#"{"inner": ["x"]}"#, "inner", "must be an object"),
            (r#"{"inner": {}}"#, "inner.name", "is required"),
            (r#"{"inner": {"name": "A", "age": 1}}"#, "inner.age", "is not known here; what can be given is name"),
            (r#"{"notes": {"a": "x"}}"#, "notes.a", whole),
            (r#"{"notes": {"a": 1, "a": 2}}"#, "notes.a", "is given twice"),
            (r#"{"year": 1, "year": 2}"#, "year", "is given twice"),
        ] {
            match read(json) {
                Err(Error::Validation(errors)) => {
                    assert_eq!(errors.sentences().into_iter().collect::<Vec<_>>(), [(field, vec![sentence])], "{json}")
                }
                other => panic!("{json}: {other:?}"),
            }
        }
        let Err(Error::Validation(errors)) = read(r#"{"status": "lost"}"#) else { panic!("accepted") };
        assert!(errors.first("status").unwrap().message.starts_with("must be one of "));
        assert!(matches!(read("[]"), Err(Error::BadRequest(sentence)) if sentence == "The request must be an object."));
    }

    #[test]
    fn a_parameter_is_given_once() {
        let Err(Error::Validation(errors)) = Value::from_query("year=1&year=2").unwrap().read::<Sent>() else {
            panic!("accepted")
        };
        assert!(errors.first("year").is_some());
        assert!(Value::from_query("name=%00").is_err());
    }
}
