//! Bodies and queries of the API: any text is a request or a refusal, and what was cleaned once is clean.

#![no_main]

use libfuzzer_sys::fuzz_target;
use officina::Error;
use officina::audit::AuditFilter;
use officina::leads::model::SubmitLead;
use officina::repairs::{ChangeStatus, CheckIn, UpdateRepair};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The server's own reading, without the rest of the server.
#[path = "../../server/src/http"]
#[allow(dead_code, reason = "a part of the server, of which the server uses more")]
mod http {
    pub mod refusal;
    pub mod value;
}

use http::value::Value;

const TODAY: &str = "2026-11-20";

fuzz_target!(|input: (u8, &str)| {
    let (kind, text) = input;
    match kind % 5 {
        0 => {
            let Some(first) = body::<CheckIn>(text).and_then(|input| cleaned(input.clean(TODAY))) else { return };
            let again = CheckIn { repair_type: first.repair_type.as_str().to_owned(), ..first.input.clone() };
            let second = cleaned(again.clean(TODAY)).expect("what was taken once is taken again");
            assert_eq!(second.input, first.input);
        }
        1 => {
            let Some(first) = body::<SubmitLead>(text).and_then(|input| cleaned(input.clean())) else { return };
            let again = SubmitLead { lead_type: first.lead_type.as_str().to_owned(), ..first.input.clone() };
            let second = cleaned(again.clean()).expect("what was taken once is taken again");
            assert_eq!(second.input, first.input);
        }
        2 => survives(body::<ChangeStatus>(text)),
        3 => survives(body::<UpdateRepair>(text)),
        _ => {
            let _ = cleaned(Value::from_query(text).and_then(Value::read::<AuditFilter>));
        }
    }
});

fn body<T: DeserializeOwned>(text: &str) -> Option<T> {
    let value: Value = serde_json::from_str(text).ok()?;
    cleaned(value.read())
}

fn cleaned<T>(outcome: officina::Result<T>) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(Error::Validation(errors)) => {
            assert!(!errors.is_empty(), "refused without a reason");
            None
        }
        Err(Error::BadRequest(_)) => None,
        Err(other) => panic!("a body is not the server's fault: {other:?}"),
    }
}

/// What was read is written and read again as the same.
fn survives<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(value: Option<T>) {
    if let Some(value) = value {
        let written = serde_json::to_string(&value).expect("plain fields");
        assert_eq!(body::<T>(&written).expect("our own text"), value);
    }
}
