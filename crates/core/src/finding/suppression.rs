//! Rules that take findings out of the queue.
//!
//! A rule says: findings that match this expression are suppressed, for this reason, answered for by this owner, until
//! this day. A status follows from four things alone: what the scanners say, what a person said, which rules are in
//! force, and what the scanned project says of each scanner's evidence ([`crate::local::suppression`]). So any order of
//! imports, judgements and changes of rules ends the same; see [`settled`].
//!
//! The [`Expression`] is an object of conditions and not a language: all that are given must hold. A rule hides only what
//! it names wholly: where several scanners see a finding, each must be meant, and where it has several CVEs, each of them.
//! Else a rule about one scanner's false alarm would hide what another one rightly sees.

mod pattern;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use self::pattern::Pattern;
use super::approval::unknown_person;
use super::{FindingState, Location, SightingState};
use crate::asset::tags;
use crate::ids::{AssetId, CompanyId, SuppressionRuleId, UserId};
use crate::permission::Actor;
use crate::text::single_line;
use crate::{Error, ErrorCode, Result, Severity, Timestamp};

/// What a rule matches. A condition that is left out always holds; lists hold when one of their entries does. Patterns
/// have `*` for any text; upper and lower case are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Expression {
    /// Every scanner that sees it is one of these products.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scanners: Vec<String>,
    /// Every scanner that sees it does so by one of these rules. Patterns.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// It has CVEs, and each is one of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cves: Vec<String>,
    /// It has one of these weaknesses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cwes: Vec<u32>,
    /// It is no worse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_severity: Option<Severity>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asset_ids: Vec<AssetId>,
    /// Its asset has one of these tags.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asset_tags: Vec<String>,
    /// Pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_name: Option<String>,
    /// Pattern of a path, a URL, or a port such as `443/tcp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The title holds this text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Pattern of a package URL, or of the name of a package.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
}

/// A finding as an expression sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// Product and rule of every scanner that sees it.
    pub seen_by: Vec<(String, String)>,
    pub title: String,
    pub severity: Severity,
    pub cves: Vec<String>,
    pub cwes: Vec<u32>,
    pub location: Location,
    pub asset_id: AssetId,
    pub asset_name: String,
    pub asset_tags: Vec<String>,
}

impl Expression {
    /// Entries of a list.
    pub const MOST: usize = 200;
    /// Letters of an entry.
    pub const LONGEST: usize = 500;

    /// In one spelling, or refused with what is wrong. One that would match everything is refused.
    pub fn checked(self) -> Result<Self> {
        let checked = Self {
            scanners: entries("scanners", self.scanners)?.iter().map(|name| name.to_lowercase()).collect(),
            rules: patterns("rules", self.rules)?,
            cves: cves(self.cves)?,
            cwes: few("cwes", self.cwes)?,
            max_severity: self.max_severity.filter(|severity| *severity != Severity::Critical),
            asset_ids: few("asset_ids", self.asset_ids)?,
            asset_tags: tags(&self.asset_tags)
                .map_err(|error| Error::field("expression.asset_tags", "malformed", error.detail))?,
            asset_name: one_pattern("asset_name", self.asset_name)?,
            location: one_pattern("location", self.location)?,
            title: text("title", self.title)?,
            package: one_pattern("package", self.package)?,
        };
        if checked == Self::default() {
            let detail = "Name at least one condition: without any the rule would suppress every finding.";
            return Err(Error::field("expression", "matches_all", detail));
        }
        Ok(checked)
    }

    #[must_use]
    pub fn matches(&self, subject: &Subject) -> bool {
        self.matches_evidence(subject)
            && self.matches_weakness(subject)
            && self.matches_asset(subject)
            && holds(self.location.as_deref(), || places(&subject.location))
            && holds(self.package.as_deref(), || packages(&subject.location))
    }

    fn matches_evidence(&self, subject: &Subject) -> bool {
        let rules: Vec<Pattern> = self.rules.iter().map(|rule| Pattern::new(rule)).collect();
        let named = |(scanner, rule): &(String, String)| {
            (self.scanners.is_empty() || self.scanners.iter().any(|name| name.eq_ignore_ascii_case(scanner)))
                && (rules.is_empty() || rules.iter().any(|pattern| pattern.matches(rule)))
        };
        let asks = !self.scanners.is_empty() || !rules.is_empty();
        !asks || (!subject.seen_by.is_empty() && subject.seen_by.iter().all(named))
    }

