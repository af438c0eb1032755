//! Sending mail through the operator's mail server (SMTP). The server is named in the settings by whoever runs the hub,
//! not by a company, so no target policy stands before it. TLS is rustls with the certificates of the system.

use std::fmt;
use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
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
    /// The server will not take it, however often it is asked.
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

/// A handle on the mail server. Opens a connection for each mail: they are few.
#[derive(Clone, Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
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
        let tls = || TlsParameters::new_rustls(server.host.clone()).map_err(|cause| unusable(&cause));
        let tls = match server.security {
            MailSecurity::StartTls => Tls::Required(tls()?),
            MailSecurity::Tls => Tls::Wrapper(tls()?),
            MailSecurity::Plain => Tls::None,
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(server.timeout));
        if let Some((user, password)) = &server.login {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        Ok(Self { transport: builder.build(), from: Mailbox::new(Some("Scanhelm".to_owned()), address) })
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
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let code = error.status().map(|code| {
                    u16::from(code.severity as u8) * 100
                        + u16::from(code.category as u8) * 10
                        + u16::from(code.detail as u8)
                });
                let detail = match code {
                    Some(code) => format!("The mail server answered {code}."),
                    None => format!("The mail server cannot be reached: {}.", text::single_line(&chain(&error), 300)),
                };
                Err(MailError { permanent: error.is_permanent(), code, detail })
            }
        }
    }
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
