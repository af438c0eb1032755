//! SonarQube and SonarCloud: the answers of `api/issues/search` and `api/hotspots/search` (whole, or only their inner
//! list), the JSON of the tool sonar-report, and the preview report of old analyses. They hold what a filter asked
//! for, and the server gives no more than 10,000, so none closes anything.
//!
//! An issue that is resolved or closed (fixed, won't fix, false positive, accepted) is no finding, nor a hotspot that was
//! reviewed as safe or fixed; an acknowledged one is. What identifies is rule, file and the hash that SonarQube makes of the
//! line; the key of an issue is new when a project is analysed anew.

use std::collections::HashMap;

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde::Deserialize;

use crate::code_report::{Place, repository};
use crate::error::ReadError;
use crate::format::Format;
use crate::gathered::{Gathered, bare, each_element, each_key, filled, parsed};
use crate::html::text_of;
use crate::input::Input;
use crate::json::Cursor;
use crate::options::ReadOptions;
use crate::report::Reader;
use crate::sample::Sample;
use crate::weakness::cwes_in;

pub(crate) const FORMAT: Format =
    Format { id: "sonarqube", name: "SonarQube JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "sonarqube";

fn recognises(sample: &Sample) -> bool {
    let issue = |list: &str| {
        ["rule", "component", "message"].iter().all(|key| sample.has_json(&format!("{list}[].{key}")))
            && ["project", "creationDate", "key"].iter().any(|key| sample.has_json(&format!("{list}[].{key}")))
    };
    let hotspot = |list: &str| sample.has_json(&format!("{list}[].vulnerabilityProbability"));
    let page = sample.has_json("paging.pageIndex") && (sample.has_json("issues") || sample.has_json("hotspots"));
    let tool = sample.has_json("sonarBaseURL") && sample.has_json("issues");
    issue("issues") || issue("") || hotspot("hotspots") || hotspot("") || page || tool
}

fn open(input: Input, options: &ReadOptions) -> Result<Box<dyn Reader>, ReadError> {
    let mut report = Gathered::of(SCANNER);
    let mut context = Context { named: options.repository.clone(), ..Context::default() };
    let mut cursor = Cursor::new(input.content, &options.limits);
    if cursor.peek()? == Some(b'[') {
        each_element(&mut cursor, |cursor| report.keep_next(0, cursor))?;
    } else {
        let mut has_list = false;
        each_key(&mut cursor, |key, cursor| {
            match key {
                "issues" | "hotspots" => {
                    has_list = true;
                    each_element(cursor, |cursor| report.keep_next(0, cursor))?;
                }
                "components" => {
                    for component in cursor.value::<Vec<Component>>(key)? {
                        let path = component.path.or(component.long_name);
                        context.paths.extend(path.map(|path| (component.key, path)));
                    }
                }
                "rules" => context.rules = rules(cursor.value(key)?),
                "sonarComponent" => context.project = cursor.value(key)?,
                "projectName" => report.header.scan_name = cursor.value(key)?,
                "version" => report.header.scanner_version = cursor.value(key)?,
                _ => cursor.skip_value()?,
            }
            Ok(())
        })?;
        if !has_list {
            return Err(cursor.malformed("it holds no list `issues` or `hotspots`"));
        }
    }
    cursor.end()?;
    report.assets_of_findings_only = true;
    if let Some(name) = context.named.as_deref().or(context.project.as_deref()) {
        report.asset = Some(repository(Some(name)));
        report.assets_of_findings_only = false;
    }
    let turn =
        move |_: u8, raw: &[u8], place: &mut Place| finding(raw, &context, place).transpose().into_iter().collect();
    report.into_reader(options, Box::new(turn))
}

#[derive(Default)]
struct Context {
    /// The caller's name of the repository.
    named: Option<String>,
    /// The project of a report that has one.
    project: Option<String>,
    /// Of components, by their keys.
    paths: HashMap<String, String>,
    rules: HashMap<String, Rule>,
}

#[derive(Deserialize)]
struct Component {
    key: String,
    path: Option<String>,
    #[serde(rename = "longName")]
    long_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    key: Option<String>,
    #[serde(default)]
    name: String,
    html_desc: Option<String>,
}

/// By their keys, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Rules {
    ByKey(HashMap<String, Rule>),
    List(Vec<Rule>),
}

