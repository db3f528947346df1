//! Bytes to text: byte order marks, UTF-16, and the Windows code pages of the region.
//!
//! Files of news archives in windows-1256 (Arabic, Persian), 1251 (Russian) and 1254 (Turkish) say nothing about
//! themselves; every byte string is valid in all three. `chardetng` guesses; the commonest words and letters of the six
//! languages decide between its guess and the others.

use chardetng::EncodingDetector;
use encoding_rs::{
    Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252, WINDOWS_1254, WINDOWS_1256,
};
use serde::{Deserialize, Serialize};

use crate::text::common_word_share;

/// A text and how it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decoded {
    /// The text, without its byte order mark.
    pub text: String,
    /// Name of the encoding, as in the Encoding Standard: `UTF-8`, `windows-1256`, ...
    pub encoding: String,
    /// The file began with a byte order mark.
    pub byte_order_mark: bool,
    /// Number of places that were no text in this encoding and became U+FFFD.
    pub repaired: usize,
}

/// Bytes looked at to choose an encoding.
const SAMPLE_BYTES: usize = 64 * 1024;

/// Decodes the bytes of a file. Never fails: what is no text becomes U+FFFD and is counted in `repaired`.
pub fn decode(bytes: &[u8]) -> Decoded {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return decoded(bytes.get(length..).unwrap_or(&[]), encoding, true);
    }
    // Arabic in UTF-16 is made of bytes below 0x80: it would pass for UTF-8.
    let sample = bytes.get(..SAMPLE_BYTES).unwrap_or(bytes);
    if let Some(wide) = utf_16_order(sample).filter(|_| sample.contains(&0)) {
        return decoded(bytes, wide, false);
    }
    if let Ok(text) = simdutf8::basic::from_utf8(bytes) {
        return Decoded {
            text: text.to_owned(),
            encoding: UTF_8.name().to_owned(),
            byte_order_mark: false,
            repaired: 0,
        };
    }
    decoded(bytes, choose(sample), false)
}

fn decoded(bytes: &[u8], encoding: &'static Encoding, byte_order_mark: bool) -> Decoded {
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    let repaired = text.matches('\u{FFFD}').count();
    Decoded {
        text: text.into_owned(),
        encoding: encoding.name().to_owned(),
        byte_order_mark,
        repaired,
    }
}

fn choose(sample: &[u8]) -> &'static Encoding {
    if is_damaged_utf_8(sample) {
        return UTF_8;
    }
    let mut detector = EncodingDetector::new();
    detector.feed(sample, true);
    let guess = detector.guess(None, false);
    // `max_by` keeps the last of equals: the detector's guess.
    let candidates = [
        WINDOWS_1252,
        WINDOWS_1254,
        WINDOWS_1251,
        WINDOWS_1256,
        guess,
    ]
    .into_iter();
    candidates
        .max_by(|a, b| score(sample, a).total_cmp(&score(sample, b)))
        .unwrap_or(guess)
}

/// How much a decoding looks like one of the six languages.
fn score(sample: &[u8], encoding: &'static Encoding) -> f32 {
    let (text, _) = encoding.decode_without_bom_handling(sample);
    common_word_share(&text)
}

/// UTF-16 without a mark: one half of the byte pairs holds hardly anything but the high bytes of the scripts at hand.
fn utf_16_order(sample: &[u8]) -> Option<&'static Encoding> {
    let pairs = sample.len() / 2;
    let high = |order: usize| {
        let bytes = sample.iter().skip(order).step_by(2);
        bytes
            .filter(|byte| matches!(byte, 0x00 | 0x01 | 0x04 | 0x06 | 0x20))
            .count()
    };
    let (first, second) = (high(0), high(1));
    let (most, least, encoding) = if second > first {
        (second, first, UTF_16LE)
    } else {
        (first, second, UTF_16BE)
    };
    (pairs >= 4 && most * 10 >= pairs * 9 && least * 10 < pairs * 7).then_some(encoding)
}

/// At least ten sound multi-byte characters for each broken one: UTF-8 with a scratch, not a code page.
fn is_damaged_utf_8(sample: &[u8]) -> bool {
    let text = String::from_utf8_lossy(sample);
    let broken = text.matches('\u{FFFD}').count();
    let sound = text
        .chars()
        .filter(|&c| !c.is_ascii() && c != '\u{FFFD}')
        .count();
    sound >= broken * 10
}

#[cfg(test)]
mod tests {
    use super::*;

    const FA: &str = "وزیر امور خارجه در این دیدار با همتای خود درباره گسترش روابط دو کشور گفتگو کرد و گفت که این سفر را برای همکاری دارد";
    const AR: &str = "قال الرئيس إن العلاقات بين البلدين تنمو وتتطور بشكل ناجح في هذه المرحلة وأكد أن التعاون مع الدول التي في المنطقة";
    const RU: &str = "Президент заявил, что страны будут сотрудничать и не допустят войны на границе в этом году";
    const TR: &str = "Cumhurbaşkanı bu iki ülke arasındaki ilişkiler için çok önemli bir açıklama yaptı ve şöyle dedi";

    fn name(bytes: &[u8], text: &str) -> String {
        let decoded = decode(bytes);
        assert_eq!(decoded.text, text);
        assert_eq!(decoded.repaired, 0);
        decoded.encoding
    }

    #[test]
    fn code_pages_are_told_apart() {
        // windows-1256 has no Persian yeh: such files are written with the Arabic one.
        let fa = FA.replace('ی', "ي");
        for (text, encoding) in [
            (fa.as_str(), WINDOWS_1256),
            (AR, WINDOWS_1256),
            (RU, WINDOWS_1251),
            (TR, WINDOWS_1254),
        ] {
            let (bytes, _, lossy) = encoding.encode(text);
            assert!(!lossy, "{text}");
            assert_eq!(name(&bytes, text), encoding.name());
        }
    }

    #[test]
    fn marks_and_wide_files_are_read() {
        assert_eq!(name(AR.as_bytes(), AR), "UTF-8");
        let marked = [b"\xEF\xBB\xBF", AR.as_bytes()].concat();
        assert!(decode(&marked).byte_order_mark);
        assert_eq!(name(&marked, AR), "UTF-8");
        for text in [FA, AR, RU, TR, "plain words"] {
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            assert_eq!(name(&little, text), "UTF-16LE");
            assert_eq!(name(&big, text), "UTF-16BE");
            assert_eq!(
                name(&[b"\xFF\xFE", little.as_slice()].concat(), text),
                "UTF-16LE"
            );
        }
    }

    #[test]
    fn damaged_utf_8_stays_utf_8() {
        let mut bytes = FA.as_bytes().to_vec();
        bytes[20] = 0xFF;
        let decoded = decode(&bytes);
        assert_eq!(decoded.encoding, "UTF-8");
        assert!(decoded.repaired > 0 && decoded.repaired < 4);
        assert_eq!(decode(b"").text, "");
    }
}
