//! Bodies of the API: any text is a request or a refusal, and what was cleaned once is clean.

#![no_main]

use libfuzzer_sys::fuzz_target;
use officina::Error;
use officina::leads::model::SubmitLead;
use officina::repairs::model::{ChangeStatus, CheckIn, UpdateRepair};
use serde::de::DeserializeOwned;

const TODAY: &str = "2026-11-20";

fuzz_target!(|input: (u8, &str)| {
    let (kind, body) = input;
    match kind % 4 {
        0 => {
            let Some(first) = read::<CheckIn>(body).and_then(|input| cleaned(input.clean(TODAY))) else { return };
            let again = CheckIn { repair_type: first.repair_type.as_str().to_owned(), ..first.input.clone() };
            let second = cleaned(again.clean(TODAY)).expect("what was taken once is taken again");
            assert_eq!(second.input, first.input);
        }
        1 => {
            let Some(first) = read::<SubmitLead>(body).and_then(|input| cleaned(input.clean())) else { return };
            let again = SubmitLead { lead_type: first.lead_type.as_str().to_owned(), ..first.input.clone() };
            let second = cleaned(again.clean()).expect("what was taken once is taken again");
            assert_eq!(second.input, first.input);
        }
        2 => survives(read::<ChangeStatus>(body)),
        _ => survives(read::<UpdateRepair>(body)),
    }
});

fn read<T: DeserializeOwned>(body: &str) -> Option<T> {
    serde_json::from_str(body).ok()
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
fn survives<T: DeserializeOwned + serde::Serialize + PartialEq + std::fmt::Debug>(value: Option<T>) {
    if let Some(value) = value {
        let written = serde_json::to_string(&value).expect("plain fields");
        assert_eq!(serde_json::from_str::<T>(&written).expect("our own text"), value);
    }
}
