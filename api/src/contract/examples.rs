//! Examples of what goes in and comes out: those that a type gives itself, and for every other type that is a body or an answer one made of the
//! examples of its parts. So each operation shows what to send and what comes back, and nobody writes it twice.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use utoipa::openapi::{OpenApi, RefOr, Schema};

/// Levels of types within types; what is deeper is left out.
const DEEP: usize = 24;

/// Gives every schema that is a body or an answer an example.
pub(super) fn show(api: &mut OpenApi) -> serde_json::Result<()> {
    let contract = serde_json::to_value(&*api)?;
    let Some(components) = api.components.as_mut() else { return Ok(()) };
    for name in shown(&contract) {
        let Some(RefOr::T(Schema::Object(schema))) = components.schemas.get_mut(&name) else {
            continue;
        };
        if schema.example.is_none() && schema.examples.is_empty() {
            schema.example =
                example(&contract, &json!({"$ref": format!("#/components/schemas/{name}")}), DEEP);
        }
    }
    Ok(())
}

/// The schemas that are JSON bodies or answers.
fn shown(contract: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let items = contract.get("paths").and_then(Value::as_object);
    let operations = items.into_iter().flat_map(Map::values).filter_map(Value::as_object);
    for operation in operations.flat_map(Map::values) {
        let answers = operation.get("responses").and_then(Value::as_object);
        let answers = answers.into_iter().flatten().filter(|(status, _)| status.starts_with('2'));
        let places =
            operation.get("requestBody").into_iter().chain(answers.map(|(_, answer)| answer));
        for place in places {
            let there =
                place.pointer("/content/application~1json/schema/$ref").and_then(Value::as_str);
            names.extend(there.and_then(|there| there.rsplit('/').next()).map(str::to_owned));
        }
    }
    names
}

/// A value of a schema; none where it says too little, or goes too deep.
fn example(contract: &Value, schema: &Value, deep: usize) -> Option<Value> {
    let deep = deep.checked_sub(1)?;
    if let Some(given) = schema.get("example") {
        return Some(given.clone());
    }
    if let Some(there) = schema.get("$ref").and_then(Value::as_str) {
        return example(contract, contract.pointer(there.trim_start_matches('#'))?, deep);
    }
    if let Some(word) = schema.get("enum").and_then(|words| words.get(0)) {
        return Some(word.clone());
    }
    for word in ["oneOf", "anyOf", "allOf"] {
        if let Some(first) = schema.get(word).and_then(|ways| ways.get(0)) {
            return example(contract, first, deep);
        }
    }
    let kind = match schema.get("type") {
        Some(Value::Array(several)) => several.first().and_then(Value::as_str),
        one => one.and_then(Value::as_str),
    };
    // What is of any type is null too.
    match kind.unwrap_or("null") {
        "object" => {
            let mut made = Map::new();
            let required: Vec<&str> = schema
                .get("required")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            for (name, of) in
                schema.get("properties").and_then(Value::as_object).into_iter().flatten()
            {
                let needed = required.contains(&name.as_str());
                // What may be left out shows where somebody said what it looks like.
                if needed || of.get("example").is_some() || required.is_empty() {
                    match example(contract, of, deep) {
                        Some(value) => _ = made.insert(name.clone(), value),
                        None if needed => return None,
                        None => {}
                    }
                }
            }
            Some(Value::Object(made))
        }
        "array" => {
            let item = schema.get("items").and_then(|of| example(contract, of, deep));
            Some(item.map_or_else(|| json!([]), |item| json!([item])))
        }
        "string" => Some(text(schema)),
        "integer" | "number" => Some(schema.get("minimum").cloned().unwrap_or_else(|| json!(1))),
        "boolean" => Some(json!(false)),
        _ => Some(Value::Null),
    }
}

fn text(schema: &Value) -> Value {
    let least = schema.get("minLength").and_then(Value::as_u64).unwrap_or(1);
    match schema.get("format").and_then(Value::as_str) {
        Some("date") => json!("2026-11-23"),
        Some("date-time") => json!("2026-11-23T09:00:00+08:00"),
        Some("uuid") => json!("019aa5c2-7a3e-7c41-9d2b-3f6b1c0e5a77"),
        _ => {
            let words = "correct horse battery staple";
            let words = if least > 2 { words } else { "文字" };
            json!(words)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every operation with a body shows one that satisfies its own contract, and every answer of success what comes back.
    #[test]
    fn every_body_and_every_answer_has_an_example_that_fits() {
        let contract = serde_json::to_value(crate::openapi()).unwrap();
        let names = shown(&contract);
        assert!(names.len() > 50, "{}", names.len());
        let mut faults = Vec::new();
        for name in names {
            let Some(example) = contract.pointer(&format!("/components/schemas/{name}/example"))
            else {
                faults.push(format!("{name} has no example"));
                continue;
            };
            let schema = json!({"$ref": format!("#/components/schemas/{name}")});
            for fault in crate::http::faults(&contract, &schema, example) {
                faults.push(format!("{name}: {} {}", fault.field, fault.message.en));
            }
        }
        assert!(faults.is_empty(), "{faults:#?}");
    }

    /// A body that is a form shows its parts, and an answer that is no object is a reference too: no place is passed over.
    #[test]
    fn nothing_of_json_is_described_in_place() {
        let contract = serde_json::to_value(crate::openapi()).unwrap();
        let items = contract.get("paths").and_then(Value::as_object).unwrap();
        for operation in items.values().flat_map(|item| item.as_object().unwrap().values()) {
            let answers = operation.get("responses").and_then(Value::as_object).unwrap();
            for place in operation.get("requestBody").into_iter().chain(answers.values()) {
                if let Some(schema) = place.pointer("/content/application~1json/schema") {
                    assert!(schema.get("$ref").is_some(), "{}: {schema}", operation["operationId"]);
                }
            }
        }
    }
}
