//! The XML: `niktoscan`, in old versions within another of its kind, with `scandetails` for each host.

use scanhelm_core::text::single_line;

use super::item::{Host, Item};
use super::{footer, header};
use crate::error::ReadError;
use crate::format::{Format, Opened};
use crate::gathered::filled;
use crate::input::Input;
use crate::options::ReadOptions;
use crate::report::Problems;
use crate::sample::Sample;
use crate::steps::{Parts, Stepped, Steps};
use crate::xml::{Element, Markup, XmlReader};

pub(crate) const FORMAT: Format =
    Format { id: "nikto-xml", name: "Nikto XML", extensions: &["xml"], sniff: recognises, open };

const ROOT: &str = "niktoscan";

fn recognises(sample: &Sample) -> bool {
    matches!(sample.xml_root(), Some(ROOT | "niktoscans"))
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let xml = XmlReader::new(input.content, &options.limits).with_doctype();
    let reader =
        NiktoReader { xml, room: options.limits.max_token, begun: false, host: None, problems: Problems::default() };
    Ok(Stepped::reader(reader, &options.limits))
}

struct NiktoReader {
    xml: XmlReader,
    room: usize,
    begun: bool,
    /// The host whose items are being read, or why it is none.
    host: Option<Result<Host, String>>,
    problems: Problems,
}

impl Steps for NiktoReader {
    fn step(&mut self, parts: &mut Parts) -> Result<(), ReadError> {
        let element = match self.xml.next()? {
            Markup::Start(tag) => Element::begin(&tag)?,
            Markup::Eof => {
                self.begin(None, parts);
                parts.footer(footer(parts.has_assets(), None, &mut self.problems));
                return Ok(());
            }
            Markup::End | Markup::Text(_) | Markup::Reference(_) | Markup::Nothing => return Ok(()),
        };
        match element.name.as_str() {
            "niktoscans" => Ok(()),
            ROOT => {
                self.begin(filled(single_line(element.attribute("version"), 60)), parts);
                Ok(())
            }
            _ if !self.begun => {
                let found = single_line(&element.name, 60);
                Err(self.xml.malformed(format!("the root element is <{found}> instead of <{ROOT}>")))
            }
            "scandetails" => {
                self.host = Some(Host::at(&origin(&element)));
                Ok(())
            }
            "item" => {
                let element = self.xml.read_element_within(element, self.room)?;
                self.item(&element, parts)
            }
            _ => self.xml.skip_element(),
        }
    }
}

impl NiktoReader {
    fn begin(&mut self, version: Option<String>, parts: &mut Parts) {
        if !std::mem::replace(&mut self.begun, true) {
            parts.header(header(version));
        }
    }

    fn item(&mut self, element: &Element, parts: &mut Parts) -> Result<(), ReadError> {
        let text = |name: &str| element.text_at(name).to_owned();
        let item = Item {
            id: element.attribute("id").to_owned(),
            method: element.attribute("method").to_owned(),
            url: text("uri"),
            message: text("description"),
            references: text("references"),
            osvdb: element.attribute("osvdbid").to_owned(),
        };
        if let Some(failure) = item.failure() {
            self.problems.add(&failure);
            return Ok(());
        }
        let finding = match (&element.fault, &self.host) {
            (Some(fault), _) => Err(fault.clone()),
            (None, None) => Err("it stands outside of a host".to_owned()),
            (None, Some(Err(reason))) => Err(reason.clone()),
            (None, Some(Ok(host))) => item.finding(host),
        };
        parts.record(finding, || element.excerpt())
    }
}

/// Its name as an address, or what else it is known by.
fn origin(details: &Element) -> String {
    let name = details.attribute("sitename");
    if !name.is_empty() {
        return name.to_owned();
    }
    let port = details.attribute("targetport");
    let scheme = if port == "443" { "https" } else { "http" };
    let host = [details.attribute("targethostname"), details.attribute("targetip")];
    let host = host.into_iter().find(|host| !host.is_empty()).unwrap_or_default();
    format!("{scheme}://{host}:{port}")
}
