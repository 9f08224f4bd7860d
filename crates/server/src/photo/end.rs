//! Where a picture ends in its file. Two files in one (a picture with a program behind it, a motion photo) are refused
//! and not cut: what was sent is not what anyone looked at (UP-01).

use image::ImageFormat;

use super::PhotoFault;

/// Refuses a file that goes on behind its picture, or stops before its end.
pub(super) fn check(file: &[u8], kind: ImageFormat) -> Result<(), PhotoFault> {
    let end = match kind {
        ImageFormat::Jpeg => jpeg(file),
        ImageFormat::Png => png(file),
        ImageFormat::WebP => webp(file),
        _ => return Err(PhotoFault::Kind),
    };
    match end {
        Some(end) if end == file.len() => Ok(()),
        Some(end) if end < file.len() => Err(PhotoFault::Behind),
        _ => Err(PhotoFault::Damaged),
    }
}

fn number(bytes: &[u8]) -> usize {
    bytes.iter().fold(0, |number, byte| (number << 8) | usize::from(*byte))
}

/// Behind the end marker. A marker is 0xff and a byte; 0xff 0x00 and restarts stand within the pixels (ITU T.81, B.1.1).
fn jpeg(file: &[u8]) -> Option<usize> {
    let mut at = 2;
    loop {
        let rest = file.get(at..)?;
        let [first, second, ..] = rest else { return None };
        match (first, second) {
            (0xff, 0xd9) => return Some(at + 2),
            (0xff, 0x00 | 0x01 | 0xd0..=0xd8) => at += 2,
            (0xff, 0xff) => at += 1,
            (0xff, _) => at += 2 + number(rest.get(2..4)?),
            // The pixels go on to the next 0xff.
            _ => at += rest.iter().position(|it| *it == 0xff)?,
        }
    }
}

/// Behind the chunk `IEND`: length, name, data, checksum (PNG 5.3).
fn png(file: &[u8]) -> Option<usize> {
    let mut at = 8;
    loop {
        let head = file.get(at..at + 8)?;
        let (length, name) = head.split_at_checked(4)?;
        at = at.checked_add(number(length))?.checked_add(12)?;
        if name == b"IEND" {
            return Some(at);
        }
    }
}

/// As long as the file says of itself, and even.
fn webp(file: &[u8]) -> Option<usize> {
    let mut length = file.get(4..8)?.to_vec();
    length.reverse();
    let length = number(&length);
    Some(8 + length + length % 2)
}
