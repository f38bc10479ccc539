//! The contract: what is committed is what the handlers say, and it keeps the rules that generators and readers rely on.

use std::collections::BTreeSet;

use support::prelude::*;

const COMMITTED: &str = include_str!("../../openapi/openapi.json");

fn contract() -> Value {
    serde_json::to_value(api::openapi()).unwrap()
}

/// Path, method and the operation itself.
fn operations(contract: &Value) -> Vec<(String, String, Value)> {
    contract["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            item.as_object()
                .unwrap()
                .iter()
                .map(move |(method, operation)| (path.clone(), method.clone(), operation.clone()))
        })
        .collect()
}

fn parameters(operation: &Value) -> Vec<(&str, &str)> {
    operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (one["in"].as_str().unwrap(), one["name"].as_str().unwrap()))
        .collect()
}

fn is_snake(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Every place in a document, with its path.
fn walk<'a>(value: &'a Value, path: &str, visit: &mut impl FnMut(&str, &'a Value)) {
    visit(path, value);
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                walk(inner, &format!("{path}/{key}"), visit);
            }
        }
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                walk(inner, &format!("{path}/{index}"), visit);
            }
        }
        _ => {}
    }
}

#[test]
fn what_is_committed_is_what_the_handlers_say() {
    let fresh = api::ContractJson::of(&api::openapi()).unwrap();
    assert!(
        fresh.0 == COMMITTED.as_bytes(),
        "openapi/openapi.json is not what the handlers say: run `make openapi` and look at the difference"
    );
}

