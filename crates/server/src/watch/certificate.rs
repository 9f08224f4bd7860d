//! When a certificate ends: of one that lies in a file, or as it is shown to whoever connects (H-28).

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::Url;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use simple_asn1::ASN1Block;

use crate::config::Config;

const PATIENCE: Duration = Duration::from_secs(5);

/// Where a certificate is to be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// In a file of PEM.
    InFile(PathBuf),
    /// To whoever connects.
    At(Peer),
}

/// Somebody who speaks TLS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    host: String,
    port: u16,
    /// By SMTP's STARTTLS, and not at once.
    asks_first: bool,
}

impl Shown {
    /// The file on this machine; else what is shown at the address that people use.
    pub(super) fn by_server(config: &Config) -> Option<Self> {
        if let Some(files) = &config.tls {
            return Some(Self::InFile(files.chain.clone()));
        }
        let url = Url::parse(&config.public_url).ok().filter(|it| it.scheme() == "https")?;
        Peer::of(&url, 443, false).map(Self::At)
    }

    /// A relay that is spoken to in the clear shows none.
    pub(super) fn by_relay(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let asks_first = url.query_pairs().any(|(name, _)| name == "tls");
        match url.scheme() {
            "smtps" => Peer::of(&url, 465, false),
            "smtp" if asks_first => Peer::of(&url, 587, true),
            _ => None,
        }
        .map(Self::At)
    }
}

impl Peer {
    fn of(url: &Url, port: u16, asks_first: bool) -> Option<Self> {
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        Some(Self { host, port: url.port().unwrap_or(port), asks_first })
    }
}

/// When it ends; or why that could not be seen.
pub(super) async fn ends(shown: Shown) -> Result<DateTime<Utc>, String> {
    let seen = tokio::task::spawn_blocking(move || match shown {
        Shown::InFile(file) => CertificateDer::from_pem_file(file).map_err(|error| error.to_string()),
        Shown::At(peer) => seen(&peer).map_err(|error| format!("no certificate is shown: {error}")),
    });
    let certificate = seen.await.map_err(|error| error.to_string())??;
    end(&certificate).ok_or_else(|| "the certificate cannot be read".to_owned())
}

fn seen(peer: &Peer) -> io::Result<CertificateDer<'static>> {
    let address = (peer.host.as_str(), peer.port).to_socket_addrs()?.next();
    let address = address.ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    if peer.asks_first {
        ask(&stream)?;
    }
    let name = ServerName::try_from(peer.host.clone()).map_err(io::Error::other)?;
    let mut connection =
        ClientConnection::new(Arc::new(looking().map_err(io::Error::other)?), name).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    let first = connection.peer_certificates().and_then(<[_]>::first);
    first.map(|it| it.clone().into_owned()).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
}

/// RFC 3207.
fn ask(stream: &TcpStream) -> io::Result<()> {
    let mut replies = BufReader::new(stream.try_clone()?);
    let mut heard = |code: &str| -> io::Result<()> {
        loop {
            let mut line = String::new();
            if replies.read_line(&mut line)? == 0 || !line.starts_with(code) {
                return Err(io::Error::from(io::ErrorKind::ConnectionRefused));
            }
            if line.get(3..4) != Some("-") {
                return Ok(());
            }
        }
    };
    heard("220")?;
    (&mut &*stream).write_all(b"EHLO homeward\r\n")?;
    heard("250")?;
    (&mut &*stream).write_all(b"STARTTLS\r\n")?;
    heard("220")
}

/// A client that looks at any certificate, also one that has expired, and says nothing after that.
fn looking() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions()?;
    let any = versions.dangerous().with_custom_certificate_verifier(Arc::new(Any(provider)));
    Ok(any.with_no_client_auth())
}

#[derive(Debug)]
struct Any(Arc<CryptoProvider>);

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// RFC 5280, section 4.1: of what is signed, the sequences are the algorithm, the issuer and the time of validity.
fn end(certificate: &CertificateDer<'_>) -> Option<DateTime<Utc>> {
    let sequence = |block: &ASN1Block| match block {
        ASN1Block::Sequence(_, parts) => Some(parts.clone()),
        _ => None,
    };
    let blocks = simple_asn1::from_der(certificate).ok()?;
    let signed = sequence(sequence(blocks.first()?)?.first()?)?;
    let validity = signed.iter().filter_map(sequence).nth(2)?;
    match validity.last()? {
        ASN1Block::UTCTime(_, end) | ASN1Block::GeneralizedTime(_, end) => {
            DateTime::from_timestamp(end.assume_utc().unix_timestamp(), 0)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relay_shows_a_certificate_where_it_is_asked_for_one() {
        let at = |host: &str, port, asks_first| Some(Shown::At(Peer { host: host.to_owned(), port, asks_first }));
        assert_eq!(Shown::by_relay("smtps://user:secret@relay.example"), at("relay.example", 465, false));
        assert_eq!(Shown::by_relay("smtp://relay.example:25?tls=required"), at("relay.example", 25, true));
        assert_eq!(Shown::by_relay("smtp://relay.example"), None);
        assert_eq!(Shown::by_relay("smtps://[::1]:4465"), at("::1", 4465, false));
    }
}
