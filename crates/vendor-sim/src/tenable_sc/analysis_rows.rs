//! The rows of an analysis.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::holdings;
use super::wire::text;
use crate::clock::Moment;
use crate::estate::knowledge::Known;
use crate::estate::plugin::{Plugin, Text};

const SEVERITIES: [(&str, &str); 5] = [
    ("Info", "Informative"),
    ("Low", "Low Severity"),
    ("Medium", "Medium Severity"),
    ("High", "High Severity"),
    ("Critical", "Critical Severity"),
];

fn severity(number: u8) -> Value {
    let (name, description) = SEVERITIES.get(usize::from(number)).copied().unwrap_or(("Critical", ""));
    json!({ "id": text(number), "name": name, "description": description })
}

fn family(plugin: &Plugin) -> Value {
    let number = 1 + plugin.family.bytes().map(u32::from).sum::<u32>() % 60;
    json!({ "id": text(number), "name": plugin.family, "type": "active" })
}

fn repository(row: &Known) -> Value {
    let mut value = holdings::entry_relation(holdings::repository(row.group));
    if let Value::Object(fields) = &mut value {
        fields.insert("dataFormat".to_owned(), Value::from("IPv4"));
    }
    value
}

/// As a list of vulnerabilities shows one.
pub(super) fn short(row: &Known) -> Value {
    Value::Object(common(row, "name"))
}

fn common(row: &Known, name_field: &str) -> Map<String, Value> {
    let (finding, plugin, host) = (&row.finding, &row.finding.plugin, &row.host);
    let number = match finding.protocol.as_ref() {
        "tcp" => 6,
        "udp" => 17,
        "icmp" => 1,
        _ => 0,
    };
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("pluginID", text(plugin.id));
    set("severity", severity(plugin.severity));
    set("ip", text(&host.ip));
    set("uuid", Value::from(""));
    set("port", text(finding.port));
    set("protocol", text(finding.protocol.to_uppercase()));
    set(name_field, text(&plugin.name));
    set("dnsName", text(host.fqdn.as_deref().unwrap_or_default()));
    set("macAddress", text(host.mac.as_deref().unwrap_or_default()));
    set("netbiosName", Value::from(""));
    set("uniqueness", Value::from("repositoryID,ip,dnsName"));
    set("family", family(plugin));
    set("repository", repository(row));
    set("pluginInfo", text(format!("{} ({}/{number}) {}", plugin.id, finding.port, plugin.name)));
    fields
}

/// All there is to say of one.
pub(super) fn details(row: &Known) -> Value {
    let (finding, plugin) = (&row.finding, &row.finding.plugin);
    let mut fields = common(row, "pluginName");
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    let score = |score: &Option<(Text, Text)>| score.as_ref().map(|(number, _)| number.to_string()).unwrap_or_default();
    let vector = |score: &Option<(Text, Text)>, prefix: &str| {
        let vector = score.as_ref().map(|(_, vector)| vector.to_string()).unwrap_or_default();
        vector.strip_prefix(prefix).map_or(vector.clone(), str::to_owned)
    };
    let xrefs: Vec<String> = plugin.cwes.iter().map(|cwe| format!("CWE #{cwe}")).collect();
    let published = published(plugin).map_or(-1, Moment::epoch_seconds);
    set("hasBeenMitigated", Value::from("0"));
    set("acceptRisk", Value::from("0"));
    set("recastRisk", Value::from("0"));
    set("firstSeen", text(row.first_seen.epoch_seconds()));
    set("lastSeen", text(row.last_seen.epoch_seconds()));
    set("exploitAvailable", Value::from(if plugin.exploit_available { "Yes" } else { "No" }));
    set("exploitEase", Value::from(if plugin.exploit_available { "Exploits are available" } else { "" }));
    set("exploitFrameworks", Value::from(""));
    set("synopsis", text(&plugin.synopsis));
    set("description", text(&plugin.description));
    set("solution", text(&plugin.solution));
    set("seeAlso", text(plugin.see_also.join("\n")));
    set("riskFactor", Value::from(plugin.risk()));
    set("stigSeverity", Value::from(""));
    set("vprScore", text(plugin.vpr.as_deref().unwrap_or_default()));
    set("baseScore", text(score(&plugin.cvss2)));
    set("temporalScore", Value::from(""));
    set("cvssVector", text(vector(&plugin.cvss2, "CVSS2#")));
    set("cvssV3BaseScore", text(score(&plugin.cvss3)));
    set("cvssV3TemporalScore", Value::from(""));
    set("cvssV3Vector", text(vector(&plugin.cvss3, "CVSS:3.0/")));
    set("cpe", Value::from(""));
    set("vulnPubDate", Value::from("-1"));
    set("patchPubDate", Value::from("-1"));
    set("pluginPubDate", text(published));
    set("pluginModDate", text(published));
    set("checkType", text(&plugin.kind));
    set("version", Value::from("1.1"));
    set("cve", text(plugin.cves.join(",")));
    set("bid", Value::from(""));
    set("xref", text(xrefs.join(",")));
    let output = &finding.output;
    set(
        "pluginText",
        text(if output.is_empty() { String::new() } else { format!("<plugin_output>{output}</plugin_output>") }),
    );
    Value::Object(fields)
}

