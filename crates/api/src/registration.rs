//! How operations become routes. There is one door, [`Operations::operation`], and it asks for the access; so an
//! operation without a declared permission cannot be written. That the document agrees is checked once more before
//! the hub starts: someone may find another way in one day.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt};

use crate::access::{self, Access};
use crate::document::{self, BuildError};
use crate::problem::Failure;
use crate::{Api, edge, once};

/// What `routes!(handler)` makes: the handler with its documentation.
pub(crate) type Documented = UtoipaMethodRouter<Api>;

/// How long an operation may take until its answer begins.
#[derive(Clone, Copy, Debug)]
enum Patience {
    Request,
    Upload,
}

struct Operation {
    access: Access,
    patience: Patience,
    documented: Documented,
}

/// Every operation of the API.
#[derive(Default)]
pub(crate) struct Operations(Vec<Operation>);

impl Operations {
    pub(crate) fn operation(self, access: Access, documented: Documented) -> Self {
        self.with(access, Patience::Request, documented)
    }

    /// One that receives a large body and counts it by itself.
    pub(crate) fn upload(self, access: Access, documented: Documented) -> Self {
        self.with(access, Patience::Upload, documented)
    }

    fn with(mut self, access: Access, patience: Patience, mut documented: Documented) -> Self {
        let takes_keys = access.takes_keys() && matches!(patience, Patience::Request);
        document::declare(&mut documented.1, access, takes_keys);
        self.0.push(Operation { access, patience, documented });
        self
    }

    fn require_one_meaning(&self) -> Result<(), BuildError> {
        document::require_one_meaning(self.0.iter().flat_map(|operation| &operation.documented.0))
    }

    /// The OpenAPI document alone; needs no hub.
    pub(crate) fn document(self) -> Result<OpenApi, BuildError> {
        self.require_one_meaning()?;
        let router =
            self.0.into_iter().fold(OpenApiRouter::<Api>::with_openapi(document::base()), |router, operation| {
                router.routes(operation.documented)
            });
        document::finish(router.into_openapi())
    }

    /// The routes, each behind its layers.
    pub(crate) fn router(self, api: &Api) -> Result<Router<Api>, BuildError> {
        self.require_one_meaning()?;
        let start = OpenApiRouter::<Api>::with_openapi(document::base());
        let router = self.0.into_iter().fold(start, |router, Operation { access, patience: kind, documented }| {
            let guarded = documented.map(|methods| {
                let (patience, largest) = match kind {
                    Patience::Request => {
                        (api.settings.request_timeout, DefaultBodyLimit::max(api.settings.max_body_bytes))
                    }
                    Patience::Upload => (api.settings.upload_timeout, DefaultBodyLimit::disable()),
                };
                let (admitting, keyed) = (api.clone(), api.clone());
                let takes_keys = access.takes_keys() && matches!(kind, Patience::Request);
                methods
                    .route_layer(middleware::from_fn(move |request: Request, next: Next| {
                        let keyed = keyed.clone();
                        async move {
                            if takes_keys { once::once(keyed, request, next).await } else { next.run(request).await }
                        }
                    }))
                    .route_layer(largest)
                    .route_layer(middleware::from_fn(move |request: Request, next: Next| {
                        in_time(patience, request, next)
                    }))
                    .route_layer(middleware::from_fn(move |request: Request, next: Next| {
                        access::admit(admitting.clone(), access, request, next)
                    }))
            });
            router.routes(guarded)
        });
        let (router, openapi) = router.split_for_parts();
        document::finish(openapi)?;
        Ok(router.method_not_allowed_fallback(edge::no_such_method))
    }
}

async fn in_time(patience: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(patience, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Failure::from(edge::too_slow()).into_response(),
    }
}