    fn matches_weakness(&self, subject: &Subject) -> bool {
        let all_cves = || !subject.cves.is_empty() && subject.cves.iter().all(|cve| self.cves.contains(cve));
        (self.cves.is_empty() || all_cves())
            && (self.cwes.is_empty() || subject.cwes.iter().any(|cwe| self.cwes.contains(cwe)))
            && self.max_severity.is_none_or(|most| subject.severity <= most)
            && self.title.as_ref().is_none_or(|part| subject.title.to_lowercase().contains(&part.to_lowercase()))
    }

    fn matches_asset(&self, subject: &Subject) -> bool {
        (self.asset_ids.is_empty() || self.asset_ids.contains(&subject.asset_id))
            && (self.asset_tags.is_empty() || subject.asset_tags.iter().any(|tag| self.asset_tags.contains(tag)))
            && holds(self.asset_name.as_deref(), || vec![subject.asset_name.clone()])
    }
}

fn holds(pattern: Option<&str>, texts: impl FnOnce() -> Vec<String>) -> bool {
    pattern.is_none_or(|pattern| {
        let pattern = Pattern::new(pattern);
        texts().iter().any(|text| pattern.matches(text))
    })
}

/// The spellings of a location that a pattern can mean.
fn places(location: &Location) -> Vec<String> {
    match location {
        Location::Asset => Vec::new(),
        Location::Network { port, protocol, .. } => vec![port.to_string(), format!("{port}/{protocol}")],
        Location::Web { url, .. } => vec![url.clone()],
        Location::Code { path, .. } => vec![path.clone()],
        Location::Package { path, .. } => path.iter().cloned().collect(),
    }
}

/// The spellings of a package: its URL, that without version and qualifiers, its name with and without the namespace.
fn packages(location: &Location) -> Vec<String> {
    let Location::Package { purl, .. } = location else {
        return Vec::new();
    };
    let plain = purl.split(['?', '#']).next().unwrap_or_default();
    // A namespace may begin with `@`, written `%40` by some and as it is by others.
    let bare = match plain.rfind('@') {
        Some(at) if !plain[..at].ends_with('/') => &plain[..at],
        _ => plain,
    };
    let full = bare.split_once('/').map_or(bare, |(_, name)| name);
    let short = full.rsplit('/').next().unwrap_or(full);
    [purl.as_str(), plain, bare, full, short].map(str::to_owned).to_vec()
}

fn field(name: &str) -> String {
    format!("expression.{name}")
}

fn few<T: Ord>(name: &str, given: Vec<T>) -> Result<Vec<T>> {
    let given: BTreeSet<T> = given.into_iter().collect();
    if given.len() > Expression::MOST {
        let detail = format!("At most {} entries; these are {}. Make several rules.", Expression::MOST, given.len());
        return Err(Error::field(field(name), "too_many", detail));
    }
    Ok(given.into_iter().collect())
}

fn entries(name: &str, given: Vec<String>) -> Result<Vec<String>> {
    let given = given.into_iter().map(|entry| required(name, &entry)).collect::<Result<Vec<_>>>()?;
    few(name, given)
}

fn required(name: &str, entry: &str) -> Result<String> {
    if entry.chars().count() > Expression::LONGEST {
        let detail = format!("At most {} letters.", Expression::LONGEST);
        return Err(Error::field(field(name), "too_long", detail));
    }
    let entry = single_line(entry, Expression::LONGEST);
    if entry.is_empty() {
        return Err(Error::field(field(name), "empty", "Leave it out, or say what it is to be."));
    }
    Ok(entry)
}

fn text(name: &str, given: Option<String>) -> Result<Option<String>> {
    given.map(|given| required(name, &given)).transpose()
}

fn narrow(name: &str, pattern: String) -> Result<String> {
    if Pattern::new(&pattern).is_anything() {
        let detail = "It matches everything. Leave it out, or say more than `*`.";
        return Err(Error::field(field(name), "matches_all", detail));
    }
    Ok(pattern)
}

fn patterns(name: &str, given: Vec<String>) -> Result<Vec<String>> {
    entries(name, given)?.into_iter().map(|pattern| narrow(name, pattern)).collect()
}

fn one_pattern(name: &str, given: Option<String>) -> Result<Option<String>> {
    text(name, given)?.map(|pattern| narrow(name, pattern)).transpose()
}

