//! Reads the hosts and findings of a `.nessus` report that a client uploads.

use std::collections::HashMap;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::hosts::{Host, Profile};
use super::plugin::{Finding, Plugin, Text};

pub(crate) struct Report {
    pub(crate) name: String,
    pub(crate) hosts: Vec<(Host, Vec<Finding>)>,
}

/// What is open while the file is read.
#[derive(Default)]
struct Reading {
    name: Option<String>,
    hosts: Vec<(Host, Vec<Finding>)>,
    properties: HashMap<String, String>,
    property: Option<String>,
    finding: Option<(Finding, Plugin)>,
    text: String,
}

/// Reads the whole file, or says what is wrong and where.
pub(crate) fn read(bytes: &[u8]) -> Result<Report, String> {
    let mut reader = Reader::from_reader(bytes);
    let mut reading = Reading::default();
    let mut buffer = Vec::new();
    loop {
        let at = reader.buffer_position();
        let problem = |error: &dyn std::fmt::Display| format!("{error} at byte {at}");
        match reader.read_event_into(&mut buffer).map_err(|error| problem(&error))? {
            Event::Start(start) => reading.open(&start).map_err(|error| problem(&error))?,
            Event::Empty(start) => {
                reading.open(&start).map_err(|error| problem(&error))?;
                reading.close(start.name().as_ref());
            }
            Event::End(end) => reading.close(end.name().as_ref()),
            Event::Text(text) => reading.text.push_str(&text),
            Event::CData(text) => reading.text.push_str(&text),
            Event::GeneralRef(entity) => {
                let reference = format!("&{};", &*entity);
                reading.text.push_str(&quick_xml::escape::unescape(&reference).map_err(|error| problem(&error))?);
            }
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    let name = reading.name.ok_or("it has no <Report>")?;
    Ok(Report { name, hosts: reading.hosts })
}

impl Reading {
    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), String> {
        self.text.clear();
        let wanted = matches!(start.name().as_ref(), "Report" | "ReportHost" | "tag" | "ReportItem");
        if !wanted {
            return Ok(());
        }
        let mut attributes = HashMap::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = quick_xml::escape::unescape(&attribute.value).map_err(|error| error.to_string())?.into_owned();
            attributes.insert(attribute.key.as_ref().to_owned(), value);
        }
        let mut take = |name: &str| attributes.remove(name).unwrap_or_default();
        match start.name().as_ref() {
            "Report" => self.name = Some(take("name")),
            "ReportHost" => {
                let name = take("name");
                self.properties.clear();
                let host = Host {
                    ip: name.clone(),
                    name,
                    fqdn: None,
                    mac: None,
                    operating_system: None,
                    profile: Profile::LinuxServer,
                };
                self.hosts.push((host, Vec::new()));
            }
            "tag" => self.property = Some(take("name")),
            _ => {
                let number = |name: &str, text: String| {
                    text.parse::<u32>().map_err(|_| format!("`{text}` is no {name} of a ReportItem"))
                };
                let plugin = Plugin {
                    id: number("pluginID", take("pluginID"))?,
                    severity: number("severity", take("severity"))?.min(4) as u8,
                    name: Text::Owned(take("pluginName")),
                    family: Text::Owned(take("pluginFamily")),
                    ..Plugin::default()
                };
                let port = take("port");
                let finding = Finding {
                    plugin: Arc::default(),
                    port: port.parse().map_err(|_| format!("`{port}` is no port of a ReportItem"))?,
                    protocol: Text::Owned(take("protocol")),
                    service: Text::Owned(take("svc_name")),
                    output: String::new(),
                };
                self.finding = Some((finding, plugin));
            }
        }
        Ok(())
    }

    fn close(&mut self, name: &str) {
        let text = std::mem::take(&mut self.text);
        match name {
            "tag" => {
                if let Some(property) = self.property.take() {
                    self.properties.insert(property, text.trim().to_owned());
                }
            }
            "HostProperties" => {
                if let Some((host, _)) = self.hosts.last_mut() {
                    host.ip = self.properties.remove("host-ip").unwrap_or_else(|| host.ip.clone());
                    host.fqdn = self.properties.remove("host-fqdn");
                    host.mac = self.properties.remove("mac-address");
                    host.operating_system = self.properties.remove("operating-system");
                }
            }
            "ReportItem" => {
                if let (Some((finding, plugin)), Some((_, findings))) = (self.finding.take(), self.hosts.last_mut()) {
                    findings.push(Finding { plugin: Arc::new(plugin), ..finding });
                }
            }
            other => {
                if let Some((finding, plugin)) = &mut self.finding {
                    fill(finding, plugin, other, text);
                }
            }
        }
    }
}

fn fill(finding: &mut Finding, plugin: &mut Plugin, element: &str, text: String) {
    let set = |score: &mut Option<(Text, Text)>, number: Option<String>, vector: Option<String>| {
        let (old_number, old_vector) = score.take().unwrap_or_default();
        *score = Some((number.map_or(old_number, Text::Owned), vector.map_or(old_vector, Text::Owned)));
    };
    match element {
        "cve" => plugin.cves.push(Text::Owned(text)),
        "cwe" => plugin.cwes.push(Text::Owned(text)),
        "cvss_base_score" => set(&mut plugin.cvss2, Some(text), None),
        "cvss_vector" => set(&mut plugin.cvss2, None, Some(text)),
        "cvss3_base_score" => set(&mut plugin.cvss3, Some(text), None),
        "cvss3_vector" => set(&mut plugin.cvss3, None, Some(text)),
        "vpr_score" => plugin.vpr = Some(Text::Owned(text)),
        "synopsis" => plugin.synopsis = Text::Owned(text),
        "description" => plugin.description = Text::Owned(text),
        "solution" => plugin.solution = Text::Owned(text),
        "see_also" => plugin.see_also.extend(text.lines().map(|line| Text::Owned(line.trim().to_owned()))),
        "plugin_publication_date" => plugin.published = Text::Owned(text),
        "plugin_type" => plugin.kind = Text::Owned(text),
        "exploit_available" => plugin.exploit_available = text.trim() == "true",
        "plugin_output" => finding.output = text,
        _ => {}
    }
}
