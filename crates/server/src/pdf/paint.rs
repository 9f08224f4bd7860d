//! From pages to bytes: what is seen, and the tree of tags behind it. A document that breaks a rule is not written.

use std::num::NonZeroU16;

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use krilla::SerializeSettings;
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::metadata::{self, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, Node as Leaf, SpanTag, TableHeaderScope, Tag,
    TagGroup, TagKind, TagTree,
};
use krilla::text::TextDirection;

use super::flow::{HIGH, Ink, Laid, MARGIN, Mark, Node, Role, WIDE, What};
use super::font::Font;
use super::{Document, PdfError};

/// What the tree refers to, by the number of the leaf.
type Leaves = Vec<Option<Identifier>>;

/// Writes the pages, and checks them against PDF/A-2a and PDF/UA-1.
pub(super) fn write(document: &Document, laid: &Laid, font: &Font) -> Result<Vec<u8>, PdfError> {
    let rules = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| PdfError::Rule(format!("{error:?}")))?;
    let settings = SerializeSettings { configuration: rules, ..SerializeSettings::default() };
    let mut pdf = krilla::Document::new_with(settings);
    let mut leaves = Leaves::new();
    for (at, marks) in laid.pages.iter().enumerate() {
        let size = Size::from_wh(WIDE, HIGH).ok_or_else(|| PdfError::Rule("the page has no size".to_owned()))?;
        let mut page = pdf.start_page_with(PageSettings::new(size));
        let mut surface = page.surface();
        for mark in marks {
            draw(&mut surface, mark, font, &mut leaves);
        }
        foot(&mut surface, &format!("{}  ·  page {} of {}", document.title, at + 1, laid.pages.len()), font);
        surface.finish();
        page.finish();
    }
    pdf.set_metadata(properties(document));
    pdf.set_outline(outline(laid));
    let mut tree = TagTree::new();
    laid.tree.iter().filter_map(|it| leaf(it, &mut leaves)).for_each(|it| tree.push(it));
    pdf.set_tag_tree(tree);
    // Not the error itself: it would repeat the text that breaks the rule.
    pdf.finish().map_err(|error| PdfError::Rule(broken(&error)))
}

fn draw(surface: &mut Surface, mark: &Mark, font: &Font, leaves: &mut Leaves) {
    match &mark.what {
        What::Line { leaf, text, size, ink } => {
            let id = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            set(surface, (mark.x, mark.y), text, (*size, *ink), font);
            surface.end_tagged();
            keep(leaves, *leaf, id);
        }
        What::Picture { leaf, image, width, height } => {
            let id = surface.start_tagged(ContentTag::Other);
            surface.push_transform(&Transform::from_translate(mark.x, mark.y));
            if let Some(size) = Size::from_wh(*width, *height) {
                surface.draw_image(image.clone(), size);
            }
            surface.pop();
            surface.end_tagged();
            keep(leaves, *leaf, id);
        }
        What::Rule { width } => {
            let _: Identifier = surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
            rule(surface, mark.x, mark.y, *width);
            surface.end_tagged();
        }
    }
}

fn keep(leaves: &mut Leaves, leaf: usize, id: Identifier) {
    if leaves.len() <= leaf {
        leaves.resize(leaf + 1, None);
    }
    if let Some(place) = leaves.get_mut(leaf) {
        *place = Some(id);
    }
}

fn set(surface: &mut Surface, (x, y): (f32, f32), text: &str, (size, ink): (f32, Ink), font: &Font) {
    surface.set_fill(Some(fill(ink)));
    surface.draw_text(Point::from_xy(x, y), font.file.clone(), size, text, false, TextDirection::Auto);
}

fn rule(surface: &mut Surface, x: f32, y: f32, width: f32) {
    let mut path = PathBuilder::new();
    if let Some(rect) = Rect::from_xywh(x, y, width, 0.6) {
        path.push_rect(rect);
    }
    surface.set_fill(Some(Fill { paint: rgb::Color::new(0xc4, 0xd0, 0xd6).into(), ..Fill::default() }));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn foot(surface: &mut Surface, text: &str, font: &Font) {
    let _: Identifier = surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
    rule(surface, MARGIN, HIGH - 52.0, WIDE - 2.0 * MARGIN);
    let line = font.lines(text, 7.5, WIDE - 2.0 * MARGIN).into_iter().next().unwrap_or_default();
    set(surface, (MARGIN, HIGH - 40.0), &line, (7.5, Ink::Quiet), font);
    surface.end_tagged();
}

/// Each at least 4.5 : 1 against white.
fn fill(ink: Ink) -> Fill {
    let color = match ink {
        Ink::Text => rgb::Color::new(0x1d, 0x26, 0x2c),
        Ink::Quiet => rgb::Color::new(0x57, 0x65, 0x6e),
        Ink::Accent => rgb::Color::new(0x1b, 0x4a, 0x5e),
    };
    Fill { paint: color.into(), ..Fill::default() }
}

fn properties(document: &Document) -> Metadata {
    Metadata::new()
        .title(document.title.clone())
        .language("en-US".to_owned())
        .creator("Homeward".to_owned())
        .creation_date(date(document.made_at))
}

fn date(at: DateTime<Utc>) -> metadata::DateTime {
    let small = |it: u32| u8::try_from(it).unwrap_or(0);
    metadata::DateTime::new(u16::try_from(at.year()).unwrap_or(0))
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn outline(laid: &Laid) -> Outline {
    let mut outline = Outline::new();
    for entry in &laid.outline {
        let place = XyzDestination::new(entry.page, Point::from_xy(MARGIN, entry.y));
        outline.push_child(OutlineNode::new(entry.text.clone(), place));
    }
    outline
}

fn leaf(node: &Node, leaves: &mut Leaves) -> Option<Leaf> {
    match node {
        Node::Leaf(at) => leaves.get_mut(*at).and_then(Option::take).map(Leaf::from),
        Node::Group(role, children) => {
            let children = children.iter().filter_map(|it| leaf(it, leaves)).collect();
            Some(TagGroup::with_children(tag(role), children).into())
        }
    }
}

fn tag(role: &Role) -> TagKind {
    match role {
        Role::Heading(level, text) => {
            Tag::Hn(NonZeroU16::new(*level).unwrap_or(NonZeroU16::MIN), Some(text.clone())).into()
        }
        Role::Paragraph => Tag::P.into(),
        Role::List => Tag::L(ListNumbering::None).into(),
        Role::Item => Tag::LI.into(),
        Role::Label => Tag::Lbl.into(),
        Role::Body => Tag::LBody.into(),
        Role::Table(summary) => Tag::Table.with_summary(Some(summary.clone())).into(),
        Role::Head => Tag::THead.into(),
        Role::Rows => Tag::TBody.into(),
        Role::Row => Tag::TR.into(),
        Role::HeadCell => Tag::TH(TableHeaderScope::Column).into(),
        Role::Cell => Tag::TD.into(),
        Role::Figure(alt) => Tag::Figure(Some(alt.clone())).into(),
    }
}

/// The names of the rules that were broken, without the text that broke them.
fn broken(error: &krilla::error::KrillaError) -> String {
    let name = |it: String| it.chars().take_while(char::is_ascii_alphabetic).collect::<String>();
    match error {
        krilla::error::KrillaError::Validation(all) => {
            all.iter().map(|(it, _)| name(format!("{it:?}"))).collect::<Vec<_>>().join(", ")
        }
        other => name(format!("{other:?}")),
    }
}
