//! Package URLs: one name for a package whatever scanner speaks of it (<https://github.com/package-url/purl-spec>).
//!
//! Crate `packageurl` knows encoding and the rules of each type. Here is decided what a finding needs of them: type,
//! namespace, name and version. Qualifiers and subpath are left out, because scanners disagree in them for the same
//! package (`distro=alpine-3.10.2`, `distro=alpine-3.10`, none), and so do namespaces of systems, which are brought
//! to one spelling.

use std::borrow::Cow;

use packageurl::PackageUrl;

/// The package URL of a package of this type (`kind_of` gives it), or `None` if it cannot have one.
/// `distribution`: the vendor of a system's package, such as `debian`.
pub(crate) fn purl(kind: &str, distribution: Option<&str>, name: &str, version: &str) -> Option<String> {
    let (name, version) = (name.trim(), version.trim());
    let of_system = matches!(kind, "deb" | "rpm" | "apk" | "alpm");
    let (namespace, name) = match kind {
        "maven" => split_first(name, ':').or_else(|| split_last(name, '/')).unwrap_or((None, name)),
        "cpan" | "cargo" | "gem" | "pypi" | "nuget" | "conda" | "pub" | "cran" | "hackage" | "cocoapods" => {
            (None, name)
        }
        _ if of_system => (distribution, name),
        _ => split_last(name, '/').unwrap_or((None, name)),
    };
    build(kind, namespace.map(Cow::Borrowed), name, version)
}

/// For what is known by name alone, such as a binary.
pub(crate) fn generic(name: &str, version: &str) -> Option<String> {
    build("generic", None, name.trim(), version.trim())
}

/// A package URL that a scanner gives, in the spelling that this module makes.
pub(crate) fn canonical(given: &str) -> Option<String> {
    let bare = given.trim().split(['?', '#']).next().unwrap_or_default();
    match bare.parse::<PackageUrl>() {
        Ok(parsed) => build(
            parsed.ty(),
            parsed.namespace().map(|namespace| Cow::Owned(namespace.to_owned())),
            parsed.name(),
            parsed.version().unwrap_or_default(),
        ),
        // Some scanners write URLs that break a rule of their type; they still name the package.
        Err(_) => {
            let named = bare.strip_prefix("pkg:").is_some_and(|rest| rest.contains('/'));
            named.then(|| bare.chars().filter(|c| !c.is_control()).collect())
        }
    }
}

fn build(kind: &str, namespace: Option<Cow<'_, str>>, name: &str, version: &str) -> Option<String> {
    let mut purl = PackageUrl::new(kind.to_owned(), name.to_owned()).ok()?;
    let namespace = namespace.filter(|namespace| !namespace.trim_matches('/').is_empty());
    if let Some(namespace) = namespace {
        let namespace = match kind {
            "rpm" | "deb" | "apk" => system(&namespace).to_owned(),
            _ => namespace.trim_matches('/').to_owned(),
        };
        purl.with_namespace(namespace).ok()?;
    }
    let version = if kind == "rpm" { without_epoch(version) } else { version };
    if !version.is_empty() {
        purl.with_version(version.to_owned()).ok()?;
    }
    purl.validate().ok()?;
    Some(purl.to_string())
}

/// A package URL has the epoch of an RPM as a qualifier.
fn without_epoch(version: &str) -> &str {
    match version.split_once(':') {
        Some((epoch, rest)) if !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => version,
    }
}

fn split_last(name: &str, at: char) -> Option<(Option<&str>, &str)> {
    name.rsplit_once(at).map(|(namespace, name)| (Some(namespace), name))
}

fn split_first(name: &str, at: char) -> Option<(Option<&str>, &str)> {
    name.split_once(at).map(|(namespace, name)| (Some(namespace), name))
}

