//! Where a webhook may go: public addresses only, however they are spelled (WH-01, WH-02).

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use reqwest::Url;
use reqwest::header::HeaderValue;

/// Ports that are posted to.
const PORTS: [u16; 2] = [443, 8443];

/// IPv4 that is not public: RFC 6890 and the registries behind it. First address and length of the prefix.
const NOT_PUBLIC_V4: [(Ipv4Addr, u32); 15] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The only IPv6 that is handed out to the public (RFC 4291), and what is cut out of it: Teredo, benchmarks, ORCHID,
/// documentation, 6to4. Everything else, mapped and translated addresses among it, is refused.
const PUBLIC_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
const NOT_PUBLIC_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Pairs of host and port that are exempt, for development.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    pairs: BTreeSet<(String, u16)>,
    anywhere: bool,
}

/// An address that may be posted to, once its host is resolved.
#[derive(Debug)]
pub struct Checked {
    /// The whole.
    pub url: Url,
    /// The host as the certificate has to name it.
    pub host: String,
    port: u16,
    exempt: bool,
}

/// Why an address is not posted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no URL.
    #[error("is no URL")]
    Malformed,
    /// It is not `https`.
    #[error("must begin with https://")]
    NotHttps,
    /// It carries a name or a password, or a fragment.
    #[error("must carry no name, password or fragment")]
    Decorated,
    /// Its port is not posted to.
    #[error("must use port 443 or 8443")]
    Port,
    /// Its address is not a public one.
    #[error("must lead to a public address")]
    NotPublic,
}

impl Allowed {
    /// Everything is exempt: for tests, whose endpoints listen on this machine.
    pub fn anywhere() -> Self {
        Self { pairs: BTreeSet::new(), anywhere: true }
    }
}

impl FromStr for Allowed {
    type Err = String;

    /// `host:port`, several by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        let pair = |it: &str| {
            let (host, port) = it.trim().rsplit_once(':').ok_or_else(|| format!("`{it}` is no host:port"))?;
            let port = port.parse().map_err(|_| format!("`{it}` is no host:port"))?;
            Ok((host.to_owned(), port))
        };
        let pairs = text.split(',').map(pair).collect::<Result<_, String>>()?;
        Ok(Self { pairs, anywhere: false })
    }
}

/// Whether this may be posted to, as far as its text tells.
pub fn check(url: &str, allowed: &Allowed) -> Result<Checked, Refusal> {
    let url = Url::parse(url).map_err(|_| Refusal::Malformed)?;
    let host = url.host_str().ok_or(Refusal::Malformed)?.to_owned();
    let port = url.port_or_known_default().ok_or(Refusal::Malformed)?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(Refusal::Decorated);
    }
    let exempt = allowed.anywhere || allowed.pairs.contains(&(host.clone(), port));
    let checked = Checked { url, host, port, exempt };
    if exempt {
        return Ok(checked);
    }
    checked.strictly()
}

impl Checked {
    fn strictly(self) -> Result<Self, Refusal> {
        if self.url.scheme() != "https" {
            return Err(Refusal::NotHttps);
        }
        if !PORTS.contains(&self.port) {
            return Err(Refusal::Port);
        }
        // `Url` has read every spelling of an IPv4 address: octal, hex, one number.
        let literal: Option<IpAddr> = self.host.trim_matches(['[', ']']).parse().ok();
        match literal {
            Some(address) if !is_public(address) => Err(Refusal::NotPublic),
            None if !is_a_public_name(&self.host) => Err(Refusal::NotPublic),
            _ => Ok(self),
        }
    }

    /// The one address to connect to. A host with any address that is not public is refused whole.
    pub async fn resolve(&self) -> Result<SocketAddr, Box<dyn std::error::Error + Send + Sync>> {
        let host = self.host.trim_matches(['[', ']']);
        let found: Vec<SocketAddr> = tokio::net::lookup_host((host, self.port)).await?.collect();
        if !self.exempt && found.iter().any(|it| !is_public(it.ip())) {
            return Err(Refusal::NotPublic.into());
        }
        found.first().copied().ok_or_else(|| Refusal::NotPublic.into())
    }
}

/// A name that a public resolver could know: with a dot, and not one of the suffixes kept for private use.
fn is_a_public_name(host: &str) -> bool {
    const PRIVATE: [&str; 7] = [".localhost", ".local", ".internal", ".lan", ".home.arpa", ".test", ".onion"];
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host.contains('.') && !PRIVATE.iter().any(|suffix| host.ends_with(suffix)) && HeaderValue::from_str(&host).is_ok()
}

/// Whether the address can belong to the public.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !NOT_PUBLIC_V4.iter().any(|(first, length)| same_prefix_v4(v4, *first, *length)),
        IpAddr::V6(v6) => {
            let within = |(first, length): (Ipv6Addr, u32)| same_prefix_v6(v6, first, length);
            within(PUBLIC_V6) && !NOT_PUBLIC_V6.into_iter().any(within)
        }
    }
}

fn same_prefix_v4(address: Ipv4Addr, first: Ipv4Addr, length: u32) -> bool {
    (address.to_bits() ^ first.to_bits()).leading_zeros() >= length
}

fn same_prefix_v6(address: Ipv6Addr, first: Ipv6Addr, length: u32) -> bool {
    (address.to_bits() ^ first.to_bits()).leading_zeros() >= length
}
