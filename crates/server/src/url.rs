//! What may stand in a URL.

use std::fmt::Write as _;

/// RFC 3986: every byte that is not unreserved, encoded. A slash stays, so paths stay readable.
pub(crate) fn percent_encoded(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut url, &byte| {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            let _ = write!(url, "%{byte:02X}");
        }
        url
    })
}
