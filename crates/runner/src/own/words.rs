//! Arguments with places for what differs from start to start. There is no shell: a word stays one word whatever is put
//! into it, and `{targets}` is as many words as there are targets.

use std::ffi::{OsStr, OsString};

use scanhelm_core::text::nearest;

use crate::scanner::Invocation;

const PLACES: &[(&str, Place)] = &[
    ("targets", Place::Targets),
    ("report", Place::Report),
    ("folder", Place::Folder),
    ("url", Place::Target),
    ("host", Place::Target),
    ("port", Place::Port),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Targets,
    Report,
    Folder,
    /// The one site or host.
    Target,
    Port,
}

/// One word of a command line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word(Vec<Part>);

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Place(Place),
}

impl Word {
    /// Braces around anything but a name are text.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let (mut parts, mut rest) = (Vec::new(), text);
        let mut plain = String::new();
        while let Some((before, behind)) = rest.split_once('{') {
            plain.push_str(before);
            match behind.split_once('}').filter(|(name, _)| is_name(name)) {
                Some((name, after)) => {
                    let place = PLACES.iter().find(|(known, _)| *known == name).map(|(_, place)| *place);
                    let place = place.ok_or_else(|| unknown(name))?;
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(Part::Place(place));
                    rest = after;
                }
                None => {
                    plain.push('{');
                    rest = behind;
                }
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() || parts.is_empty() {
            parts.push(Part::Text(plain));
        }
        let word = Self(parts);
        if word.has(Place::Targets) && !word.is_targets() {
            return Err(format!(
                "`{{targets}}` stands for several words, so it is a word of its own and not in `{text}`"
            ));
        }
        Ok(word)
    }

    pub(super) fn has(&self, place: Place) -> bool {
        self.0.contains(&Part::Place(place))
    }

    fn is_targets(&self) -> bool {
        self.0 == [Part::Place(Place::Targets)]
    }

    fn is_end_of_options(&self) -> bool {
        matches!(self.0.as_slice(), [Part::Text(text)] if text == "--")
    }

    fn filled(&self, invocation: &Invocation<'_>, usual_port: Option<u16>) -> OsString {
        let mut word = OsString::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => word.push(text),
                Part::Place(Place::Report) => word.push(invocation.report),
                Part::Place(Place::Folder) => word.push(invocation.folder),
                Part::Place(Place::Target | Place::Targets) => {
                    word.push(invocation.targets.first().map_or(OsStr::new(""), OsString::as_os_str));
                }
                Part::Place(Place::Port) => {
                    word.push(invocation.port.or(usual_port).unwrap_or_default().to_string());
                }
            }
        }
        word
    }
}

/// The arguments of one start, with what the caller adds for this scanner in front of the targets.
pub(super) fn filled(
    words: &[Word],
    invocation: &Invocation<'_>,
    added: &[OsString],
    usual_port: Option<u16>,
) -> Vec<OsString> {
    let place = words.iter().position(|word| word.is_end_of_options() || word.is_targets()).unwrap_or(words.len());
    let mut arguments = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if at == place {
            arguments.extend(added.iter().cloned());
        }
        match word.is_targets() {
            true => arguments.extend(invocation.targets.iter().cloned()),
            false => arguments.push(word.filled(invocation, usual_port)),
        }
    }
    if place == words.len() {
        arguments.extend(added.iter().cloned());
    }
    arguments
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn unknown(name: &str) -> String {
    let known = PLACES.iter().map(|(known, _)| *known);
    match nearest(name, known.clone()) {
        Some(near) => format!("there is no place `{{{name}}}`; did you mean `{{{near}}}`?"),
        None => {
            let known: Vec<String> = known.map(|known| format!("{{{known}}}")).collect();
            format!("there is no place `{{{name}}}`; the places are {}", known.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::request::ScanOptions;

    fn arguments(words: &[&str], targets: &[&str], added: &[&str]) -> Vec<OsString> {
        let words: Vec<Word> = words.iter().map(|word| Word::read(word).unwrap()).collect();
        let invocation = Invocation {
            root: Path::new("/tree"),
            targets: targets.iter().map(OsString::from).collect(),
            kind: None,
            port: None,
            report: Path::new("/private/report"),
            folder: Path::new("/private"),
            options: &ScanOptions::default(),
            door: None,
            special: &[],
        };
        let added: Vec<OsString> = added.iter().map(OsString::from).collect();
        filled(&words, &invocation, &added, Some(443))
    }

    #[test]
    fn no_target_becomes_two_words_or_an_option() {
        let targets = ["./a b; rm -rf $HOME", "./{report}"];
        assert_eq!(
            arguments(&["--out={report}", "--", "{targets}"], &targets, &["-x"]),
            ["--out=/private/report", "-x", "--", "./a b; rm -rf $HOME", "./{report}"]
        );
        assert_eq!(arguments(&["{host}:{port}", "{folder}/x{0}"], &["db"], &["-x"]), ["db:443", "/private/x{0}", "-x"]);
    }

    #[test]
    fn places_that_are_not_there_are_told() {
        for (word, said) in [
            ("{target}", "did you mean `{targets}`?"),
            ("{zzz}", "the places are {targets}, {report}"),
            ("--in={targets}", "a word of its own"),
        ] {
            assert!(Word::read(word).unwrap_err().contains(said), "{word}");
        }
    }
}
