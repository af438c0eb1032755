//! What the settings of the mail server may be.

use std::fmt;

use scanhelm_core::credential::Secret;
use scanhelm_core::notification::is_mail_address;
use scanhelm_net::MailSecurity;

use super::kinds::{Kind, quoted, single};
use super::layers::Raw;

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
