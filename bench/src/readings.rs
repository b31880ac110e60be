//! What devices send: requests that are made once and then only get new digits.

use crate::load::Source;

/// The first number that a device gives. From here on all numbers have the same length.
const FIRST_SEQ: i64 = 1_000_000_000;

/// A device that readings are sent for.
#[derive(Clone)]
pub struct Device {
    /// Its serial number.
    pub serial: String,
    /// Its key.
    pub key: String,
}

/// Where the digits of one reading stand in the request.
struct Slot {
    temperature: usize,
    recorded_at: usize,
    seq: usize,
}

/// A request of a device, with its counters.
struct Request {
    bytes: Vec<u8>,
    slots: Vec<Slot>,
    seq: i64,
    clock: i64,
}

/// What a fleet sends.
#[derive(Debug, Clone, Copy)]
pub struct Sending {
    /// Readings of a request.
    pub readings: usize,
    /// Keeps the numbers of a device apart from those that it sent in other rounds: below 800.
    pub round: u32,
    /// The time of the first reading, in milliseconds since 1970; each is a millisecond after the one before.
    pub now: i64,
    /// The whole degrees of the temperature, of two digits below zero.
    pub degrees: i64,
}

/// Degrees within the limits of the cells here.
pub const COLD: i64 = -18;
/// Degrees above them.
pub const WARM: i64 = -11;

/// Devices that take turns on a connection. Each counts on, and its clock goes on, with every reading.
pub struct Fleet {
    requests: Vec<Request>,
    at: usize,
}

impl Fleet {
    /// Devices that send something each.
    pub fn of(devices: &[Device], sending: Sending) -> Box<dyn Source> {
        Box::new(Self { requests: devices.iter().map(|device| Request::new(device, sending)).collect(), at: 0 })
    }
}

impl Source for Fleet {
    fn next(&mut self) -> &[u8] {
        self.at = (self.at + 1) % self.requests.len();
        self.requests[self.at].refresh()
    }
}

impl Request {
    fn new(device: &Device, Sending { readings, round, now: clock, degrees }: Sending) -> Self {
        let seq = FIRST_SEQ + i64::from(round) * 10_000_000;
        let (mut body, mut slots) = (String::new(), Vec::with_capacity(readings));
        if readings > 1 {
            body.push('[');
        }
        for index in 0..readings {
            if index > 0 {
                body.push(',');
            }
            body.push_str(&format!(r#"{{"temperature":{degrees}."#));
            let temperature = body.len();
            body.push_str(
                r#"00,"humidity":45.5,"powerStatus":true,"doorStatus":false,"batteryLevel":87,"recordedAt":"#,
            );
            let recorded_at = body.len();
            body.push_str(&format!(r#"{clock},"seq":"#));
            slots.push(Slot { temperature, recorded_at, seq: body.len() });
            body.push_str(&format!("{seq}}}"));
        }
        if readings > 1 {
            body.push(']');
        }
        let head = format!(
            "POST /api/v1/readings/devices/{}/readings HTTP/1.1\r\nhost: 127.0.0.1\r\nx-device-key: {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            device.serial,
            device.key,
            body.len()
        );
        for slot in &mut slots {
            slot.temperature += head.len();
            slot.recorded_at += head.len();
            slot.seq += head.len();
        }
        Self { bytes: (head + &body).into_bytes(), slots, seq, clock }
    }

    fn refresh(&mut self) -> &[u8] {
        for slot in &self.slots {
            self.seq += 1;
            self.clock += 1;
            write_digits(&mut self.bytes[slot.temperature..slot.temperature + 2], self.seq % 100);
            write_digits(&mut self.bytes[slot.recorded_at..slot.recorded_at + 13], self.clock);
            write_digits(&mut self.bytes[slot.seq..slot.seq + 10], self.seq);
        }
        &self.bytes
    }
}

fn write_digits(place: &mut [u8], mut number: i64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_stay_json_and_their_numbers_rise() {
        let device = Device { serial: "B-1".to_owned(), key: "k".to_owned() };
        let sending = Sending { readings: 3, round: 2, now: 1_763_632_800_000, degrees: COLD };
        let mut fleet = Fleet::of(&[device], sending);
        for turn in 0..50 {
            let request = std::str::from_utf8(fleet.next()).unwrap();
            let (head, body) = request.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("content-length: {}", body.len())));
            let readings: serde_json::Value = serde_json::from_str(body).unwrap();
            for index in 0..3 {
                let number = turn * 3 + index + 1;
                assert_eq!(readings[index as usize]["seq"], FIRST_SEQ + 20_000_000 + number);
                assert_eq!(readings[index as usize]["recordedAt"], 1_763_632_800_000_i64 + number);
                let temperature: f64 = format!("-18.{:02}", number % 100).parse().unwrap();
                assert_eq!(readings[index as usize]["temperature"], temperature);
            }
        }
    }
}
