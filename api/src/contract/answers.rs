//! What each operation answers when it does not do what was asked: what follows from its form, and what its room says of it. No more
//! and no less stands in the contract, each status with its codes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::{Content, OpenApi, Ref, RefOr, Response};

use super::extend;
use crate::feature::Feature;
use crate::http::Code;

/// Puts the errors into the contract; the handlers name what they answer when all is well.
pub(super) fn say(api: &mut OpenApi, features: &[Feature]) {
    let mut told: HashMap<&str, Vec<Code>> = HashMap::new();
    for (id, codes) in features.iter().flat_map(|feature| feature.answers) {
        told.entry(id).or_default().extend(*codes);
    }
    for (path, item) in &mut api.paths.paths {
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
        }
    }
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
    if parameters.iter().any(|one| one.parameter_in == ParameterIn::Query) {
        codes.extend([Code::INVALID_PARAMETER, Code::VALIDATION_FAILED]);
    }
    let takes = |name: &str| parameters.iter().any(|one| one.name == name);
    if takes("cursor") {
        codes.push(Code::INVALID_CURSOR);
    }
    if takes("Idempotency-Key") {
        codes.extend([Code::INVALID_PARAMETER, Code::IDEMPOTENCY_MISMATCH]);
    }
    if takes("If-Match") {
        codes.extend([Code::PRECONDITION_FAILED, Code::PRECONDITION_REQUIRED]);
    }
    if operation.request_body.is_some() {
        codes.extend([
            Code::MALFORMED_BODY,
            Code::PAYLOAD_TOO_LARGE,
            Code::UNSUPPORTED_MEDIA_TYPE,
            Code::VALIDATION_FAILED,
        ]);
    }
    if changes {
        codes.push(Code::STORAGE_FULL);
    }
    codes
}
