//! Which weakness a rule is about where its scanner tells none. Scanhelm's own reading, kept small: a rule stands here
//! only when its own words name that very weakness. Tags follow from it as they do from a CWE that a scanner tells.

/// Rules of one scanner, and the weaknesses that they are about.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    /// As sightings name it.
    pub scanner: &'static str,
    pub rules: Rules,
    /// Ascending.
    pub cwes: &'static [u32],
}

#[derive(Debug, PartialEq, Eq)]
pub enum Rules {
    /// Whatever it is called: the scanner looks for nothing else.
    Every,
    /// Those that begin so.
    Beginning(&'static [&'static str]),
    Named(&'static [&'static str]),
}

impl Reading {
    /// No rule is in two of them.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        READINGS
    }

    #[must_use]
    pub fn covers(&self, scanner: &str, rule: &str) -> bool {
        self.scanner == scanner
            && match self.rules {
                Rules::Every => true,
                Rules::Beginning(beginnings) => beginnings.iter().any(|beginning| rule.starts_with(beginning)),
                Rules::Named(names) => names.contains(&rule),
            }
    }
}

const fn every(scanner: &'static str, cwes: &'static [u32]) -> Reading {
    Reading { scanner, rules: Rules::Every, cwes }
}

const fn beginning(scanner: &'static str, with: &'static [&'static str], cwes: &'static [u32]) -> Reading {
    Reading { scanner, rules: Rules::Beginning(with), cwes }
}

const fn named(scanner: &'static str, names: &'static [&'static str], cwes: &'static [u32]) -> Reading {
    Reading { scanner, rules: Rules::Named(names), cwes }
}

const SETTING: &[u32] = &[16];
const OPEN_TO_ALL: &[u32] = &[284];
const UNTRUSTED_CERTIFICATE: &[u32] = &[295];
const NO_LOGIN: &[u32] = &[306];
const NOT_ENCRYPTED: &[u32] = &[311];
const SENT_IN_CLEAR: &[u32] = &[319];
const WEAK_ENCRYPTION: &[u32] = &[326];
const WEAK_PASSWORD: &[u32] = &[521];
const SECRET_IN_ENVIRONMENT: &[u32] = &[526];
const TOO_MUCH_ALLOWED: &[u32] = &[732];
const NOT_LOGGED: &[u32] = &[778];
const SECRET: &[u32] = &[798];
/// The one that the Top 10 of 2021 lists, and the one that says the same today.
const VULNERABLE_PACKAGE: &[u32] = &[1035, 1395];

const READINGS: &[Reading] = &[
    named(
        "checkov",
        &[
            "CKV_AWS_3",
            "CKV_AWS_5",
            "CKV_AWS_8",
            "CKV_AWS_16",
            "CKV_AWS_44",
            "CKV_AWS_58",
            "CKV_AWS_96",
            "CKV_AWS_279",
            "CKV2_AWS_2",
        ],
        NOT_ENCRYPTED,
    ),
    named("checkov", &["CKV_AWS_376", "CKV2_AWS_69"], SENT_IN_CLEAR),
    named("checkov", &["CKV_AWS_228"], WEAK_ENCRYPTION),
    named(
        "checkov",
        &[
            "CKV_AWS_17",
            "CKV_AWS_24",
            "CKV_AWS_38",
            "CKV_AWS_39",
            "CKV_AWS_130",
            "CKV_AWS_260",
            "CKV2_AWS_6",
            "CKV2_AWS_12",
        ],
        OPEN_TO_ALL,
    ),
    named(
        "checkov",
        &[
            "CKV_AWS_109",
            "CKV_AWS_111",
            "CKV_AWS_283",
            "CKV_AWS_286",
            "CKV_AWS_287",
            "CKV_AWS_288",
            "CKV_AWS_289",
            "CKV_AWS_290",
            "CKV_AWS_355",
            "CKV_AWS_356",
        ],
        TOO_MUCH_ALLOWED,
    ),
    named(
        "checkov",
        &[
            "CKV_AWS_18",
            "CKV_AWS_37",
            "CKV_AWS_84",
            "CKV_AWS_92",
            "CKV_AWS_101",
            "CKV_AWS_129",
            "CKV_AWS_317",
            "CKV_AWS_324",
            "CKV_AWS_325",
            "CKV2_AWS_11",
        ],
        NOT_LOGGED,
    ),
    named("checkov", &["CKV_AWS_41", "CKV_AWS_45", "CKV_AWS_46"], SECRET),
    named("checkov", &["CKV_AWS_79", "CKV_AWS_248", "CKV_DOCKER_3"], SETTING),
    named("hadolint", &["DL3002", "DL3004"], SETTING),
    named(
        "kube-linter",
        &[
            "docker-sock",
            "host-ipc",
            "host-network",
            "host-pid",
            "privilege-escalation-container",
            "privileged-container",
            "run-as-non-root",
            "sensitive-host-mounts",
            "unsafe-proc-mount",
            "unsafe-sysctls",
        ],
        SETTING,
    ),
    named(
        "kube-linter",
        &["access-to-create-pods", "access-to-secrets", "cluster-admin-role-binding"],
        TOO_MUCH_ALLOWED,
    ),
    named("kube-linter", &["env-var-secret", "read-secret-from-env-var"], SECRET_IN_ENVIRONMENT),
    named("lynis", &["BOOT-5264", "HRDN-7222", "KRNL-5820", "KRNL-6000", "NETW-3200", "SSH-7408"], SETTING),
    named("lynis", &["AUTH-9262", "AUTH-9286"], WEAK_PASSWORD),
    named("lynis", &["AUTH-9230"], &[916]),
    named("lynis", &["AUTH-9328"], &[276]),
    named("lynis", &["FILE-7524", "HOME-9304"], TOO_MUCH_ALLOWED),
    named("lynis", &["ACCT-9622", "ACCT-9628", "LOGG-2130", "LOGG-2138"], NOT_LOGGED),
    named("lynis", &["DBS-1884"], NO_LOGIN),
    named("lynis", &["PKGS-7392"], VULNERABLE_PACKAGE),
    named(
        "trivy",
        &["AWS-0026", "AWS-0039", "AWS-0048", "AWS-0076", "AWS-0079", "AWS-0080", "AWS-0131"],
        NOT_ENCRYPTED,
    ),
    named("trivy", &["AWS-0043", "AWS-0046"], SENT_IN_CLEAR),
    named("trivy", &["AWS-0126"], WEAK_ENCRYPTION),
    named(
        "trivy",
        &[
            "AWS-0040", "AWS-0041", "AWS-0086", "AWS-0087", "AWS-0091", "AWS-0093", "AWS-0094", "AWS-0107", "AWS-0164",
            "AWS-0180",
        ],
        OPEN_TO_ALL,
    ),
    named(
        "trivy",
        &["AWS-0345", "KSV-0041", "KSV-0044", "KSV-0045", "KSV-0046", "KSV-0050", "KSV-0111"],
        TOO_MUCH_ALLOWED,
    ),
    named("trivy", &["AWS-0038", "AWS-0042", "AWS-0075", "AWS-0089", "AWS-0178", "KCV-0019"], NOT_LOGGED),
    named("trivy", &["AWS-0029"], SECRET),
    named("trivy", &["KCV-0001"], NO_LOGIN),
    named("trivy", &["AWS-0028", "DS-0002", "KSV-0001", "KSV-0009", "KSV-0012", "KSV-0017", "KSV-0023"], SETTING),
    beginning("trivy", &["CVE-", "GHSA-"], VULNERABLE_PACKAGE),
    beginning("snyk", &["SNYK-"], VULNERABLE_PACKAGE),
    every("cargo-audit", VULNERABLE_PACKAGE),
    every("cpan-audit", VULNERABLE_PACKAGE),
    every("grype", VULNERABLE_PACKAGE),
    every("npm-audit", VULNERABLE_PACKAGE),
    every("osv-scanner", VULNERABLE_PACKAGE),
    every("pip-audit", VULNERABLE_PACKAGE),
    every("retire", VULNERABLE_PACKAGE),
    every("safety", VULNERABLE_PACKAGE),
    every("betterleaks", SECRET),
    every("detect-secrets", SECRET),
    every("gitleaks", SECRET),
    every("kingfisher", SECRET),
    every("secretlint", SECRET),
    every("trufflehog", SECRET),
    every("trufflehog3", SECRET),
    every("whispers", SECRET),
    beginning("ssh-audit", &["chg:", "del:"], WEAK_ENCRYPTION),
    beginning("sslscan", &["certificate:key", "certificate:signature", "cipher:", "protocol:"], WEAK_ENCRYPTION),
    beginning(
        "sslscan",
        &["certificate:expired", "certificate:self-signed", "certificate:untrusted"],
        UNTRUSTED_CERTIFICATE,
    ),
    beginning("sslyze", &["certificate:key", "certificate:signature", "cipher:", "protocol:"], WEAK_ENCRYPTION),
    beginning(
        "sslyze",
        &["certificate:expired", "certificate:self-signed", "certificate:untrusted"],
        UNTRUSTED_CERTIFICATE,
    ),
    named("testssl", &["SSLv2", "SSLv3", "TLS1", "TLS1_1"], WEAK_ENCRYPTION),
    beginning("testssl", &["cert_keySize", "cert_signatureAlgorithm", "cipherlist_"], WEAK_ENCRYPTION),
    beginning(
        "testssl",
        &[
            "cert_chain_of_trust",
            "cert_expirationStatus",
            "cert_notAfter",
            "cert_revocation",
            "cert_subjectAltName",
            "cert_trust",
        ],
        UNTRUSTED_CERTIFICATE,
    ),
];
