//! What an operation takes, as the contract says it: for telling every fault of a request at once, in words for people.
//!
//! Rules:
//! - Requests are read by their types, which is fast and refuses at the first fault in words for programmers. Only what was refused is
//!   read a second time, by the contract: so a good request pays nothing, and no word of the implementation reaches anybody.
//! - Every fault is told, up to [`MOST`], each with its place, a code of its own ([`FieldCode`]) and the reason.
//! - A parameter that an operation does not name is refused, and so is a body where none is asked for, whoever asks: what is
//!   misspelt does not pass in silence.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Arc;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};
use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Number, Value};

use super::code::{Code, Text};
use super::error::{ApiError, FieldError, Result};
use super::fallback::Contract;
use super::field::FieldCode;

/// Faults that one answer tells.
const MOST: usize = 50;
/// Characters of a name that quotes what came in.
const QUOTED: usize = 200;
/// Whole numbers from here on are beyond what any type takes, and JSON's reader keeps them as fractions.
const TOO_LARGE: f64 = 9.2e18;
/// Words of a kind that a message lists.
const LISTED: usize = 20;

/// What one operation takes.
#[derive(Debug, Default)]
pub(crate) struct Form {
    schemas: Arc<Map<String, Value>>,
    /// The schema of a JSON body.
    body: Option<Value>,
    takes_body: bool,
    parameters: Vec<Parameter>,
}

#[derive(Debug)]
struct Parameter {
    name: String,
    required: bool,
    schema: Value,
}

/// The forms of a whole contract, by method and path.
pub(super) type Forms = HashMap<(String, String), Arc<Form>>;

/// Reads the forms out of a contract that is JSON.
pub(super) fn forms(contract: &Value) -> Forms {
    let map = |place: Option<&Value>| place.and_then(Value::as_object).cloned().unwrap_or_default();
    let schemas = Arc::new(map(contract.pointer("/components/schemas")));
    let mut forms = Forms::new();
    for (path, item) in map(contract.get("paths")) {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let content = operation.pointer("/requestBody/content");
            let json = content.and_then(|content| content.pointer("/application~1json/schema"));
            let parameters = operation.get("parameters").and_then(Value::as_array);
            let parameters = parameters
                .into_iter()
                .flatten()
                .filter(|one| one.get("in").and_then(Value::as_str) == Some("query"))
                .filter_map(|one| {
                    Some(Parameter {
                        name: one.get("name")?.as_str()?.to_owned(),
                        required: one.get("required").and_then(Value::as_bool).unwrap_or_default(),
                        schema: one.get("schema")?.clone(),
                    })
                })
                .collect();
            let form = Form {
                schemas: schemas.clone(),
                body: json.cloned(),
                takes_body: content.is_some(),
                parameters,
            };
            forms.insert((method.to_uppercase(), path.clone()), Arc::new(form));
        }
    }
    forms
}

/// The form of the operation that a request asks for; an empty one beside the contract.
pub(super) fn of(req: &HttpRequest) -> Arc<Form> {
    asked(req, req.match_pattern()).unwrap_or_default()
}

fn asked(req: &HttpRequest, pattern: Option<String>) -> Option<Arc<Form>> {
    let contract = req.app_data::<web::Data<Contract>>()?;
    contract.forms().get(&(req.method().as_str().to_owned(), pattern?)).cloned()
}

/// The middleware: parameters that the operation does not name, and a body where it takes none, are refused.
pub async fn closed<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    let (query, body) = (!req.query_string().is_empty(), has_body(&req));
    if (query || body)
        && let Some(form) = asked(req.request(), req.match_pattern())
    {
        let refused = if query { form.unknown(req.query_string()) } else { None };
        let refused = refused.or_else(|| {
            (body && !form.takes_body).then(|| {
                ApiError::new(Code::BAD_REQUEST)
                    .detail("此操作不接受请求内容", "This operation takes no body")
            })
        });
        if let Some(refused) = refused {
            return Ok(req.error_response(refused).map_into_right_body());
        }
    }
    next.call(req).await.map(ServiceResponse::map_into_left_body)
}

