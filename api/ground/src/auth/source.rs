//! Where a request comes from: the address of the client, told by the connection, or by the proxies that the
//! configuration names.
//!
//! Rules:
//! - A header is believed only where the connection comes from a configured proxy. Then the whole chain of
//!   `X-Forwarded-For` is read, all its lines in their order, from the right: the first address that is no configured
//!   proxy is the client's, whatever stands to the left of it, for that the client wrote himself.
//! - What cannot be read ends the walk: the client is then the last proxy that said something readable.
//! - Sources are told apart by network: a whole IPv4 address, the first 64 bits of an IPv6 address, of which one
//!   customer has 2^64.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use actix_web::HttpRequest;

use crate::tenancy::StartError;

const FORWARDED: &str = "x-forwarded-for";
/// Proxies in a row that are walked at most.
const HOPS: usize = 64;

/// A client's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source {
    address: IpAddr,
}

impl Source {
    /// A source of this address; one of IPv4 written as IPv6 is of IPv4.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self { address: address.to_canonical() }
    }

    /// The address itself.
    #[must_use]
    pub fn address(self) -> IpAddr {
        self.address
    }

    /// What is counted as one source: the address, of IPv6 the first 64 bits.
    #[must_use]
    pub fn network(self) -> IpAddr {
        match self.address {
            IpAddr::V4(_) => self.address,
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
            }
        }
    }

    /// Whether it says nothing of who asks: this machine itself, or a proxy on it that the configuration does not name,
    /// behind which everybody has this address.
    #[must_use]
    pub fn is_everybody(self) -> bool {
        self.address.is_loopback() || self.address.is_unspecified()
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// One address or network: `10.0.0.7`, `10.0.0.0/8`, `fd00::/8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    bits: u128,
    mask: u128,
}

/// IPv4 within IPv6, so that one comparison serves both; of IPv4 in the mapped form nobody connects.
fn bits(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().ok()?;
        let (width, offset) = if address.to_canonical().is_ipv4() { (32, 96) } else { (128, 0) };
        let length = length.unwrap_or(width);
        if length > width {
            return None;
        }
        let mask = u128::MAX.checked_shl(128 - (length + offset)).unwrap_or(0);
        Some(Self { bits: bits(address) & mask, mask })
    }

    fn holds(self, address: IpAddr) -> bool {
        bits(address) & self.mask == self.bits
    }
}

/// The proxies that are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<Network>);

