//! What no route took: 405 where the contract knows the path with other methods, otherwise 404.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};

use super::code::Code;
use super::error::{ApiError, Result};
use super::form::{Forms, forms};

/// What the contract says of requests: paths and methods, for telling 405 from 404, and what each operation takes.
#[derive(Debug, Clone, Default)]
pub struct Contract {
    forms: Forms,
    routes: Vec<(Vec<Segment>, Vec<&'static str>)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Word(String),
    Parameter,
}

impl Contract {
    /// Reads the generated contract.
    ///
    /// # Errors
    /// It does not serialise.
    pub fn of(api: &utoipa::openapi::OpenApi) -> serde_json::Result<Self> {
        let mut routes: BTreeMap<&str, Vec<&'static str>> = BTreeMap::new();
        for (path, item) in &api.paths.paths {
            let methods = routes.entry(path).or_default();
            for (method, present) in [
                ("DELETE", item.delete.is_some()),
                ("GET", item.get.is_some()),
                ("PATCH", item.patch.is_some()),
                ("POST", item.post.is_some()),
                ("PUT", item.put.is_some()),
            ] {
                if present {
                    methods.push(method);
                }
            }
            if item.get.is_some() {
                // Answered as GET, without the body.
                methods.push("HEAD");
            }
        }
        Ok(Self {
            forms: forms(&serde_json::to_value(api)?),
            routes: routes
                .into_iter()
                .map(|(path, methods)| {
                    let segments = path
                        .split('/')
                        .map(|segment| {
                            if segment.starts_with('{') {
                                Segment::Parameter
                            } else {
                                Segment::Word(segment.to_owned())
                            }
                        })
                        .collect();
                    (segments, methods)
                })
                .collect(),
        })
    }

    /// What each operation takes.
    pub(super) fn forms(&self) -> &Forms {
        &self.forms
    }

    /// The methods a path answers to; empty where the path is unknown. A literal path wins over a pattern.
    #[must_use]
    pub fn methods(&self, path: &str) -> Vec<&'static str> {
        let asked: Vec<&str> = path.split('/').collect();
        let matching: Vec<_> = self
            .routes
            .iter()
            .filter(|(segments, _)| {
                segments.len() == asked.len()
                    && segments.iter().zip(&asked).all(|(segment, word)| match segment {
                        Segment::Parameter => !word.is_empty(),
                        Segment::Word(text) => text == word,
                    })
            })
            .collect();
        let literal = |segments: &[Segment]| !segments.contains(&Segment::Parameter);
        let named = matching.iter().any(|(segments, _)| literal(segments));
        let mut found: Vec<&'static str> = matching
            .into_iter()
            .filter(|(segments, _)| !named || literal(segments))
            .flat_map(|(_, methods)| methods.iter().copied())
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The refusal of a request that nothing takes: 405 where the path is known with other methods, otherwise 404.
pub(super) fn refusal(req: &HttpRequest) -> ApiError {
    let methods = req
        .app_data::<web::Data<Contract>>()
        .map(|contract| contract.methods(req.path()))
        .unwrap_or_default();
    if methods.is_empty() || methods.contains(&req.method().as_str()) {
        return ApiError::new(Code::NOT_FOUND);
    }
    ApiError::new(Code::METHOD_NOT_ALLOWED).allow(methods.join(", "))
}

/// The default service.
pub async fn fallback(req: HttpRequest) -> Result<HttpResponse> {
    Err(refusal(&req))
}
