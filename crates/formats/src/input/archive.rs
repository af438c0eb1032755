//! The one report in a ZIP archive, unpacked while it is read.
//!
//! The directory of an archive stands at its end, so the packed bytes are kept in a nameless file first; what is
//! unpacked never is. Nothing is written under a name from the archive: names are only judged, because an archive
//! with `../` in one is an attack on somebody. Two readers may see different things in one archive (two directories,
//! entries of one name, a directory that disagrees with the entry itself); such an archive is refused rather than
//! understood in one of its ways. How many entries the directory may have is looked at before it is read, for
//! reading it takes memory for each.
//!
//! An archive of several files is not a report: taking the first would lose the rest without a word. The one exception is
//! Fortify's FPR, whose report has a name of its own in it.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use flate2::Crc;
use flate2::read::DeflateDecoder;
use scanhelm_core::text;
use zip::read::ZipReadOptions;
use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::limited::{Bounded, Inflation};
use crate::error::ReadError;
use crate::options::Limits;
use crate::registry::unknown;
use crate::spool::Spool;

/// The content of the archive's one file.
pub(super) fn only_member(packed: impl Read + Send, limits: &Limits) -> Result<Box<dyn Read + Send>, ReadError> {
    let mut file = Spool::fill(Bounded::new(packed, limits.max_bytes))?.into_content()?;
    judge_size_of_directory(&mut file, limits)?;
    let mut archive = ZipArchive::new(file).map_err(of_archive)?;
    if archive.has_duplicate_names() {
        return Err(hostile("two files of the archive have the same name"));
    }
    let index = only_report(&archive, limits)?;
    let options = ZipReadOptions::new().enforce_header_consistency(true);
    let member = archive.by_index_with_options(index, options).map_err(of_archive)?;
    if member.is_symlink() {
        return Err(hostile("the archive holds a link instead of a file"));
    }
    let (size, packed_size, crc, method) =
        (member.size(), member.compressed_size(), member.crc32(), member.compression());
    let start = member.data_start().ok_or_else(|| damaged("a file of the archive has no content"))?;
    drop(member);
    if size > limits.max_bytes {
        return Err(ReadError::TooLarge { limit: limits.max_bytes });
    }
    let mut file = archive.into_inner();
    file.seek(SeekFrom::Start(start)).map_err(ReadError::Io)?;
    let content = file.take(packed_size);
    let content: Box<dyn Read + Send> = match method {
        CompressionMethod::Stored => Box::new(content),
        CompressionMethod::Deflated => {
            let packed_bytes = Arc::new(AtomicU64::new(packed_size));
            Box::new(Inflation::new(DeflateDecoder::new(content), packed_bytes, limits))
        }
        other => return Err(unknown(format!("a ZIP archive packed by {other}; unpack it and give the report inside"))),
    };
    Ok(Box::new(Member { content, size, crc, seen: Crc::new(), given: 0 }))
}

/// The entry that is the report: the only one, without folders and what desktops add.
fn only_report<R: Read + Seek>(archive: &ZipArchive<R>, limits: &Limits) -> Result<usize, ReadError> {
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
    // Fortify's FPR: the results beside the sources, the audit and templates.
    if let Some((index, _)) = reports.iter().find(|(_, name)| name == "audit.fvdl") {
        return Ok(*index);
    }
    match reports.as_slice() {
        [(index, _)] => Ok(*index),
        [] => Err(unknown("a ZIP archive without a file in it".to_owned())),
        many => {
            let names: Vec<&str> = many.iter().take(5).map(|(_, name)| name.as_str()).collect();
            Err(unknown(format!(
                "a ZIP archive of {} files ({}), not of one report; unpack it and give the reports one by one",
                many.len(),
                names.join(", ")
            )))
        }
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
