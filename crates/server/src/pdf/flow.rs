//! From blocks to pages: where each line stands, and what it belongs to.

use krilla::image::Image;

use super::font::Font;
use super::{Block, Document, PdfError, Photo, Style, Table};

/// US Letter, in points.
pub(super) const WIDE: f32 = 612.0;
pub(super) const HIGH: f32 = 792.0;
pub(super) const MARGIN: f32 = 60.0;
const BOTTOM: f32 = HIGH - 72.0;
const COLUMN: f32 = WIDE - 2.0 * MARGIN;
const LABELS: f32 = 138.0;
/// Names of rows beside a photo are short.
const SHORT_LABELS: f32 = 84.0;
/// A photo leaves room for the rows beside it.
const PHOTO: f32 = 220.0;
const GAP: f32 = 12.0;

/// Everything in its place.
pub(super) struct Laid {
    pub(super) pages: Vec<Vec<Mark>>,
    pub(super) tree: Vec<Node>,
    pub(super) outline: Vec<Entry>,
}

/// Something that is drawn, with its left end on the baseline or its top left corner.
pub(super) struct Mark {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) what: What,
}

pub(super) enum What {
    /// A line of text, and the number by which the tree knows it.
    Line { leaf: usize, text: String, size: f32, ink: Ink },
    /// A picture, known in the same way.
    Picture { leaf: usize, image: Image, width: f32, height: f32 },
    /// A thin line; it says nothing.
    Rule { width: f32 },
}

#[derive(Clone, Copy)]
pub(super) enum Ink {
    Text,
    Quiet,
    Accent,
}

/// The document as a reader that does not see hears it.
pub(super) enum Node {
    Group(Role, Vec<Node>),
    Leaf(usize),
}

pub(super) enum Role {
    Heading(u16, String),
    Paragraph,
    List,
    Item,
    Label,
    Body,
    Table(String),
    Head,
    Rows,
    Row,
    HeadCell,
    Cell,
    Figure(String),
}

/// A line of the outline.
pub(super) struct Entry {
    pub(super) text: String,
    pub(super) page: usize,
    pub(super) y: f32,
}

struct Look {
    size: f32,
    ink: Ink,
    above: f32,
    below: f32,
}

/// Text that stands in a column of its own.
struct Cell<'a> {
    x: f32,
    width: f32,
    look: &'a Look,
    text: &'a str,
}

struct Flow<'a> {
    font: &'a Font,
    laid: Laid,
    leaves: usize,
    y: f32,
}

const LABEL: Look = Look { size: 8.5, ink: Ink::Quiet, above: 0.0, below: 5.0 };
const VALUE: Look = Look { size: 9.5, ink: Ink::Text, above: 0.0, below: 5.0 };

fn look(style: Style) -> Look {
    let (size, ink, above, below) = match style {
        Style::Title => (21.0, Ink::Accent, 0.0, 6.0),
        Style::Heading => (12.5, Ink::Accent, 18.0, 13.0),
        Style::Body => (9.5, Ink::Text, 0.0, 6.0),
        Style::Small => (8.5, Ink::Quiet, 0.0, 5.0),
        Style::Banner => (40.0, Ink::Accent, 0.0, 14.0),
        Style::Large => (17.0, Ink::Text, 2.0, 8.0),
    };
    Look { size, ink, above, below }
}

/// Lays the blocks out, page after page.
pub(super) fn lay(document: &Document, font: &Font) -> Result<Laid, PdfError> {
    let laid = Laid { pages: vec![Vec::new()], tree: Vec::new(), outline: Vec::new() };
    let mut flow = Flow { font, laid, leaves: 0, y: MARGIN };
    for block in &document.blocks {
        let node = match block {
            Block::Text(style, text) => flow.text(*style, text),
            Block::Rows(rows) => flow.rows(rows, MARGIN, LABELS),
            Block::Table(table) => flow.table(table),
            Block::Portrait(photo, rows) => flow.portrait(photo, rows)?,
        };
        flow.laid.tree.push(node);
    }
    Ok(flow.laid)
}