fn published(plugin: &Plugin) -> Option<Moment> {
    let date = jiff::civil::Date::strptime("%Y/%m/%d", plugin.published.as_ref()).ok()?;
    let zoned = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Moment::from_epoch_seconds(zoned.timestamp().as_second()))
}

/// The five severities, the worst first, also those with nothing.
pub(super) fn by_severity(rows: &[Known]) -> Vec<Value> {
    let count = |number: u8| rows.iter().filter(|row| row.finding.plugin.severity == number).count();
    (0..5).rev().map(|number| json!({ "severity": severity(number), "count": text(count(number)) })).collect()
}

pub(super) fn by_address(rows: &[Known]) -> Vec<Value> {
    let mut groups: BTreeMap<(&str, i64), Vec<&Known>> = BTreeMap::new();
    for row in rows {
        groups.entry((&row.host.ip, row.group)).or_default().push(row);
    }
    let one = |((ip, _), rows): ((&str, i64), Vec<&Known>)| {
        let count = |number: u8| rows.iter().filter(|row| row.finding.plugin.severity == number).count();
        let first = rows.first();
        json!({
            "ip": ip,
            "uuid": "",
            "dnsName": first.and_then(|row| row.host.fqdn.as_deref()).unwrap_or_default(),
            "macAddress": first.and_then(|row| row.host.mac.as_deref()).unwrap_or_default(),
            "netbiosName": "",
            "uniqueness": "repositoryID,ip,dnsName",
            "score": text(count(4) * 40 + count(3) * 10 + count(2) * 3 + count(1)),
            "total": text(rows.len()),
            "severityInfo": text(count(0)),
            "severityLow": text(count(1)),
            "severityMedium": text(count(2)),
            "severityHigh": text(count(3)),
            "severityCritical": text(count(4)),
            "repository": first.map(|row| repository(row)),
        })
    };
    groups.into_iter().map(one).collect()
}

pub(super) fn by_plugin(rows: &[Known]) -> Vec<Value> {
    let mut groups: BTreeMap<u32, (usize, &Plugin)> = BTreeMap::new();
    for row in rows {
        groups.entry(row.finding.plugin.id).or_insert((0, &row.finding.plugin)).0 += 1;
    }
    let one = |(id, (total, plugin)): (u32, (usize, &Plugin))| {
        json!({
            "pluginID": text(id),
            "total": text(total),
            "name": plugin.name,
            "severity": severity(plugin.severity),
            "family": family(plugin),
            "vprScore": plugin.vpr.as_deref().unwrap_or_default(),
        })
    };
    groups.into_iter().map(one).collect()
}
