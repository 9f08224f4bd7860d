//! Documents as PDF: PDF/A-2a for the archive and PDF/UA-1 for every reader, the same bytes for the same document.
//!
//! What a document says is a list of blocks; `flow` lays them out on Letter pages; `paint` writes them with their tags.
//! Text runs from left to right: a name in a script that runs the other way can be read, but stands in one line only.

use chrono::{DateTime, Utc};

mod flow;
mod font;
mod paint;
#[cfg(test)]
mod tests;

/// What a document says.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its name, in the properties and at the foot of each page.
    pub title: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// In the order of reading.
    pub blocks: Vec<Block>,
}

/// A piece of a document.
#[derive(Clone, Debug)]
pub enum Block {
    /// Lines of one style.
    Text(Style, String),
    /// Names, and what is said under each.
    Rows(Vec<(String, String)>),
    /// Columns under their heads.
    Table(Table),
    /// A photo, and beside it names with what is said under each.
    Portrait(Photo, Vec<(String, String)>),
}

/// What a line looks like, and what it is to a reader that does not see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// The name of the document; once.
    Title,
    /// The name of a section, also in the outline.
    Heading,
    /// What is read.
    Body,
    /// What is read last: sources, caveats.
    Small,
    /// One line across a poster.
    Banner,
    /// A line that is read from afar.
    Large,
}

/// Columns under their heads.
#[derive(Clone, Debug)]
pub struct Table {
    /// What it holds, for those who do not see it.
    pub summary: String,
    /// The heads.
    pub heads: Vec<&'static str>,
    /// One text for each head.
    pub rows: Vec<Vec<String>>,
}

/// A photo.
#[derive(Clone, Debug)]
pub struct Photo {
    /// JPEG.
    pub content: Vec<u8>,
    /// What it shows, for those who do not see it.
    pub alt: String,
    /// The line below.
    pub caption: String,
    /// The largest height, in points.
    pub height: f32,
}

/// Why a document cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The font in the program cannot be read.
    #[error("the font cannot be read")]
    Font,
    /// The photo is no JPEG that a reader could show.
    #[error("the photo cannot be set: {0}")]
    Photo(String),
    /// It would break a rule of PDF/A-2a or PDF/UA-1.
    #[error("the document breaks a rule: {0}")]
    Rule(String),
}

/// Writes the document. Slow: not for the event loop.
pub fn write(document: &Document) -> Result<Vec<u8>, PdfError> {
    let font = font::Font::embedded()?;
    let laid = flow::lay(document, &font)?;
    paint::write(document, &laid, &font)
}
