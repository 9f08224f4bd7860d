//! TLS at this server's own door: versions 1.2 and 1.3 with suites that are forward secret, and a certificate that is
//! replaced while requests go on.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::time::sleep;

use crate::private_file;

/// How often a running server looks for a new certificate.
const LOOK: Duration = Duration::from_secs(10);

/// The chain and its key, in files of PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate, then those who vouch for it.
    pub chain: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Why there is no certificate to show.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// It could not be read as PEM.
    #[error("{path} cannot be used")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// Others on the machine can read the key, or it is not there.
    #[error("{path} cannot be used")]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key is another's, or of a kind that is not known.
    #[error("the certificate cannot be used")]
    Tls(#[from] rustls::Error),
}

/// The certificate that clients are shown now.
#[derive(Debug)]
pub struct Certificate {
    files: CertificateFiles,
    shown: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// Reads it.
    pub fn load(files: CertificateFiles) -> Result<Arc<Self>, CertificateError> {
        let shown = RwLock::new(Arc::new(read(&files)?));
        Ok(Arc::new(Self { files, shown }))
    }

    /// How connections are made with it.
    pub fn config(self: &Arc<Self>) -> Result<ServerConfig, CertificateError> {
        let versions = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?;
        Ok(versions.with_no_client_auth().with_cert_resolver(self.clone()))
    }

    /// Shows what stands in the files now. What cannot be used leaves the one before it in use.
    pub fn renew(&self) -> Result<(), CertificateError> {
        let renewed = Arc::new(read(&self.files)?);
        if let Ok(mut shown) = self.shown.write() {
            *shown = renewed;
        }
        Ok(())
    }

    /// Takes up what is put into the files while the server runs.
    pub async fn watch(self: Arc<Self>) {
        let mut before = self.files.stamp();
        loop {
            sleep(LOOK).await;
            let now = self.files.stamp();
            if now == before {
                continue;
            }
            match self.renew() {
                Ok(()) => tracing::warn!("a new certificate is shown"),
                Err(error) => tracing::error!(%error, "the new certificate is not usable; the one before stays in use"),
            }
            before = now;
        }
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.shown.read().ok().map(|it| it.clone())
    }
}

impl CertificateFiles {
    /// When each was last written, so far as that is known.
    fn stamp(&self) -> [Option<std::time::SystemTime>; 2] {
        [&self.chain, &self.key].map(|it| std::fs::metadata(it).and_then(|it| it.modified()).ok())
    }
}

fn read(files: &CertificateFiles) -> Result<CertifiedKey, CertificateError> {
    let fault = |path: &Path| {
        let path = path.to_owned();
        move |source| CertificateError::File { path, source }
    };
    let chain = CertificateDer::pem_file_iter(&files.chain).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(fault(&files.chain))?;
    let key =
        private_file::read(&files.key).map_err(|source| CertificateError::Key { path: files.key.clone(), source })?;
    let key = PrivateKeyDer::from_pem_slice(&key).map_err(fault(&files.key))?;
    Ok(CertifiedKey::from_der(chain, key, &aws_lc_rs::default_provider())?)
}
