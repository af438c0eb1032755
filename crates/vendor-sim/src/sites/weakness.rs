//! What can be wrong with a web site, in no vendor's words.
//!
//! CWE and CVE numbers and scores are facts; the texts are our own. Each vendor folder gives a weakness its own name,
//! type and severity. The order of [`Weakness::ALL`] is the order in which a scan finds them.

use super::Platform;

/// Method, path and parameter (empty: the page itself).
type Place = (&'static str, &'static str, &'static str);

#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) cwe: u32,
    /// Sorted.
    pub(crate) cves: &'static [&'static str],
    pub(crate) cvss3: (&'static str, &'static str),
    /// Only on sites built with this.
    pub(crate) platform: Option<Platform>,
    /// Only on sites served with, or without, TLS.
    pub(crate) encrypted: Option<bool>,
    pub(crate) places: &'static [Place],
    pub(crate) description: &'static str,
    pub(crate) impact: &'static str,
    pub(crate) remedy: &'static str,
}

macro_rules! weaknesses {
    ($($name:ident { $($field:ident: $value:expr),* $(,)? })*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub(crate) enum Weakness { $($name),* }

        impl Weakness {
            pub(crate) const ALL: &'static [Weakness] = &[$(Weakness::$name),*];

            pub(crate) fn facts(self) -> &'static Facts {
                match self { $(Weakness::$name => const { &Facts { $($field: $value,)* ..NOTHING } }),* }
            }

            /// The name in this code; the root of identifiers that vendors give to their checks.
            pub(crate) fn key(self) -> &'static str {
                match self { $(Weakness::$name => stringify!($name)),* }
            }
        }
    };
}

const NOTHING: Facts = Facts {
    cwe: 0,
    cves: &[],
    cvss3: ("", ""),
    platform: None,
    encrypted: None,
    places: &[],
    description: "",
    impact: "",
    remedy: "",
};