impl Proxies {
    /// Of addresses and networks as they stand in the configuration.
    ///
    /// # Errors
    /// [`StartError::Config`] with the entry that is neither.
    pub fn new(entries: &[String]) -> Result<Self, StartError> {
        entries
            .iter()
            .map(|entry| {
                Network::parse(entry.trim()).ok_or_else(|| {
                    StartError::Config(format!(
                        "trusted_proxies: {entry} is neither an address nor a network"
                    ))
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    fn hold(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.holds(address))
    }

    /// Where a request comes from.
    #[must_use]
    pub fn source(&self, request: &HttpRequest) -> Source {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        if peer.is_loopback() && !self.hold(peer) && request.headers().contains_key(FORWARDED) {
            static SAID: std::sync::Once = std::sync::Once::new();
            SAID.call_once(|| {
                tracing::warn!(
                    "a proxy on this machine names its clients and is not believed: set trusted_proxies"
                );
            });
        }
        let lines = request.headers().get_all(FORWARDED).map(|line| line.as_bytes());
        self.walk(peer, lines)
    }

    fn walk<'a>(&self, peer: IpAddr, lines: impl Iterator<Item = &'a [u8]>) -> Source {
        let mut at = peer;
        if !self.hold(at) {
            return Source::new(at);
        }
        let lines: Vec<&[u8]> = lines.collect();
        let chain = lines.iter().rev().flat_map(|line| line.rsplit(|byte| *byte == b','));
        for said in chain.take(HOPS) {
            let Some(address) = std::str::from_utf8(said).ok().and_then(address) else {
                break;
            };
            at = address;
            if !self.hold(at) {
                break;
            }
        }
        Source::new(at)
    }
}

/// An address of a chain, with a port or without: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(address) = text.parse::<std::net::SocketAddr>() {
        return Some(address.ip());
    }
    text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn proxies(entries: &[&str]) -> Proxies {
        Proxies::new(&entries.iter().map(|entry| (*entry).to_owned()).collect::<Vec<_>>()).unwrap()
    }

    fn walk(proxies: &Proxies, peer: &str, lines: &[&str]) -> String {
        let lines = lines.iter().map(|line| line.as_bytes());
        proxies.walk(peer.parse().unwrap(), lines).to_string()
    }

    #[test]
    fn only_configured_proxies_are_believed() {
        let none = Proxies::default();
        assert_eq!(walk(&none, "127.0.0.1", &["192.0.2.1"]), "127.0.0.1");
        let one = proxies(&["127.0.0.1"]);
        assert_eq!(walk(&one, "127.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        assert_eq!(walk(&one, "127.0.0.2", &["192.0.2.1"]), "127.0.0.2");
        assert_eq!(walk(&one, "127.0.0.1", &[]), "127.0.0.1");
    }

    #[test]
    fn the_whole_chain_is_read_from_the_right() {
        let two = proxies(&["127.0.0.1", "10.0.0.0/8"]);
        // HAProxy adds a line of its own below the one that the client sent.
        assert_eq!(walk(&two, "127.0.0.1", &["198.51.100.7", "192.0.2.1"]), "192.0.2.1");
        assert_eq!(walk(&two, "127.0.0.1", &["198.51.100.7, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(
            walk(&two, "127.0.0.1", &["6.6.6.6", "192.0.2.1, 10.1.2.3", "10.9.9.9"]),
            "192.0.2.1"
        );
        // A client within the trusted networks that invents nobody before itself.
        assert_eq!(walk(&two, "127.0.0.1", &["10.1.2.3"]), "10.1.2.3");
        assert_eq!(walk(&two, "127.0.0.1", &["192.0.2.1, unknown"]), "127.0.0.1");
        assert_eq!(walk(&two, "127.0.0.1", &["192.0.2.1, , 10.0.0.1"]), "10.0.0.1");
        assert_eq!(walk(&two, "::ffff:127.0.0.1", &["[2001:db8::1]:443"]), "2001:db8::1");
        assert_eq!(walk(&two, "127.0.0.1", &["192.0.2.1:4711"]), "192.0.2.1");
        let v6 = proxies(&["fd00::/8", "::1"]);
        assert_eq!(walk(&v6, "::1", &["2001:db8::5, fd00::7"]), "2001:db8::5");
        let long = vec!["10.0.0.1"; 5000].join(",");
        assert_eq!(walk(&two, "127.0.0.1", &[&format!("192.0.2.1,{long}")]), "10.0.0.1");
    }

    #[test]
    fn networks_are_read_and_what_is_none_is_named() {
        for wrong in ["", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0/8"] {
            let error = Proxies::new(&[wrong.to_owned()]).unwrap_err().to_string();
            assert!(error.contains("trusted_proxies"), "{error}");
        }
        let all = proxies(&["0.0.0.0/0"]);
        assert!(all.hold("203.0.113.9".parse().unwrap()));
        assert!(!all.hold("2001:db8::1".parse().unwrap()), "every IPv4 is not every address");
        assert!(proxies(&["::/0"]).hold("2001:db8::1".parse().unwrap()));
        assert!(proxies(&["10.1.2.3/8"]).hold("10.255.0.1".parse().unwrap()));
    }

    #[test]
    fn one_customer_of_ipv6_is_one_source() {
        let source = |text: &str| Source::new(text.parse().unwrap()).network();
        assert_eq!(source("2001:db8:1:2::1"), source("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(source("2001:db8:1:2::1"), source("2001:db8:1:3::1"));
        assert_eq!(source("::ffff:192.0.2.1"), source("192.0.2.1"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
    }

    proptest! {
        /// Whatever a client writes, the proxy's own entry decides.
        #[test]
        fn nobody_chooses_his_address(own in any::<u32>(), said in prop::collection::vec("[ -~]{0,40}", 0..5)) {
            let own = IpAddr::V4(Ipv4Addr::from_bits(own | 0x8000_0000));
            let proxies = proxies(&["127.0.0.1"]);
            let last = own.to_string();
            let lines = said.iter().map(|line| line.as_bytes()).chain([last.as_bytes()]);
            prop_assert_eq!(proxies.walk("127.0.0.1".parse().unwrap(), lines).address(), own);
        }
    }
}
