//! Halves of surrogate pairs in the escapes of a JSON text. Python writes a byte of a file's name that is no UTF-8 as
//! such a half (`"caf\udce9.py"`), and no parser takes that for text. As with bytes that are wrong in their encoding, it
//! becomes U+FFFD: a report is not lost over a name.

/// Replaces halves without their other half. The length stays, so no position in the report moves.
pub(super) fn mend(json: &mut [u8]) {
    let mut at = 0;
    while let Some(found) = json.get(at..).and_then(|rest| rest.iter().position(|byte| *byte == b'\\')) {
        at += found;
        at += match (unit(json, at), unit(json, at + ESCAPE)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 2 * ESCAPE,
            (Some(0xd800..=0xdfff), _) => {
                if let Some(digits) = json.get_mut(at + 2..at + ESCAPE) {
                    digits.copy_from_slice(b"fffd");
                }
                ESCAPE
            }
            (Some(_), _) => ESCAPE,
            (None, _) => 2,
        };
    }
}

/// Bytes of `\ud800`.
const ESCAPE: usize = 6;

/// What the escape stands for that begins here, if one does.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE)?.strip_prefix(b"\\u")?;
    let digits =
        std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mended(text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        mend(&mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_backslash_that_is_escaped_begins_no_escape() {
        assert_eq!(mended(r#""a\udce9.py""#), r#""a\ufffd.py""#);
        for whole in [r#""\\udce9""#, r#""\ud83d\ude00""#, r#""\u00e9\n""#, r#""\ud8"#, r#""\"#, r#""\uzzzz""#] {
            assert_eq!(mended(whole), whole);
        }
        assert_eq!(mended(r#""\ud83d\\ude00""#), r#""\ufffd\\ude00""#);
    }

    proptest! {
        #[test]
        fn any_units_read_as_any_lossy_reader_reads_them(
            units in prop::collection::vec(prop_oneof![any::<u16>(), 0xd800..0xe000_u16], 0..12),
        ) {
            let escaped: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let read: String = serde_json::from_str(&mended(&format!("\"{escaped}\""))).unwrap();
            prop_assert_eq!(read, String::from_utf16_lossy(&units));
        }
    }
}
