//! What each operation answers when it does not do what was asked: what follows from its form, and what its room says of it. No more
//! and no less stands in the contract, each status with its codes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, Parameter};
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response, Schema};

use super::extend;
use crate::feature::Feature;
use crate::http::{Code, names};

/// Puts the errors into the contract; the handlers name what they answer when all is well.
pub(super) fn say(api: &mut OpenApi, features: &[Feature]) {
    let mut told: HashMap<&str, Vec<Code>> = HashMap::new();
    for (id, codes) in features.iter().flat_map(|feature| feature.answers) {
        told.entry(id).or_default().extend(*codes);
    }
    let readable: BTreeSet<String> = api
        .paths
        .paths
        .iter()
        .filter(|(_, item)| item.get.is_some())
        .map(|(path, _)| path.clone())
        .collect();
    let schemas = api.components.as_ref().map(|all| all.schemas.clone()).unwrap_or_default();
    let has = |schema: &str, property: &str| match schemas.get(schema) {
        Some(RefOr::T(Schema::Object(schema))) => schema.properties.get(property),
        _ => None,
    };
    // The version of a resource is counted; another is a name.
    let is_counted = |schema: &str| {
        let counted = SchemaType::Type(Type::Integer);
        let version = has(schema, "version");
        matches!(version, Some(RefOr::T(Schema::Object(version))) if version.schema_type == counted)
    };
    for (path, item) in &mut api.paths.paths {
        let is_read = |parameter: &str| readable.contains(&format!("{path}/{{{parameter}}}"));
        let methods = [
            (false, &mut item.get),
            (true, &mut item.delete),
            (true, &mut item.patch),
            (true, &mut item.post),
            (true, &mut item.put),
        ];
        for (changes, operation) in methods {
            let Some(operation) = operation else { continue };
            let own = operation.operation_id.as_deref().and_then(|id| told.get(id));
            let mut codes = by_form(path, changes, operation);
            codes.extend(own.into_iter().flatten());
            let mut by_status: BTreeMap<u16, BTreeSet<&str>> = BTreeMap::new();
            for code in codes {
                by_status.entry(code.status()).or_default().insert(code.as_str());
            }
            for (status, codes) in by_status {
                operation.responses.responses.insert(status.to_string(), problem(&codes));
            }
            for (status, response) in &mut operation.responses.responses {
                let RefOr::T(response) = response else { continue };
                let schema = schema_of(response);
                let schema = schema.as_deref().unwrap_or_default();
                if status.starts_with('2') && is_counted(schema) {
                    names(response, "ETag");
                }
                if status == "201" && has(schema, "id").is_some() && is_read("id") {
                    names(response, "Location");
                }
                headers_by_status(status, response);
            }
            if !changes {
                read_again(operation);
            }
        }
    }
}

/// The component that an answer's JSON is of.
fn schema_of(response: &Response) -> Option<String> {
    let RefOr::T(content) = response.content.get("application/json")? else { return None };
    let Some(RefOr::Ref(there)) = &content.schema else { return None };
    there.ref_location.rsplit('/').next().map(str::to_owned)
}

/// The headers that follow from what an answer is.
fn headers_by_status(status: &str, response: &mut Response) {
    names(response, "x-request-id");
    match status {
        "401" => names(response, "WWW-Authenticate"),
        "429" | "503" | "507" => names(response, "Retry-After"),
        _ => {}
    }
    let is_file = |kind: &String| {
        !["application/json", "application/problem+json", "text/plain"].contains(&kind.as_str())
    };
    if response.content.keys().any(is_file) {
        names(response, "Content-Disposition");
    }
}

/// What has an `ETag` is told to have stayed as it was, where that is asked. The header that asks is the protocol's own and no parameter:
/// generators would make every reading method ask for it.
fn read_again(operation: &mut Operation) {
    let tagged = operation.responses.responses.get("200").is_some_and(
        |response| matches!(response, RefOr::T(response) if response.headers.contains_key("ETag")),
    );
    if !tagged {
        return;
    }
    let mut same = Response::new(
        "`If-None-Match` 所示的内容没有变化 · What `If-None-Match` shows has not changed",
    );
    names(&mut same, "ETag");
    names(&mut same, "x-request-id");
    operation.responses.responses.insert("304".to_owned(), RefOr::T(same));
}

fn problem(codes: &BTreeSet<&str>) -> RefOr<Response> {
    let said: Vec<String> = codes.iter().map(|code| format!("`{code}`")).collect();
    let mut response = Response::new(said.join(", "));
    let content = Content::new(Some(Ref::from_schema_name("Problem")));
    response.content.insert("application/problem+json".to_owned(), RefOr::T(content));
    extend(&mut response.extensions, "x-codes", json!(codes));
    RefOr::T(response)
}

/// What an operation answers for its form: where it lies, who may ask, what it takes.
fn by_form(path: &str, changes: bool, operation: &Operation) -> Vec<Code> {
    let mut codes = vec![
        Code::BAD_REQUEST,
        Code::REQUEST_TIMEOUT,
        Code::TOO_MANY_REQUESTS,
        Code::HEAD_TOO_LARGE,
        Code::INTERNAL,
        Code::UNAVAILABLE,
        // A query parameter that the operation does not name.
        Code::VALIDATION_FAILED,
    ];
    let bearer = operation.security.iter().flatten().find_map(|one| {
        let one = serde_json::to_value(one).ok()?;
        one.get("bearer").and_then(Value::as_array).map(Vec::len)
    });
    if let Some(permissions) = bearer {
        codes.extend([
            Code::UNAUTHENTICATED,
            Code::TOKEN_EXPIRED,
            Code::SESSION_ENDED,
            Code::ACCOUNT_DISABLED,
        ]);
        if permissions > 0 {
            codes.extend([Code::FORBIDDEN, Code::PASSWORD_CHANGE_REQUIRED]);
        }
    }
    if path.contains('{') {
        codes.push(Code::NOT_FOUND);
    }
    let parameters: Vec<&Parameter> = operation
        .parameters
        .iter()
        .flatten()
        .filter_map(|one| if let RefOr::T(one) = one { Some(one) } else { None })
        .collect();
    let takes = |name: &str| parameters.iter().any(|one| one.name == name);
    if takes("cursor") {
        codes.push(Code::INVALID_CURSOR);
    }
    if takes("columns") {
        // That a file was taken is recorded.
        codes.push(Code::STORAGE_FULL);
    }
    if takes("Idempotency-Key") {
        codes.extend([Code::INVALID_PARAMETER, Code::IDEMPOTENCY_MISMATCH]);
    }
    if takes("If-Match") {
        codes.extend([Code::PRECONDITION_FAILED, Code::PRECONDITION_REQUIRED]);
    }
    if operation.request_body.is_some() {
        codes.extend([Code::MALFORMED_BODY, Code::PAYLOAD_TOO_LARGE, Code::UNSUPPORTED_MEDIA_TYPE]);
    }
    if changes {
        codes.push(Code::STORAGE_FULL);
    }
    codes
}
