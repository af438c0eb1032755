use proptest::prelude::*;

use super::*;

fn redactor() -> Redactor {
    let names =
        ["db01.corp.example.com", "https://shop.example.org:8443/cart", "10.20.30.40", "arn:aws:ec2:eu:1:i/i-9"];
    Redactor::hiding(names.map(str::to_owned))
}

fn redacted(text: &str) -> (String, Redactions) {
    let mut counts = Redactions::new();
    let text = redactor().redact(text, &mut counts);
    (text, counts)
}

#[test]
fn each_kind_is_taken_out_and_counted() {
    let cases = [
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----.", Redacted::PrivateKey, "MIIE"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNz cut", Redacted::PrivateKey, "b3Blb"),
        ("see postgres://admin:s3cr3t@db/x", Redacted::Password, "s3cr3t"),
        ("amqp://admin:pa/ss@queue", Redacted::Password, "pa/ss"),
        ("password = hunter2", Redacted::Password, "hunter2"),
        ("Possible hardcoded password: 'correct horse'", Redacted::Password, "horse"),
        ("{\"apiKey\": \"abc\"}", Redacted::Password, "abc"),
        ("{\\\"client_secret\\\": \\\"abc\\\"}", Redacted::Password, "abc"),
        ("the API key: zz9", Redacted::Password, "zz9"),
        ("Authorization: Bearer qwerty", Redacted::Password, "qwerty"),
        ("if DB_PASSWORD == \"x y\":", Redacted::Password, "x y"),
        ("key AKIAIOSFODNN7EXAMPLE.", Redacted::Token, "AKIA"),
        ("(ghp_abcdefghijklmnop1234)", Redacted::Token, "ghp_"),
        ("mail jane.doe+x@example.net now", Redacted::EmailAddress, "jane"),
        ("on DB01.corp.example.com, port 5", Redacted::HostName, "DB01"),
        ("from db02.corp.example.com", Redacted::HostName, "db02"),
        ("db01 is old", Redacted::HostName, "db01"),
        ("at https://shop.example.org:8443/cart", Redacted::HostName, "shop"),
        ("ask vault.prod.internal for it", Redacted::HostName, "vault"),
        ("and db.lan.", Redacted::HostName, "db.lan"),
        ("instance arn:aws:ec2:eu:1:i/i-9", Redacted::HostName, "i-9"),
        ("10.20.30.40: open", Redacted::HostName, "10.20"),
        ("192.168.7.9/24.", Redacted::IpAddress, "192.168"),
        ("listens on [fe80::1ff:fe23:4567:890a]:80", Redacted::IpAddress, "fe80"),
        ("in /home/jane/shop/app.py:12", Redacted::Path, "jane"),
        ("in '/srv/My Files/x'", Redacted::Path, "Files"),
        ("file:///etc/shop/key", Redacted::Path, "key"),
        ("in /home/jane@example.net/db01.corp.example.com/x", Redacted::Path, "/x"),
        ("C:\\Users\\jane\\x", Redacted::Path, "jane"),
        ("\\\\server7\\share", Redacted::Path, "server7"),
        ("~/.ssh/id", Redacted::Path, ".ssh"),
        ("value wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Redacted::RandomText, "wJalr"),
        ("digest d41d8cd98f00b204e9800998ecf8427e", Redacted::RandomText, "d41d8"),
    ];
    for (text, kind, secret) in cases {
        let (left, counts) = redacted(text);
        assert_eq!(counts.get(&kind), Some(&1), "{text}: {left}");
        assert!(!left.contains(secret), "{text}: {left}");
        assert!(left.contains(kind.mark()), "{text}: {left}");
    }
}

#[test]
fn what_an_explanation_needs_is_left() {
    let texts = [
        "Use of subprocess with shell=True: CWE-78, CVE-2021-44228, GHSA-jfh8-c2jp-5v3q.",
        "a name below .local, and more info",
        "https://nvd.nist.gov/vuln/detail/CVE-2021-44228",
        "std::vec::Vec and Token::new(x) of log4j-core@2.14.1 and @babel/core",
        "javascript.express.security.audit.express-open-redirect.express-open-redirect",
        "The route /login answers and/or redirects to ../x; see src/app.py</div>",
    ];
    for text in texts {
        assert_eq!(redacted(text), (text.to_owned(), Redactions::new()));
    }
}

#[test]
fn counts_are_told_in_words() {
    let (_, counts) = redacted("password=x /home/jane/x and /home/jane/y");
    assert_eq!(in_words(&counts), "1 password, 2 paths");
    assert_eq!(in_words(&Redactions::new()), "nothing");
}

/// As a scanner would quote them. What is random holds digits, as keys do.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9]{16}".prop_map(|text| format!("ghp_{text}Z9{text}")),
        "[A-Z2-7]{16}".prop_map(|text| format!("AKIA{text}9")),
        "[A-Za-z0-9_-]{20}".prop_map(|text| format!("glpat-A7{text}")),
        "[A-Za-z0-9+]{40}".prop_map(|text| format!("x7K{text}9q2Z")),
        "[0-9a-f]{32}".prop_map(|text| format!("a7f03{text}b1d")),
        "[A-Za-z0-9/+\n]{80}"
            .prop_map(|text| { format!("-----BEGIN EC PRIVATE KEY-----\n{text}\n-----END EC PRIVATE KEY-----") }),
    ]
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9 .,:;@/=<>'\"()\\[\\]_-]{0,40}", "\\PC{0,30}", Just("[redacted:token]".to_owned())]
}

proptest! {
    #[test]
    fn no_planted_secret_survives(before in words(), secret in secret(), behind in words()) {
        let (left, counts) = redacted(&format!("{before} {secret} {behind}"));
        prop_assert!(!left.contains(&secret), "{}", left);
        prop_assert!(counts.values().sum::<usize>() > 0);
    }

    #[test]
    fn no_password_survives_behind_its_name(
        before in words(), name in "(DB_)?(password|api[_-]?key|client.secret|Token)", separator in " ?[=:] ?",
        value in "[a-z][A-Za-z0-9!$%&*+-]{7,20}", quote in "[\"']?",
    ) {
        let (left, _) = redacted(&format!("{before}\n{name}{separator}{quote}{value}{quote}\nend"));
        prop_assert!(!left.contains(&value), "{}", left);
    }

    #[test]
    fn no_password_survives_in_a_url(user in "[a-z]{1,8}", value in "[a-z][A-Za-z0-9!$%&*+:-]{7,20}", behind in words()) {
        let (left, _) = redacted(&format!("see https://{user}:{value}@host.example/x {behind}"));
        prop_assert!(!left.contains(&value), "{}", left);
    }

    #[test]
    fn what_was_redacted_has_nothing_left(pieces in prop::collection::vec(prop_oneof![words(), secret()], 0..6)) {
        let (once, _) = redacted(&pieces.concat());
        prop_assert_eq!(redacted(&once), (once, Redactions::new()));
    }
}
