//! What the handlers' descriptions leave out because it follows from where an operation stands: the answers of the layers
//! and extractors around it. One pass over the finished document says it, so that no handler can forget it. A handler names
//! what it answers besides.

use axum::http::Method;
use utoipa::ToSchema;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::schema::{Object, SchemaType, Type};
use utoipa::openapi::{ContentBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema};

use crate::http::error::ErrorBody;

/// The answers that are the same everywhere: status, name in the document, when.
const ANSWERS: [(&str, &str, &str); 10] = [
    ("400", "BadRequest", "Something is not understood, not known here, or breaks a rule; `fields` says what."),
    ("401", "Unauthorized", "No credentials, or none that are in force. It never says which."),
    ("403", "Forbidden", "Known, and not allowed to."),
    ("404", "NotFound", "There is no such thing, or it is somebody else's: the same answer."),
    ("409", "Conflict", "It stands against what is there: a duplicate, a step that is not allowed, an older version."),
    ("413", "TooLarge", "The body is too large."),
    ("415", "UnsupportedMedia", "The body is of another kind than is taken here."),
    ("429", "RateLimited", "Too many requests."),
    ("500", "InternalError", "The server failed. The request's id leads to its log."),
    ("503", "Unavailable", "The database is busy or away, or the server is stopping."),
];

/// Kinds of operations that an organisation switches on and off as a whole; switched off, they are not there.
const AREAS: [&str; 3] = ["repairs", "leads", "cold chain"];

/// A character that can be seen: what has none is as good as empty. No blanks, no controls, and what
/// `officina::kernel::text` takes for nothing.
const VISIBLE: &str = r"[^\s\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb]";

/// Adds to a document what follows from the place of each operation.
pub fn complete(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations_mut(item) {
            for status in answers(path, &method, operation) {
                operation.responses.responses.entry(status.to_owned()).or_insert_with(|| Response::new("").into());
            }
            for (status, answer) in &mut operation.responses.responses {
                let said = matches!(answer, RefOr::T(answer) if !answer.description.is_empty());
                if let Some((_, name, _)) = ANSWERS.iter().find(|(of, ..)| of == status).filter(|_| !said) {
                    *answer = RefOr::Ref(Ref::from_response_name(*name));
                }
            }
        }
    }
    let components = document.components.get_or_insert_default();
    for (status, name, when) in ANSWERS {
        components.responses.insert(name.to_owned(), answer(status, when).into());
    }
    for schema in components.schemas.values_mut() {
        if let RefOr::T(Schema::Object(object)) = schema {
            object.properties.values_mut().for_each(say_visible);
        }
    }
}

/// The operations of a path. No other methods are used here.
fn operations_mut(item: &mut PathItem) -> Vec<(Method, &mut Operation)> {
    let all = [
        (Method::GET, &mut item.get),
        (Method::PUT, &mut item.put),
        (Method::POST, &mut item.post),
        (Method::DELETE, &mut item.delete),
        (Method::PATCH, &mut item.patch),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?))).collect()
}

/// The answers that an operation can give for where it stands. Probes stand outside of everything.
fn answers(path: &str, method: &Method, operation: &Operation) -> Vec<&'static str> {
    if ["/health", "/ready"].contains(&path) {
        return Vec::new();
    }
    let is_secured = operation.security.as_ref().is_some_and(|ways| !ways.is_empty());
    let has_parameter = |place: ParameterIn, name: Option<&str>| {
        operation.parameters.iter().flatten().any(|parameter| match parameter {
            RefOr::T(parameter) => parameter.parameter_in == place && name.is_none_or(|name| parameter.name == name),
            RefOr::Ref(_) => false,
        })
    };
    let in_area = operation.tags.iter().flatten().any(|tag| AREAS.contains(&tag.as_str()));
    let is_found = in_area || has_parameter(ParameterIn::Path, None) || has_parameter(ParameterIn::Query, Some("org"));
    let rules = [
        // An unknown parameter is refused everywhere.
        ("400", true),
        ("401", is_secured),
        // What changes something is refused to other sites' pages.
        ("403", is_secured || !method.is_safe()),
        ("404", is_found),
        ("413", operation.request_body.is_some()),
        ("415", operation.request_body.is_some()),
        // An Idempotency-Key of another request.
        ("409", !method.is_safe()),
        ("429", true),
        ("500", true),
        ("503", true),
    ];
    rules.into_iter().filter(|(_, can_be)| *can_be).map(|(status, _)| status).collect()
}

fn answer(status: &str, when: &str) -> Response {
    let schema = Ref::from_schema_name(ErrorBody::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let answer = ResponseBuilder::new().description(when).content("application/json", content);
    let header = |kind: Type, what: &str| {
        let schema = Object::with_type(SchemaType::new(kind));
        HeaderBuilder::new().schema(Some(schema)).description(Some(what)).build()
    };
    match status {
        "401" => answer.header("WWW-Authenticate", header(Type::String, "The scheme: Bearer.")).build(),
        "429" | "503" => {
            answer.header("Retry-After", header(Type::Integer, "Seconds to wait before the next try.")).build()
        }
        _ => answer.build(),
    }
}

/// Of a text that must not be empty, says that blanks are not enough.
fn say_visible(property: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(text)) = property
        && text.min_length.is_some_and(|least| least > 0)
        && text.pattern.is_none()
        && text.format.is_none()
    {
        text.pattern = Some(VISIBLE.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    /// What the layers and extractors can answer stands in the description of every operation.
    #[test]
    fn every_operation_says_what_it_can_answer() {
        let document = serde_json::to_value(crate::api::document()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let says = |status: &str| !operation["responses"][status].is_null();
                let is_probe = ["/health", "/ready"].contains(&path.as_str());
                for (status, expected) in [
                    ("400", !is_probe),
                    ("429", !is_probe),
                    ("503", !is_probe),
                    ("401", !operation["security"].is_null()),
                    ("415", !operation["requestBody"].is_null()),
                    ("404", path.contains('{')),
                ] {
                    assert!(says(status) || !expected, "{method} {path} leaves out {status}");
                }
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let name = parameter["name"].as_str().unwrap();
                    let in_path = path.contains(&format!("{{{name}}}"));
                    assert_eq!(parameter["in"] == "path", in_path, "{method} {path}: {parameter}");
                    let is_page = name == "page";
                    assert!(!is_page || parameter["schema"]["format"] == "int64", "{method} {path}: {parameter}");
                }
            }
        }
        let name = &document["components"]["schemas"]["SubmitLead"]["properties"]["name"];
        assert!(name["pattern"].is_string(), "{name}");
        assert_ne!(document["components"]["responses"]["RateLimited"]["headers"]["Retry-After"], Value::Null);
    }
}
