//! The one report in a ZIP archive, unpacked while it is read.
//!
//! The directory of an archive stands at its end, so the packed bytes are kept in a nameless file first; what is
//! unpacked never is. Nothing is written under a name from the archive: names are only judged, because an archive
//! with `../` in one is an attack on somebody. Two readers may see different things in one archive (two directories,
//! entries of one name, a directory that disagrees with the entry itself); such an archive is refused rather than
//! understood in one of its ways. How many entries the directory may have is looked at before it is read, for
//! reading it takes memory for each.
//!
//! An archive of several files is not a report: taking the first would lose the rest without a word. There are
//! exceptions: Fortify's FPR and Black Duck's reports, in which one file of a known name holds the findings, and pages of
//! Defender's API in the folders `machines` and `vulnerabilities`, which are read as one document.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use flate2::Crc;
use flate2::read::DeflateDecoder;
use scanhelm_core::text;
use tempfile::SpooledTempFile;
use zip::read::ZipReadOptions;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::limited::{Bounded, Inflation};
use crate::error::ReadError;
use crate::options::Limits;
use crate::registry::unknown;
use crate::spool::Spool;

/// The content of the archive's one file, or of its pages as one document.
pub(super) fn report_in(packed: impl Read + Send, limits: &Limits) -> Result<Box<dyn Read + Send>, ReadError> {
    let mut file = Spool::fill(Bounded::new(packed, limits.max_bytes))?.into_content()?;
    judge_size_of_directory(&mut file, limits)?;
    let mut archive = ZipArchive::new(file).map_err(of_archive)?;
    if archive.has_duplicate_names() {
        return Err(hostile("two files of the archive have the same name"));
    }
    let pieces = report_of(&archive, limits)?;
    let mut entries = Vec::new();
    for piece in pieces {
        entries.push(match piece {
            Piece::Text(text) => Err(text),
            Piece::File(index) => Ok(Entry::of(&mut archive, index)?),
        });
    }
    let size: u64 = entries.iter().flatten().map(|entry| entry.size).sum();
    if size > limits.max_bytes {
        return Err(ReadError::TooLarge { limit: limits.max_bytes });
    }
    let file = Arc::new(Mutex::new(archive.into_inner()));
    let mut content: Box<dyn Read + Send> = Box::new(io::empty());
    for entry in entries {
        content = match entry {
            Ok(entry) => Box::new(content.chain(entry.content(&file, limits))),
            Err(text) => Box::new(content.chain(text.as_bytes())),
        };
    }
    Ok(content)
}

/// What the report is put together from.
enum Piece {
    File(usize),
    Text(&'static str),
}

/// The entry that is the report: the only one, without folders and what desktops add.
fn report_of<R: Read + Seek>(archive: &ZipArchive<R>, limits: &Limits) -> Result<Vec<Piece>, ReadError> {
    let mut reports = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_data(index).map_err(of_archive)?;
        let name = entry.name().map_err(of_archive)?;
        judge_name(&name, limits)?;
        if entry.is_dir() || name.starts_with("__MACOSX/") || name.ends_with(".DS_Store") {
            continue;
        }
        reports.push((index, text::single_line(&name, 60)));
    }
    if let Some(index) = known_in(&reports) {
        return Ok(vec![Piece::File(index)]);
    }
    match reports.as_slice() {
        [(index, _)] => Ok(vec![Piece::File(*index)]),
        [] => Err(unknown("a ZIP archive without a file in it".to_owned())),
        many => pages_of(many).ok_or_else(|| {
            let names: Vec<&str> = many.iter().take(5).map(|(_, name)| name.as_str()).collect();
            unknown(format!(
                "a ZIP archive of {} files ({}), not of one report; unpack it and give the reports one by one",
                many.len(),
                names.join(", ")
            ))
        }),
    }
}

/// The report in an archive whose other files say something else of the same.
fn known_in(files: &[(usize, String)]) -> Option<usize> {
    // Fortify's FPR: the results beside the sources, the audit and templates.
    if let Some((index, _)) = files.iter().find(|(_, name)| name == "audit.fvdl") {
        return Some(*index);
    }
    // A report of Black Duck: the vulnerabilities beside tables of components, files and so on.
    let others = ["components", "files", "source", "codelocations", "version", "license", "bom"];
    let of = |name: &str, begins: &str| name.rsplit('/').next().is_some_and(|file| file.starts_with(begins));
    let is_other = |name: &str| others.iter().any(|other| of(name, other));
    let (tables, rest): (Vec<_>, Vec<_>) =
        files.iter().partition(|(_, name)| of(name, "security") && name.ends_with(".csv"));
    match tables.as_slice() {
        [(index, _)] if !rest.is_empty() && rest.iter().all(|(_, name)| is_other(name)) => Some(*index),
        _ => None,
    }
}

