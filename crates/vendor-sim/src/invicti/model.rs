//! A scan as the API shows it (`ScanTaskModel`). The fields are those of the vendor's Swagger that say something here.

use serde_json::{Value, json};

use super::agents;
use super::answer::{account_time, duration, time};
use super::state::{Scan, State};
use super::words::counts;
use crate::clock::Moment;
use crate::lifecycle::Phase;
use crate::random::Draw;

/// Requests of a whole scan for each flaw it finds.
const STEPS_PER_FINDING: f64 = 40.0;
pub(super) const DEFAULT_POLICY: &str = "Default Security Checks";

pub(super) fn policy_id(name: &str) -> String {
    Draw::new(0).of(name).hex(32)
}

/// Steps done and steps in all.
pub(super) fn steps(scan: &Scan, now: Moment) -> (u64, u64) {
    let all = STEPS_PER_FINDING * f64::from(scan.order.findings.max(1));
    ((scan.progress(now) * all) as u64, all as u64)
}

/// Virtual minutes until a queued scan starts.
pub(super) fn launch_in(scan: &Scan, now: Moment) -> u64 {
    if scan.execution.phase() != Phase::Pending {
        return 0;
    }
    let left = scan.execution.waits() - now.since(scan.initiated());
    (left.max(0.0) / 60.0).ceil() as u64
}

fn phase(scan: &Scan, now: Moment) -> &'static str {
    if scan.is_over(now) {
        return "Complete";
    }
    match scan.progress(now) {
        _ if scan.execution.phase() == Phase::Pending => "Pending",
        share if share < 0.2 => "Crawling",
        share if share < 0.9 => "CrawlingAndAttacking",
        share if share < 1.0 => "ReCrawling",
        _ => "Complete",
    }
}

fn threat(counts: &[usize; 6]) -> &'static str {
    match counts.iter().position(|count| *count > 0) {
        Some(0) => "Critical",
        Some(1 | 2) => "Insecure",
        Some(_) => "NeedsAttention",
        None => "Secure",
    }
}

pub(super) fn scan(state: &State, scan: &Scan, now: Moment) -> Value {
    let order = &scan.order;
    let found = counts(&scan.survey.weaknesses(&scan.numbers(now)));
    let [critical, high, medium, low, information, best_practice] = found;
    let total = critical + high + medium + low + best_practice;
    let (done, all) = steps(scan, now);
    let failed = scan.state(now) == "Failed";
    let ended = scan.execution.ended.unwrap_or(now);
    let seconds = scan.execution.started.map_or(0.0, |started| ended.since(started));
    let protocol = if order.site.is_encrypted() { "Https" } else { "Http" };
    let policy = order.policy.clone().unwrap_or_else(|| policy_id(DEFAULT_POLICY));
    let path = order.target.split("://").last().and_then(|rest| rest.split_once('/')).map_or("", |(_, path)| path);
    let newest =
        state.scans.values().rev().find(|other| {
            other.order.site == order.site && other.state(now) == "Complete" && other.order.kind == "Full"
        });
    let profile = state.profiles.iter().find(|profile| Some(&profile.name) == order.profile.as_ref());
    let mut shown = json!({
        "Id": scan.id,
        "State": scan.state(now),
        "StateChanged": time(scan.state_changed(now)),
        "Phase": phase(scan, now),
        "Percentage": (scan.progress(now) * 100.0) as u64,
        "CompletedSteps": done,
        "EstimatedSteps": all,
        "EstimatedLaunchTime": launch_in(scan, now),
        "IsCompleted": scan.is_over(now),
        "Initiated": time(scan.initiated()),
        "InitiatedAt": time(scan.initiated()),
        "InitiatedDate": scan.initiated().format("%d/%m/%Y"),
        "InitiatedTime": account_time(scan.initiated()),
        "Duration": duration(seconds),
        "DeletedOn": null,
        "TargetUrl": order.target,
        "TargetUrlRoot": format!("{}/", order.site.origin),
        "TargetPath": format!("/{path}"),
        "WebsiteId": state.website_id(&order.site),
        "WebsiteName": order.site.host,
        "WebsiteUrl": format!("{}/", order.site.origin),
        "WebsiteProtocol": protocol,
        "WebsiteDescription": "",
        "WebsiteIsDeleted": false,
        "IsWebsiteLatestCompletedFullScanTask": newest.is_some_and(|newest| newest.id == scan.id),
        "AgentId": agents::id(state.draw, &scan.agent),
        "AgentName": scan.agent,
        "PolicyId": policy,
        "PolicyName": DEFAULT_POLICY,
        "PolicyIsDefault": order.policy.is_none(),
        "ReportPolicyName": "Default Report Policy",
        "Scope": "EnteredPathAndBelow",
        "ScanType": order.kind,
        "ScanTaskProfileId": profile.map(|profile| profile.id.as_str()),
        "ScheduledScanId": order.schedule,
        "ScanTaskGroupId": null,
        "UserId": state.draw.of("user").hex(32),
        "UserName": "Demo Account",
        "Tags": order.tags,
        "Comments": order.comments,
        "VcsCommitInfo": null,
    });
    let outcome = json!({
        "FailureReason": if failed { "ScanTargetNotReachable" } else { "None" },
        "FailureReasonString": if failed { "Scan target is not reachable" } else { "" },
        "FailureReasonDescription": if failed { "The target stopped answering." } else { "" },
        "ThreatLevel": threat(&found),
        "VulnerabilityCriticalCount": critical,
        "VulnerabilityHighCount": high,
        "VulnerabilityMediumCount": medium,
        "VulnerabilityLowCount": low,
        "VulnerabilityInfoCount": information,
        "VulnerabilityBestPracticeCount": best_practice,
        "TotalVulnerabilityCount": total,
        "GlobalThreatLevel": threat(&found),
        "GlobalVulnerabilityCriticalCount": critical,
        "GlobalVulnerabilityHighCount": high,
        "GlobalVulnerabilityMediumCount": medium,
        "GlobalVulnerabilityLowCount": low,
        "GlobalVulnerabilityInfoCount": information,
        "GlobalVulnerabilityBestPracticeCount": best_practice,
        "QueuedScanTaskExist": false,
        "MaxScanDuration": 48,
    });
    if let (Some(fields), Value::Object(more)) = (shown.as_object_mut(), outcome) {
        fields.extend(more);
    }
    shown
}
