//! Who may use an operation. Every operation is registered with one [`Access`]; the layer made from it runs before
//! any extractor, so a caller without the right learns nothing about the body or the thing it names.

use std::fmt;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use scanhelm_core::permission::{Actor, Grant, Permission, Role};
use scanhelm_core::{Error, ErrorCode};
use scanhelm_hub::{Hub, accounts};

use crate::Api;
use crate::credentials::{self, Credential};
use crate::origin;
use crate::problem::Failure;

/// What an operation asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anyone.
    Public,
    /// Whoever proves in the call itself to know a secret of the thing it names. The use case looks at the proof, and
    /// answers everybody else as if there were no such thing.
    Signed,
    /// Anyone who is logged in; concerns the caller itself.
    Session,
    /// A role in the company that has the permission.
    Permission(Permission),
    /// Those who run the installation.
    Operator,
}

impl Access {
    /// The word in `x-permission`.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Signed => "signed",
            Self::Session => "session",
            Self::Permission(permission) => permission.as_str(),
            Self::Operator => "operator",
        }
    }

    /// The word in `x-tenant`: whose data the operation can reach.
    pub(crate) const fn tenant(self) -> &'static str {
        match self {
            Self::Public => "none",
            Self::Signed | Self::Session | Self::Permission(_) => "company",
            Self::Operator => "installation",
        }
    }

    /// Whether what comes again under one `Idempotency-Key` happens once. Who asks for a session or sets the hub up has
    /// shown nothing yet that a key could belong to.
    pub(crate) const fn takes_keys(self) -> bool {
        matches!(self, Self::Permission(_) | Self::Operator)
    }

    fn require(self, grant: &Grant) -> Result<(), Error> {
        match self {
            Self::Public | Self::Signed | Self::Session => Ok(()),
            Self::Permission(permission) => grant.require(permission),
            Self::Operator if grant.role == Role::Operator => Ok(()),
            Self::Operator => {
                Err(Error::new(ErrorCode::PermissionDenied, "Only an operator of this installation may do this."))
            }
        }
    }
}

/// An authenticated request: who it is, with which rights, and how that was shown.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) proven: accounts::Caller,
    pub(crate) credential: Credential,
}

/// Who it was, for the access log: an id, never a credential.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CallerLabel(Actor);

impl fmt::Display for CallerLabel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Actor::User(id) => write!(formatter, "user/{id}"),
            Actor::ApiKey(id) => write!(formatter, "api_key/{id}"),
            Actor::System => formatter.write_str("system"),
        }
    }
}

/// Proves who calls. Not the right to anything yet.
pub(crate) async fn authenticate(api: &Api, parts: &Parts) -> Result<Caller, Error> {
    let credential = credentials::read(&parts.headers, &api.settings)?;
    if matches!(credential, Credential::Session(_)) && origin::is_write(&parts.method) {
        origin::require_same_origin(parts, &api.settings)?;
    }
    let proven = prove(&api.hub, &credential).await?;
    Ok(Caller { proven, credential })
}

/// What a credential is worth at this moment. Event streams ask again while they are open.
pub(crate) async fn prove(hub: &Hub, credential: &Credential) -> Result<accounts::Caller, Error> {
    match credential {
        Credential::ApiKey(key) => hub.accounts().by_api_key(key.expose()).await,
        Credential::Session(token) => hub.accounts().by_session(token.expose()).await,
    }
}

/// The layer of one operation.
pub(crate) async fn admit(api: Api, access: Access, request: Request, next: Next) -> Response {
    if matches!(access, Access::Public | Access::Signed) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let caller = match authenticate(&api, &parts).await {
        Ok(caller) => caller,
        Err(error) => return Failure::from(error).into_response(),
    };
    let label = CallerLabel(caller.proven.grant.actor);
    let mut response = match access.require(&caller.proven.grant) {
        Ok(()) => {
            parts.extensions.insert(caller);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(error) => Failure::from(error).into_response(),
    };
    response.extensions_mut().insert(label);
    response
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Failure;

    /// There is one exactly when the operation is not public: a handler that asks for it on a public operation is a
    /// mistake that its first test shows.
    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Failure> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Error::internal("a public operation asked who calls").into())
    }
}

/// The caller's rights, which every use case takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Granted(pub(crate) Grant);

impl FromRequestParts<Api> for Granted {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        Caller::from_request_parts(parts, api).await.map(|caller| Self(caller.proven.grant))
    }
}
