//! Cells of files that people open in a spreadsheet.

/// The text, which no spreadsheet runs as a formula.
pub fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}
