//! How operations become routes. There is one door, [`Operations::operation`], and it asks for the access; so an
//! operation without a declared permission cannot be written. That its path and its access agree is checked before the
//! hub starts.
//!
//! A handler's documentation is made only when the document is asked for. A hub serves the committed one: making all of it
//! at the start took 15 MB, of which the allocator kept most for as long as the hub ran.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter};
use utoipa::openapi::{HttpMethod, OpenApi};
use utoipa_axum::PathItemExt as _;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::access::{self, Access};
use crate::document::{self, BuildError};
use crate::problem::Failure;
use crate::{Api, edge, once};

/// A function that answers requests, and what `utoipa::path` says of it. Made by [`handler!`](crate::registration::handler).
pub(crate) struct Handler {
    pub(crate) path: fn() -> String,
    pub(crate) methods: fn() -> Vec<HttpMethod>,
    pub(crate) serve: fn(MethodFilter) -> MethodRouter<Api>,
    pub(crate) documented: fn() -> UtoipaMethodRouter<Api>,
}

/// The [`Handler`] of a function of this module that has a `utoipa::path`.
macro_rules! handler {
    ($handler:ident) => {
        utoipa_axum::paste! {
            $crate::registration::Handler {
                path: || <[<__path_ $handler>] as utoipa::Path>::path(),
                methods: || <[<__path_ $handler>] as utoipa::Path>::methods(),
                serve: |method| axum::routing::on(method, $handler),
                documented: || utoipa_axum::routes!($handler),
            }
        }
    };
}
pub(crate) use handler;

/// How long an operation may take until its answer begins.
#[derive(Clone, Copy, Debug)]
enum Patience {
    Request,
    Upload,
}

struct Operation {
    access: Access,
    patience: Patience,
    handler: Handler,
}

/// Every operation of the API.
#[derive(Default)]
pub(crate) struct Operations(Vec<Operation>);

impl Operations {
    pub(crate) fn operation(self, access: Access, handler: Handler) -> Self {
        self.with(access, Patience::Request, handler)
    }

    /// One that receives a large body and counts it by itself.
    pub(crate) fn upload(self, access: Access, handler: Handler) -> Self {
        self.with(access, Patience::Upload, handler)
    }

    fn with(mut self, access: Access, patience: Patience, handler: Handler) -> Self {
        self.0.push(Operation { access, patience, handler });
        self
    }

    /// The OpenAPI document alone; needs no hub.
    pub(crate) fn document(&self) -> Result<OpenApi, BuildError> {
        let documented: Vec<_> = self
            .0
            .iter()
            .map(|operation| {
                let mut documented = (operation.handler.documented)();
                document::declare(&mut documented.1, operation.access, operation.takes_keys());
                documented
            })
            .collect();
        document::require_one_meaning(documented.iter().flat_map(|(schemas, _, _)| schemas))?;
        let start = OpenApiRouter::<Api>::with_openapi(document::base());
        let router = documented.into_iter().fold(start, OpenApiRouter::routes);
        document::finish(router.into_openapi())
    }

    /// The routes, each behind its layers.
    pub(crate) fn router(&self, api: &Api) -> Result<Router<Api>, BuildError> {
        let mut router = Router::new();
        for operation in &self.0 {
            let path = (operation.handler.path)();
            document::require_scope(&path, operation.access)?;
            router = router.route(&path, operation.guarded(api));
        }
        Ok(router.method_not_allowed_fallback(edge::no_such_method))
    }
}

impl Operation {
    fn takes_keys(&self) -> bool {
        self.access.takes_keys() && matches!(self.patience, Patience::Request)
    }

    fn guarded(&self, api: &Api) -> MethodRouter<Api> {
        let methods = (self.handler.methods)();
        let serve = |method: &HttpMethod| (self.handler.serve)(method.to_method_filter());
        let handler = methods.iter().map(serve).fold(MethodRouter::new(), MethodRouter::merge);
        let (patience, largest) = match self.patience {
            Patience::Request => (api.settings.request_timeout, DefaultBodyLimit::max(api.settings.max_body_bytes)),
            Patience::Upload => (api.settings.upload_timeout, DefaultBodyLimit::disable()),
        };
        let (admitting, keyed) = (api.clone(), api.clone());
        let (access, takes_keys) = (self.access, self.takes_keys());
        handler
            .route_layer(middleware::from_fn(move |request: Request, next: Next| {
                let keyed = keyed.clone();
                async move { if takes_keys { once::once(keyed, request, next).await } else { next.run(request).await } }
            }))
            .route_layer(largest)
            .route_layer(middleware::from_fn(move |request: Request, next: Next| in_time(patience, request, next)))
            .route_layer(middleware::from_fn(move |request: Request, next: Next| {
                access::admit(admitting.clone(), access, request, next)
            }))
    }
}

async fn in_time(patience: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(patience, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::from(edge::too_slow()).into_response(),
    }
}
