//! Real reports of a public repository (DefectDojo's samples), with the counts that its own tests assert.
//!
//! Nothing of that repository is kept here. `SCANHELM_DOJO` names a folder with a copy of it; then every sample is read and
//! counted, and `dojo_samples.tsv` must explain each count that is not theirs: the sample, their count, ours, the kind of
//! the difference, and the reason. `SCANHELM_DOJO_WRITE=1` writes docs/DOJO_SAMPLES.md anew, which is checked otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::corpus::corpus;
use crate::reading::read;

/// Sample, their count, ours, kind, reason.
const DIFFERENCES: &str = include_str!("dojo_samples.tsv");

/// The kinds of differences, and what each means.
const KINDS: [(&str, &str); 10] = [
    ("grouped", "DefectDojo makes one finding of what is in several places; here each place is one"),
    ("merged", "what is one finding here, because its identity is the same, is several there"),
    ("settled", "fixed, ignored, passed and suppressed records are findings there, none here"),
    ("more", "records that DefectDojo leaves out are findings here"),
    ("theirs", "what DefectDojo makes a finding of is none here"),
    ("rejected", "records that cannot be told apart or rated are set aside with their reason"),
    ("broken", "the file is damaged or was cut; nothing of it is taken"),
    ("nameless", "nothing in the file says which tool wrote it"),
    ("page", "a page for people"),
    ("unread", "a format that is not read"),
];

/// A row of the list of samples. Tests of that project differ in what they count, so there can be several counts.
struct Sample {
    tool: String,
    path: String,
    theirs: BTreeSet<usize>,
}

fn asserted(list: &Path) -> Vec<Sample> {
    let mut samples: Vec<Sample> = vec![];
    for line in std::fs::read_to_string(list).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let count = cells[3].parse().ok();
        match samples.iter_mut().find(|sample| sample.path == cells[1]) {
            Some(sample) => sample.theirs.extend(count),
            None => samples.push(Sample {
                tool: cells[0].to_owned(),
                path: cells[1].to_owned(),
                theirs: count.into_iter().collect(),
            }),
        }
    }
    samples
}

/// Findings, and how many records were set aside; or why it is not read.
fn counted(path: &Path) -> Result<(usize, usize, &'static str), String> {
    let whole = read(std::fs::read(path).unwrap()).map_err(|error| error.to_string())?;
    Ok((whole.findings.len(), whole.rejected.len(), whole.format))
}

fn counts(theirs: &BTreeSet<usize>) -> String {
    theirs.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}

#[derive(Default)]
struct Tally {
    samples: usize,
    same: usize,
    different: usize,
    unread: usize,
    uncounted: usize,
}

/// The rows of [`DIFFERENCES`] by their samples.
fn explained() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut explained = BTreeMap::new();
    for line in DIFFERENCES.lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        assert!(KINDS.iter().any(|(kind, _)| cells.get(3) == Some(kind)) && cells.len() == 5, "{line}");
        explained.insert(cells[0], cells[1..].to_vec());
    }
    explained
}

fn kept_page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/DOJO_SAMPLES.md")
}

#[test]
fn the_page_of_samples_tells_each_difference_as_the_list_does() {
    let page = std::fs::read_to_string(kept_page()).unwrap();
    let explained = explained();
    for (name, cells) in &explained {
        assert!(page.contains(&row(name, cells)), "{name} is not on the page as it is on the list");
    }
    assert_eq!(page.lines().filter(|line| line.starts_with("| `")).count(), explained.len(), "rows of the page");
}

