//! Sorting more than memory should hold: what does not fit a buffer goes, sorted, into a file without a name, and the
//! sorted stretches of the file are merged while they are read. So the memory of an output does not grow with its
//! findings, and nothing is left behind when the process dies.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// Bytes that are sorted at a time.
const BUFFER: usize = 2 << 20;
/// Bytes that an item costs beside its own.
const OVERHEAD: usize = 64;
/// Bytes read ahead of each stretch.
const READ_AHEAD: usize = 32 << 10;

/// Sorted by its key, then by its value.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Item {
    key: Vec<u8>,
    value: Vec<u8>,
}

/// Takes items in any order.
#[derive(Debug)]
pub(super) struct Sorter {
    folder: PathBuf,
    buffer: Vec<Item>,
    buffered: usize,
    most: usize,
    stretches: Option<Stretches>,
}

/// Sorted items one after the other, each as the lengths of key and value, key, and value.
#[derive(Debug)]
struct Stretches {
    file: BufWriter<File>,
    written: u64,
    ends: Vec<u64>,
}

impl Sorter {
    /// `folder` is for what does not fit into memory.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self::of_size(folder, BUFFER)
    }

    fn of_size(folder: PathBuf, most: usize) -> Self {
        Self { folder, buffer: Vec::new(), buffered: 0, most, stretches: None }
    }

    pub(super) fn push(&mut self, key: Vec<u8>, value: Vec<u8>) -> io::Result<()> {
        self.buffered += key.len() + value.len() + OVERHEAD;
        self.buffer.push(Item { key, value });
        if self.buffered > self.most { self.spill() } else { Ok(()) }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.buffer.sort_unstable();
        let stretches = match &mut self.stretches {
            Some(stretches) => stretches,
            none => none.insert(Stretches {
                file: BufWriter::new(tempfile::tempfile_in(&self.folder)?),
                written: 0,
                ends: Vec::new(),
            }),
        };
        for Item { key, value } in self.buffer.drain(..) {
            for length in [key.len(), value.len()] {
                let length = u32::try_from(length).map_err(io::Error::other)?;
                stretches.file.write_all(&length.to_le_bytes())?;
            }
            stretches.file.write_all(&key)?;
            stretches.file.write_all(&value)?;
            stretches.written += 8 + (key.len() + value.len()) as u64;
        }
        stretches.ends.push(stretches.written);
        self.buffered = 0;
        Ok(())
    }

    pub(super) fn sorted(mut self) -> io::Result<Sorted> {
        if self.stretches.is_some() && !self.buffer.is_empty() {
            self.spill()?;
        }
        self.buffer.sort_unstable();
        let file = match self.stretches {
            Some(Stretches { file, ends, .. }) => {
                let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.rewind()?;
                let starts = std::iter::once(0).chain(ends.iter().copied());
                Some((file, starts.zip(ends.iter().copied()).map(|(start, end)| start..end).collect()))
            }
            None => None,
        };
        Ok(Sorted { memory: self.buffer, file })
    }
}

/// Gives its items in their order, as often as it is asked.
#[derive(Debug)]
pub(super) struct Sorted {
    memory: Vec<Item>,
    file: Option<(File, Vec<Range<u64>>)>,
}

impl Sorted {
    /// Calls `take` with the key and the value of each item.
    pub(super) fn each(&self, mut take: impl FnMut(&[u8], &[u8]) -> io::Result<()>) -> io::Result<()> {
        for Item { key, value } in &self.memory {
            take(key, value)?;
        }
        let Some((file, stretches)) = &self.file else { return Ok(()) };
        let mut open = Vec::with_capacity(stretches.len());
        let mut next = BinaryHeap::with_capacity(stretches.len());
        for (number, stretch) in stretches.iter().enumerate() {
            let mut reader = BufReader::with_capacity(READ_AHEAD, Stretch { file, left: stretch.clone() });
            if let Some(item) = read(&mut reader)? {
                next.push(Reverse((item, number)));
            }
            open.push(reader);
        }
        while let Some(Reverse((Item { key, value }, number))) = next.pop() {
            take(&key, &value)?;
            if let Some(reader) = open.get_mut(number)
                && let Some(item) = read(reader)?
            {
                next.push(Reverse((item, number)));
            }
        }
        Ok(())
    }
}

/// The next item, `None` at the end of the stretch.
fn read(stretch: &mut impl BufRead) -> io::Result<Option<Item>> {
    if stretch.fill_buf()?.is_empty() {
        return Ok(None);
    }
    let mut length = || {
        let mut bytes = [0; 4];
        stretch.read_exact(&mut bytes)?;
        Ok::<_, io::Error>(u32::from_le_bytes(bytes) as usize)
    };
    let (key, value) = (length()?, length()?);
    let mut item = Item { key: vec![0; key], value: vec![0; value] };
    stretch.read_exact(&mut item.key)?;
    stretch.read_exact(&mut item.value)?;
    Ok(Some(item))
}

/// A part of a file that others read at the same time.
struct Stretch<'a> {
    file: &'a File,
    left: Range<u64>,
}

impl Read for Stretch<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.left.end - self.left.start).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        let read = self.file.read_at(buffer.get_mut(..most).unwrap_or_default(), self.left.start)?;
        self.left.start += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Pair = (Vec<u8>, Vec<u8>);

    fn all(sorted: &Sorted) -> Vec<Pair> {
        let mut items = Vec::new();
        let kept = sorted.each(|key, value| {
            items.push((key.to_vec(), value.to_vec()));
            Ok(())
        });
        kept.unwrap();
        items
    }

    proptest! {
        #[test]
        fn items_come_sorted_however_little_fits_into_memory(
            items in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..4), prop::collection::vec(any::<u8>(), 0..40)), 0..60),
            most in 0..2000_usize,
        ) {
            let mut sorter = Sorter::of_size(std::env::temp_dir(), most);
            for (key, value) in &items {
                sorter.push(key.clone(), value.clone()).unwrap();
            }
            let sorted = sorter.sorted().unwrap();
            let mut expected = items;
            expected.sort();
            prop_assert_eq!(all(&sorted), expected.clone());
            prop_assert_eq!(all(&sorted), expected, "a second time");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error_and_not_a_short_output() {
        let mut sorter = Sorter::of_size("/nonexistent/folder".into(), 10);
        assert!(sorter.push(vec![1; 20], Vec::new()).is_err());
    }
}