fn rules(rules: Rules) -> HashMap<String, Rule> {
    match rules {
        Rules::ByKey(rules) => rules,
        Rules::List(rules) => rules.into_iter().filter_map(|rule| Some((rule.key.clone()?, rule))).collect(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Issue {
    rule: Option<String>,
    rule_key: Option<String>,
    severity: Option<String>,
    vulnerability_probability: Option<String>,
    security_category: Option<String>,
    component: String,
    project: Option<String>,
    sub_project: Option<String>,
    line: Option<u32>,
    start_line: Option<u32>,
    text_range: Option<Range>,
    hash: Option<String>,
    #[serde(default)]
    status: String,
    issue_status: Option<String>,
    resolution: Option<String>,
    #[serde(default)]
    message: String,
    r#type: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    impacts: Vec<Impact>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Range {
    start_line: Option<u32>,
    start_offset: Option<u32>,
}

#[derive(Deserialize)]
struct Impact {
    severity: String,
}

impl Issue {
    fn is_open(&self) -> bool {
        let judged = |word: &str| {
            matches!(
                word.replace('-', "_").as_str(),
                "FALSE_POSITIVE" | "ACCEPTED" | "FIXED" | "WONTFIX" | "SAFE" | "REMOVED"
            )
        };
        let resolution = self.resolution.as_deref().unwrap_or_default();
        let resolved = matches!(self.status.as_str(), "RESOLVED" | "CLOSED") || judged(&self.status);
        !resolved && !judged(resolution) && !self.issue_status.as_deref().is_some_and(judged)
    }
}

fn severity(word: &str) -> Result<Severity, String> {
    Ok(match word.to_ascii_uppercase().as_str() {
        "BLOCKER" => Severity::Critical,
        "CRITICAL" | "HIGH" => Severity::High,
        "MAJOR" | "MEDIUM" => Severity::Medium,
        "MINOR" | "LOW" => Severity::Low,
        "INFO" => Severity::Info,
        _ => return Err(format!("`{word}` is no severity of SonarQube")),
    })
}

fn finding(raw: &[u8], context: &Context, place: &mut Place) -> Result<Option<FindingRecord>, String> {
    let issue: Issue = parsed(raw)?;
    if !issue.is_open() {
        return Ok(None);
    }
    let worst_impact = || {
        let known =
            issue.impacts.iter().filter_map(|impact| Some((severity(&impact.severity).ok()?, &impact.severity)));
        known.max().map(|(_, word)| word.clone())
    };
    let word = issue.severity.clone().or_else(|| issue.vulnerability_probability.clone()).or_else(worst_impact);
    let word = word.ok_or("it has no severity")?;
    let severity = severity(&word)?;
    let category = issue.security_category.as_deref().unwrap_or_default();
    // The first servers with hotspots did not name the rule in this list.
    let rule = issue
        .rule
        .clone()
        .or_else(|| issue.rule_key.clone())
        .or_else(|| filled(category).map(|category| format!("hotspot:{category}")));
    let rule = rule.ok_or("it names no rule")?;
    let (mut cwes, known) = (vec![], context.rules.get(&rule));
    issue.tags.iter().for_each(|tag| cwes_in(tag, &mut cwes));
    let project = context.named.as_deref().or(issue.project.as_deref()).or(context.project.as_deref());
    let asset = project.map_or_else(|| place.asset.clone(), AssetRecord::repository);
    let path = path_of(&issue, context);
    let range = issue.text_range.as_ref();
    let location = if path.is_empty() {
        Location::Asset
    } else {
        Location::Code {
            path: place.tree.relative(&path),
            line: issue.line.or(issue.start_line).or_else(|| range?.start_line).filter(|line| *line > 0),
            column: range.and_then(|range| range.start_offset).map(|offset| offset.saturating_add(1)),
            source: None,
        }
    };
    let title = known.and_then(|rule| filled(rule.name.clone())).unwrap_or_else(|| issue.message.clone());
    let description = known.and_then(|rule| rule.html_desc.as_deref()).map(text_of).unwrap_or_default();
    let kind = issue.r#type.clone().or_else(|| filled(category));
    Ok(Some(FindingRecord {
        vendor_severity: Some(word),
        check: issue.hash.clone().and_then(filled),
        cwes,
        family: kind.map(|kind| kind.to_lowercase().replace('_', " ")),
        description: filled(format!("{}\n\n{description}", issue.message).trim()),
        ..bare(SCANNER, rule, single_line(&title, 200), severity, &asset, location)
    }))
}

/// The component's path: as the report lists it, else its key without that of its module or project. Empty for the
/// project itself.
fn path_of(issue: &Issue, context: &Context) -> String {
    if Some(&issue.component) == issue.project.as_ref() {
        return String::new();
    }
    let module = issue.sub_project.as_deref().filter(|module| *module != issue.component);
    let folder = module.and_then(|module| context.paths.get(module));
    let path = context.paths.get(&issue.component).cloned().unwrap_or_else(|| {
        let within = |key: &str| issue.component.strip_prefix(key)?.strip_prefix(':').map(str::to_owned);
        let known = [issue.sub_project.as_deref(), issue.project.as_deref(), context.project.as_deref()];
        known
            .into_iter()
            .flatten()
            .find_map(within)
            .unwrap_or_else(|| issue.component.rsplit(':').next().unwrap_or(&issue.component).to_owned())
    });
    match folder {
        Some(folder) => format!("{}/{path}", folder.trim_end_matches('/')),
        None => path,
    }
}
