//! What counts as one client of the network, wherever something is counted by address.

use std::net::IpAddr;

/// How many times as much as one client a whole site may do: many clients of one provider may share its /48.
pub const SITE_ALLOWANCE: u32 = 10;
/// The bits of an IPv6 address that name a network of one client's own (RFC 4291, section 2.5.4).
const CLIENT_BITS: u8 = 64;
/// The bits that name a site: the shortest prefix that end sites are given (RFC 6177, section 2).
const SITE_BITS: u8 = 48;

/// An IPv4 address, or the network that an IPv6 client or site has to itself and may take any address of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// The one client that an address belongs to.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self::around(address, CLIENT_BITS)
    }

    /// The site that an IPv6 address belongs to. IPv4 addresses are given out singly.
    #[must_use]
    pub fn site_of(address: IpAddr) -> Option<Self> {
        let site = Self::around(address, SITE_BITS);
        site.address.is_ipv6().then_some(site)
    }

    /// All that an address is counted under, and how many times as much as one client each may do.
    pub fn counted(address: IpAddr) -> impl Iterator<Item = (Self, u32)> {
        std::iter::once((Self::of(address), 1)).chain(Self::site_of(address).map(|site| (site, SITE_ALLOWANCE)))
    }

    /// An IPv4 address mapped into IPv6 is the IPv4 address.
    fn around(address: IpAddr, bits: u8) -> Self {
        match address.to_canonical() {
            IpAddr::V6(v6) => {
                let host_bits = u32::from(128 - bits);
                Self { address: IpAddr::V6((v6.to_bits() >> host_bits << host_bits).into()), bits }
            }
            v4 @ IpAddr::V4(_) => Self { address: v4, bits: 32 },
        }
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.address {
            IpAddr::V4(address) => write!(f, "{address}"),
            IpAddr::V6(address) => write!(f, "{address}/{}", self.bits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(address: &str) -> Vec<String> {
        Network::counted(address.parse().unwrap()).map(|(network, times)| format!("{network} {times}")).collect()
    }

    #[test]
    fn an_ipv6_client_is_its_network_and_part_of_a_site() {
        assert_eq!(counted("2001:db8:1:2:3:4:5:6"), ["2001:db8:1:2::/64 1", "2001:db8:1::/48 10"]);
        assert_eq!(counted("2001:db8:1:2::9"), counted("2001:db8:1:2:3:4:5:6"));
        assert_eq!(counted("203.0.113.9"), ["203.0.113.9 1"]);
        assert_eq!(counted("::ffff:203.0.113.9"), ["203.0.113.9 1"]);
    }
}
