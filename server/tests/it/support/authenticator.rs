//! A phone with passkeys, in software: what WebAuthn Level 3 asks of an authenticator and of the browser before it, as
//! far as the server sees it. ES256, attestation "none", a user who is always verified.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// User present, user verified.
const PRESENT_AND_VERIFIED: u8 = 0b0000_0101;
/// The data holds a new key.
const ATTESTED: u8 = 0b0100_0000;

/// A passkey on a phone.
#[derive(Clone)]
pub struct Authenticator {
    key: SigningKey,
    id: [u8; 16],
    user: String,
    origin: String,
    uses: u32,
}

impl Authenticator {
    /// Makes a passkey as the options ask, and answers with its credential as the browser's JSON.
    pub fn make(options: &Value, origin: &str) -> (Self, String) {
        let asked = &options["publicKey"];
        let selection = &asked["authenticatorSelection"];
        assert_eq!(
            (&selection["residentKey"], &selection["userVerification"]),
            (&json!("required"), &json!("required"))
        );
        let key = SigningKey::from_slice(&rand::random::<[u8; 32]>()).expect("a scalar");
        let user = asked["user"]["id"].as_str().expect("whose").to_owned();
        let made = Self { key, id: rand::random(), user, origin: origin.to_owned(), uses: 0 };
        let mut data = made.data(asked["rp"]["id"].as_str().expect("a name"), PRESENT_AND_VERIFIED | ATTESTED);
        data.extend([0; 16]);
        data.extend([0, 16]);
        data.extend(made.id);
        data.extend(made.public_key());
        // {"fmt": "none", "attStmt": {}, "authData": …} in CBOR (RFC 8949).
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        attestation.push(u8::try_from(data.len()).expect("short"));
        attestation.extend(&data);
        let (_, client) = made.client("webauthn.create", &asked["challenge"]);
        let credential = json!({
            "id": BASE64.encode(made.id), "rawId": BASE64.encode(made.id), "type": "public-key",
            "response": { "attestationObject": BASE64.encode(attestation), "clientDataJSON": client },
            "clientExtensionResults": {},
        });
        (made, credential.to_string())
    }

    /// Answers a question for coming in, as the browser's JSON.
    pub fn answer(&mut self, options: &Value) -> String {
        let asked = &options["publicKey"];
        self.uses += 1;
        let data = self.data(asked["rpId"].as_str().expect("a name"), PRESENT_AND_VERIFIED);
        let (hash, client) = self.client("webauthn.get", &asked["challenge"]);
        let signature: Signature = self.key.sign(&[data.as_slice(), &hash].concat());
        json!({
            "id": BASE64.encode(self.id), "rawId": BASE64.encode(self.id), "type": "public-key",
            "response": {
                "authenticatorData": BASE64.encode(data), "clientDataJSON": client,
                "signature": BASE64.encode(signature.to_der()), "userHandle": self.user,
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    /// The same passkey on a page of another site.
    pub fn at(&self, origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..self.clone() }
    }

    /// What every answer is about: the name, what the user did, how often the key was used.
    fn data(&self, name: &str, flags: u8) -> Vec<u8> {
        let mut data = Sha256::digest(name).to_vec();
        data.push(flags);
        data.extend(self.uses.to_be_bytes());
        data
    }

    /// The public key in COSE (RFC 9053): EC2, ES256, P-256, x, y.
    fn public_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = (point.x().expect("a point"), point.y().expect("a point"));
        [b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".as_slice(), x, b"\x22\x58\x20", y].concat()
    }

    /// What the browser adds: its hash, and itself.
    fn client(&self, kind: &str, challenge: &Value) -> (Vec<u8>, String) {
        let data =
            json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false }).to_string();
        (Sha256::digest(&data).to_vec(), BASE64.encode(data))
    }
}