fn has_body(req: &ServiceRequest) -> bool {
    let length = req.headers().get(header::CONTENT_LENGTH);
    length.is_some_and(|length| length.as_bytes() != b"0")
        || req.headers().contains_key(header::TRANSFER_ENCODING)
}

impl Form {
    /// The refusal of a query with a parameter that there is none of, which tells the query's other faults too.
    fn unknown(&self, query: &str) -> Option<ApiError> {
        let known = |name: &str| self.parameters.iter().any(|one| one.name == name);
        let all_known = form_urlencoded::parse(query.as_bytes()).all(|(name, _)| known(&name));
        (!all_known).then(|| ApiError::wrong_all(self.query_faults(query)))
    }

    /// The query with `true` and `false` where it has the 1 and 0 that some clients write for them; none where it has none such.
    pub(super) fn with_words(&self, query: &str) -> Option<String> {
        let reader = Reader::of(&self.schemas);
        let is_boolean = |name: &str| {
            let parameter = self.parameters.iter().find(|one| one.name == name);
            parameter.is_some_and(|one| kinds(reader.resolved(&one.schema)).contains(&"boolean"))
        };
        let mut changed = false;
        let mut written = form_urlencoded::Serializer::new(String::new());
        for (name, text) in form_urlencoded::parse(query.as_bytes()) {
            let word = match &*text {
                "1" if is_boolean(&name) => Some("true"),
                "0" if is_boolean(&name) => Some("false"),
                _ => None,
            };
            changed |= word.is_some();
            written.append_pair(&name, word.unwrap_or(&text));
        }
        changed.then(|| written.finish())
    }

    /// What is wrong with a query, by the contract.
    pub(super) fn query_faults(&self, query: &str) -> Vec<FieldError> {
        let mut reader = Reader::of(&self.schemas);
        let mut given: Vec<String> = Vec::new();
        for (name, text) in form_urlencoded::parse(query.as_bytes()) {
            let Some(parameter) = self.parameters.iter().find(|one| one.name == name) else {
                let told = ("没有这个查询参数", "there is no such parameter");
                reader.tell(&quoted(&name), FieldCode::UnknownField, told.0, told.1);
                continue;
            };
            if given.contains(&parameter.name) {
                let told = ("只能给出一次", "may be given once only");
                reader.tell(&parameter.name, FieldCode::Duplicate, told.0, told.1);
                continue;
            }
            given.push(parameter.name.clone());
            let value = reader.value_of(&parameter.schema, &text);
            reader.read(&parameter.schema, &value, &parameter.name);
        }
        for parameter in &self.parameters {
            if parameter.required && !given.contains(&parameter.name) {
                reader.missing(&parameter.name);
            }
        }
        reader.found
    }

    /// What is wrong with a JSON body, by the contract.
    pub(super) fn body_faults(&self, value: &Value) -> Vec<FieldError> {
        let mut reader = Reader::of(&self.schemas);
        if let Some(schema) = &self.body {
            reader.read(schema, value, "");
        }
        reader.found
    }
}

/// What is wrong with a value, by a schema of a contract that is JSON: for whoever makes examples, to try them.
#[must_use]
pub fn faults(contract: &Value, schema: &Value, value: &Value) -> Vec<FieldError> {
    let none = Map::new();
    let schemas = contract.pointer("/components/schemas").and_then(Value::as_object);
    let mut reader = Reader::of(schemas.unwrap_or(&none));
    reader.read(schema, value, "");
    reader.found
}

fn quoted(name: &str) -> String {
    name.chars().take(QUOTED).collect()
}

