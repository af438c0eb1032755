//! Logging in and out, the first user, and which company is looked at.

use std::net::IpAddr;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use scanhelm_core::ids::CompanyId;
use scanhelm_core::{Error, ErrorCode};
use scanhelm_hub::accounts::{self, NewInstallation};

use crate::access::{Access, Caller};
use crate::connections::peer_of;
use crate::credentials::{self, Credential};
use crate::dto::account::{LogIn, Session, SetUp, SetUpState, SwitchCompany};
use crate::extract::Body;
use crate::origin;
use crate::problem::{ApiResult, Failure};
use crate::registration::{Operations, handler};
use crate::{Api, LogInThrottle};

pub(crate) fn register(operations: Operations) -> Operations {
    operations
        .operation(Access::Public, handler!(set_up_state))
        .operation(Access::Public, handler!(set_up))
        .operation(Access::Public, handler!(log_in))
        .operation(Access::Session, handler!(who_am_i))
        .operation(Access::Public, handler!(log_out))
        .operation(Access::Session, handler!(switch_company))
}

/// Where a guess comes from; refused when it comes through a browser from another site.
struct Guess(IpAddr);

impl FromRequestParts<Api> for Guess {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        origin::refuse_foreign_origin(parts, &api.settings)?;
        Ok(Self(peer_of(&parts.extensions)))
    }
}

impl LogInThrottle {
    fn take(&self, guess: &Guess, account: &str) -> Result<(), Failure> {
        let waiting = self.by_address.take(guess.0).and_then(|()| self.by_account.take(account.trim().to_lowercase()));
        waiting.map_err(|seconds| {
            Failure::rate_limited(format!("Too many attempts. Try again in {seconds} seconds."), seconds)
        })
    }
}

/// Whether this installation waits for its first user.
#[utoipa::path(get, path = "/api/v1/setup", operation_id = "get_setup", tag = "account",
    responses((status = 200, body = SetUpState)))]
async fn set_up_state(State(api): State<Api>) -> ApiResult<Json<SetUpState>> {
    Ok(Json(SetUpState { needs_setup: api.hub.accounts().needs_setup().await? }))
}

/// Makes the first company and its administrator, and logs them in.
///
/// Works once, with the one-time token that the hub prints at its first start.
#[utoipa::path(post, path = "/api/v1/setup", operation_id = "set_up", tag = "account", request_body = SetUp,
    responses(
        (status = 201, body = Session, headers(("Set-Cookie" = String))),
        (status = 401, description = "The token is wrong or was used."),
        (status = 409, description = "`already_set_up`"),
        (status = 429, description = "Too many attempts."),
    ))]
async fn set_up(State(api): State<Api>, guess: Guess, Body(body): Body<SetUp>) -> ApiResult<Response> {
    api.log_ins.take(&guess, "set-up")?;
    let installation = NewInstallation {
        company: body.company,
        name: body.name,
        email: body.email.clone(),
        password: Some(body.password.0.clone()),
    };
    api.hub.accounts().set_up(body.token.0.expose(), installation).await?;
    let opened = api.hub.accounts().log_in(&body.email, body.password.0.expose()).await?;
    logged_in(&api, opened, StatusCode::CREATED).await
}

/// Opens a console session. The answer sets its cookie.
#[utoipa::path(post, path = "/api/v1/session", operation_id = "log_in", tag = "account", request_body = LogIn,
    responses(
        (status = 200, body = Session, headers(("Set-Cookie" = String))),
        (status = 401, description = "Address or password is wrong."),
        (status = 429, description = "Too many attempts."),
    ))]
async fn log_in(State(api): State<Api>, guess: Guess, Body(body): Body<LogIn>) -> ApiResult<Response> {
    api.log_ins.take(&guess, &body.email)?;
    let opened = api.hub.accounts().log_in(&body.email, body.password.0.expose()).await?;
    logged_in(&api, opened, StatusCode::OK).await
}

/// Who is logged in, and what they may do.
#[utoipa::path(get, path = "/api/v1/session", operation_id = "get_session", tag = "account",
    responses((status = 200, body = Session)))]
async fn who_am_i(State(api): State<Api>, caller: Caller) -> ApiResult<Json<Session>> {
    Ok(Json(session(&api, caller.proven).await?))
}

/// Ends the session and makes the browser forget its cookie. Ending one that is over is fine.
#[utoipa::path(delete, path = "/api/v1/session", operation_id = "log_out", tag = "account",
    responses((status = 204, description = "Logged out.")))]
async fn log_out(State(api): State<Api>, leaving: Leaving) -> ApiResult<Response> {
    if let Some(token) = leaving.0 {
        api.hub.accounts().log_out(token.expose()).await?;
    }
    let cookie = credentials::expired_cookie(&api.settings)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// The session to end, if there is one.
struct Leaving(Option<scanhelm_core::credential::Secret>);

impl FromRequestParts<Api> for Leaving {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Failure> {
        origin::refuse_foreign_origin(parts, &api.settings)?;
        Ok(Self(credentials::session_token(&parts.headers, &api.settings)))
    }
}

/// Looks at another company with the same log-in.
#[utoipa::path(post, path = "/api/v1/session/company", operation_id = "switch_company", tag = "account",
    request_body = SwitchCompany,
    responses(
        (status = 200, body = Session),
        (status = 404, description = "Unknown, or not one of yours."),
        (status = 409, description = "An API key belongs to one company."),
    ))]
async fn switch_company(
    State(api): State<Api>,
    caller: Caller,
    Body(body): Body<SwitchCompany>,
) -> ApiResult<Json<Session>> {
    let Credential::Session(token) = &caller.credential else {
        let detail = "An API key belongs to one company. Use a key of the other one.";
        return Err(Error::new(ErrorCode::Conflict, detail).into());
    };
    let proven = api.hub.accounts().switch_company(token.expose(), CompanyId(body.company_id)).await?;
    Ok(Json(session(&api, proven).await?))
}

async fn logged_in(api: &Api, opened: accounts::OpenedSession, status: StatusCode) -> ApiResult<Response> {
    let cookie: HeaderValue = credentials::session_cookie(&opened.token, &api.settings)?;
    let body = session(api, opened.caller).await?;
    Ok((status, [(header::SET_COOKIE, cookie)], Json(body)).into_response())
}

async fn session(api: &Api, caller: accounts::Caller) -> Result<Session, Error> {
    let company = api.hub.accounts().company(caller.grant.company).await?;
    let companies = api.hub.accounts().companies_of(&caller).await?;
    Ok(Session::new(caller, company, companies))
}
