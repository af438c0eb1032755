//! Sending mail through the operator's mail server (SMTP). The server is named in the settings by whoever runs the hub,
//! not by a company, so no target policy stands before it. TLS is rustls with the certificates of the system.
//!
//! The steps are taken one by one, because the same answer means different things at different steps: a 554 in place of
//! a greeting and a refused log-in are for the operator to mend and say nothing about the mail.

use std::fmt;
use std::time::Duration;

use lettre::Address;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use scanhelm_core::credential::Secret;
use scanhelm_core::{Error, text};

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailSecurity {
    /// Begins in the clear and must turn to TLS before anything is said (port 587).
    #[default]
    StartTls,
    /// TLS from the first byte (port 465).
    Tls,
    /// None: for a server on the same machine.
    Plain,
}

/// The operator's mail server.
#[derive(Clone, Debug)]
pub struct MailServer {
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    /// User name and password.
    pub login: Option<(String, Secret)>,
    /// The address that mails come from.
    pub from: String,
    /// For one mail, from the connection to the server's word that it took it.
    pub timeout: Duration,
}

/// One plain-text mail.
#[derive(Clone, Debug)]
pub struct Mail<'a> {
    /// Unique and stable: what mail programs recognise a repetition by.
    pub id: &'a str,
    pub to: &'a [String],
    pub subject: &'a str,
    pub text: &'a str,
}

/// Why a mail was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailError {
    /// The server will not take this mail, however often it is asked.
    pub permanent: bool,
    /// Of SMTP.
    pub code: Option<u16>,
    pub detail: String,
}

impl fmt::Display for MailError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.detail)
    }
}

impl std::error::Error for MailError {}

/// How far the server went along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Connect,
    LogIn,
    HandOver,
}

/// Replies to a mail that are about whoever sends it: no log-in, one of the wrong kind, one that needs TLS.
const ABOUT_THE_LOG_IN: [u16; 4] = [530, 534, 535, 538];

/// For the goodbye after the mail was taken.
const GOODBYE: Duration = Duration::from_secs(1);

/// A handle on the mail server. Opens a connection for each mail: they are few.
#[derive(Clone)]
pub struct Mailer {
    server: MailServer,
    tls: Option<TlsParameters>,
    from: Mailbox,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Mailer").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Mailer {
    /// Opens no connection.
    ///
    /// # Errors
    /// When the sender's address or the host name cannot be used.
    pub fn new(server: &MailServer) -> Result<Self, Error> {
        let unusable = |cause: &dyn fmt::Display| {
            Error::internal(format!("the mail server of `[notify]` cannot be used: {cause}"))
        };
        let address: Address = server.from.parse().map_err(|cause| unusable(&cause))?;
        let tls = match server.security {
            MailSecurity::StartTls | MailSecurity::Tls => {
                Some(TlsParameters::new_rustls(server.host.clone()).map_err(|cause| unusable(&cause))?)
            }
            MailSecurity::Plain => None,
        };
        Ok(Self { server: server.clone(), tls, from: Mailbox::new(Some("Scanhelm".to_owned()), address) })
    }

    /// Hands one mail to the server, for all recipients or none.
    ///
    /// # Errors
    /// When the server did not take it.
    pub async fn send(&self, mail: &Mail<'_>) -> Result<(), MailError> {
        let unfit = |detail: String| MailError { permanent: true, code: None, detail };
        let mut builder = Message::builder()
            .from(self.from.clone())
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .subject(mail.subject)
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        for to in mail.to {
            let address: Address = to.parse().map_err(|_| unfit(format!("{to} is not a mail address.")))?;
            builder = builder.to(Mailbox::new(None, address));
        }
        let message = builder
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.to_owned())
            .map_err(|cause| unfit(format!("The mail cannot be written: {cause}.")))?;
        let mut step = Step::Connect;
        match tokio::time::timeout(self.server.timeout, self.hand_over(&message, &mut step)).await {
            Ok(Ok(mut connection)) => {
                // The mail is taken, whatever becomes of the connection.
                let _ = tokio::time::timeout(GOODBYE, connection.quit()).await;
                Ok(())
            }
            Ok(Err(error)) => Err(failure(step, &error)),
            Err(_) => {
                let seconds = self.server.timeout.as_secs_f64();
                let done = match step {
                    Step::Connect => "greet",
                    Step::LogIn => "finish the log-in",
                    Step::HandOver => "take the mail",
                };
                let detail = format!("The mail server did not {done} within {seconds} seconds.");
                Err(MailError { permanent: false, code: None, detail })
            }
        }
    }

    /// The connection over which the mail was taken; `step` follows what is being done.
    async fn hand_over(&self, message: &Message, step: &mut Step) -> Result<AsyncSmtpConnection, SmtpError> {
        let MailServer { host, port, security, login, timeout, .. } = &self.server;
        let wrapped = self.tls.clone().filter(|_| *security == MailSecurity::Tls);
        let name = ClientId::default();
        let address = (host.as_str(), *port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, Some(*timeout), &name, wrapped, None).await?;
        if let (MailSecurity::StartTls, Some(tls)) = (security, &self.tls) {
            connection.starttls(tls.clone(), &name).await?;
        }
        if let Some((user, password)) = login {
            *step = Step::LogIn;
            let credentials = Credentials::new(user.clone(), password.expose().to_owned());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
        }
        *step = Step::HandOver;
        connection.send(message.envelope(), &message.formatted()).await?;
        Ok(connection)
    }
}

/// What a failure at this step says about the mail, and to whoever can mend it.
fn failure(step: Step, error: &SmtpError) -> MailError {
    let code = error.status().map(|code| {
        u16::from(code.severity as u8) * 100 + u16::from(code.category as u8) * 10 + u16::from(code.detail as u8)
    });
    let about_log_in = code.is_some_and(|code| ABOUT_THE_LOG_IN.contains(&code));
    let permanent = step == Step::HandOver && error.is_permanent() && !about_log_in;
    let said = text::single_line(&chain(error), 300);
    let detail = match (step, code) {
        (Step::Connect, Some(code)) => {
            format!("The mail server turns us away with {code} ({said}). Its operator knows whom it serves.")
        }
        (Step::Connect, None) => format!("The mail server cannot be reached: {said}."),
        (Step::LogIn, _) => format!(
            "The mail server refuses the log-in ({said}). The operator of this hub mends `smtp_username` and \
             `smtp_password` in `[notify]`."
        ),
        (Step::HandOver, Some(code)) if about_log_in => format!(
            "The mail server wants another log-in before it takes a mail: {code} ({said}). The operator of this hub sets \
             `smtp_username`, `smtp_password` and `smtp_security` in `[notify]`."
        ),
        (Step::HandOver, Some(code)) if permanent => format!("The mail server refuses the mail with {code} ({said})."),
        (Step::HandOver, Some(code)) => format!("The mail server does not take the mail now: {code} ({said})."),
        (Step::HandOver, None) => format!("The mail could not be handed over: {said}."),
    };
    MailError { permanent, code, detail }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        words = format!("{words}: {next}");
        cause = next.source();
    }
    words
}
