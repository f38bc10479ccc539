//! Which reads answer otherwise once an operation has succeeded (`x-changes`): what follows from its form and from what it records, and
//! what rooms say of it. A client that shows one of them asks for it again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::{OpenApi, RefOr};

use super::extend;
use crate::audit;
use crate::feature::Feature;

/// Puts them into the contract, beside every operation that changes something; the list is empty where nothing of it can be read.
pub(super) fn say(api: &mut OpenApi, features: &[Feature]) {
    let reads = reads(api);
    let acts = features.iter().flat_map(|feature| feature.acts).filter(|act| !act.refused);
    let recorded: BTreeSet<&str> = acts.flat_map(|act| act.operations).copied().collect();
    let mut told: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (operation, reads) in features.iter().flat_map(|feature| feature.changes) {
        told.entry(operation).or_default().extend(*reads);
    }
    for (path, item) in &mut api.paths.paths {
        let methods = [
            (HttpMethod::Get, &mut item.get),
            (HttpMethod::Delete, &mut item.delete),
            (HttpMethod::Patch, &mut item.patch),
            (HttpMethod::Post, &mut item.post),
            (HttpMethod::Put, &mut item.put),
        ];
        for (method, operation) in methods {
            let Some(operation) = operation else { continue };
            let id = operation.operation_id.clone().unwrap_or_default();
            let mut changed = BTreeSet::new();
            if method != HttpMethod::Get {
                changed.extend(around(path, &reads));
            }
            if recorded.contains(id.as_str()) {
                changed.extend(audit::READS);
            }
            changed.extend(told.get(id.as_str()).into_iter().flatten());
            if method != HttpMethod::Get || !changed.is_empty() {
                extend(&mut operation.extensions, "x-changes", json!(changed));
            }
        }
    }
}

/// Everything that is read as JSON, by its path.
fn reads(api: &OpenApi) -> BTreeMap<String, String> {
    let read = |operation: &Operation| {
        let Some(RefOr::T(good)) = operation.responses.responses.get("200") else { return None };
        good.content.contains_key("application/json").then(|| operation.operation_id.clone())?
    };
    let paths = api.paths.paths.iter();
    paths.filter_map(|(path, item)| Some((path.clone(), read(item.get.as_ref()?)?))).collect()
}

/// What is read where an act is done and above it: after `POST /tasks/{id}/submit` the task and the list of tasks.
fn around<'a>(path: &'a str, reads: &'a BTreeMap<String, String>) -> impl Iterator<Item = &'a str> {
    let above = std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|cut| cut.0));
    above.filter_map(|path| reads.get(path)).map(String::as_str)
}