fn cves(given: Vec<String>) -> Result<Vec<String>> {
    let cves: Vec<String> = entries("cves", given)?.iter().map(|cve| cve.to_uppercase()).collect();
    let digits = |text: &str, least| text.len() >= least && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_cve = |cve: &str| {
        let parts = cve.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'));
        parts.is_some_and(|(year, number)| year.len() == 4 && digits(year, 4) && digits(number, 4))
    };
    if let Some(cve) = cves.iter().find(|cve| !is_cve(cve)) {
        let detail = format!("`{}` is no CVE; write it as CVE-2021-44228.", single_line(cve, 40));
        return Err(Error::field("expression.cves", "malformed", detail));
    }
    few("cves", cves)
}

/// A rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: SuppressionRuleId,
    pub company_id: CompanyId,
    pub name: String,
    pub expression: Expression,
    /// Why: whoever finds a suppressed finding later will ask.
    pub reason: String,
    /// Who answers for it.
    pub owner_id: UserId,
    /// From then on it is over.
    pub expires_at: Timestamp,
    pub enabled: bool,
    /// Waits for a second person; until then it suppresses nothing.
    pub pending: bool,
    /// The person who last changed what it suppresses.
    pub changed_by: Option<UserId>,
    pub approved_by: Option<Actor>,
    pub approved_at: Option<Timestamp>,
    pub created_by: Actor,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub version: i64,
}

/// Where a rule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    Active,
    /// Waits for a second person.
    Pending,
    /// Switched off.
    Off,
    Expired,
}

impl RuleState {
    pub const ALL: [Self; 4] = [Self::Active, Self::Pending, Self::Off, Self::Expired];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Pending => "pending",
            Self::Off => "off",
            Self::Expired => "expired",
        }
    }
}

impl Rule {
    #[must_use]
    pub fn state(&self, now: Timestamp) -> RuleState {
        if self.expires_at <= now {
            RuleState::Expired
        } else if !self.enabled {
            RuleState::Off
        } else if self.pending {
            RuleState::Pending
        } else {
            RuleState::Active
        }
    }

    /// Whether this person may put it in force. Says nothing about permissions.
    pub fn require_approvable_by(&self, person: Option<UserId>, now: Timestamp) -> Result<()> {
        if !self.pending || self.expires_at <= now {
            return Err(Error::new(ErrorCode::Conflict, "The rule waits for nobody: it is decided or over already."));
        }
        match person {
            None => Err(unknown_person()),
            Some(person) if self.changed_by == Some(person) => Err(Error::new(
                ErrorCode::OwnRequest,
                "You wrote this rule, with this or another of your accesses. Somebody else has to approve it.",
            )),
            Some(_) => Ok(()),
        }
    }
}

/// Of these rules in force, oldest first, the one that suppresses a finding.
#[must_use]
pub fn matching<'a>(rules: &'a [Rule], subject: &Subject) -> Option<&'a Rule> {
    rules.iter().find(|rule| rule.expression.matches(subject))
}

/// Who suppresses a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suppressor {
    /// A rule of the company. Of a finding that both suppress it is the one that is named: the company can change it.
    Rule(SuppressionRuleId),
    /// The scanned project, by comments, rules or a baseline of its own: the evidence of every scanner that sees it.
    Project,
}

impl Suppressor {
    #[must_use]
    pub const fn rule(self) -> Option<SuppressionRuleId> {
        match self {
            Self::Rule(rule) => Some(rule),
            Self::Project => None,
        }
    }
}

/// What becomes of a finding by what is said of it now, with who suppresses it. Only what is open, or was suppressed
/// before, is their business: work under way, verdicts and what is gone stay as they are. `forbidden`: a person wants
/// to see it.
#[must_use]
pub fn settled(
    status: FindingState,
    sightings: &[SightingState],
    forbidden: bool,
    by: Option<Suppressor>,
) -> (FindingState, Option<Suppressor>) {
    if !matches!(status, FindingState::Open | FindingState::Suppressed) {
        return (status, None);
    }
    let unjudged = FindingState::unjudged(sightings);
    match by.filter(|_| !forbidden && unjudged == FindingState::Open) {
        Some(by) => (FindingState::Suppressed, Some(by)),
        None if status == FindingState::Open => (FindingState::Open, None),
        None => (unjudged, None),
    }
}

#[cfg(test)]
mod tests;
