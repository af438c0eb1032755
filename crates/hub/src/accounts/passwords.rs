//! Passwords: argon2id with the crate's present recommendation, computed off the async threads.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use scanhelm_core::{Error, Result};

/// Shortest password accepted, in characters.
pub(super) const SHORTEST: usize = 10;

pub(super) async fn hash(password: String) -> Result<String> {
    tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(Error::internal)
    })
    .await
    .map_err(Error::internal)?
}

/// Takes as long for an unknown user as for a wrong password.
pub(super) async fn verify(password: String, stored: Option<String>) -> Result<bool> {
    tokio::task::spawn_blocking(move || {
        let Some(stored) = stored else {
            let _ = Argon2::default().hash_password(password.as_bytes());
            return Ok(false);
        };
        let parsed = PasswordHash::new(&stored).map_err(Error::internal)?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await
    .map_err(Error::internal)?
}

pub(super) fn check(password: &str) -> Result<()> {
    if password.chars().count() < SHORTEST {
        return Err(Error::field("password", "too_short", format!("Use at least {SHORTEST} characters.")));
    }
    Ok(())
}