/// The last resort, where a type refuses what the contract takes: what can be said of the value alone.
pub(super) fn told_by_value(field: String, value: Option<&Value>) -> FieldError {
    let (code, zh, en) = match value {
        Some(Value::Number(_)) => {
            (FieldCode::OutOfRange, "超出允许的范围", "is outside of what is permitted")
        }
        Some(Value::String(_)) => (FieldCode::Format, "格式不正确", "is not well formed"),
        _ => (FieldCode::Invalid, "内容不符合要求", "is not what the contract asks for"),
    };
    FieldError { field, code, message: Text { zh: zh.into(), en: en.into() } }
}

/// What stands at a place such as `items[0].what`.
pub(super) fn at<'a>(value: &'a Value, field: &str) -> Option<&'a Value> {
    if field.is_empty() {
        return Some(value);
    }
    let pointer = field.replace('[', ".").replace(']', "").replace('.', "/");
    value.pointer(&format!("/{pointer}"))
}

struct Reader<'a> {
    schemas: &'a Map<String, Value>,
    found: Vec<FieldError>,
}

impl<'a> Reader<'a> {
    fn of(schemas: &'a Map<String, Value>) -> Self {
        Self { schemas, found: Vec::new() }
    }

    fn tell(&mut self, field: &str, code: FieldCode, zh: impl Display, en: impl Display) {
        if self.found.len() < MOST {
            let message = Text { zh: zh.to_string().into(), en: en.to_string().into() };
            self.found.push(FieldError { field: field.to_owned(), code, message });
        }
    }

    fn missing(&mut self, field: &str) {
        self.tell(field, FieldCode::Required, "必填", "is required");
    }

