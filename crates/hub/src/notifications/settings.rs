//! What the operator sets about notifications.

use std::time::Duration;

use scanhelm_net::MailServer;

#[derive(Clone, Debug)]
pub struct NotifySettings {
    /// `None`: no channel can be a mailbox.
    pub mail: Option<MailServer>,
    /// For one attempt.
    pub timeout: Duration,
    /// Between two looks for something to tell.
    pub routing: Duration,
    /// Messages that are sent at the same time, each to another channel.
    pub senders: usize,
    /// Where people reach the console, for links in messages; without a slash at its end.
    pub console: Option<String>,
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self {
            mail: None,
            timeout: Duration::from_secs(15),
            routing: Duration::from_secs(1),
            senders: 4,
            console: None,
        }
    }
}
