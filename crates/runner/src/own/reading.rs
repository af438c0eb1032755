//! What the file says, checked: each problem names its line and what to write instead.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use scanhelm_core::local::suppression::PathPattern;
use scanhelm_core::text::{nearest, single_line};
use scanhelm_formats::Mapping;
use toml::Spanned;

use super::definition::Definition;
use super::keys;
use super::words::{Place, Word};
use super::written::{WrittenFile, WrittenScanner};
use crate::process::IS_SET;
use crate::project::Problem;
use crate::registry::Registry;
use crate::scanner::{ReportPlace, ScanType, Scanner, StartedOn, WorkingFolder};
use crate::target::TargetKind;

/// The scanners of a file, and the programs it names by the ids of scanners.
pub(super) type Understood = (Vec<&'static Scanner>, BTreeMap<String, PathBuf>);

/// `known`: the scanners there are without the file.
pub(super) fn understood(text: &str, known: &Registry) -> Result<Understood, Vec<Problem>> {
    let malformed =
        |error: toml::de::Error| vec![Problem::at(text, error.span().map_or(0, |span| span.start), error.message())];
    let unknown = keys::unknown(text).map_err(malformed)?;
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let WrittenFile { programs, scanner } = toml::from_str(text).map_err(malformed)?;
    let mut reading = Reading { text, problems: Vec::new() };
    let mut ids = BTreeSet::new();
    let definitions: Vec<Definition> =
        scanner.into_iter().filter_map(|written| reading.definition(written, known, &mut ids)).collect();
    let programs = programs.into_iter().filter_map(|(id, path)| reading.program_of(id, path, known, &ids)).collect();
    if !reading.problems.is_empty() {
        return Err(reading.problems);
    }
    Ok((definitions.into_iter().map(Definition::scanner).collect(), programs))
}

/// Collects what is wrong.
pub(super) struct Reading<'file> {
    text: &'file str,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    pub(super) fn wrong<T>(&mut self, place: &Spanned<T>, words: impl fmt::Display) {
        self.problems.push(Problem::at(self.text, place.span().start, words));
    }

    fn definition(
        &mut self,
        written: WrittenScanner,
        known: &Registry,
        ids: &mut BTreeSet<String>,
    ) -> Option<Definition> {
        self.id(&written.id, known, ids);
        let kind = self.kind(&written.scan_types);
        let scan_types = written.scan_types.get_ref().iter().filter_map(|word| word.get_ref().parse().ok()).collect();
        let programs = self.programs(&written.programs);
        let arguments = self.arguments(&written);
        let report = self.report(&written, &arguments);
        let started_on = self.one_of(
            written.started_on.as_ref(),
            &[("target", StartedOn::Target), ("files", StartedOn::Files), ("each-file", StartedOn::EachFile)],
        );
        let works_in = self.one_of(
            written.works_in.as_ref(),
            &[("private", WorkingFolder::Private), ("target", WorkingFolder::Target)],
        );
        if let Some(files) = written.files.as_ref().filter(|_| kind != TargetKind::Files) {
            self.wrong(files, "`files` is for scanners of files; leave it out with these scan_types");
        }
        for name in written.environment.keys().filter(|name| IS_SET.contains(&name.get_ref().as_str())) {
            self.wrong(name, format!("Scanhelm sets `{}` itself for every scanner; leave it out", name.get_ref()));
        }
        let (format, mapping) = self.format(&written, kind)?;
        let id = written.id.into_inner();
        let program = programs.first().cloned().unwrap_or_default();
        Some(Definition {
            name: written.name.unwrap_or_else(|| id.clone()),
            scan_types,
            programs,
            version_arguments: written.version_arguments.unwrap_or_else(|| vec!["--version".to_owned()]),
            oldest: written.oldest,
            install_hint: written
                .install_hint
                .unwrap_or_else(|| format!("install `{program}`, or name its place with --program {id}=PATH")),
            exit_codes: written.exit_codes.unwrap_or_else(|| vec![0]),
            environment: written.environment.into_iter().map(|(name, value)| (name.into_inner(), value)).collect(),
            files: match written.files {
                Some(files) => files.get_ref().iter().map(|pattern| PathPattern::new(pattern)).collect(),
                None => vec![PathPattern::new("*")],
            },
            started_on: started_on.unwrap_or(StartedOn::Target),
            works_in: works_in.unwrap_or(WorkingFolder::Private),
            port: written.port,
            arguments,
            report,
            keep_answers: written.keep_answers,
            silent_when_clean: written.silent_when_clean,
            format,
            mapping: mapping.map(|mapping| Mapping { scanner: id.clone(), ..mapping }),
            id,
        })
    }

    fn id(&mut self, id: &Spanned<String>, known: &Registry, ids: &mut BTreeSet<String>) {
        let text = id.get_ref();
        let plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
        let shown = single_line(text, 60);
        if text.is_empty() || text.len() > 40 || text.starts_with('-') || !text.bytes().all(plain) {
            self.wrong(id, format!("`{shown}` is no id: write up to 40 of a-z, 0-9 and -, such as \"own-lint\""));
        } else if known.get(text).is_some_and(|scanner| scanner.definition().is_none()) {
            self.wrong(
                id,
                format!(
                    "`{shown}` is a scanner that comes with Scanhelm; choose another id (where its program lies is said \
                     under [programs])"
                ),
            );
        } else if known.get(text).is_some() || !ids.insert(text.clone()) {
            self.wrong(id, format!("`{shown}` is defined twice; choose another id for one of them"));
        }
    }

    /// What all types look at.
    fn kind(&mut self, types: &Spanned<Vec<Spanned<String>>>) -> TargetKind {
        let mut kinds = Vec::new();
        for word in types.get_ref() {
            match word.get_ref().parse::<ScanType>() {
                Ok(kind) => kinds.push(kind.target()),
                Err(error) => self.wrong(word, error),
            }
        }
        let first = kinds.first().copied().unwrap_or(TargetKind::Files);
        if types.get_ref().is_empty() {
            self.wrong(types, "`scan_types` is empty; name at least one, such as \"code\"");
        } else if kinds.iter().any(|kind| *kind != first) {
            self.wrong(types, "`scan_types` look at different things (files, sites, hosts); define a scanner for each");
        }
        first
    }

    fn programs(&mut self, programs: &Spanned<Vec<Spanned<String>>>) -> Vec<String> {
        if programs.get_ref().is_empty() {
            self.wrong(programs, "`programs` is empty; name the program");
        }
        for program in programs.get_ref() {
            let text = program.get_ref();
            if text.is_empty() || (text.contains('/') && !text.starts_with('/')) {
                let shown = single_line(text, 100);
                self.wrong(program, format!("`{shown}` is neither a name to look for nor a whole path from /"));
            } else if text.contains(' ') && !text.contains(" -m ") {
                self.wrong(
                    program,
                    format!(
                        "`{}` is a command line; write its program here and the rest under `arguments` (a module of \
                         Python is written as \"python3 -m module\")",
                        single_line(text, 100)
                    ),
                );
            }
        }
        programs.get_ref().iter().map(|program| program.get_ref().clone()).collect()
    }

    fn arguments(&mut self, written: &WrittenScanner) -> Vec<Word> {
        let mut words = Vec::new();
        for argument in written.arguments.get_ref() {
            match Word::read(argument.get_ref()) {
                Ok(word) => words.push(word),
                Err(problem) => self.wrong(argument, problem),
            }
        }
        let has = |place| words.iter().any(|word: &Word| word.has(place));
        let machine = written.scan_types.get_ref().iter().all(|word| word.get_ref() == ScanType::Baseline.as_str());
        if words.len() == written.arguments.get_ref().len() && !machine && !has(Place::Targets) && !has(Place::Target) {
            self.wrong(
                &written.arguments,
                "no argument names what to look at; add \"{targets}\" ({url} or {host} within a word)",
            );
        }
        if has(Place::Port) && written.port.is_none() {
            self.wrong(
                &written.arguments,
                "`{port}` needs the usual one, for a host that is named without: port = 443",
            );
        }
        words
    }

    fn report(&mut self, written: &WrittenScanner, arguments: &[Word]) -> ReportPlace {
        let places = [("file", ReportPlace::File), ("stdout", ReportPlace::StandardOutput)];
        let place = self.one_of(written.report.as_ref(), &places);
        let named = arguments.iter().any(|word| word.has(Place::Report));
        let inferred = if named { ReportPlace::File } else { ReportPlace::StandardOutput };
        if let (Some(said), Some(place)) = (&written.report, place)
            && place != inferred
        {
            self.wrong(
                said,
                match place {
                    ReportPlace::File => "no argument says where the report goes; add {report}",
                    _ => {
                        "{report} in `arguments` is a file, and this says that the report is printed; drop one of them"
                    }
                },
            );
        }
        match (place.unwrap_or(inferred), written.silent_when_clean) {
            (ReportPlace::File, true) => ReportPlace::FileOfFindings,
            (place, _) => place,
        }
    }

    fn one_of<T: Copy>(&mut self, word: Option<&Spanned<String>>, known: &[(&str, T)]) -> Option<T> {
        let word = word?;
        let found = known.iter().find(|(name, _)| name == word.get_ref()).map(|(_, value)| *value);
        if found.is_none() {
            let names: Vec<String> = known.iter().map(|(name, _)| format!("\"{name}\"")).collect();
            self.wrong(word, format!("`{}` is none of {}", single_line(word.get_ref(), 60), names.join(", ")));
        }
        found
    }

    fn program_of(
        &mut self,
        id: Spanned<String>,
        path: PathBuf,
        known: &Registry,
        ids: &BTreeSet<String>,
    ) -> Option<(String, PathBuf)> {
        if known.get(id.get_ref()).is_none() && !ids.contains(id.get_ref()) {
            let all = known.all().map(|scanner| scanner.id).chain(ids.iter().map(String::as_str));
            let near = nearest(id.get_ref(), all)
                .map_or_else(|| "`scanhelm scanners` lists them".to_owned(), |near| format!("did you mean `{near}`?"));
            self.wrong(&id, format!("`{}` is not a scanner; {near}", single_line(id.get_ref(), 60)));
            return None;
        }
        if !path.is_absolute() {
            self.wrong(&id, format!("`{}` is no whole path from /", single_line(&path.to_string_lossy(), 100)));
            return None;
        }
        Some((id.into_inner(), path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::lines;
    use crate::scanner::ExitCodes;

    const WHOLE: &str = r#"
[programs]
bandit = "/opt/bandit"

[[scanner]]
id = "own-lint"
scan_types = ["code"]
programs = ["own-lint", "python3 -m own_lint"]
arguments = ["--json", "{targets}"]
files = ["*.x", "src/**"]
[scanner.json]
findings = "results"
rule = "id"
path = "file"
usual_severity = "low"
"#;

    #[test]
    fn a_definition_is_a_scanner() {
        let (scanners, programs) = understood(WHOLE, &Registry::default()).unwrap_or_default();
        let [scanner] = scanners.as_slice() else { panic!("{scanners:?}") };
        assert_eq!((scanner.id, scanner.name, scanner.exit_codes), ("own-lint", "own-lint", ExitCodes::These(&[0])));
        assert_eq!(scanner.report, ReportPlace::StandardOutput);
        assert!(!scanner.answers_are_kept());
        assert_eq!(programs.get("bandit"), Some(&PathBuf::from("/opt/bandit")));
        let crate::scanner::LooksAt::Files(files) = scanner.looks_at else { panic!("it looks at files") };
        let looks = |path: &str| (files.looks_at)(path.as_ref(), &crate::ScanOptions::default());
        assert_eq!(["a/b.x", "src/a/b.y", "b.y"].map(looks), [true, true, false]);
    }

    #[test]
    fn every_problem_is_told_with_its_line_and_what_to_write() {
        for (from, to, said) in [
            ("findings = ", "finding = ", "12: there is no key `scanner.json.finding`; did you mean `findings`?"),
            ("programs = [\"own", "program = [\"own", "8: there is no key `scanner.program`; did you mean `programs`?"),
            ("[[scanner]]", "[scanner]", "5: `scanner` is a list: write [[scanner]]"),
            ("\"own-lint\"\nscan", "\"bandit\"\nscan", "6: `bandit` is a scanner that comes with Scanhelm"),
            ("\"own-lint\"\nscan", "\"Own lint\"\nscan", "6: `Own lint` is no id"),
            ("[\"code\"]", "[\"coed\"]", "7: `coed` is not a type of local scan"),
            ("[\"code\"]", "[\"code\", \"dast\"]", "7: `scan_types` look at different things"),
            ("[\"code\"]", "[]", "7: `scan_types` is empty"),
            ("\"own-lint\", \"python3", "\"./own-lint\", \"python3", "8: `./own-lint` is neither a name"),
            ("\"own-lint\", \"python3", "\"own-lint --x\", \"python3", "8: `own-lint --x` is a command line"),
            ("\"{targets}\"", "\"{target}\"", "9: there is no place `{target}`; did you mean `{targets}`?"),
            ("\"{targets}\"", "\"x\"", "9: no argument names what to look at"),
            ("\"{targets}\"", "\"{targets}\", \"{port}\"", "9: `{port}` needs the usual one"),
            ("files = ", "report = \"file\"\nfiles = ", "10: no argument says where the report goes"),
            ("files = ", "report = \"pipe\"\nfiles = ", "10: `pipe` is none of \"file\", \"stdout\""),
            (
                "files = ",
                "started_on = \"file\"\nfiles = ",
                "10: `file` is none of \"target\", \"files\", \"each-file\"",
            ),
            ("files = ", "environment = { PATH = \"x\" }\nfiles = ", "10: Scanhelm sets `PATH` itself"),
            ("files = ", "format = \"sarif\"\nfiles = ", "10: `format` and [scanner.json] both"),
            ("path = ", "line = ", "11: nothing says where a finding is; name the field with `path`"),
            ("usual_severity = \"low\"", "", "11: no finding has a severity"),
            ("\"low\"", "\"lowest\"", "15: `lowest` is not a severity"),
            ("bandit = ", "bandid = ", "3: `bandid` is not a scanner; did you mean `bandit`?"),
            ("\"/opt/bandit\"", "\"bandit\"", "3: `bandit` is no whole path"),
            ("rule = \"id\"\n", "", "missing field `rule`"),
        ] {
            assert!(WHOLE.contains(from), "{from}");
            let text = WHOLE.replacen(from, to, 1);
            let told = lines("", &understood(&text, &Registry::default()).err().unwrap_or_default());
            assert!(told.contains(said), "{to}: {told}");
        }
        let json = WHOLE.split_once("[scanner.json]").map(|(before, _)| before).unwrap_or_default();
        for (more, said) in
            [("", "nothing says how its report is read"), ("format = \"sarf\"", "did you mean `sarif`?")]
        {
            let told = lines("", &understood(&format!("{json}{more}"), &Registry::default()).err().unwrap_or_default());
            assert!(told.contains(said), "{more}: {told}");
        }
        let twice =
            format!("{WHOLE}{}", WHOLE.split_once("[[").map(|(_, rest)| format!("[[{rest}")).unwrap_or_default());
        let told = lines("", &understood(&twice, &Registry::default()).err().unwrap_or_default());
        assert!(told.contains("`own-lint` is defined twice"), "{told}");
    }
}
