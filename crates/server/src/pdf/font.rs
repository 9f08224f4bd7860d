//! The one font: how wide a text is, where its lines end, and which characters it has.

use ttf_parser::Face;

use super::PdfError;

const FILE: &[u8] = include_bytes!("../../assets/DejaVuSans.ttf");

/// Stands for a character that the font lacks.
const MISSING: char = '\u{FFFD}';

/// `DejaVu` Sans 2.37: Latin, Greek, Cyrillic and more; its licence lies beside it.
pub(super) struct Font {
    face: Face<'static>,
    pub(super) file: krilla::text::Font,
}

impl Font {
    pub(super) fn embedded() -> Result<Self, PdfError> {
        let face = Face::parse(FILE, 0).map_err(|_| PdfError::Font)?;
        let file = krilla::text::Font::new(FILE.into(), 0).ok_or(PdfError::Font)?;
        Ok(Self { face, file })
    }

    /// How wide `text` is at `size`, in points. Kerning is left out: it only brings letters nearer.
    pub(super) fn width(&self, text: &str, size: f32) -> f32 {
        let advance = |it: char| self.face.glyph_index(it).and_then(|it| self.face.glyph_hor_advance(it));
        let units: f32 = text.chars().filter_map(advance).map(f32::from).sum();
        units * size / f32::from(self.face.units_per_em())
    }

    /// The lines that `text` takes at `size` within `width`; every paragraph begins a line.
    pub(super) fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let text: String = text.chars().filter(|it| !is_invisible(*it)).map(|it| self.printable(it)).collect();
        text.lines().flat_map(|it| self.paragraph(it, size, width)).collect()
    }

    fn paragraph(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let space = self.width(" ", size);
        let (mut lines, mut line, mut taken) = (Vec::new(), String::new(), 0.0);
        for word in text.split_whitespace().flat_map(|it| self.pieces(it, size, width)) {
            let wide = self.width(&word, size);
            if line.is_empty() {
                (line, taken) = (word, wide);
            } else if taken + space + wide <= width {
                line = line + " " + &word;
                taken += space + wide;
            } else {
                lines.push(std::mem::replace(&mut line, word));
                taken = wide;
            }
        }
        lines.push(line);
        lines
    }

    /// The word, cut where it is wider than a line.
    fn pieces(&self, word: &str, size: f32, width: f32) -> Vec<String> {
        if self.width(word, size) <= width {
            return vec![word.to_owned()];
        }
        let (mut pieces, mut piece, mut taken) = (Vec::new(), String::new(), 0.0);
        for letter in word.chars() {
            let wide = self.width(letter.encode_utf8(&mut [0; 4]), size);
            if width < taken + wide && !piece.is_empty() {
                pieces.push(std::mem::take(&mut piece));
                taken = 0.0;
            }
            piece.push(letter);
            taken += wide;
        }
        pieces.push(piece);
        pieces
    }

    /// PDF/A-2a forbids glyphs that stand for nothing, and characters of private use.
    fn printable(&self, it: char) -> char {
        let is_private = matches!(it, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}');
        let is_known = it.is_whitespace() || !it.is_control() && self.face.glyph_index(it).is_some_and(|it| it.0 != 0);
        if is_known && !is_private { it } else { MISSING }
    }
}

/// Characters that join, split or steer others and print nothing themselves.
fn is_invisible(it: char) -> bool {
    matches!(it, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{E0000}'..='\u{E0FFF}')
}
