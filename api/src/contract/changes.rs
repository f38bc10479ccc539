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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::FEATURES;

    /// The changes that are said of each operation.
    fn said(features: &[Feature]) -> BTreeMap<String, BTreeSet<String>> {
        let mut api = crate::openapi();
        for item in api.paths.paths.values_mut() {
            let methods =
                [&mut item.get, &mut item.delete, &mut item.patch, &mut item.post, &mut item.put];
            methods.into_iter().flatten().for_each(|operation| operation.extensions = None);
        }
        say(&mut api, features);
        let json = serde_json::to_value(&api).unwrap_or_default();
        let items = json["paths"].as_object().into_iter().flatten();
        let operations = items.flat_map(|(_, item)| item.as_object().into_iter().flatten());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        operations
            .map(|(_, operation)| {
                let reads = operation["x-changes"].as_array().into_iter().flatten();
                (text(&operation["operationId"]), reads.map(text).collect())
            })
            .collect()
    }

    /// What follows by itself is not said by a room as well, nothing is said by two, and what is named is read as JSON.
    #[test]
    fn nothing_is_said_twice() {
        let silent: Vec<Feature> =
            FEATURES.iter().map(|feature| Feature { changes: &[], ..*feature }).collect();
        let follows = said(&silent);
        let reads = reads(&crate::openapi());
        let mut seen = BTreeSet::new();
        for feature in FEATURES {
            for (operation, named) in feature.changes {
                assert!(follows.contains_key(*operation), "there is no {operation}");
                for read in *named {
                    assert!(reads.values().any(|one| one == read), "{read} is not read as JSON");
                    assert!(
                        !follows[*operation].contains(*read),
                        "{operation}: {read} follows by itself"
                    );
                    assert!(seen.insert((operation, read)), "{operation}: {read} is said twice");
                }
            }
        }
        assert!(follows["submit_task"].contains("get_task"));
        assert!(follows["submit_task"].contains("list_tasks"));
        assert!(follows["create_member"].contains("list_audit_entries"));
        assert!(follows["upload_attachment"].is_empty());
    }
}
