//! Where passkeys are good for: the installation as the other side of them (the "relying party" of WebAuthn).

use std::sync::Arc;

use url::{Host, Url};
use webauthn_rs::{Webauthn, WebauthnBuilder};

use crate::{Error, Result};

/// The installation as passkeys know it. A passkey is bound to a name, so an installation that is reached by a number
/// alone has none; on loopback the name is `localhost`.
#[derive(Debug, Clone, Default)]
pub struct Passkeys {
    party: Option<Arc<(String, Webauthn)>>,
}

impl Passkeys {
    /// The passkeys of the installation at an address.
    ///
    /// # Errors
    /// Only internal ones.
    pub fn at(base_url: &str) -> Result<Self> {
        let mut address = Url::parse(base_url).map_err(Error::internal)?;
        let (host, on_loopback) = match address.host() {
            Some(Host::Domain(name)) => (name.to_owned(), false),
            Some(Host::Ipv4(number)) if number.is_loopback() => ("localhost".to_owned(), true),
            Some(Host::Ipv6(number)) if number.is_loopback() => ("localhost".to_owned(), true),
            _ => return Ok(Self::default()),
        };
        address.set_host(Some(&host)).map_err(Error::internal)?;
        let party = WebauthnBuilder::new(&host, &address)
            // Whoever runs it on loopback may have asked for any free port.
            .and_then(|builder| builder.allow_any_port(on_loopback).rp_name("Officina").build())
            .map_err(|error| Error::internal(error.to_string()))?;
        Ok(Self { party: Some(Arc::new((host, party))) })
    }

    /// The name that browsers must have reached the installation by; nothing where there are no passkeys.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.party.as_deref().map(|(host, _)| host.as_str())
    }

    /// The other side of the ceremonies.
    pub(super) fn party(&self) -> Result<&Webauthn> {
        self.party.as_deref().map(|(_, party)| party).ok_or(Error::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(base_url: &str) -> Option<String> {
        Passkeys::at(base_url).expect("an address").host().map(str::to_owned)
    }

    #[test]
    fn passkeys_are_bound_to_a_name() {
        assert_eq!(host("https://desk.example.org").as_deref(), Some("desk.example.org"));
        assert_eq!(host("http://127.0.0.1:3000").as_deref(), Some("localhost"));
        assert_eq!(host("http://[::1]:3000").as_deref(), Some("localhost"));
        assert_eq!(host("http://192.0.2.7"), None);
    }
}
