//! The rules of a run: what every result of a rule shares.

use std::collections::{BTreeMap, HashMap};

use serde_json::Value;

use super::model::{Component, Message, Reference, Rule, SarifResult, Tool};
use crate::weakness::{cves_in, cwes_in};

pub(super) struct Rules {
    pub(super) scanner: String,
    /// The driver's, then each extension's.
    components: Vec<Vec<RuleFacts>>,
    /// Component and position by id.
    by_id: HashMap<String, (usize, usize)>,
}

#[derive(Default)]
pub(super) struct RuleFacts {
    pub(super) id: String,
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    pub(super) help_uri: Option<String>,
    pub(super) level: Option<String>,
    pub(super) security_severity: Option<f64>,
    pub(super) cves: Vec<String>,
    pub(super) cwes: Vec<u32>,
    messages: BTreeMap<String, Message>,
}

impl Rules {
    pub(super) fn new(scanner: String, tool: Tool) -> Self {
        let components: Vec<Vec<RuleFacts>> =
            std::iter::once(tool.driver).chain(tool.extensions.into_iter().flatten()).map(facts).collect();
        let mut by_id = HashMap::new();
        for (component, rules) in components.iter().enumerate() {
            for (position, rule) in rules.iter().enumerate() {
                by_id.entry(rule.id.clone()).or_insert((component, position));
            }
        }
        Self { scanner, components, by_id }
    }

    /// The rule of a result: by index where it agrees with the id, else by id. The id may be more specific than the
    /// rule's, as in `CA1000/1`.
    pub(super) fn of(&self, result: &SarifResult) -> Option<&RuleFacts> {
        let reference = result.rule.as_ref();
        let id = result.rule_id.as_deref().or_else(|| reference?.id.as_deref());
        let component = reference
            .and_then(|rule| rule.tool_component.as_ref()?.index)
            .and_then(|index| usize::try_from(index).ok()?.checked_add(1))
            .unwrap_or(0);
        let index = result.rule_index.or_else(|| reference?.index).and_then(|index| usize::try_from(index).ok());
        let indexed = index.and_then(|index| self.components.get(component)?.get(index));
        let agrees = |rule: &&RuleFacts| id.is_none_or(|id| is_or_specialises(id, &rule.id));
        indexed.filter(agrees).or_else(|| {
            let mut id = id?;
            loop {
                if let Some((component, position)) = self.by_id.get(id) {
                    return self.components.get(*component)?.get(*position);
                }
                id = id.rsplit_once('/')?.0;
            }
        })
    }
}

impl RuleFacts {
    /// A message that refers to the rule's strings, its placeholders filled.
    pub(super) fn message(&self, message: &Message) -> Option<String> {
        let text = self.messages.get(message.id.as_deref()?)?.plain()?;
        Some(filled(text, message.arguments.as_deref().unwrap_or_default()))
    }
}

/// Replaces `{0}` by the first argument and so on.
pub(super) fn filled(text: &str, arguments: &[String]) -> String {
    arguments
        .iter()
        .enumerate()
        .fold(text.to_owned(), |text, (index, argument)| text.replace(&format!("{{{index}}}"), argument))
}

fn is_or_specialises(id: &str, rule: &str) -> bool {
    id.strip_prefix(rule).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn facts(component: Component) -> Vec<RuleFacts> {
    component.rules.into_iter().flatten().map(RuleFacts::from).collect()
}

impl From<Rule> for RuleFacts {
    fn from(rule: Rule) -> Self {
        let (mut cves, mut cwes) = (vec![], vec![]);
        cves_in(&rule.id, &mut cves);
        cves_in(rule.name.as_deref().unwrap_or_default(), &mut cves);
        for key in ["tags", "cwe", "CWE", "cve"] {
            each_text(rule.properties.get(key), &mut |text| {
                cves_in(text, &mut cves);
                cwes_in(text, &mut cwes);
            });
        }
        let targets = rule.relationships.iter().flatten().filter_map(|relationship| relationship.target.as_ref());
        targets.for_each(|target| cwe_of(target, &mut cwes));
        let short = rule.short_description.as_ref().and_then(Message::plain);
        // Semgrep repeats the rule's id here, which is no title.
        let short = short.filter(|text| !text.starts_with("Semgrep Finding: "));
        let name = rule.name.as_deref().filter(|name| !name.is_empty() && *name != rule.id);
        Self {
            title: short.or(name).map(str::to_owned),
            description: rule.full_description.as_ref().and_then(Message::plain).map(str::to_owned),
            help_uri: rule.help_uri.filter(|uri| !uri.is_empty()),
            level: rule.default_configuration.and_then(|configuration| configuration.level),
            security_severity: security_severity(&rule.properties),
            messages: rule.message_strings.unwrap_or_default(),
            id: rule.id,
            cves,
            cwes,
        }
    }
}

/// A number, or a text with a number.
pub(super) fn security_severity(properties: &Value) -> Option<f64> {
    let value = properties.get("security-severity")?;
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|score| (0.0..=10.0).contains(score))
}

/// The CWE that a taxonomy reference means; its id is `CWE-79`, or `79` in a taxonomy called CWE.
pub(super) fn cwe_of(reference: &Reference, into: &mut Vec<u32>) {
    let id = reference.id.as_deref().unwrap_or_default();
    let taxonomy = reference.tool_component.as_ref().and_then(|component| component.name.as_deref());
    match id.parse::<u32>() {
        Ok(_) if taxonomy == Some("CWE") => cwes_in(&format!("CWE-{id}"), into),
        _ => cwes_in(id, into),
    }
}

/// A text, or each text of a list.
pub(super) fn each_text(value: Option<&Value>, found: &mut impl FnMut(&str)) {
    match value {
        Some(Value::String(text)) => found(text),
        Some(Value::Array(texts)) => texts.iter().filter_map(Value::as_str).for_each(found),
        _ => {}
    }
}
