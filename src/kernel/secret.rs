//! The installation's secret and what is derived from it: signed links, and hashes of keys and tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::Aead;
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// Bytes of the random value in front of what is sealed.
const NONCE: usize = 24;

/// The installation's secret, at least 32 bytes, and for a time the one before it: what was signed or sealed with that is
/// still good, and nothing new is made with it. Debug output hides both.
#[derive(Clone)]
pub struct Secret {
    current: std::sync::Arc<[u8]>,
    previous: Option<std::sync::Arc<[u8]>>,
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Takes the secret's bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self { current: bytes.into(), previous: None }
    }

    /// The same secret, with the one that was in force before it.
    #[must_use]
    pub fn after(self, previous: &[u8]) -> Self {
        Self { previous: Some(previous.into()), ..self }
    }

    /// The secret that was in force before this one, as long as it is known.
    #[must_use]
    pub fn previous(&self) -> Option<Self> {
        self.previous.clone().map(|current| Self { current, previous: None })
    }

    /// The secret in force alone.
    #[must_use]
    pub fn alone(&self) -> Self {
        Self { current: self.current.clone(), previous: None }
    }

    /// What a database keeps to know the secret again that it belongs to. It tells nothing of the secret.
    #[must_use]
    pub fn mark(&self) -> String {
        self.sign("mark", "officina")
    }

    /// A key for one purpose, so that a signature made for one use is worthless for another.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        hmac_sha256(&self.current, purpose.as_bytes())
    }

    /// The keys for one purpose that are accepted, the one in force first.
    pub fn accepted(&self, purpose: &str) -> impl Iterator<Item = [u8; 32]> {
        std::iter::once(self.derive(purpose)).chain(self.previous().map(|previous| previous.derive(purpose)))
    }

    /// The same as a key for authentication, for those who must not hold the secret itself.
    #[must_use]
    pub fn key(&self, purpose: &str) -> Key {
        Key { current: self.derive(purpose), previous: self.previous().map(|previous| previous.derive(purpose)) }
    }

    /// The signature of a text for one purpose: 22 characters, 128 bits.
    #[must_use]
    pub fn sign(&self, purpose: &str, text: &str) -> String {
        signature(&self.derive(purpose), text)
    }

    /// All signatures of a text for one purpose that are right, for those that are looked up: the one in force first.
    pub fn signatures(&self, purpose: &str, text: &str) -> impl Iterator<Item = String> {
        self.accepted(purpose).map(move |key| signature(&key, text))
    }

    /// Whether a signature is right, in constant time.
    #[must_use]
    pub fn verify(&self, purpose: &str, text: &str, given: &str) -> bool {
        self.accepted(purpose).any(|key| constant_time_eq(signature(&key, text).as_bytes(), given.as_bytes()))
    }

    /// A token of 256 bits that follows from another one for one purpose: always the same, and for this installation alone
    /// to know.
    #[must_use]
    pub fn token_after(&self, purpose: &str, token: &str) -> String {
        URL_SAFE_NO_PAD.encode(hmac_sha256(&self.derive(&format!("{purpose} token")), token.as_bytes()))
    }

    /// Encrypts for one purpose: only this installation can read it (XChaCha20-Poly1305, a random nonce of 24 bytes in
    /// front).
    ///
    /// # Errors
    /// Only internal ones.
    pub fn seal(&self, purpose: &str, content: &[u8]) -> Result<String> {
        let nonce: [u8; NONCE] = rand::random();
        let sealed = XChaCha20Poly1305::new(&self.derive(purpose).into())
            .encrypt(&XNonce::from(nonce), content)
            .map_err(|error| Error::internal(error.to_string()))?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// What was sealed for this purpose, or nothing if it was not, or was changed.
    #[must_use]
    pub fn unseal(&self, purpose: &str, sealed: &str) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
        self.accepted(purpose)
            .find_map(|key| XChaCha20Poly1305::new(&key.into()).decrypt(&XNonce::from(*nonce), sealed).ok())
    }
}

