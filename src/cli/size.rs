//! Sizes as people write them.

/// `8MiB`, `5.5MB`, `500 kB`, `1000000`: bytes.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let expected = || {
        format!(
            "\"{text}\" is no size; expected one such as 8MiB, 5.5MB or 900kB (units: B, kB, MB, GB, KiB, MiB, GiB)"
        )
    };
    let number = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[number.len()..].trim().to_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" | "k" => 1 << 10,
        "mib" | "m" => 1 << 20,
        "gib" | "g" => 1 << 30,
        _ => return Err(expected()),
    };
    let plain = number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let number: Option<f64> = number.parse().ok().filter(|_| plain);
    let bytes = number.map(|n| n * f64::from(unit));
    Ok(bytes.ok_or_else(expected)?.round() as u64)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        let read = ["8MiB", "5.5MB", "900 kB", "1k", "1000000", "2gb"].map(size);
        let bytes = [8 << 20, 5_500_000, 900_000, 1024, 1_000_000, 2_000_000_000];
        assert_eq!(read, bytes.map(Ok));
    }

    #[test]
    fn what_is_no_size_is_told_what_one_looks_like() {
        let wrong = [
            "",
            "MB",
            "-5MB",
            "1e3MB",
            "5,5MB",
            "5.5.5MB",
            "infMB",
            "5 parsecs",
        ];
        for text in wrong {
            let message = size(text).unwrap_err();
            assert!(message.contains("such as 8MiB"), "{message}");
        }
    }
}
