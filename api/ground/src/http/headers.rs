//! The headers of the contract, of requests and of answers, each described once for every operation that has it.

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{OpenApi, Ref, RefOr, Response, Schema};

/// Headers of answers: name, name of the component, and what it says.
const SENT: &[(&str, &str, &str)] = &[
    (
        "ETag",
        "ETag",
        "版本及内容的标记：作 `If-Match` 修改，作 `If-None-Match` 再读 · Marks version and content: give it as `If-Match` to change, as `If-None-Match` to read again",
    ),
    ("Location", "Location", "所建对象的地址 · Where to find what was made"),
    ("Retry-After", "RetryAfter", "若干秒后再试 · Seconds after which to try again"),
    (
        "x-request-id",
        "RequestId",
        "本次请求的编号，报障时请提供 · Names this request; quote it when you ask for help",
    ),
    (
        "Content-Disposition",
        "ContentDisposition",
        "文件的处理方式和文件名（RFC 6266） · How to keep the file, and its name (RFC 6266)",
    ),
    ("WWW-Authenticate", "WwwAuthenticate", "登录方式，为 `Bearer` · How to sign in: `Bearer`"),
];

/// Names a header of an answer, as the one that is described among the components.
pub fn names(response: &mut Response, header: &str) {
    for (name, component, _) in SENT.iter().filter(|(name, ..)| *name == header) {
        let there = Ref::new(format!("#/components/headers/{component}"));
        response.headers.insert((*name).to_owned(), RefOr::Ref(there));
    }
}

/// Describes the headers of answers among the components, and what handlers name of them is that.
fn sent(api: &mut OpenApi) {
    let components = api.components.get_or_insert_default();
    for (_, component, said) in SENT {
        let kind = if *component == "RetryAfter" { Type::Integer } else { Type::String };
        let schema: RefOr<Schema> = ObjectBuilder::new().schema_type(kind).into();
        let header = HeaderBuilder::new().schema(Some(schema)).description(Some(*said)).build();
        components.headers.insert((*component).to_owned(), RefOr::T(header));
    }
    for item in api.paths.paths.values_mut() {
        let operations =
            [&mut item.delete, &mut item.get, &mut item.patch, &mut item.post, &mut item.put];
        for operation in operations.into_iter().flatten() {
            for response in operation.responses.responses.values_mut() {
                let RefOr::T(response) = response else { continue };
                let named: Vec<String> = response.headers.keys().cloned().collect();
                named.iter().for_each(|name| names(response, name));
            }
        }
    }
}

/// Gives `Idempotency-Key` and `If-Match` the form that their extractors ask for, wherever they are named, and describes the headers
/// of answers.
pub fn describe(api: &mut OpenApi) {
    sent(api);
    let key: RefOr<Schema> = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(128))
        .pattern(Some("^[!-~]+$"))
        .into();
    let version: RefOr<Schema> = ObjectBuilder::new()
        .schema_type(Type::String)
        .pattern(Some(r#"^"v[0-9]{1,9}(-[0-9a-f]{16})?"$"#))
        .into();
    for item in api.paths.paths.values_mut() {
        let operations =
            [&mut item.delete, &mut item.get, &mut item.patch, &mut item.post, &mut item.put];
        let parameters =
            operations.into_iter().flatten().filter_map(|one| one.parameters.as_mut()).flatten();
        for parameter in parameters {
            let RefOr::T(parameter) = parameter else { continue };
            match parameter.name.as_str() {
                "Idempotency-Key" => parameter.schema = Some(key.clone()),
                "If-Match" => parameter.schema = Some(version.clone()),
                _ => {}
            }
        }
    }
}