/// The vendor of a system, as `os-release` spells it or scanners call it.
fn system(vendor: &str) -> String {
    let vendor = vendor.trim().to_ascii_lowercase();
    let vendor = vendor.split([' ', '.', ':']).next().unwrap_or_default();
    match vendor {
        "amazon" | "amazonlinux" | "amzn" => "amzn",
        "rhel" | "red" | "redhat" => "redhat",
        "alma" | "almalinux" => "almalinux",
        "rockylinux" | "rocky" => "rocky",
        "ol" | "oraclelinux" | "oracle" => "oracle",
        "sles" | "sle" | "suse" => "suse",
        "opensuse-leap" | "opensuse-tumbleweed" | "opensuse" => "opensuse",
        "cbl-mariner" | "mariner" => "mariner",
        other => other,
    }
    .to_owned()
}

/// The type for a scanner's word: a package manager, an ecosystem, a language, a system or a lock file. `None` for what
/// has no type of its own; it is then known by name ([`generic`]).
pub(crate) fn kind_of(word: &str) -> Option<&'static str> {
    let word = word.trim().to_ascii_lowercase();
    // OSV adds the release (`Debian:11`), and the ending of its address to the registry of Rust.
    let word = word.split(':').next().unwrap_or_default().trim_end_matches(".io");
    Some(match word {
        "npm" | "yarn" | "pnpm" | "bun" | "node" | "nodejs" | "node-pkg" | "nodepkg" | "javascript" | "npm_package" => {
            "npm"
        }
        "pypi" | "pip" | "python" | "pipenv" | "poetry" | "uv" | "pylock" | "python-pkg" | "pythonpkg"
        | "requirements" | "wheel" | "egg" | "python_package" => "pypi",
        "maven" | "java" | "jar" | "pom" | "gradle" | "sbt" | "java-archive" | "gav" | "jenkins-plugin" | "war"
        | "ear" | "mvn" => "maven",
        "go" | "golang" | "gomod" | "gomodules" | "gomodule" | "golangdep" | "govendor" | "gobinary" | "go-module"
        | "gopkg" => "golang",
        "cargo" | "rust" | "rustbinary" | "rust-crate" | "crates" | "crate" => "cargo",
        "gem" | "rubygems" | "ruby" | "bundler" | "gemspec" | "rubygem" => "gem",
        "nuget"
        | "dotnet"
        | "dotnet-core"
        | "dotnet_core"
        | "dotnet-deps"
        | "dotnet-portable-executable"
        | "paket"
        | ".net"
        | "packages-props"
        | "c#" => "nuget",
        "composer"
        | "packagist"
        | "php"
        | "php-composer"
        | "php-composer-installed"
        | "php-composer-lock"
        | "composer-vendor" => "composer",
        "cocoapods" | "pod" | "pods" => "cocoapods",
        "swift" | "swifturl" | "spm" => "swift",
        "hex" | "erlang" | "elixir" => "hex",
        "pub" | "dart" | "dart-pub" => "pub",
        "conan" | "c/c++" => "conan",
        "conda" | "conda-pkg" | "conda-environment" | "conda-meta" => "conda",
        "cran" | "r" | "r-package" => "cran",
        "hackage" => "hackage",
        "bitnami" => "bitnami",
        "github actions" | "github-action" | "githubactions" | "actions" => "github",
        "deb" | "dpkg" | "apt" | "debian" | "ubuntu" | "debian-distro" => "deb",
        "apk" | "alpine" | "wolfi" | "chainguard" | "apkg" => "apk",
        "rpm"
        | "redhat"
        | "red"
        | "red hat"
        | "red-hat"
        | "rhel"
        | "centos"
        | "fedora"
        | "rocky"
        | "rocky linux"
        | "alma"
        | "almalinux"
        | "amazon"
        | "amzn"
        | "oracle"
        | "ol"
        | "suse"
        | "sles"
        | "opensuse"
        | "opensuse-leap"
        | "opensuse-tumbleweed"
        | "photon"
        | "photon os"
        | "azurelinux"
        | "cbl-mariner"
        | "mariner"
        | "yum"
        | "dnf" => "rpm",
        "alpm" | "arch" => "alpm",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the specification's definitions of types and their examples.
    #[test]
    fn packages_of_every_type() {
        for (word, distribution, name, version, wanted) in [
            ("npm", None, "@angular/animation", "12.3.1", "pkg:npm/%40angular/animation@12.3.1"),
            ("yarn", None, "foobar", "12.3.1", "pkg:npm/foobar@12.3.1"),
            (
                "maven",
                None,
                "org.apache.xmlgraphics:batik-anim",
                "1.9.1",
                "pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1",
            ),
            ("PyPI", None, "Django_package", "1.11.1.dev1", "pkg:pypi/django-package@1.11.1.dev1"),
            ("go", None, "google.golang.org/genproto", "v0.1.0", "pkg:golang/google.golang.org/genproto@v0.1.0"),
            (
                "Go",
                None,
                "github.com/docker/distribution",
                "v2.7.1+incompatible",
                "pkg:golang/github.com/docker/distribution@v2.7.1%2Bincompatible",
            ),
            ("crates", None, "rand", "0.7.2", "pkg:cargo/rand@0.7.2"),
            ("gem", None, "ruby-advisory-db-check", "0.12.4", "pkg:gem/ruby-advisory-db-check@0.12.4"),
            ("nuget", None, "EnterpriseLibrary.Common", "6.0.1304", "pkg:nuget/EnterpriseLibrary.Common@6.0.1304"),
            ("packagist", None, "Laravel/Framework", "5.5.0", "pkg:composer/laravel/framework@5.5.0"),
            ("Debian:11", Some("debian"), "curl", "7.50.3-1", "pkg:deb/debian/curl@7.50.3-1"),
            (
                "deb",
                Some("Ubuntu"),
                "gnome-calculator",
                "1:41.1-2ubuntu2",
                "pkg:deb/ubuntu/gnome-calculator@1:41.1-2ubuntu2",
            ),
            ("rpm", Some("fedora"), "curl", "7.50.3-1.fc25", "pkg:rpm/fedora/curl@7.50.3-1.fc25"),
            ("rpm", Some("centos"), "openssl-libs", "1:1.0.2k-16.el7", "pkg:rpm/centos/openssl-libs@1.0.2k-16.el7"),
            ("apk", Some("alpine"), "libcrypto1.1", "1.1.1c-r0", "pkg:apk/alpine/libcrypto1.1@1.1.1c-r0"),
            ("deb", None, "a b/c", "", "pkg:deb/a%20b%2Fc"),
            ("conda", None, "absl-py", "0.4.1", "pkg:conda/absl-py@0.4.1"),
            (
                "swift",
                None,
                "github.com/Alamofire/Alamofire",
                "5.4.3",
                "pkg:swift/github.com/Alamofire/Alamofire@5.4.3",
            ),
        ] {
            assert_eq!(purl(kind_of(word).unwrap(), distribution, name, version).as_deref(), Some(wanted));
        }
        assert_eq!(generic("bitcoin core", "0.1").as_deref(), Some("pkg:generic/bitcoin%20core@0.1"));
        assert_eq!((purl("npm", None, "", "1"), kind_of("pickle")), (None, None));
    }

    #[test]
    fn what_scanners_give_is_brought_to_one_spelling() {
        for (given, wanted) in [
            ("pkg:apk/alpine/musl@1.1.22-r3?arch=x86_64&distro=alpine-3.10.2", "pkg:apk/alpine/musl@1.1.22-r3"),
            ("pkg:npm/@babel/core@7.0.0", "pkg:npm/%40babel/core@7.0.0"),
            ("pkg:pypi/Jinja2@2.10", "pkg:pypi/jinja2@2.10"),
            ("pkg:rpm/amazon/curl@8.3.0-1.amzn2?epoch=1", "pkg:rpm/amzn/curl@8.3.0-1.amzn2"),
            ("pkg:rpm/amzn/curl@8.3.0-1.amzn2", "pkg:rpm/amzn/curl@8.3.0-1.amzn2"),
            ("pkg:maven/org.apache/commons@1?type=jar", "pkg:maven/org.apache/commons@1"),
            ("pkg:golang/k8s.io/api@v0.1.0#v1", "pkg:golang/k8s.io/api@v0.1.0"),
            // A namespace is required here, and there is none.
            ("pkg:composer/monolog@1.0", "pkg:composer/monolog@1.0"),
        ] {
            assert_eq!(canonical(given).as_deref(), Some(wanted));
        }
        assert_eq!((canonical("lodash@4"), canonical("pkg:"), canonical("")), (None, None, None));
    }
}