impl Flow<'_> {
    fn text(&mut self, style: Style, text: &str) -> Node {
        let look = look(style);
        self.y += look.above;
        if style == Style::Heading {
            self.need(look.size + look.below + 40.0);
            self.open(text);
        }
        let cell = Cell { x: MARGIN, width: COLUMN, look: &look, text };
        let lines = self.columns(&[cell]).into_iter().flatten().collect();
        if style == Style::Heading {
            self.mark(MARGIN, self.y - look.below + 4.0, What::Rule { width: COLUMN });
        }
        match style {
            Style::Title | Style::Banner => Node::Group(Role::Heading(1, text.to_owned()), lines),
            Style::Heading => Node::Group(Role::Heading(2, text.to_owned()), lines),
            Style::Body | Style::Small | Style::Large => Node::Group(Role::Paragraph, lines),
        }
    }

    fn open(&mut self, text: &str) {
        let entry = Entry { text: text.to_owned(), page: self.laid.pages.len().saturating_sub(1), y: self.y };
        self.laid.outline.push(entry);
    }

    fn rows(&mut self, rows: &[(String, String)], left: f32, labels: f32) -> Node {
        let items = rows.iter().map(|(label, value)| {
            let label = Cell { x: left, width: labels - GAP, look: &LABEL, text: label };
            let value = Cell { x: left + labels, width: WIDE - MARGIN - left - labels, look: &VALUE, text: value };
            let mut roles = [Role::Label, Role::Body].into_iter();
            let cells = self.columns(&[label, value]).into_iter();
            let cells = cells.filter_map(|lines| roles.next().map(|role| Node::Group(role, lines)));
            Node::Group(Role::Item, cells.collect())
        });
        Node::Group(Role::List, items.collect())
    }

    fn table(&mut self, table: &Table) -> Node {
        self.need(60.0);
        let heads: Vec<String> = table.heads.iter().map(|it| (*it).to_owned()).collect();
        let head = self.row(&heads, &LABEL, || Role::HeadCell);
        let rows = table.rows.iter().map(|row| {
            self.mark(MARGIN, self.y, What::Rule { width: COLUMN });
            self.y += 4.0;
            self.row(row, &VALUE, || Role::Cell)
        });
        let rows = rows.collect();
        let parts = vec![Node::Group(Role::Head, vec![head]), Node::Group(Role::Rows, rows)];
        Node::Group(Role::Table(table.summary.clone()), parts)
    }

    /// The last column is twice as wide: it holds what people wrote.
    fn row(&mut self, texts: &[String], look: &Look, role: fn() -> Role) -> Node {
        let share = COLUMN / f32::from(u16::try_from(texts.len() + 1).unwrap_or(1));
        let starts = std::iter::successors(Some(MARGIN), |x| Some(x + share));
        let width = |at: usize| if at + 1 == texts.len() { 2.0 * share } else { share - GAP };
        let cells = starts.zip(texts).enumerate();
        let cells: Vec<Cell> = cells.map(|(at, (x, text))| Cell { x, width: width(at), look, text }).collect();
        let cells = self.columns(&cells).into_iter().map(|lines| Node::Group(role(), lines));
        Node::Group(Role::Row, cells.collect())
    }

    /// Sets texts side by side, line by line, so that each can run on over the page. The leaves of each.
    fn columns(&mut self, cells: &[Cell]) -> Vec<Vec<Node>> {
        let set: Vec<Vec<String>> = cells.iter().map(|it| self.font.lines(it.text, it.look.size, it.width)).collect();
        let high = cells.iter().map(|it| it.look.size).fold(0.0, f32::max) * 1.42;
        let below = cells.iter().map(|it| it.look.below).fold(0.0, f32::max);
        let mut leaves: Vec<Vec<Node>> = cells.iter().map(|_| Vec::new()).collect();
        for at in 0..set.iter().map(Vec::len).max().unwrap_or(0) {
            self.need(high);
            self.y += high;
            for ((cell, lines), leaves) in cells.iter().zip(&set).zip(&mut leaves) {
                leaves.extend(lines.get(at).and_then(|line| self.line(cell, line, at + 1 < lines.len())));
            }
        }
        self.y += below;
        leaves
    }

    /// A line that goes on ends with a space, so that its last word is not joined to the next line's first.
    fn line(&mut self, cell: &Cell, text: &str, goes_on: bool) -> Option<Node> {
        if text.is_empty() {
            return None;
        }
        let text = if goes_on { format!("{text} ") } else { text.to_owned() };
        let leaf = self.leaf();
        let what = What::Line { leaf, text, size: cell.look.size, ink: cell.look.ink };
        self.mark(cell.x, self.y - cell.look.size * 0.3, what);
        Some(Node::Leaf(leaf))
    }

    fn portrait(&mut self, photo: &Photo, rows: &[(String, String)]) -> Result<Node, PdfError> {
        let image = Image::from_jpeg(photo.content.clone().into(), false).map_err(PdfError::Photo)?;
        let (width, height) = fitting(&image, photo.height);
        self.need(height + 40.0);
        let (top, page) = (self.y, self.laid.pages.len());
        let leaf = self.leaf();
        self.mark(MARGIN, top + 4.0, What::Picture { leaf, image, width, height });
        let figure = Node::Group(Role::Figure(photo.alt.clone()), vec![Node::Leaf(leaf)]);
        self.y = top + height + 4.0;
        let caption = Cell { x: MARGIN, width: PHOTO, look: &look(Style::Small), text: &photo.caption };
        let caption = self.columns(&[caption]).into_iter().flatten().collect();
        let bottom = self.y;
        self.laid.tree.extend([figure, Node::Group(Role::Paragraph, caption)]);
        self.y = top;
        let rows = self.rows(rows, MARGIN + PHOTO + 2.0 * GAP, SHORT_LABELS);
        if page == self.laid.pages.len() {
            self.y = self.y.max(bottom);
        }
        Ok(rows)
    }

    fn leaf(&mut self) -> usize {
        let leaf = self.leaves;
        self.leaves += 1;
        leaf
    }

    fn mark(&mut self, x: f32, y: f32, what: What) {
        if let Some(page) = self.laid.pages.last_mut() {
            page.push(Mark { x, y, what });
        }
    }

    /// Turns the page where so much does not fit on it.
    fn need(&mut self, height: f32) {
        if BOTTOM < self.y + height {
            self.laid.pages.push(Vec::new());
            self.y = MARGIN;
        }
    }
}

/// As large as it may be, in its own shape.
fn fitting(image: &Image, height: f32) -> (f32, f32) {
    let (wide, high) = image.size();
    let side = |it: u32| f32::from(u16::try_from(it).unwrap_or(u16::MAX)).max(1.0);
    let scale = (height / side(high)).min(PHOTO / side(wide));
    (side(wide) * scale, side(high) * scale)
}