    fn resolved<'s>(&self, schema: &'s Value) -> &'s Value
    where
        'a: 's,
    {
        let name = schema.get("$ref").and_then(Value::as_str);
        let name = name.and_then(|reference| reference.rsplit('/').next());
        name.and_then(|name| self.schemas.get(name)).unwrap_or(schema)
    }

    /// A parameter's text as the value that its schema asks for, where it is one.
    fn value_of(&self, schema: &Value, text: &str) -> Value {
        let text = text.trim();
        let resolved = self.resolved(schema);
        let kinds = kinds(resolved);
        let read = if kinds.contains(&"integer") {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let small = || text.parse().ok().and_then(Number::from_i128);
            let large = || text.parse().ok().and_then(Number::from_f64);
            whole.then(|| small().or_else(large).map(Value::Number))
        } else if kinds.contains(&"number") {
            text.parse().ok().map(|one| Number::from_f64(one).map(Value::Number))
        } else if kinds.contains(&"boolean") {
            match text {
                "true" => Some(Some(Value::Bool(true))),
                "false" => Some(Some(Value::Bool(false))),
                _ => None,
            }
        } else {
            None
        };
        read.flatten().unwrap_or_else(|| Value::String(text.to_owned()))
    }

    fn is_full(&self) -> bool {
        self.found.len() >= MOST
    }

    fn read(&mut self, schema: &Value, value: &Value, field: &str) {
        if self.is_full() {
            return;
        }
        let schema = self.resolved(schema);
        for all in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.read(all, value, field);
        }
        for word in ["oneOf", "anyOf"] {
            if let Some(ways) = schema.get(word).and_then(Value::as_array) {
                self.one_of(ways, value, field);
            }
        }
        let kinds = kinds(schema);
        if !kinds.is_empty() && !kinds.iter().any(|kind| is_of(value, kind)) {
            return self.other_type(&kinds, value, field);
        }
        if let Some(words) = schema.get("enum").and_then(Value::as_array)
            && !words.contains(value)
        {
            let words = words.iter().take(LISTED).filter_map(Value::as_str).collect::<Vec<_>>();
            let (zh, en) = (words.join("、"), words.join(", "));
            let (zh, en) = (format!("应为以下之一：{zh}"), format!("must be one of: {en}"));
            return self.tell(field, FieldCode::NotAnOption, zh, en);
        }
        match value {
            Value::Object(map) => self.object(schema, map, field),
            Value::Array(items) => {
                self.count(schema, items.len(), ("minItems", "maxItems"), ("项", "items"), field);
                if let Some(of) = schema.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        if self.is_full() {
                            return;
                        }
                        self.read(of, item, &format!("{field}[{index}]"));
                    }
                }
            }
            Value::String(text) => self.text(schema, text, field),
            Value::Number(number) => self.number(schema, number, field),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn one_of(&mut self, ways: &[Value], value: &Value, field: &str) {
        let tried = ways.iter().filter(|way| {
            // That null would do as well is not what is wrong with a value that is there.
            value.is_null() || kinds(way) != ["null"]
        });
        let tried = tried.map(|way| {
            let mut reader = Reader::of(self.schemas);
            reader.read(way, value, field);
            reader.found
        });
        if let Some(least) = tried.min_by_key(Vec::len) {
            let room = MOST.saturating_sub(self.found.len());
            self.found.extend(least.into_iter().take(room));
        }
    }

    fn other_type(&mut self, kinds: &[&str], value: &Value, field: &str) {
        if value.is_null() {
            return self.tell(field, FieldCode::WrongType, "不能为 null", "must not be null");
        }
        let named = kinds.iter().copied().find(|kind| *kind != "null").unwrap_or_default();
        let (zh, en) = match named {
            "object" => ("对象", "an object"),
            "array" => ("列表", "a list"),
            "string" => ("文字", "text"),
            "integer" => ("整数", "a whole number"),
            "number" => ("数", "a number"),
            "boolean" => ("true 或 false", "true or false"),
            _ => ("null", "null"),
        };
        self.tell(field, FieldCode::WrongType, format!("应为{zh}"), format!("must be {en}"));
    }

    fn object(&mut self, schema: &Value, map: &Map<String, Value>, field: &str) {
        let below = |name: &str| {
            if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") }
        };
        let required = schema.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            if !map.contains_key(name) {
                self.missing(&below(name));
            }
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let is_closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        for (name, value) in map {
            if self.is_full() {
                return;
            }
            match properties.and_then(|properties| properties.get(name)) {
                Some(of) => self.read(of, value, &below(name)),
                None if is_closed => {
                    let told = ("没有这一项", "there is no such field");
                    self.tell(&below(&quoted(name)), FieldCode::UnknownField, told.0, told.1);
                }
                None => {}
            }
        }
    }

    fn count(
        &mut self,
        schema: &Value,
        count: usize,
        (least, most): (&str, &str),
        (zh, en): (&str, &str),
        field: &str,
    ) {
        let bound = |name: &str| schema.get(name).and_then(Value::as_u64);
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        match (bound(least), bound(most)) {
            (Some(1), _) if count == 0 => {
                self.tell(field, FieldCode::TooShort, "不能为空", "must not be empty");
            }
            (Some(least), _) if count < least => self.tell(
                field,
                FieldCode::TooShort,
                format!("不得少于 {least} {zh}"),
                format!("must have {least} {en} at least"),
            ),
            (_, Some(most)) if count > most => self.tell(
                field,
                FieldCode::TooLong,
                format!("不得超过 {most} {zh}"),
                format!("must have {most} {en} at most"),
            ),
            _ => {}
        }
    }

    fn text(&mut self, schema: &Value, text: &str, field: &str) {
        let text = text.trim();
        let before = self.found.len();
        let chars = text.chars().count();
        self.count(schema, chars, ("minLength", "maxLength"), ("个字", "characters"), field);
        if self.found.len() > before {
            return;
        }
        let told = match schema.get("format").and_then(Value::as_str) {
            Some("date") if NaiveDate::parse_from_str(text, "%Y-%m-%d").is_err() => Some((
                "应为日期，形如 2026-05-01",
                "must be a date that there is, as in 2026-05-01",
            )),
            Some("date-time") if DateTime::parse_from_rfc3339(text).is_err() => Some((
                "应为带时区的时间，形如 2026-05-01T09:00:00+08:00；在地址中“+”写作“%2B”",
                "must be a moment with its offset, as in 2026-05-01T09:00:00+08:00; an address writes + as %2B",
            )),
            Some("uuid") if uuid::Uuid::parse_str(text).is_err() => {
                Some(("不是有效的编号", "must be an id (UUID)"))
            }
            _ => None,
        };
        if let Some((zh, en)) = told {
            self.tell(field, FieldCode::Format, zh, en);
        }
    }

    fn number(&mut self, schema: &Value, number: &Number, field: &str) {
        let Some(given) = number.as_f64() else { return };
        let bound = |name: &str| schema.get(name).filter(|bound| bound.is_number());
        let limit = |name: &str| bound(name).and_then(Value::as_f64);
        if let (Some(least), Some(told)) = (limit("minimum"), bound("minimum"))
            && given < least
        {
            let (zh, en) = (format!("不得小于 {told}"), format!("must be {told} at least"));
            return self.tell(field, FieldCode::OutOfRange, zh, en);
        }
        if let (Some(most), Some(told)) = (limit("maximum"), bound("maximum"))
            && given > most
        {
            let (zh, en) = (format!("不得大于 {told}"), format!("must be {told} at most"));
            self.tell(field, FieldCode::OutOfRange, zh, en);
        }
    }
}

