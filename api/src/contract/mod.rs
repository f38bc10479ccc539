//! The contract: the operations of all rooms as an OpenAPI document, with what else the rooms say of themselves, for machines to
//! read: permissions, error codes, and what each word is called.

mod answers;
mod changes;
mod examples;
mod ordered;
mod sheets;

use actix_web::{App, web};
use serde_json::{Map, Value, json};
use utoipa::OpenApi;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{OpenApi as Contract, RefOr, Schema};
use utoipa_actix_web::AppExt;

use self::ordered::Ordered;
use crate::tenancy::StartError;
use crate::{FEATURES, codes, http, operations, permissions, vocabularies};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "格治 Gezhi API",
        description = "One REST API for a township (乡镇/街道): grids, people, checklists and their tasks, activities and check-ins, points.\n\nThe township comes from the access token alone. Every error is `application/problem+json`; lists are paged by cursor; creating requests take an `Idempotency-Key`; changes need `If-Match`. A first page to read: `/docs/guide`.\n\n`x-permissions` lists what roles may do, `x-error-codes` every error, `x-field-codes` what may be wrong with a field of a request, `x-enum-zh` and `x-enum-en` of a schema what its words are called; `x-permission` of an operation is the permission that it needs, `x-columns` of a list are those of its file, `x-changes` names the reads that answer otherwise after it has succeeded.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "This server")),
    components(schemas(http::Problem, http::ProblemField))
)]
struct Base;

/// The contract, generated from the handlers and the list of features.
#[must_use]
pub fn openapi() -> Contract {
    let (_, mut api) = App::new()
        .into_utoipa_app()
        .openapi(Base::openapi())
        .service(utoipa_actix_web::scope("/api/v1").configure(operations))
        .split_for_parts();
    api.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let tags = FEATURES.iter().flat_map(|feature| feature.tags).map(|tag| {
        TagBuilder::new()
            .name(tag.name)
            .description(Some(format!("{}。{}.", tag.zh, tag.en)))
            .build()
    });
    api.tags = Some(tags.collect());
    api.components.get_or_insert_default().add_security_scheme(
        "bearer",
        SecurityScheme::Http(
            HttpBuilder::new()
                .scheme(HttpAuthScheme::Bearer)
                .bearer_format("JWT")
                .description(Some(
                    "Access token of POST /api/v1/sessions. The names beside it are the permission the operation needs.",
                ))
                .build(),
        ),
    );
    http::describe(&mut api);
    sheets::say(&mut api, FEATURES);
    answers::say(&mut api, FEATURES);
    changes::say(&mut api, FEATURES);
    // Only a contract that does not serialise has none, and then it is not served either.
    let _ = examples::show(&mut api);
    name_words(&mut api);
    name_permissions(&mut api);
    extend(&mut api.extensions, "x-permissions", all_permissions());
    extend(&mut api.extensions, "x-error-codes", all_codes());
    extend(&mut api.extensions, "x-field-codes", all_field_codes());
    api
}

fn extend(place: &mut Option<Extensions>, name: &str, value: Value) {
    let more = Extensions::builder().add(name, value).build();
    match place {
        Some(there) => there.merge(more),
        None => *place = Some(more),
    }
}

/// Says beside each kind what its words are called.
fn name_words(api: &mut Contract) {
    let Some(components) = api.components.as_mut() else { return };
    for vocabulary in vocabularies() {
        let Some(RefOr::T(Schema::Object(schema))) = components.schemas.get_mut(vocabulary.name)
        else {
            continue;
        };
        let called = |which: fn(&(&'static str, &'static str, &'static str)) -> &'static str| {
            let words = vocabulary.words.iter();
            Value::Object(
                words.map(|word| (word.0.to_owned(), json!(which(word)))).collect::<Map<_, _>>(),
            )
        };
        extend(&mut schema.extensions, "x-enum-zh", called(|word| word.1));
        extend(&mut schema.extensions, "x-enum-en", called(|word| word.2));
    }
}

/// Says beside each operation which permission it needs.
fn name_permissions(api: &mut Contract) {
    for item in api.paths.paths.values_mut() {
        let operations =
            [&mut item.delete, &mut item.get, &mut item.patch, &mut item.post, &mut item.put];
        for operation in operations.into_iter().flatten() {
            let needed = operation.security.iter().flatten().find_map(|one| {
                let one = serde_json::to_value(one).ok()?;
                one.get("bearer")?.as_array()?.first().cloned()
            });
            if let Some(needed) = needed {
                if let (Some(said), Some(name)) = (&mut operation.description, needed.as_str()) {
                    said.push_str(&format!("\n\n权限 · Permission: `{name}`"));
                }
                extend(&mut operation.extensions, "x-permission", needed);
            }
        }
    }
}

fn all_permissions() -> Value {
    let held = |one: crate::auth::Permission| {
        let roles = entity::kinds::Role::ALL.iter().filter(move |role| one.is_held_by(&[**role]));
        roles.map(|role| role.as_str()).collect::<Vec<_>>()
    };
    permissions()
        .map(|one| json!({"name": one.name(), "zh": one.zh(), "en": one.en(), "roles": held(one)}))
        .collect()
}

fn all_codes() -> Value {
    codes()
        .map(|code| {
            let title = code.title();
            json!({"code": code.as_str(), "status": code.status(), "zh": title.zh, "en": title.en})
        })
        .collect()
}

fn all_field_codes() -> Value {
    let all = http::FieldCode::ALL.iter();
    all.map(|one| json!({"code": one.as_str(), "zh": one.zh(), "en": one.en()})).collect()
}

/// The contract as the bytes that are served and committed.
#[derive(Clone)]
pub struct ContractJson(pub web::Bytes);

impl ContractJson {
    /// Pretty-printed, with a newline at the end.
    ///
    /// # Errors
    /// It does not serialise.
    pub fn of(api: &Contract) -> Result<Self, StartError> {
        let told = |error: serde_json::Error| StartError::Config(format!("the contract: {error}"));
        let text = serde_json::to_string(api).map_err(told)?;
        let ordered: Ordered = serde_json::from_str(&text).map_err(told)?;
        let mut text = serde_json::to_string_pretty(&ordered.sorted()).map_err(told)?;
        text.push('\n');
        Ok(Self(web::Bytes::from(text)))
    }
}