fn signature(key: &[u8; 32], text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&hmac_sha256(key, text.as_bytes())[..16])
}

/// A key that was derived for one purpose, and the one of the secret before. Debug output hides them.
#[derive(Clone, Copy)]
pub struct Key {
    current: [u8; 32],
    previous: Option<[u8; 32]>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// A key for a part of what this one is for.
    #[must_use]
    pub fn derive(&self, part: &[u8]) -> Self {
        let derived = |key: [u8; 32]| hmac_sha256(&key, part);
        Self { current: derived(self.current), previous: self.previous.map(derived) }
    }

    /// The MAC of a message (HMAC-SHA256).
    #[must_use]
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        hmac_sha256(&self.current, message)
    }

    /// Whether a MAC is right, in constant time.
    #[must_use]
    pub fn is_mac(&self, message: &[u8], mac: &[u8]) -> bool {
        std::iter::once(self.current).chain(self.previous).any(|key| constant_time_eq(&hmac_sha256(&key, message), mac))
    }
}

/// HMAC-SHA256 (RFC 2104).
fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    // An HMAC key may have any length, so making one cannot fail.
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else {
        return [0; 32];
    };
    mac.chain_update(message).finalize().into_bytes().into()
}

/// Compares without telling by its time where the difference is.
#[must_use]
pub fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (l, r)| difference | (l ^ r)) == 0
}

/// A random token of 256 bits, as 43 URL-safe characters.
#[must_use]
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// What is stored of a random token or key: its SHA-256. Enough for random 256-bit values, and fast enough for devices.
#[must_use]
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hmac_agrees_with_rfc_4231() {
        // RFC 4231, test case 2.
        let mac = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(mac[..4], [0x5b, 0xdc, 0xc1, 0x46]);
    }

    #[test]
    fn a_signature_for_one_purpose_is_worthless_for_another() {
        let secret = Secret::new(&[7; 32]);
        let signature = secret.sign("track", "ABC234");
        assert!(secret.verify("track", "ABC234", &signature));
        assert!(!secret.verify("invite", "ABC234", &signature));
        assert!(!secret.verify("track", "ABC235", &signature));
    }

    #[test]
    fn what_was_made_under_the_secret_before_is_still_good_and_nothing_new_is_made_with_it() {
        let old = Secret::new(&[7; 32]);
        let both = Secret::new(&[8; 32]).after(&[7; 32]);
        let (signed, sealed) = (old.sign("track", "ABC234"), old.seal("mail", b"the link").unwrap());
        assert!(both.verify("track", "ABC234", &signed) && !both.alone().verify("track", "ABC234", &signed));
        assert_eq!(both.unseal("mail", &sealed).as_deref(), Some(b"the link".as_slice()));
        assert!(both.key("head").is_mac(b"1", &old.key("head").mac(b"1")));
        assert!(!old.verify("track", "ABC234", &both.sign("track", "ABC234")));
        assert_eq!(old.unseal("mail", &both.seal("mail", b"x").unwrap()), None);
        assert!(both.mark() == both.alone().mark() && both.mark() != old.mark());
    }

    #[test]
    fn what_is_sealed_is_read_by_the_same_secret_for_the_same_purpose_alone() {
        let secret = Secret::new(&[7; 32]);
        let sealed = secret.seal("mail", b"the link").unwrap();
        assert_eq!(secret.unseal("mail", &sealed).as_deref(), Some(b"the link".as_slice()));
        assert_ne!(sealed, secret.seal("mail", b"the link").unwrap());
        assert_eq!(secret.unseal("totp", &sealed), None);
        assert_eq!(Secret::new(&[8; 32]).unseal("mail", &sealed), None);
        let changed = format!("{}A", &sealed[..sealed.len() - 1]);
        for broken in [changed.as_str(), "", "x", "§"] {
            assert!(broken == sealed || secret.unseal("mail", broken).is_none(), "{broken}");
        }
    }
}
