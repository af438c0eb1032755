//! The check of a web site that needs no program: headers, cookies, redirects and certificate of one address.
//!
//! It asks for a few heads and reads no body, changes nothing and attacks nothing. What is seen is gathered here and
//! judged in [`judged`], which does no I/O. Redirects are followed on the site's own host only: another host is another
//! target, and whoever may scan one need not be allowed to scan the other. What cannot be looked at is a problem, so
//! that its silence closes nothing; a site that gives no answer at all is a failure.

mod certificates;
mod cookies;
mod judged;
mod policy;
mod rules;
mod seen;
#[cfg(test)]
mod tests;

use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_formats::{page, scanned_site};
use scanhelm_net::{HttpLimits, NetError, NetErrorKind, NetworkPolicy, Phase, Visit, Visitor};
use url::Url;

use crate::message;
use crate::report::Read;
use crate::target::{Reached, Site};
use judged::{Observation, STRANGER, judged};
pub(crate) use rules::{RULES, Rule};
use seen::{Seen, is_secured, redirect};

pub(crate) const ID: &str = "web-check";

/// No browser follows more than 20; sites that need more than these are in a circle.
const MOST_STEPS: usize = 10;

/// Looks at the site of the scan.
pub(crate) fn look(targets: &Reached) -> BoxFuture<'_, Result<Read, String>> {
    async {
        let site = targets.site.as_ref().ok_or("the scan names no site")?;
        let visitor = visitor()?;
        Ok(read(site, gathered(site, &visitor).await?))
    }
    .boxed()
}

/// Everything may be called but what hands out credentials to machines: the target is granted by whoever scans.
fn visitor() -> Result<Visitor, String> {
    let policy = NetworkPolicy::parse(&["0.0.0.0/0", "::/0"]).map_err(|error| error.to_string())?;
    let limits = HttpLimits {
        connect: Duration::from_secs(10),
        silence: Duration::from_secs(20),
        total: Duration::from_secs(30),
        ..HttpLimits::default()
    };
    Ok(Visitor::new(policy, limits, None))
}

async fn gathered(site: &Site, visitor: &Visitor) -> Result<Seen, String> {
    let (steps, leads_to) = walked(site, visitor).await?;
    let mut problems = Vec::new();
    let Some(last) = steps.last() else { return Err("there is nothing to look at".to_owned()) };
    if let Some(other) = &leads_to {
        let other = message::shown(&scanned_site(other.as_str()).name);
        problems
            .push(format!("it leads to {other}, another host, which was not looked at; scan it by its own address"));
    } else if last.status >= 400 {
        problems.push(format!("it answered {}, and only that answer was looked at", last.status));
    } else if (300..400).contains(&last.status) {
        problems.push(format!("it answered {} without a place to go to", last.status));
    }
    problems.extend(steps.iter().filter_map(|step| certificates::problem(step.secured.as_ref()?)));
    let to_stranger = match leads_to {
        None => match visitor.visit(&last.url, &[("origin", STRANGER)]).await {
            Ok(answer) => Some(answer),
            Err(error) => {
                let cause = message::shown(&error.kind.to_string());
                problems.push(format!("how it answers scripts of other sites could not be looked at: {cause}"));
                None
            }
        },
        Some(_) => None,
    };
    let without_tls = match counterpart(&steps) {
        Some(url) => match visitor.visit(&url, &[]).await {
            Ok(answer) => Some(answer),
            // Nothing is there, which is as good as a redirect.
            Err(error) if is_nobody(&error.kind) => None,
            Err(error) => {
                let cause = message::shown(&error.kind.to_string());
                problems.push(format!("what it answers without TLS could not be looked at: {cause}"));
                None
            }
        },
        None => None,
    };
    Ok(Seen { steps, leads_to, to_stranger, without_tls, problems })
}

/// Nobody listens, a filter is in the way, or whoever listens hangs up.
fn is_nobody(kind: &NetErrorKind) -> bool {
    matches!(
        kind,
        NetErrorKind::Connect { .. }
            | NetErrorKind::NoAnswer { .. }
            | NetErrorKind::Timeout { phase: Phase::Connect, .. }
    )
}

/// The answers from the site's address on, and the other host that they lead to.
async fn walked(site: &Site, visitor: &Visitor) -> Result<(Vec<Visit>, Option<Url>), String> {
    let mut steps: Vec<Visit> = Vec::new();
    let mut next = site.url().clone();
    loop {
        let failed = |error: NetError| {
            let hint = match error.kind {
                NetErrorKind::Tls(_) => "; sslscan and testssl.sh look at what old protocols a server speaks",
                _ => "",
            };
            message::shown(&format!("{} could not be looked at: {}{hint}", error.host, error.kind))
        };
        let visit = visitor.visit(&next, &[]).await.map_err(failed)?;
        let leads_to = redirect(&visit);
        steps.push(visit);
        match leads_to {
            None => return Ok((steps, None)),
            Some(other) if !is_on(&other, site) => return Ok((steps, Some(other))),
            Some(again) if steps.len() >= MOST_STEPS || steps.iter().any(|step| step.url == again) => {
                let again = message::shown(&page(again.as_str()).unwrap_or_default());
                return Err(format!("it redirects in a circle, after {} answers to {again}", steps.len()));
            }
            Some(url) => next = url,
        }
    }
}

fn is_on(url: &Url, site: &Site) -> bool {
    matches!(url.scheme(), "http" | "https") && url.host_str() == site.url().host_str()
}

/// The address without TLS of a page that was asked for with it, at the ports that these have by themselves: what
/// listens at others is another service.
fn counterpart(steps: &[Visit]) -> Option<Url> {
    let (first, last) = (steps.first()?, steps.last()?);
    if !is_secured(&first.url) || !is_secured(&last.url) || last.url.port().is_some() {
        return None;
    }
    let mut url = last.url.clone();
    url.set_scheme("http").ok()?;
    url.set_query(None);
    Some(url)
}

fn read(site: &Site, seen: Seen) -> Read {
    // The start with its path, so that two applications of one host do not close each other's findings.
    let asset = scanned_site(site.url().as_str());
    let records = judged(&seen).into_iter().map(|one| Box::new(record(one, &asset))).collect();
    Read { records, assets: vec![asset], complete: true, problems: seen.problems, ..Read::default() }
}

fn record(observation: Observation, asset: &AssetRecord) -> FindingRecord {
    let Observation { rule, severity, url, parameter, evidence } = observation;
    FindingRecord {
        scanner: ID.to_owned(),
        rule_id: rule.id.to_owned(),
        title: rule.title.to_owned(),
        severity,
        vendor_severity: None,
        asset: asset.clone(),
        location: Location::Web { url: page(url.as_str()).unwrap_or_default(), method: None, parameter },
        check: None,
        cves: Vec::new(),
        cwes: vec![rule.weakness.0],
        cvss: Vec::new(),
        family: None,
        description: Some(rule.why.to_owned()),
        solution: Some(rule.what_to_do.to_owned()),
        evidence: Some(message::shown_up_to(&evidence, 700)),
        references: vec![rule.reference.to_owned()],
        seen_at: None,
    }
}
