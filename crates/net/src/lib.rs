//! The only place that builds an HTTP client.
//!
//! A vendor is a stranger with our credentials: its address comes from a tenant, its answers from software we do not
//! control, on a network that may lie. So every outgoing call goes through one type, [`VendorHttp`], which is bound
//! to one instance and decides, in this order: may this address be called at all ([`NetworkPolicy`], on the address
//! really connected to), is the instance known to be down ([`BreakerView`]), is there budget, how long may each phase
//! last, how many decoded bytes may come, and what the outcome *means*: for a write, "certainly not done" and "may
//! have happened" are different answers ([`WriteError`]).
//!
//! Nothing here knows a vendor. Nothing here logs a body, a header's value, a path or a query: a path may carry a
//! download token. Log lines and errors name the operation ("list scans") and the host instead.

mod address;
mod answer;
mod body;
mod breaker;
mod budget;
mod certificate;
mod error;
mod hook;
mod http;
mod limits;
mod loopback;
mod mail;
mod policy;
mod probe;
mod replay;
mod resolver;
mod retry_after;
mod tls;
mod transport;
mod visit;

pub use answer::Answer;
pub use breaker::{BreakerState, BreakerView};
pub use budget::BudgetView;
pub use certificate::{Certificate, Trust};
pub use error::{NetError, NetErrorKind, Phase, Unreadable, WriteError};
pub use hook::{Hook, HookAnswer};
pub use http::{EventStream, Request, ServerEvent, Upload, VendorHttp, VendorHttpOptions, describe_metrics};
pub use limits::HttpLimits;
pub use loopback::Loopback;
pub use mail::{Mail, MailError, MailSecurity, MailServer, Mailer};
pub use policy::{NetworkPolicy, Refusal};
pub use probe::{ProbeStep, probe};
pub use replay::Exchange;
pub use tls::TlsProblem;
pub use visit::{Secured, Visit, Visitor};
