//! Secrets at rest: vendor credentials, and the addresses and keys of notification channels.
//!
//! Envelope encryption: each set of credentials has its own random key, which is wrapped by the master key. Both
//! layers carry company, integration and host as associated data, so a sealed row that is moved to another company or
//! pointed at another host does not open: the database is not trusted. The master key is a file beside the database
//! with mode 0600; anything looser is refused.

use std::fmt;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use scanhelm_core::credential::{Credentials, Secret};
use scanhelm_core::ids::CompanyId;
use scanhelm_core::{Error, Result};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const VERSION: u8 = 1;
const NONCE: usize = 12;
const WRAPPED_KEY: usize = 32 + 16;
const KEY_ID: usize = 8;

/// Seals and opens credentials with the master key.
pub struct Vault {
    master: [u8; 32],
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Vault(***)")
    }
}

/// Where a sealed row belongs.
#[derive(Clone, Debug)]
pub struct Place {
    pub company: CompanyId,
    /// The integration or channel whose they are.
    pub owner: Uuid,
    /// `host:port` of the base URL that credentials are for; a word for what is for no host.
    pub host: String,
}

impl Place {
    fn associated_data(&self) -> Vec<u8> {
        format!("scanhelm-credentials\0{}\0{}\0{}", self.company, self.owner, self.host).into_bytes()
    }
}

impl Vault {
    #[must_use]
    pub const fn new(master: [u8; 32]) -> Self {
        Self { master }
    }

    /// Reads the master key of a data folder, making one on the first start.
    pub fn open(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join("master.key");
        if !path.exists() {
            let mut file =
                fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(|error| {
                    Error::internal(format!("cannot create the master key {}: {error}", path.display()))
                })?;
            let text = hex::encode(rand::random::<[u8; 32]>());
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_all())
                .map_err(|error| Error::internal(format!("cannot write {}: {error}", path.display())))?;
        }
        let refused = |reason: String| {
            Error::new(scanhelm_core::ErrorCode::Conflict, format!("The master key {} {reason}", path.display()))
        };
        let metadata = fs::metadata(&path).map_err(|error| refused(format!("cannot be read: {error}.")))?;
        if metadata.permissions().mode() & 0o077 != 0 {
            return Err(refused("can be read by others. Run `chmod 600` on it.".to_owned()));
        }
        let text = fs::read_to_string(&path).map_err(|error| refused(format!("cannot be read: {error}.")))?;
        let bytes = hex::decode(text.trim()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let master = bytes.ok_or_else(|| {
            refused("is damaged: it should hold 64 hexadecimal digits. Restore it from a backup.".to_owned())
        })?;
        Ok(Self { master })
    }

    fn key_id(&self) -> [u8; KEY_ID] {
        let mut id = [0; KEY_ID];
        for (to, from) in id.iter_mut().zip(Sha256::digest(self.master).iter()) {
            *to = *from;
        }
        id
    }

    /// Seals credentials for one place.
    pub fn seal(&self, place: &Place, credentials: &Credentials) -> Result<Vec<u8>> {
        let texts: std::collections::BTreeMap<&str, &str> =
            credentials.iter().map(|(name, secret)| (name, secret.expose())).collect();
        let plain = serde_json::to_vec(&texts).map_err(Error::internal)?;
        let data_key: [u8; 32] = rand::random();
        let (wrap_nonce, nonce): ([u8; NONCE], [u8; NONCE]) = (rand::random(), rand::random());
        let aad = place.associated_data();
        let wrapped = encrypt(&self.master, &wrap_nonce, &data_key, &aad)?;
        let sealed = encrypt(&data_key, &nonce, &plain, &aad)?;
        let mut bytes = vec![VERSION];
        for part in [&self.key_id()[..], &wrap_nonce, &wrapped, &nonce, &sealed] {
            bytes.extend_from_slice(part);
        }
        Ok(bytes)
    }

    /// Opens what [`Vault::seal`] made for the same place; any change to row, place or key is an error.
    pub fn unseal(&self, place: &Place, bytes: &[u8]) -> Result<Credentials> {
        let damaged = || Error::internal(format!("the secrets of {} do not open with this key", place.owner));
        let mut rest = bytes;
        let mut take = |count: usize| -> Result<&[u8]> {
            let (head, tail) = rest.split_at_checked(count).ok_or_else(damaged)?;
            rest = tail;
            Ok(head)
        };
        if take(1)? != [VERSION] || take(KEY_ID)? != self.key_id() {
            return Err(damaged());
        }
        let wrap_nonce = take(NONCE)?;
        let wrapped = take(WRAPPED_KEY)?;
        let nonce = take(NONCE)?;
        let aad = place.associated_data();
        let data_key = decrypt(&self.master, wrap_nonce, wrapped, &aad).ok_or_else(damaged)?;
        let data_key = <[u8; 32]>::try_from(data_key).map_err(|_| damaged())?;
        let plain = decrypt(&data_key, nonce, rest, &aad).ok_or_else(damaged)?;
        let texts: std::collections::BTreeMap<String, String> =
            serde_json::from_slice(&plain).map_err(|_| damaged())?;
        Ok(texts.into_iter().map(|(name, text)| (name, Secret::new(text))).collect())
    }
}

fn encrypt(key: &[u8; 32], nonce: &[u8; NONCE], plain: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
    Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key))
        .encrypt(&Nonce::from(*nonce), Payload { msg: plain, aad })
        .map_err(|_| Error::internal("sealing failed"))
}

fn decrypt(key: &[u8; 32], nonce: &[u8], sealed: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
    let nonce = <[u8; NONCE]>::try_from(nonce).ok()?;
    Aes256Gcm::new(&Key::<Aes256Gcm>::from(*key)).decrypt(&Nonce::from(nonce), Payload { msg: sealed, aad }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(host: &str) -> Place {
        Place { company: CompanyId(Uuid::from_u128(1)), owner: Uuid::from_u128(2), host: host.to_owned() }
    }

    fn credentials() -> Credentials {
        [("secret_key".to_owned(), Secret::new("MARKER-hunter2"))].into_iter().collect()
    }

    #[test]
    fn opens_only_where_it_was_sealed() {
        let vault = Vault::new([7; 32]);
        let sealed = vault.seal(&place("a:1"), &credentials()).unwrap();
        assert_eq!(vault.unseal(&place("a:1"), &sealed).unwrap(), credentials());
        assert!(vault.unseal(&place("b:1"), &sealed).is_err());
        let other_company = Place { company: CompanyId(Uuid::from_u128(9)), ..place("a:1") };
        assert!(vault.unseal(&other_company, &sealed).is_err());
        assert!(Vault::new([8; 32]).unseal(&place("a:1"), &sealed).is_err());
    }

    #[test]
    fn every_changed_or_missing_byte_is_noticed_and_nothing_shows_through() {
        let vault = Vault::new([7; 32]);
        let sealed = vault.seal(&place("a:1"), &credentials()).unwrap();
        assert!(!sealed.windows(7).any(|window| window == b"hunter2"));
        assert_ne!(sealed, vault.seal(&place("a:1"), &credentials()).unwrap());
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(vault.unseal(&place("a:1"), &changed).is_err(), "byte {index}");
            assert!(vault.unseal(&place("a:1"), &sealed[..index]).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn the_key_file_is_private_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let sealed = Vault::open(folder.path()).unwrap().seal(&place("a:1"), &credentials()).unwrap();
        let path = folder.path().join("master.key");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Vault::open(folder.path()).unwrap().unseal(&place("a:1"), &sealed).is_ok());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Vault::open(folder.path()).unwrap_err().detail.contains("chmod 600"));
    }
}
