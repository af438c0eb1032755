//! DNS with the target policy inside: what this resolver returns is what is connected to, so there is no moment
//! between the check and the use in which a name could change its address.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::policy::{NetworkPolicy, Refusal};

#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) policy: Arc<NetworkPolicy>,
    pub(crate) port: u16,
    pub(crate) tls: bool,
}

impl Target {
    /// A literal address does not pass the resolver and is checked by itself.
    pub(crate) fn check(&self, address: IpAddr) -> Result<(), Refusal> {
        self.policy.check(address, self.port, self.tls)
    }

    /// The addresses of a name that may be called. Only when none may is it an error, the first refusal then.
    pub(crate) async fn resolve(&self, host: &str) -> Result<Vec<SocketAddr>, ResolveError> {
        let found = tokio::net::lookup_host((host, self.port)).await.map_err(ResolveError::Lookup)?;
        let mut refusal = None;
        let mut allowed = Vec::new();
        for address in found {
            match self.check(address.ip()) {
                Ok(()) => allowed.push(address),
                Err(refused) => refusal = refusal.or(Some(refused)),
            }
        }
        match refusal {
            Some(refusal) if allowed.is_empty() => Err(ResolveError::Refused(refusal)),
            None if allowed.is_empty() => Err(ResolveError::Lookup(std::io::Error::other("the name has no address"))),
            _ => Ok(allowed),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    #[error("{0}")]
    Lookup(std::io::Error),
    #[error(transparent)]
    Refused(Refusal),
}

impl Resolve for Target {
    fn resolve(&self, name: Name) -> Resolving {
        let target = self.clone();
        Box::pin(async move {
            match Target::resolve(&target, name.as_str()).await {
                Ok(addresses) => Ok(Box::new(addresses.into_iter()) as Addrs),
                Err(ResolveError::Lookup(error)) => Err(error.into()),
                Err(ResolveError::Refused(refusal)) => Err(refusal.into()),
            }
        })
    }
}