#[test]
fn each_count_that_differs_from_theirs_is_explained() {
    let Some(corpus) = corpus() else { return };
    let Some(folder) = std::env::var_os("SCANHELM_DOJO").map(PathBuf::from) else {
        eprintln!("skipped: SCANHELM_DOJO names no copy of DefectDojo's repository");
        return;
    };
    let mut explained = explained();
    let (mut tallies, mut wrong, mut absent) = (BTreeMap::<String, Tally>::new(), vec![], vec![]);
    for sample in asserted(&corpus.parent().unwrap().join("peers/dojo_samples.tsv")) {
        let path = folder.join(&sample.path);
        if !path.is_file() {
            absent.push(sample.path);
            continue;
        }
        let theirs = counts(&sample.theirs);
        let (ours, detail) = match counted(&path) {
            Ok((findings, rejected, format)) => (findings.to_string(), format!("{format}, {rejected} rejected")),
            Err(error) => ("-".to_owned(), error.chars().take(160).collect()),
        };
        let tally = tallies.entry(sample.tool).or_default();
        tally.samples += 1;
        let name = sample.path.trim_start_matches("unittests/scans/").to_owned();
        let is_same = ours.parse().is_ok_and(|ours| sample.theirs.contains(&ours));
        let told = explained.remove(name.as_str());
        if is_same || sample.theirs.is_empty() && ours != "-" {
            tally.same += usize::from(is_same);
            tally.uncounted += usize::from(!is_same);
            if told.is_some() {
                wrong.push(format!("{name}\tis as they count it: take its line off the list"));
            }
            continue;
        }
        tally.different += usize::from(ours != "-");
        tally.unread += usize::from(ours == "-");
        if told.is_none_or(|told| told[..2] != [theirs.as_str(), ours.as_str()]) {
            wrong.push(format!("{name}\t{theirs}\t{ours}\t{detail}"));
        }
    }
    wrong.extend(explained.keys().map(|name| format!("{name}\tis no sample, or is not here")));
    assert_eq!(wrong, Vec::<String>::new(), "not as the list says:\n{}", wrong.join("\n"));
    let page = page(&tallies, absent.len());
    let kept = kept_page();
    if std::env::var_os("SCANHELM_DOJO_WRITE").is_some() {
        std::fs::write(&kept, &page).unwrap();
    }
    assert!(std::fs::read_to_string(&kept).unwrap() == page, "write {} anew", kept.display());
}

fn page(tallies: &BTreeMap<String, Tally>, absent: usize) -> String {
    let sum = |of: fn(&Tally) -> usize| tallies.values().map(of).sum::<usize>();
    let mut page = format!(
        "# DefectDojo's samples\n\n\
         The public repository of DefectDojo holds real reports and, in its tests, how many findings it makes of each. Of the\n\
         {} samples of tools that Scanhelm reads, {} give the same count here, {} another one for the reason\n\
         below, {} are read without a count to compare with, and {} are not read. {absent} were not in the copy at hand.\n\n\
         Made by `SCANHELM_DOJO=FOLDER SCANHELM_DOJO_WRITE=1 cargo nextest run -p scanhelm-formats -E 'test(dojo)'`; the reasons stand in\n\
         `crates/formats/tests/it/dojo_samples.tsv`, and the test fails where one is missing or stale.\n\n\
         | tool | samples | same count | other count | no count to compare | not read |\n|---|---|---|---|---|---|\n",
        sum(|tally| tally.samples),
        sum(|tally| tally.same),
        sum(|tally| tally.different),
        sum(|tally| tally.uncounted),
        sum(|tally| tally.unread),
    );
    for (tool, tally) in tallies {
        let Tally { samples, same, different, unread, uncounted } = tally;
        writeln!(page, "| {tool} | {samples} | {same} | {different} | {uncounted} | {unread} |").unwrap();
    }
    page.push_str("\n## What differs\n");
    for (kind, meaning) in KINDS {
        let of_kind =
            || DIFFERENCES.lines().map(|line| line.split('\t').collect::<Vec<_>>()).filter(|cells| cells[3] == kind);
        if of_kind().next().is_none() {
            continue;
        }
        write!(
            page,
            "\n**{kind}** ({}): {meaning}.\n\n| sample | theirs | here | why |\n|---|---|---|---|\n",
            of_kind().count()
        )
        .unwrap();
        for cells in of_kind() {
            writeln!(page, "{}", row(cells[0], &cells[1..])).unwrap();
        }
    }
    page
}

/// A row of the page: sample, their count, ours, why.
fn row(name: &str, cells: &[&str]) -> String {
    format!("| `{name}` | {} | {} | {} |", cells[0], cells[1], cells[3].replace('|', "\\|"))
}
