//! What lists answer beside pages: files, with their columns.

use serde_json::{Value, json};
use utoipa::openapi::path::{ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Content, OpenApi, RefOr, Required, Schema};

use super::extend;
use crate::feature::Feature;
use crate::sheet;

/// Says of each list with a sheet that it is to be had as a file, and which columns it has.
pub(super) fn say(api: &mut OpenApi, features: &[Feature]) {
    let sheets = || features.iter().flat_map(|feature| feature.sheets);
    for item in api.paths.paths.values_mut() {
        let Some(operation) = item.get.as_mut() else { continue };
        let id = operation.operation_id.clone().unwrap_or_default();
        let Some(sheet) = sheets().find(|sheet| sheet.operation() == id) else { continue };
        if let Some(RefOr::T(answer)) = operation.responses.responses.get_mut("200") {
            for kind in sheet::MEDIA_TYPES {
                answer.content.insert((*kind).to_owned(), RefOr::T(Content::new(Some(file()))));
            }
        }
        let columns = sheet.columns();
        let keys: Vec<String> = columns.iter().map(|one| format!("`{}`", one.0)).collect();
        let keys = keys.join(" ");
        let parameter = ParameterBuilder::new()
            .name("columns")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(format!(
                "仅用于导出文件：所选的列及其次序，以逗号分隔；不填为全部。可选 {keys} · Of a file: the columns, in this order, with commas \
                 between them; all of them when absent. There are {keys}"
            )))
            .schema(Some(text().max_length(Some(500)).build()))
            .build();
        operation.parameters.get_or_insert_default().push(RefOr::T(parameter));
        if let Some(said) = &mut operation.description {
            said.push_str(
                "\n\n`Accept` 为 Excel 或 CSV 的，答以同样条件的全部记录的文件，导出记入操作日志；同一镇街一次只制作一份，其余等候，等候已满的答 429。\n\n\
                 With an `Accept` of Excel or CSV the answer is a file of all rows by the same filters, and that it was made is in the audit \
                 log; one is made at a time for a township, the next ones wait, and who finds the line full is answered 429.",
            );
        }
        let columns: Value = columns
            .into_iter()
            .map(|(key, zh, en)| json!({"key": key, "zh": zh, "en": en}))
            .collect();
        extend(&mut operation.extensions, "x-columns", columns);
    }
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::Type(Type::String))
}

fn file() -> RefOr<Schema> {
    let binary = SchemaFormat::KnownFormat(KnownFormat::Binary);
    RefOr::T(Schema::Object(text().format(Some(binary)).build()))
}
