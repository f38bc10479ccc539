//! The request headers of the contract, described once for every operation that takes them.

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{OpenApi, RefOr, Schema};

/// Gives `Idempotency-Key` and `If-Match` the form that their extractors ask for, wherever they are named.
pub fn describe(api: &mut OpenApi) {
    let key: RefOr<Schema> = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(128))
        .pattern(Some("^[!-~]+$"))
        .into();
    let version: RefOr<Schema> =
        ObjectBuilder::new().schema_type(Type::String).pattern(Some(r#"^"v[0-9]{1,9}"$"#)).into();
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