fn kinds(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        // Types read no whole number out of 1.0; one that is too large for them is out of range.
        "integer" => {
            let whole = value.is_i64() || value.is_u64();
            whole || value.as_f64().is_some_and(|number| number.abs() >= TOO_LARGE)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form() -> Arc<Form> {
        let contract = json!({
            "components": {"schemas": {
                "Kind": {"type": "string", "enum": ["one", "two"]},
                "Place": {"type": "object", "required": ["lng"], "additionalProperties": false,
                    "properties": {"lng": {"type": "number", "minimum": -180, "maximum": 180}}},
                "Body": {"type": "object", "required": ["name", "kind", "items"], "additionalProperties": false, "properties": {
                    "name": {"type": "string", "minLength": 1, "maxLength": 5},
                    "kind": {"$ref": "#/components/schemas/Kind"},
                    "place": {"oneOf": [{"$ref": "#/components/schemas/Place"}, {"type": "null"}]},
                    "day": {"type": ["string", "null"], "format": "date"},
                    "count": {"type": "integer", "minimum": 1},
                    "items": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string", "format": "uuid"}},
                }},
            }},
            "paths": {"/things/{id}": {"post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Body"}}}},
                "parameters": [
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 200}},
                    {"in": "query", "name": "late", "schema": {"type": "boolean"}},
                    {"in": "query", "name": "from", "required": true, "schema": {"type": "string", "format": "date"}},
                    {"in": "path", "name": "id", "schema": {"type": "string"}},
                ],
            }}},
        });
        let found = forms(&contract).remove(&("POST".to_owned(), "/things/{id}".to_owned()));
        found.unwrap()
    }

    fn told(faults: Vec<FieldError>) -> Vec<(String, &'static str)> {
        faults.into_iter().map(|one| (one.field, one.code.as_str())).collect()
    }

    #[test]
    fn a_whole_number_that_no_type_takes_is_out_of_range() {
        for text in ["99999999999999999999", &"9".repeat(60), "-99999999999999999999"] {
            let contract = json!({"components": {"schemas": {}}, "paths": {"/a": {"get": {"parameters": [
                {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 200}},
                {"in": "query", "name": "late", "schema": {"type": ["boolean", "null"]}},
            ]}}}});
            let forms = forms(&contract);
            let form = &forms[&("GET".to_owned(), "/a".to_owned())];
            let found = form.query_faults(&format!("limit={text}"));
            assert_eq!(
                found.iter().map(|one| one.code).collect::<Vec<_>>(),
                [FieldCode::OutOfRange]
            );
            assert_eq!(form.with_words("late=1&limit=1").as_deref(), Some("late=true&limit=1"));
            assert_eq!(form.with_words("late=true&limit=1"), None);
        }
    }

    #[test]
    fn every_fault_of_a_body_is_told_at_its_place() {
        let form = form();
        let good = json!({"name": "n", "kind": "one", "place": null, "day": null, "count": 1,
            "items": ["019aa5c2-7a3e-7c41-9d2b-3f6b1c0e5a77"]});
        assert_eq!(told(form.body_faults(&good)), []);
        let required = |name: &str| (name.to_owned(), "required");
        let missing = told(form.body_faults(&json!({})));
        assert_eq!(missing, ["name", "kind", "items"].map(required));
        let bad = json!({"name": "too long", "kind": "three", "place": {"lng": 181, "lat": 1}, "day": "2026-13-01", "count": 0,
            "items": ["x", 1, null], "other": 1});
        let mut all = told(form.body_faults(&bad));
        all.sort();
        let mut expected = [
            ("name", "too_long"),
            ("kind", "not_an_option"),
            ("place.lng", "out_of_range"),
            ("place.lat", "unknown_field"),
            ("day", "format"),
            ("count", "out_of_range"),
            ("items", "too_long"),
            ("items[0]", "format"),
            ("items[1]", "wrong_type"),
            ("items[2]", "wrong_type"),
            ("other", "unknown_field"),
        ]
        .map(|(field, code)| (field.to_owned(), code));
        expected.sort();
        assert_eq!(all, expected);
        for whole in [json!([]), json!("x"), json!(1), json!(null)] {
            assert_eq!(told(form.body_faults(&whole)), [(String::new(), "wrong_type")]);
        }
        let wrong = json!({"name": "", "kind": 1, "place": [1], "items": [], "count": 1.5});
        let mut all = told(form.body_faults(&wrong));
        all.sort();
        let mut expected = [
            ("name", "too_short"),
            ("kind", "wrong_type"),
            ("place", "wrong_type"),
            ("items", "too_short"),
            ("count", "wrong_type"),
        ]
        .map(|(field, code)| (field.to_owned(), code));
        expected.sort();
        assert_eq!(all, expected);
    }

    #[test]
    fn every_fault_of_a_query_is_told_at_its_parameter() {
        let form = form();
        assert_eq!(told(form.query_faults("from=2026-05-01&limit=1&late=true")), []);
        assert!(form.unknown("from=2026-05-01&limit=1").is_none());
        let bad = "limit=0&late=x&other=1&limit=2&from=2026-13-01";
        let expected = [
            ("limit", "out_of_range"),
            ("late", "wrong_type"),
            ("other", "unknown_field"),
            ("limit", "duplicate"),
            ("from", "format"),
        ]
        .map(|(field, code)| (field.to_owned(), code));
        assert_eq!(told(form.query_faults(bad)), expected);
        assert!(form.unknown(bad).is_some());
        let expected = [("limit", "wrong_type"), ("from", "required")];
        let expected = expected.map(|(field, code)| (field.to_owned(), code));
        assert_eq!(told(form.query_faults("limit=1.5")), expected);
        assert_eq!(told(form.query_faults(&format!("limit={}", u64::MAX)))[0].1, "out_of_range");
    }

    #[test]
    fn no_answer_is_longer_than_it_is_good_for() {
        let many: Map<String, Value> = (0..1000).map(|n| (format!("f{n}"), json!(1))).collect();
        assert_eq!(form().body_faults(&Value::Object(many)).len(), MOST);
        let long = json!({"x".repeat(10_000): 1});
        assert!(form().body_faults(&long).iter().all(|one| one.field.len() <= QUOTED));
    }

    #[test]
    fn places_are_found() {
        let value = json!({"items": [{"what": 1}]});
        assert_eq!(at(&value, "items[0].what"), Some(&json!(1)));
        assert_eq!(at(&value, ""), Some(&value));
        assert_eq!(at(&value, "items[1].what"), None);
    }
}