weaknesses! {
    ServerVersionDisclosure {
        cwe: 205,
        cvss3: ("5.3", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"),
        places: &[("GET", "/", "")],
        description: "Responses name the product and version of the web server.",
        impact: "An attacker learns which known vulnerabilities to try.",
        remedy: "Shorten the Server header.",
    }
    SqlInjection {
        cwe: 89,
        cvss3: ("10.0", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"),
        places: &[("GET", "/products", "category"), ("POST", "/login", "username"), ("GET", "/news", "id")],
        description: "A parameter becomes part of a database query unchanged.",
        impact: "An attacker reads and changes the database.",
        remedy: "Use parameterised queries.",
    }
    ReflectedXss {
        cwe: 79,
        cvss3: ("6.1", "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"),
        places: &[("GET", "/search", "q"), ("GET", "/products", "sort"), ("POST", "/feedback", "name"), ("GET", "/error", "message")],
        description: "A parameter is shown in the page without encoding.",
        impact: "An attacker's script runs in the browser of a visitor.",
        remedy: "Encode output for the place where it is shown.",
    }
    CookieWithoutSecure {
        cwe: 614,
        cvss3: ("3.1", "CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N"),
        encrypted: Some(true),
        places: &[("GET", "/login", ""), ("GET", "/", "")],
        description: "A session cookie lacks the Secure attribute.",
        impact: "The cookie is also sent over plain HTTP.",
        remedy: "Set the Secure attribute.",
    }
    OutdatedJquery {
        cwe: 937,
        cves: &["CVE-2020-11022", "CVE-2020-11023"],
        cvss3: ("6.1", "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"),
        places: &[("GET", "/static/jquery-3.3.1.min.js", "")],
        description: "The page loads a version of jQuery with known vulnerabilities.",
        impact: "HTML from untrusted sources may run script.",
        remedy: "Update jQuery to 3.5.0 or later.",
    }
    MissingFrameProtection {
        cwe: 693,
        cvss3: ("4.3", "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:L/A:N"),
        places: &[("GET", "/", ""), ("GET", "/login", "")],
        description: "Neither X-Frame-Options nor frame-ancestors is set.",
        impact: "Another site may frame the page and lead clicks astray.",
        remedy: "Return a content security policy with frame-ancestors.",
    }
    MissingCsrfProtection {
        cwe: 352,
        cvss3: ("4.3", "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:L/A:N"),
        places: &[("POST", "/feedback", ""), ("POST", "/profile", "")],
        description: "A form that changes something has no unpredictable token.",
        impact: "Another site may send the form in a visitor's name.",
        remedy: "Add a token to each form and check it.",
    }
    Log4Shell {
        cwe: 917,
        cves: &["CVE-2021-44228"],
        cvss3: ("10.0", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"),
        platform: Some(Platform::Java),
        places: &[("GET", "/", ""), ("POST", "/login", "username")],
        description: "Apache Log4j resolves look-ups in logged text.",
        impact: "An attacker runs code on the server.",
        remedy: "Update Apache Log4j to 2.17.1 or later.",
    }
    PhpCgiArgumentInjection {
        cwe: 20,
        cves: &["CVE-2012-1823"],
        cvss3: ("9.8", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
        platform: Some(Platform::Php),
        places: &[("GET", "/cgi-bin/php", "")],
        description: "PHP run as CGI takes a query string as arguments.",
        impact: "An attacker runs code on the server.",
        remedy: "Update PHP or stop running it as CGI.",
    }
    ApacheProxyForgery {
        cwe: 918,
        cves: &["CVE-2021-40438"],
        cvss3: ("9.0", "CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:C/C:H/I:H/A:H"),
        platform: Some(Platform::Php),
        places: &[("GET", "/", "")],
        description: "mod_proxy forwards a crafted request to a server of the caller's choice.",
        impact: "An attacker reaches internal servers.",
        remedy: "Update Apache httpd to 2.4.49 or later.",
    }
    TraceEnabled {
        cwe: 16,
        cves: &["CVE-2003-1567", "CVE-2004-2320", "CVE-2010-0386"],
        cvss3: ("5.3", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"),
        places: &[("TRACE", "/", "")],
        description: "The server answers TRACE with the request it got.",
        impact: "Headers that scripts may not see can be read.",
        remedy: "Disable the method.",
    }
    TripleDesAccepted {
        cwe: 327,
        cves: &["CVE-2016-2183"],
        cvss3: ("7.5", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),
        encrypted: Some(true),
        places: &[("GET", "/", "")],
        description: "The server accepts ciphers with 64-bit blocks.",
        impact: "Long sessions leak plain text.",
        remedy: "Disable 3DES.",
    }
    CookieWithoutHttpOnly {
        cwe: 1004,
        cvss3: ("3.1", "CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N"),
        places: &[("GET", "/login", "")],
        description: "A session cookie lacks the HttpOnly attribute.",
        impact: "Scripts can read the cookie.",
        remedy: "Set the HttpOnly attribute.",
    }
    DirectoryTraversal {
        cwe: 22,
        cvss3: ("7.5", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),
        places: &[("GET", "/download", "file"), ("GET", "/help", "topic")],
        description: "A parameter names a file anywhere on the server.",
        impact: "An attacker reads files of the server.",
        remedy: "Choose files by number, not by name.",
    }
    PasswordSentInClear {
        cwe: 319,
        cvss3: ("7.4", "CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N"),
        encrypted: Some(false),
        places: &[("POST", "/login", "password")],
        description: "A form with a password is sent over plain HTTP.",
        impact: "Whoever sees the traffic learns the password.",
        remedy: "Serve the form, and take it, over HTTPS.",
    }
    CommandInjection {
        cwe: 78,
        cvss3: ("9.8", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
        places: &[("POST", "/tools/ping", "host")],
        description: "A parameter becomes part of a shell command.",
        impact: "An attacker runs commands on the server.",
        remedy: "Do not call a shell; pass arguments as a list.",
    }
    BlindSqlInjection {
        cwe: 89,
        cvss3: ("10.0", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"),
        places: &[("GET", "/products", "price_max"), ("GET", "/orders", "from")],
        description: "A parameter changes a database query, seen by the time the answer takes.",
        impact: "An attacker reads the database bit by bit.",
        remedy: "Use parameterised queries.",
    }
    DomXss {
        cwe: 79,
        cvss3: ("6.1", "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"),
        places: &[("GET", "/account", "tab")],
        description: "A script of the page writes part of the address into the page.",
        impact: "An attacker's script runs in the browser of a visitor.",
        remedy: "Write text, not HTML.",
    }
    StoredXss {
        cwe: 79,
        cvss3: ("8.2", "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:L/A:N"),
        places: &[("POST", "/guestbook", "comment")],
        description: "Text that one visitor leaves runs in the browsers of others.",
        impact: "An attacker acts in the name of every reader.",
        remedy: "Encode output for the place where it is shown.",
    }
    ServerSideRequestForgery {
        cwe: 918,
        cvss3: ("9.1", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N"),
        places: &[("POST", "/import", "url")],
        description: "The server fetches an address that the caller names.",
        impact: "An attacker reaches internal servers.",
        remedy: "Fetch only addresses from a list.",
    }
    ExternalEntity {
        cwe: 611,
        cvss3: ("8.6", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N"),
        platform: Some(Platform::Java),
        places: &[("POST", "/api/orders", "")],
        description: "An XML document may refer to files of the server.",
        impact: "An attacker reads files of the server.",
        remedy: "Turn external entities off in the parser.",
    }
    OpenRedirect {
        cwe: 601,
        cvss3: ("6.1", "CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"),
        places: &[("GET", "/login", "next"), ("GET", "/out", "to")],
        description: "A parameter names the page a visitor is sent to.",
        impact: "Links to this site lead to another.",
        remedy: "Accept paths of this site only.",
    }
    DirectoryListing {
        cwe: 548,
        cvss3: ("5.3", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"),
        places: &[("GET", "/static/", ""), ("GET", "/uploads/", "")],
        description: "The server lists the files of a directory.",
        impact: "Files nobody links to are found.",
        remedy: "Turn directory listings off.",
    }
    RepositoryExposed {
        cwe: 538,
        cvss3: ("7.5", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),
        places: &[("GET", "/.git/config", "")],
        description: "The directory of a Git repository is served.",
        impact: "An attacker downloads the source code and its history.",
        remedy: "Do not deploy the directory.",
    }
    ErrorDetails {
        cwe: 209,
        cvss3: ("5.3", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"),
        places: &[("GET", "/news", "id"), ("POST", "/api/orders", "")],
        description: "An error page shows where in the program it happened.",
        impact: "An attacker learns how the site is built.",
        remedy: "Show a plain error page and log the details.",
    }
    MissingHsts {
        cwe: 16,
        cvss3: ("4.8", "CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N"),
        encrypted: Some(true),
        places: &[("GET", "/", "")],
        description: "Strict-Transport-Security is not set.",
        impact: "The first visit may be led to plain HTTP.",
        remedy: "Return the header on every page.",
    }
    MissingContentPolicy {
        cwe: 1021,
        cvss3: ("0.0", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"),
        places: &[("GET", "/", "")],
        description: "Content-Security-Policy is not set.",
        impact: "Injected script is not stopped by the browser.",
        remedy: "Return a policy on every page.",
    }
    EmailDisclosure {
        cwe: 200,
        cvss3: ("0.0", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"),
        places: &[("GET", "/contact", "")],
        description: "A page contains e-mail addresses.",
        impact: "The addresses are collected for spam.",
        remedy: "Use a contact form.",
    }
    SlowHttp {
        cwe: 400,
        cves: &["CVE-2007-6750"],
        cvss3: ("5.3", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L"),
        places: &[("GET", "/", "")],
        description: "The server keeps slow, incomplete requests open for long.",
        impact: "A single client can use up all connections.",
        remedy: "Limit the time a request may take.",
    }
    WeakPassword {
        cwe: 521,
        cvss3: ("7.5", "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"),
        places: &[("POST", "/admin/login", "password")],
        description: "An account opens with a password everyone tries first.",
        impact: "An attacker logs in.",
        remedy: "Change the password and refuse common ones.",
    }
}
