//! What devices send: any bytes are readings or a refusal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use officina::Error;
use officina::cold_chain::wire::{self, Batch, MAX_BATCH};
use officina::cold_chain::{Micro, TEMPERATURE_RANGE};

fuzz_target!(|body: &[u8]| {
    let batch = match wire::parse(body) {
        Ok(batch) => batch,
        Err(Error::BadRequest(_) | Error::TooLarge(_)) => return,
        Err(other) => panic!("a body is not the server's fault: {other:?}"),
    };
    let readings = match &batch {
        Batch::One(reading) => std::slice::from_ref(reading),
        Batch::Many(readings) => readings.as_slice(),
    };
    assert!(readings.len() <= MAX_BATCH);
    let (low, high) = (Micro::from_celsius(TEMPERATURE_RANGE.0), Micro::from_celsius(TEMPERATURE_RANGE.1));
    for reading in readings {
        match reading {
            Ok(reading) => {
                assert!((low..=high).contains(&reading.temperature), "{reading:?}");
                assert!(reading.seq.is_none_or(|seq| seq >= 0), "{reading:?}");
            }
            Err(why) => assert!(!why.is_empty(), "refused without a reason"),
        }
    }
    assert_eq!(readings.iter().filter(|reading| reading.is_ok()).count(), batch.readings());
});
