//! [`Certificates`]: TLS by rustls, with certificates that are read again when their files change.
use super::FrontError;
use rocket::config::TlsConfig;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    fs,
    sync::{Notify, watch},
    time::sleep,
};

/// Where a certificate chain or a key comes from.
enum Source {
    File(PathBuf),
    Bytes(Vec<u8>),
}

impl Source {
    async fn read(&self) -> Result<Vec<u8>, String> {
        match self {
            Self::File(path) => fs::read(path).await.map_err(|e| self.fault(&e.kind())),
            Self::Bytes(bytes) => Ok(bytes.clone()),
        }
    }

    /// What is wrong with the file.
    fn fault(&self, what: &dyn std::fmt::Display) -> String {
        match self {
            Self::File(path) => format!("{}: {what}", path.display()),
            Self::Bytes(_) => what.to_string(),
        }
    }
}

/// The certificate chain and its key, and the settings of TLS that are made of them.
pub struct Certificates {
    chain: Source,
    key: Source,
    provider: Arc<CryptoProvider>,
    prefers_own_ciphers: bool,
    /// What the files contained when they were last read, good or bad.
    content: (Vec<u8>, Vec<u8>),
    current: watch::Sender<Arc<ServerConfig>>,
    interval: Duration,
}

impl Certificates {
    /// Reads the certificates in Rocket's setting `tls`. Files are read again every `interval`.
    ///
    /// # Errors
    /// If they are invalid.
    pub async fn load(tls: &TlsConfig, interval: Duration) -> Result<Self, FrontError> {
        let mut provider = aws_lc_rs::default_provider();
        let allowed: Vec<_> = tls.ciphers().map(|c| format!("{c:?}")).collect();
        provider.cipher_suites.retain(|suite| {
            let name = format!("{:?}", suite.suite()).replace("TLS13_", "TLS_");
            allowed.contains(&name)
        });
        let chain = tls.certs().either(Source::File, |bytes| Source::Bytes(bytes.to_vec()));
        let key = tls.key().either(Source::File, |bytes| Source::Bytes(bytes.to_vec()));
        let content = contents(&chain, &key).await.map_err(FrontError::Certificates)?;
        let provider = Arc::new(provider);
        let prefers_own_ciphers = tls.prefer_server_cipher_order();
        let config = settings(&chain, &key, &content, &provider, prefers_own_ciphers);
        let config = config.map_err(FrontError::Certificates)?;
        let current = watch::Sender::new(config);
        Ok(Self { chain, key, provider, prefers_own_ciphers, content, current, interval })
    }

    /// The settings of TLS, as they are at any time.
    pub fn current(&self) -> watch::Receiver<Arc<ServerConfig>> {
        self.current.subscribe()
    }

    /// Reads the files again every interval, and when `again` is notified. Never returns.
    pub async fn keep_current(mut self, again: Arc<Notify>) {
        loop {
            tokio::select! {
                () = sleep(self.interval) => {}
                () = again.notified() => {}
            }
            match self.reload().await {
                Ok(true) => tracing::info!("the certificates were read again"),
                Ok(false) => {}
                Err(e) => {
                    tracing::error!(
                        error = e,
                        "the certificates are invalid; the old ones are used"
                    );
                }
            }
        }
    }

    /// Reads the files. Returns whether they changed. The old certificates stay in use if the new ones are
    /// invalid, as when only one of the two files is written yet.
    async fn reload(&mut self) -> Result<bool, String> {
        let content = match contents(&self.chain, &self.key).await {
            Ok(content) if content == self.content => return Ok(false),
            Ok(content) => content,
            // Reported once.
            Err(_) if self.content == (Vec::new(), Vec::new()) => return Ok(false),
            Err(e) => {
                self.content = (Vec::new(), Vec::new());
                return Err(e);
            }
        };
        let made =
            settings(&self.chain, &self.key, &content, &self.provider, self.prefers_own_ciphers);
        self.content = content;
        self.current.send_replace(made?);
        Ok(true)
    }
}

async fn contents(chain: &Source, key: &Source) -> Result<(Vec<u8>, Vec<u8>), String> {
    Ok((chain.read().await?, key.read().await?))
}

fn settings(
    chain: &Source,
    key: &Source,
    content: &(Vec<u8>, Vec<u8>),
    provider: &Arc<CryptoProvider>,
    prefers_own_ciphers: bool,
) -> Result<Arc<ServerConfig>, String> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&content.0)
        .collect::<Result<_, _>>()
        .map_err(|e| chain.fault(&e))?;
    if certificates.is_empty() {
        return Err(chain.fault(&"there is no certificate in it"));
    }
    let private = PrivateKeyDer::from_pem_slice(&content.1)
        .map_err(|_| key.fault(&"there is no valid private key in it"))?;
    let mut config = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| format!("tls.ciphers: {e}"))?
        .with_no_client_auth()
        .with_single_cert(certificates, private)
        .map_err(|e| key.fault(&e))?;
    config.ignore_client_order = prefers_own_ciphers;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn write(folder: &Path, name: &str) {
        let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        std::fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    }

    async fn load(folder: &Path) -> Result<Certificates, FrontError> {
        let tls = TlsConfig::from_paths(folder.join("cert.pem"), folder.join("key.pem"));
        Certificates::load(&tls, Duration::from_secs(10)).await
    }

    #[tokio::test]
    async fn good_files_replace_the_certificates_and_bad_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "localhost");
        let mut certificates = load(folder.path()).await.unwrap();
        let first = Arc::clone(&certificates.current().borrow());
        let is_first = |c: &Certificates| Arc::ptr_eq(&first, &c.current().borrow());
        assert_eq!(certificates.reload().await, Ok(false));
        let key = std::fs::read(folder.path().join("key.pem")).unwrap();
        write(folder.path(), "localhost");
        let new_key = std::fs::read(folder.path().join("key.pem")).unwrap();
        // Only the certificate is written yet.
        std::fs::write(folder.path().join("key.pem"), key).unwrap();
        assert!(certificates.reload().await.is_err() && is_first(&certificates));
        assert_eq!(certificates.reload().await, Ok(false), "the failure is reported once");
        std::fs::write(folder.path().join("key.pem"), new_key).unwrap();
        assert_eq!(certificates.reload().await, Ok(true));
        assert!(!is_first(&certificates));
        std::fs::remove_file(folder.path().join("key.pem")).unwrap();
        assert!(certificates.reload().await.is_err());
        assert_eq!(certificates.reload().await, Ok(false), "the failure is reported once");
    }

    #[tokio::test]
    async fn what_is_wrong_with_a_file_is_told_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "localhost");
        for (file, content) in [("key.pem", ""), ("cert.pem", "nonsense"), ("key.pem", "nonsense")]
        {
            std::fs::write(folder.path().join(file), content).unwrap();
            let told = load(folder.path()).await.err().unwrap().to_string();
            assert!(told.contains(file), "{told}");
            write(folder.path(), "localhost");
        }
    }
}