#[test]
fn the_document_introduces_itself() {
    let contract = contract();
    assert!(contract["openapi"].as_str().unwrap().starts_with("3.1"));
    let info = &contract["info"];
    assert_eq!(info["license"]["identifier"], "Apache-2.0");
    for field in ["title", "description", "version"] {
        assert!(!info[field].as_str().unwrap().is_empty(), "info.{field}");
    }
    assert!(!contract["servers"].as_array().unwrap().is_empty());
    assert_eq!(contract["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    let described: BTreeSet<&str> = contract["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| {
            assert!(!tag["description"].as_str().unwrap_or_default().is_empty(), "{tag}");
            tag["name"].as_str().unwrap()
        })
        .collect();
    let used: BTreeSet<String> = operations(&contract)
        .iter()
        .flat_map(|(_, _, operation)| operation["tags"].as_array().unwrap().clone())
        .map(|tag| tag.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(used.iter().map(String::as_str).collect::<BTreeSet<_>>(), described);
}

#[test]
fn every_operation_is_complete() {
    let contract = contract();
    let permissions: BTreeSet<&str> = api::permissions().map(api::auth::Permission::name).collect();
    let mut ids = BTreeSet::new();
    let mut faults = Vec::new();
    for (path, method, operation) in operations(&contract) {
        let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
        let mut fault = |what: &str| faults.push(format!("{method} {path} ({id}): {what}"));
        if !is_snake(&id) || !ids.insert(id.clone()) {
            fault("operationId is not a snake_case name of its own");
        }
        let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        let english = |text: &str| {
            text.split_whitespace().any(|word| word.chars().all(|c| c.is_ascii_alphabetic()))
        };
        let summary = operation["summary"].as_str().unwrap_or_default();
        if !summary.split_once(" · ").is_some_and(|(zh, en)| chinese(zh) && english(en)) {
            fault("no summary in both languages");
        }
        let described: Vec<&str> =
            operation["description"].as_str().unwrap_or_default().split("\n\n").collect();
        let zh_first = described.len() >= 2
            && chinese(described[0])
            && described[1].starts_with(|c: char| c.is_ascii())
            && english(described[1]);
        if !zh_first {
            fault("no description in both languages, Chinese first");
        }
        if operation["tags"].as_array().is_none_or(|tags| tags.len() != 1) {
            fault("not exactly one tag");
        }
        match operation["security"].as_array() {
            None => fault("security is not stated, not even as none"),
            Some(ways) => {
                for scope in ways.iter().filter_map(|way| way["bearer"].as_array()).flatten() {
                    if !permissions.contains(scope.as_str().unwrap()) {
                        fault("names a permission that there is none of");
                    }
                }
            }
        }
        let responses = operation["responses"].as_object().unwrap();
        if !responses.keys().any(|status| status.starts_with('2')) {
            fault("no success is documented");
        }
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            let problem = &response["content"]["application/problem+json"];
            if problem["schema"]["$ref"] != "#/components/schemas/Problem" {
                fault(&format!("{status} is not documented as a problem"));
            }
            let codes = response["x-codes"].as_array().cloned().unwrap_or_default();
            let fits = |code: &Value| {
                api::codes().any(|one| one.as_str() == code && one.status().to_string() == *status)
            };
            if codes.is_empty() || !codes.iter().all(fits) {
                fault(&format!("{status} does not say with which codes"));
            }
        }
        for (status, response) in responses {
            if response["description"].as_str().unwrap_or_default().trim().is_empty() {
                fault(&format!("{status} is not described"));
            }
            let bodiless = ["204", "304"].contains(&status.as_str());
            if response.get("content").is_none() != bodiless {
                fault(&format!("{status}: a body where none is, or none where one is"));
            }
        }
        let in_path: BTreeSet<&str> = parameters(&operation)
            .into_iter()
            .filter_map(|(place, name)| (place == "path").then_some(name))
            .collect();
        let named: BTreeSet<&str> =
            path.split('/').filter_map(|one| one.strip_prefix('{')?.strip_suffix('}')).collect();
        if in_path != named {
            fault("the parameters of the path are not the documented ones");
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// What pages and foreign front ends would keep a list of by hand stands in the contract.
#[test]
fn words_permissions_and_codes_are_named() {
    let contract = contract();
    let mut faults = Vec::new();
    for (name, schema) in contract["components"]["schemas"].as_object().unwrap() {
        let Some(words) = schema["enum"].as_array() else { continue };
        for language in ["x-enum-zh", "x-enum-en"] {
            let named = schema[language].as_object().cloned().unwrap_or_default();
            let missing = words.iter().filter(|word| !named.contains_key(word.as_str().unwrap()));
            faults.extend(missing.map(|word| format!("{name}: {word} has no {language}")));
            if named.len() != words.len() {
                faults.push(format!("{name}: {language} names words that there are none of"));
            }
        }
    }
    for (path, method, operation) in operations(&contract) {
        let scopes = operation["security"].as_array().into_iter().flatten();
        let scope = scopes.filter_map(|way| way["bearer"].as_array()).flatten().next();
        if scope.cloned().unwrap_or_default() != operation["x-permission"] {
            faults.push(format!("{method} {path}: x-permission is not what it needs"));
        }
    }
    let roles: BTreeSet<&str> = contract["components"]["schemas"]["Role"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role.as_str().unwrap())
        .collect();
    for one in contract["x-permissions"].as_array().unwrap() {
        let held = one["roles"].as_array().unwrap();
        if held.is_empty() || !held.iter().all(|role| roles.contains(role.as_str().unwrap())) {
            faults.push(format!(
                "{}: held by nobody, or by a role that there is none of",
                one["name"]
            ));
        }
    }
    let ids: BTreeSet<String> = operations(&contract)
        .into_iter()
        .map(|(_, _, operation)| operation["operationId"].as_str().unwrap().to_owned())
        .collect();
    for (operation, _) in api::FEATURES.iter().flat_map(|feature| feature.answers) {
        if !ids.contains(*operation) {
            faults.push(format!("a room says what {operation} answers, which there is none of"));
        }
    }
    let codes = contract["x-error-codes"].as_array().unwrap();
    let told: BTreeSet<&str> = codes.iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(told, api::codes().map(api::http::Code::as_str).collect());
    for one in contract["x-field-codes"].as_array().unwrap() {
        for part in ["code", "zh", "en"] {
            assert!(!one[part].as_str().unwrap().is_empty(), "{one}");
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn names_follow_the_conventions() {
    let contract = contract();
    let mut faults = Vec::new();
    for (path, method, operation) in operations(&contract) {
        for segment in path.split('/').skip(3) {
            let plain = segment.trim_start_matches('{').trim_end_matches('}');
            let kebab = plain.chars().all(|c| {
                c.is_ascii_lowercase() || c == '-' || (segment.starts_with('{') && c == '_')
            });
            if !kebab {
                faults.push(format!("{path}: {segment}"));
            }
        }
        for (place, name) in parameters(&operation) {
            let known_header = ["If-Match", "Idempotency-Key"].contains(&name);
            if !(is_snake(name) || (place == "header" && known_header)) {
                faults.push(format!("{method} {path}: parameter {name}"));
            }
        }
    }
    for (name, schema) in contract["components"]["schemas"].as_object().unwrap() {
        if !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            faults.push(format!("schema {name}: generators trip over such names"));
        }
        for property in schema["properties"].as_object().into_iter().flatten().map(|(key, _)| key) {
            if !is_snake(property) {
                faults.push(format!("schema {name}: property {property}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn lists_creations_and_changes_keep_their_forms() {
    let contract = contract();
    let mut faults = Vec::new();
    for (path, method, operation) in operations(&contract) {
        let id = operation["operationId"].as_str().unwrap();
        let has = |place: &str, name: &str| parameters(&operation).contains(&(place, name));
        // Signing in and setting up create nothing that a repetition would double; both are refused or harmless then.
        if operation["responses"].get("201").is_some()
            && !["sign_in", "set_up"].contains(&id)
            && !has("header", "Idempotency-Key")
        {
            faults.push(format!("{id} creates without Idempotency-Key"));
        }
        if ["put", "patch"].contains(&method.as_str()) && id != "change_password" {
            for status in ["412", "428"] {
                if operation["responses"].get(status).is_none() {
                    faults.push(format!("{id} does not document {status}"));
                }
            }
            if !has("header", "If-Match") {
                faults.push(format!("{id} changes without If-Match"));
            }
        }
        let answer =
            &operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"];
        let Some(name) = answer.as_str().and_then(|reference| reference.rsplit('/').next()) else {
            continue;
        };
        let properties = &contract["components"]["schemas"][name]["properties"];
        if name.ends_with("Page") {
            if properties.get("items").is_none() || properties.get("next_cursor").is_none() {
                faults.push(format!("{name} is no page"));
            }
            for parameter in ["limit", "cursor"] {
                if !has("query", parameter) {
                    faults.push(format!("{id} ({path}) has no {parameter}"));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// What a client sends by mistake is refused, and the contract says so.
#[test]
fn bodies_take_no_unknown_fields() {
    let contract = contract();
    let schemas = &contract["components"]["schemas"];
    let mut open = BTreeSet::new();
    for (_, _, operation) in operations(&contract) {
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let mut names: Vec<String> = Vec::new();
        let mut collect = |_: &str, value: &Value| {
            if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                names.push(reference.rsplit('/').next().unwrap().to_owned());
            }
        };
        walk(body, "", &mut collect);
        let mut seen = BTreeSet::new();
        while let Some(name) = names.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            let schema = &schemas[&name];
            walk(schema, "", &mut |_, value| {
                if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
                    names.push(reference.rsplit('/').next().unwrap().to_owned());
                }
            });
            if schema.get("properties").is_some() && schema["additionalProperties"] != false {
                open.insert(name);
            }
        }
    }
    // GeoJSON is a format of others, who may add members of their own to it (RFC 7946, section 6.1).
    open.retain(|name| {
        !["GridFile", "GridFeature", "Geometry", "GridProperties"].contains(&name.as_str())
    });
    assert!(open.is_empty(), "take unknown fields: {open:?}");
}

#[test]
fn every_reference_leads_somewhere_and_every_schema_is_used() {
    let contract = contract();
    let mut there = BTreeSet::new();
    for kind in ["schemas", "headers"] {
        let names = contract["components"][kind].as_object().unwrap().keys();
        there.extend(names.map(|name| format!("#/components/{kind}/{name}")));
    }
    let mut used = BTreeSet::new();
    walk(&contract, "", &mut |place, value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            assert!(there.contains(reference), "{place}: {reference} leads nowhere");
            used.insert(reference.to_owned());
        }
    });
    let unused: Vec<_> = there.difference(&used).collect();
    assert!(unused.is_empty(), "components that nothing uses: {unused:?}");
}

/// A header is described once, among the components, and every answer says which it has. That they come is the client's care
/// (`promised`).
#[test]
fn headers_of_answers_are_described_once() {
    let contract = contract();
    let mut faults = Vec::new();
    for (path, method, operation) in operations(&contract) {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let what = format!("{method} {path} {status}");
            let headers = answer["headers"].as_object().cloned().unwrap_or_default();
            if !headers.contains_key("x-request-id") {
                faults.push(format!("{what}: no x-request-id"));
            }
            for (name, header) in &headers {
                if header["$ref"].is_null() {
                    faults.push(format!("{what}: {name} is described in place"));
                }
            }
            for (name, of) in [
                ("WWW-Authenticate", "401"),
                ("Retry-After", "429"),
                ("Retry-After", "503"),
                ("ETag", "304"),
            ] {
                if status == of && !headers.contains_key(name) {
                    faults.push(format!("{what}: no {name}"));
                }
            }
        }
        // What is changed by version is read with one.
        if parameters(&operation).contains(&("header", "If-Match"))
            && operation["responses"]["200"]["headers"]["ETag"].is_null()
        {
            faults.push(format!("{method} {path}: takes If-Match and gives no ETag"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
