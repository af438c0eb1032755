//! What the settings of the mail server may be.

use std::fmt;
use std::net::IpAddr;

use scanhelm_core::credential::Secret;
use scanhelm_core::notification::is_mail_address;
use scanhelm_net::{MailSecurity, MailServer};

use super::kinds::{Kind, quoted, single};
use super::layers::Raw;
use super::table::Notify;

/// A password that may be left out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Password(pub(crate) Option<Secret>);

impl Kind for Password {
    const NAME: &'static str = "secret";

    fn read(raw: Raw) -> Result<Self, String> {
        let text = single(raw)?;
        Ok(Self((!text.is_empty()).then(|| Secret::new(text))))
    }

    fn shown(&self) -> String {
        self.0.as_ref().map(|_| "***".to_owned()).unwrap_or_default()
    }
}

/// Whether nothing that is sent to this host leaves the machine.
fn is_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// One mail address.
#[derive(Clone, Debug)]
pub(crate) struct MailAddress(pub(crate) String);

impl Kind for MailAddress {
    const NAME: &'static str = "mail address";

    fn read(raw: Raw) -> Result<Self, String> {
        let text = single(raw)?;
        if is_mail_address(&text) { Ok(Self(text)) } else { Err(format!("{} is not a mail address", quoted(&text))) }
    }

    fn shown(&self) -> String {
        self.0.clone()
    }
}

/// A TCP port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Port(pub(crate) u16);

impl Kind for Port {
    const NAME: &'static str = "port";

    fn read(raw: Raw) -> Result<Self, String> {
        let text = single(raw)?;
        let port = text.parse().ok().filter(|port| *port > 0).map(Self);
        port.ok_or_else(|| format!("{} is not a port between 1 and 65535", quoted(&text)))
    }

    fn shown(&self) -> String {
        self.0.to_string()
    }
}

/// How the connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SmtpSecurity(pub(crate) MailSecurity);

impl fmt::Display for SmtpSecurity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.0 {
            MailSecurity::StartTls => "starttls",
            MailSecurity::Tls => "tls",
            MailSecurity::Plain => "none",
        })
    }
}

impl Kind for SmtpSecurity {
    const NAME: &'static str = "`starttls`, `tls` or `none`";

    fn read(raw: Raw) -> Result<Self, String> {
        let text = single(raw)?;
        match text.as_str() {
            "starttls" => Ok(Self(MailSecurity::StartTls)),
            "tls" => Ok(Self(MailSecurity::Tls)),
            "none" => Ok(Self(MailSecurity::Plain)),
            _ => Err(format!("{} is none of starttls, tls and none", quoted(&text))),
        }
    }

    fn shown(&self) -> String {
        self.to_string()
    }
}

impl Notify {
    /// Settings that are right one by one and wrong together.
    pub(super) fn contradictions(&self) -> Vec<String> {
        let mut found = Vec::new();
        let (logs_in, has_password) = (!self.smtp_username.is_empty(), self.smtp_password.0.is_some());
        if has_password && !logs_in {
            found.push(
                "notify.smtp_password is set without notify.smtp_username: name the user it belongs to, or leave both out"
                    .to_owned(),
            );
        }
        if logs_in && !has_password {
            found.push(
                "notify.smtp_username is set without notify.smtp_password: set its password, or leave both out"
                    .to_owned(),
            );
        }
        if logs_in && self.smtp_security.0 == MailSecurity::Plain && !is_this_machine(&self.smtp_host) {
            found.push(format!(
                "notify.smtp_security is none, so the password for {} would cross the network in the clear: use starttls \
                 or tls; without protection only a mail server on this machine can be logged in to",
                self.smtp_host
            ));
        }
        found
    }

    pub(super) fn mail_server(&self) -> Option<MailServer> {
        if self.smtp_host.is_empty() {
            return None;
        }
        let user = Some(self.smtp_username.clone()).filter(|user| !user.is_empty());
        Some(MailServer {
            host: self.smtp_host.clone(),
            port: self.smtp_port.0,
            security: self.smtp_security.0,
            login: user.zip(self.smtp_password.0.clone()),
            from: self.mail_from.0.clone(),
            timeout: self.timeout,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Raw {
        Raw::Text(text.to_owned())
    }

    #[test]
    fn a_password_is_never_shown() {
        let password = Password::read(text("hunter2")).unwrap();
        assert_eq!((password.shown(), Password::read(text("")).unwrap().shown()), ("***".to_owned(), String::new()));
    }

    #[test]
    fn only_this_machine_is_this_machine() {
        for host in ["localhost", "LocalHost", "127.0.0.1", "127.8.8.8", "::1", "[::1]"] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in ["localhost.example.com", "10.0.0.1", "mail", "0.0.0.0", ""] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(Port::read(text("0")).unwrap_err().contains("`0`"));
        assert!(Port::read(text("99999")).is_err() && Port::read(text("587")).is_ok());
        assert!(MailAddress::read(text("nobody")).unwrap_err().contains("`nobody`"));
        for word in ["starttls", "tls", "none"] {
            assert_eq!(SmtpSecurity::read(text(word)).unwrap().shown(), word);
        }
        assert!(SmtpSecurity::read(text("ssl")).is_err());
    }
}