/// The pages of Defender's answers, each list in a folder of its own, as an object of two lists.
fn pages_of(files: &[(usize, String)]) -> Option<Vec<Piece>> {
    let lists = [(r#"{"machines":["#, "machines/"), (r#"],"vulnerabilities":["#, "vulnerabilities/")];
    let is_page = |name: &String| lists.iter().any(|(_, folder)| name.starts_with(folder));
    if !files.iter().all(|(_, name)| is_page(name)) {
        return None;
    }
    let mut pieces = Vec::new();
    for (beginning, folder) in lists {
        pieces.push(Piece::Text(beginning));
        for (place, (index, _)) in files.iter().filter(|(_, name)| name.starts_with(folder)).enumerate() {
            pieces.extend((place > 0).then_some(Piece::Text(",")));
            pieces.push(Piece::File(*index));
        }
    }
    pieces.push(Piece::Text("]}"));
    Some(pieces)
}

/// Where a file stands in the archive, and what the directory tells of it.
struct Entry {
    start: u64,
    packed_size: u64,
    size: u64,
    crc: u32,
    is_packed: bool,
}

impl Entry {
    fn of<R: Read + Seek>(archive: &mut ZipArchive<R>, index: usize) -> Result<Self, ReadError> {
        let options = ZipReadOptions::new().enforce_header_consistency(true);
        let member = archive.by_index_with_options(index, options).map_err(of_archive)?;
        if member.is_symlink() {
            return Err(hostile("the archive holds a link instead of a file"));
        }
        Ok(Self {
            start: member.data_start().ok_or_else(|| damaged("a file of the archive has no content"))?,
            packed_size: member.compressed_size(),
            size: member.size(),
            crc: member.crc32(),
            is_packed: match member.compression() {
                CompressionMethod::Stored => false,
                CompressionMethod::Deflated => true,
                other => {
                    let what = format!("a ZIP archive packed by {other}; unpack it and give the report inside");
                    return Err(unknown(what));
                }
            },
        })
    }

    fn content(self, file: &Arc<Mutex<SpooledTempFile>>, limits: &Limits) -> Member {
        let window = Window { file: Arc::clone(file), at: self.start, left: self.packed_size };
        let content: Box<dyn Read + Send> = if self.is_packed {
            let packed_bytes = Arc::new(AtomicU64::new(self.packed_size));
            Box::new(Inflation::new(DeflateDecoder::new(window), packed_bytes, limits))
        } else {
            Box::new(window)
        };
        Member { content, size: self.size, crc: self.crc, seen: Crc::new(), given: 0 }
    }
}

/// A part of the archive, which others read too.
struct Window {
    file: Arc<Mutex<SpooledTempFile>>,
    at: u64,
    left: u64,
}

impl Read for Window {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().map_err(|_| io::Error::other("another reader of the archive broke off"))?;
        file.seek(SeekFrom::Start(self.at))?;
        let read = (&mut *file).take(self.left).read(buffer)?;
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

fn judge_name(name: &str, limits: &Limits) -> Result<(), ReadError> {
    let parts = || name.split(['/', '\\']);
    let has_drive = name.as_bytes().get(1) == Some(&b':');
    let leads_out = name.starts_with(['/', '\\']) || has_drive || parts().any(|part| part == "..");
    if leads_out {
        let name = text::single_line(name, 100);
        return Err(hostile(&format!("a file of the archive is called `{name}`, which leads out of the archive")));
    }
    if name.len() > limits.max_member_name || name.chars().any(char::is_control) {
        return Err(hostile("a file of the archive has a name that is too long or holds control characters"));
    }
    Ok(())
}

/// Looks at every end mark that could be taken for the archive's.
fn judge_size_of_directory(file: &mut (impl Read + Seek), limits: &Limits) -> Result<(), ReadError> {
    const MARK: [u8; 4] = [b'P', b'K', 5, 6];
    /// The end mark and the longest comment behind it, with room to spare.
    const LONGEST_END: u64 = 22 + 65_536 + 4;
    let size = file.seek(SeekFrom::End(0)).map_err(ReadError::Io)?;
    file.seek(SeekFrom::Start(size.saturating_sub(LONGEST_END))).map_err(ReadError::Io)?;
    let mut end = Vec::new();
    file.take(LONGEST_END).read_to_end(&mut end).map_err(ReadError::Io)?;
    let mut marks = 0;
    for mark in end.windows(22).filter(|window| window.starts_with(&MARK)) {
        marks += 1;
        let number = |at: usize| {
            let bytes = mark.get(at..).and_then(|rest| rest.first_chunk::<2>());
            bytes.map_or(u16::MAX, |bytes| u16::from_le_bytes(*bytes))
        };
        // On this disk, and on all of them. A directory that says "see elsewhere" (all bits set) has more.
        let entries = number(8).max(number(10));
        if entries > limits.max_members {
            let most = limits.max_members;
            return Err(hostile(&format!("the archive lists more than {most} files")));
        }
    }
    if marks == 0 {
        return Err(ReadError::Truncated {
            position: size,
            detail: "the archive's directory, which stands at its end, is missing".to_owned(),
        });
    }
    file.rewind().map_err(ReadError::Io)
}

/// Content that has to be as long as the directory says, with its check sum.
struct Member {
    content: Box<dyn Read + Send>,
    size: u64,
    crc: u32,
    seen: Crc,
    given: u64,
}

impl Read for Member {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(buffer)?;
        self.seen.update(buffer.get(..read).unwrap_or_default());
        self.given += read as u64;
        let ended = read == 0 && !buffer.is_empty();
        if self.given > self.size || ended && (self.given < self.size || self.seen.sum() != self.crc) {
            let detail = "its length or check sum is not the one that the archive's directory tells";
            return Err(io::Error::new(io::ErrorKind::InvalidData, detail));
        }
        Ok(read)
    }
}

fn of_archive(error: ZipError) -> ReadError {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => {
            unknown("a ZIP archive with a password; unpack it and give the report inside".to_owned())
        }
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            unknown(format!("a ZIP archive of an unusual kind ({error}); unpack it and give the report inside"))
        }
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => ReadError::from_io(&error, 0),
        other => damaged(&other.to_string()),
    }
}

fn damaged(detail: &str) -> ReadError {
    ReadError::Malformed { position: 0, detail: format!("the archive is damaged ({})", text::single_line(detail, 200)) }
}

fn hostile(detail: &str) -> ReadError {
    ReadError::Hostile { detail: detail.to_owned() }
}
