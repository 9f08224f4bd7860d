//! What a document has to survive: any text that a person can type, and any length of it.

use super::*;

fn document(blocks: Vec<Block>) -> Document {
    let made_at = DateTime::from_timestamp(1_777_622_400, 0).unwrap();
    Document { title: "Report of a missing child".to_owned(), made_at, blocks }
}

fn text(style: Style, text: &str) -> Block {
    Block::Text(style, text.to_owned())
}

fn everything(words: &str) -> Document {
    let row = |label: &str| (label.to_owned(), words.to_owned());
    let table = Table {
        summary: "Earlier absences".to_owned(),
        heads: vec!["Began", "Located", "How"],
        rows: vec![vec![words.to_owned(), "Springfield".to_owned(), String::new()]],
    };
    document(vec![
        text(Style::Title, "Report of a missing child"),
        text(Style::Small, words),
        text(Style::Heading, "Description"),
        Block::Rows(vec![row("Hair"), row("A label that is long enough to take two lines")]),
        text(Style::Heading, "Earlier absences"),
        Block::Table(table),
        text(Style::Body, words),
    ])
}

fn pages(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf);
    text.matches("/Type/Page").count() + text.matches("/Type /Page").count()
        - text.matches("/Type/Pages").count()
        - text.matches("/Type /Pages").count()
}

#[test]
fn the_same_document_is_the_same_bytes() {
    let document = everything("Zoë Nuñez-Łukaszewicz, last seen near Dvořák Street.");
    assert_eq!(write(&document).unwrap(), write(&document).unwrap());
}

#[test]
fn it_is_a_tagged_pdf_of_the_two_standards() {
    let pdf = write(&everything("One line.")).unwrap();
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.starts_with("%PDF-1.7"));
    for sign in ["<pdfaid:part>2<", "<pdfaid:conformance>A<", "<pdfuaid:part>1<", "StructTreeRoot", "en-US"] {
        assert!(text.contains(sign), "{sign}");
    }
}

#[test]
fn a_long_story_runs_on_over_as_many_pages_as_it_needs() {
    let story = "The caregiver said that the bus had left before they came to the stop. ".repeat(280);
    let pdf = write(&everything(&story)).unwrap();
    assert!(10 < pages(&pdf), "{}", pages(&pdf));
}

#[test]
fn every_text_that_a_person_can_type_is_set() {
    let odd = [
        "e\u{301} u\u{308} n\u{303}",
        "\u{200D}\u{200B}\u{FEFF}\u{AD}\u{2066}",
        "שלום مرحبا Привет Ελλάδα 東京 👩‍👧‍👦",
        "\u{E000}\u{F8FF}\u{10FFFD}\u{FFFD}\u{0}",
        "fi ffl office \t tab \r\n\n\n new line",
        "",
        " ",
        &"x".repeat(20_000),
    ];
    for words in odd {
        let written = write(&everything(words));
        assert!(written.is_ok(), "{words:?}: {:?}", written.err());
    }
}

#[test]
fn a_photo_that_is_none_is_refused() {
    let photo = Photo { content: b"GIF89a".to_vec(), alt: "A".to_owned(), caption: "B".to_owned(), height: 100.0 };
    assert!(matches!(write(&document(vec![Block::Portrait(photo, Vec::new())])), Err(PdfError::Photo(_))));
}
