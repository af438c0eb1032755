//! The mail server: what it says at each step, and when it says nothing.

use std::time::{Duration, Instant};

use scanhelm_core::credential::Secret;
use scanhelm_net::{Mail, MailError, MailSecurity, MailServer, Mailer};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

const PATIENCE: Duration = Duration::from_secs(30);

/// Its answers to the first lines of a conversation, the greeting first; after the last it hangs up.
type Script = &'static [&'static str];

/// A conversation that goes well as far as it is cut.
const GREETING: &str = "220 mail.test ESMTP";
const HELLO: &str = "250-mail.test\r\n250 AUTH PLAIN LOGIN";
const OK: &str = "250 2.1.0 ok";
/// From here on it says nothing, and stays.
const SILENCE: &str = "";

async fn serving(script: Script) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut stream = BufReader::new(stream);
        for answer in script {
            if *answer == SILENCE {
                return std::future::pending().await;
            }
            if stream.get_mut().write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
                return;
            }
            let mut line = String::new();
            while stream.read_line(&mut line).await.is_ok_and(|read| read > 0) {
                // The text of a mail ends with a line of one dot.
                if !answer.starts_with("354") || line.ends_with("\r\n.\r\n") {
                    break;
                }
            }
        }
    });
    port
}

async fn sent(script: Script, log_in: bool, timeout: Duration) -> Result<(), MailError> {
    let server = MailServer {
        host: "127.0.0.1".to_owned(),
        port: serving(script).await,
        security: MailSecurity::Plain,
        login: log_in.then(|| ("hub".to_owned(), Secret::new("MARKER-PASSWORD"))),
        from: "hub@example.com".to_owned(),
        timeout,
    };
    let to = ["ada@example.com".to_owned()];
    let mail = Mail { id: "0001", to: &to, subject: "A test", text: "Nothing happened." };
    Mailer::new(&server).unwrap().send(&mail).await
}

#[tokio::test]
async fn a_mail_is_taken_though_the_server_never_says_goodbye() {
    let script: Script = &[GREETING, HELLO, "235 2.7.0 in", OK, OK, "354 go on", "250 2.0.0 queued", SILENCE];
    assert_eq!(sent(script, true, PATIENCE).await, Ok(()));
}

/// Wherever it falls silent, the one deadline counts.
#[tokio::test]
async fn a_silent_server_holds_nobody() {
    let silences: [(Script, bool, &str); 4] = [
        (&[SILENCE], false, "did not greet"),
        (&[GREETING, SILENCE], false, "did not greet"),
        (&[GREETING, HELLO, SILENCE], true, "did not finish the log-in"),
        (&[GREETING, HELLO, OK, SILENCE], false, "did not take the mail"),
    ];
    for (script, log_in, what) in silences {
        let begun = Instant::now();
        let error = sent(script, log_in, Duration::from_millis(300)).await.unwrap_err();
        assert!(begun.elapsed() < Duration::from_secs(5), "{script:?}: {:?}", begun.elapsed());
        assert!(!error.permanent && error.detail.contains(what), "{script:?}: {error:?}");
    }
}

/// A mail is refused for good only by what is said about it.
#[tokio::test]
async fn what_is_not_about_the_mail_is_not_final() {
    let cases: [(Script, bool, u16, bool, &str); 9] = [
        (&["554 5.3.2 no service here"], false, 554, false, "turns us away"),
        (&["521 5.3.2 never"], false, 521, false, "turns us away"),
        (&[GREETING, HELLO, "535 5.7.8 wrong"], true, 535, false, "smtp_password"),
        (&[GREETING, HELLO, "534 5.7.9 too weak"], true, 534, false, "smtp_password"),
        (&[GREETING, HELLO, "530 5.7.0 log in first"], false, 530, false, "wants another log-in"),
        (&[GREETING, HELLO, OK, "538 5.7.11 over TLS only"], false, 538, false, "smtp_security"),
        (&[GREETING, HELLO, OK, "550 5.1.1 nobody of that name"], false, 550, true, "nobody of that name"),
        (&[GREETING, HELLO, OK, OK, "354 go on", "554 5.6.0 spam"], false, 554, true, "refuses the mail"),
        (&[GREETING, HELLO, OK, "451 4.3.0 later"], false, 451, false, "does not take the mail now"),
    ];
    for (script, log_in, code, permanent, words) in cases {
        let error = sent(script, log_in, PATIENCE).await.unwrap_err();
        assert_eq!((error.code, error.permanent), (Some(code), permanent), "{script:?}: {error:?}");
        assert!(error.detail.contains(words), "{script:?}: {error:?}");
        assert!(!format!("{error:?}").contains("MARKER-PASSWORD"));
    }
}
