use image::codecs::jpeg::JpegEncoder;
use image::{ImageFormat, Rgb, RgbImage};

use super::*;

/// Four flat quarters, so that compression cannot blur which is which: red, green / blue, white.
fn quarters() -> RgbImage {
    RgbImage::from_fn(64, 32, |x, y| match (x < 32, y < 16) {
        (true, true) => Rgb([255, 0, 0]),
        (false, true) => Rgb([0, 255, 0]),
        (true, false) => Rgb([0, 0, 255]),
        (false, false) => Rgb([255, 255, 255]),
    })
}

fn encoded(image: &RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// An EXIF block with an orientation, and text where a camera would write its place.
fn exif(orientation: u16, text: &[u8]) -> Vec<u8> {
    let mut tiff = b"MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01".to_vec();
    tiff.extend(orientation.to_be_bytes());
    tiff.extend([0, 0, 0, 0, 0, 0]);
    tiff.extend(text);
    [b"Exif\0\0".as_slice(), &tiff].concat()
}

/// The JPEG with a further segment right behind its beginning.
fn with_segment(jpeg: &[u8], marker: u8, segment: &[u8]) -> Vec<u8> {
    let length = u16::try_from(segment.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, segment, &jpeg[2..]].concat()
}

fn jpeg() -> Vec<u8> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 95).encode_image(&quarters()).unwrap();
    bytes
}

/// The colour in each corner: r, g, b or w.
fn corners(picture: &Picture) -> String {
    let image = image::load_from_memory(&picture.jpeg).unwrap().into_rgb8();
    let (right, bottom) = (image.width() - 3, image.height() - 3);
    let colour = |(x, y)| match image.get_pixel(x, y).0.map(|it| 128 < it) {
        [true, false, false] => 'r',
        [false, true, false] => 'g',
        [false, false, true] => 'b',
        [true, true, true] => 'w',
        other => panic!("{other:?}"),
    };
    [(2, 2), (right, 2), (2, bottom), (right, bottom)].into_iter().map(colour).collect()
}

#[test]
fn up_04_every_orientation_comes_out_upright() {
    let upright = ["rgbw", "grwb", "wbgr", "bwrg", "rbgw", "brwg", "wgbr", "gwrb"];
    for (number, expected) in (1..).zip(upright) {
        let file = with_segment(&jpeg(), 0xe1, &exif(number, b""));
        let picture = picture(&file).unwrap();
        assert_eq!(corners(&picture), expected, "orientation {number}");
        let size = if number < 5 { (64, 32) } else { (32, 64) };
        assert_eq!((picture.width, picture.height), size, "orientation {number}");
    }
}

#[test]
fn a_png_and_a_webp_become_a_jpeg() {
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let picture = picture(&encoded(&quarters(), format)).unwrap();
        assert!(picture.jpeg.starts_with(&[0xff, 0xd8, 0xff]));
        assert_eq!(corners(&picture), "rgbw");
    }
}

#[test]
fn up_02_up_03_nothing_but_the_pixels_is_left_of_what_a_file_carried() {
    let mut file = with_segment(&jpeg(), 0xe1, &exif(1, b"CANARY gps"));
    file = with_segment(&file, 0xe1, b"http://ns.adobe.com/xap/1.0/\0<x>CANARY xmp</x>");
    file = with_segment(&file, 0xed, b"Photoshop 3.0\0CANARY iptc");
    file = with_segment(&file, 0xfe, b"CANARY comment <script>alert(1)</script>");
    assert!(file.windows(6).filter(|it| it == b"CANARY").count() == 4);
    let picture = picture(&file).unwrap();
    assert!(!picture.jpeg.windows(6).any(|it| it == b"CANARY"));
    assert!(!picture.jpeg.windows(4).any(|it| it == b"Exif"));
}

#[test]
fn what_is_no_photo_is_refused_by_its_content() {
    let files: [&[u8]; 7] = [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"<!doctype html><script>alert(1)</script>",
        b"%PDF-1.7\n",
        b"GIF89a\x01\0\x01\0\0\0\0;",
        b"BM\0\0\0\0",
        b"II*\0\x08\0\0\0",
    ];
    for file in files {
        assert_eq!(picture(file), Err(PhotoFault::Kind), "{}", String::from_utf8_lossy(file));
    }
}

#[test]
fn one_file_inside_another_is_judged_by_its_beginning() {
    let hidden = [b"%PDF-1.7\n".as_slice(), &jpeg()].concat();
    assert_eq!(picture(&hidden), Err(PhotoFault::Kind));
}

#[test]
fn a_file_that_goes_on_behind_its_picture_is_refused() {
    let behind: [&[u8]; 4] = [b"\0", b"PK\x03\x04", b"<script>alert(1)</script>", &jpeg()];
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = encoded(&quarters(), format);
        picture(&whole).unwrap();
        for tail in behind {
            assert_eq!(picture(&[&whole, tail].concat()), Err(PhotoFault::Behind), "{format:?}");
        }
        assert_eq!(picture(&whole[..whole.len() - 1]), Err(PhotoFault::Damaged), "{format:?}");
    }
}

#[test]
fn an_end_marker_inside_a_segment_is_not_the_end() {
    let file = with_segment(&jpeg(), 0xe2, b"MPF\0 a thumbnail \xff\xd8\xff\xd9 in a segment");
    assert_eq!(corners(&picture(&file).unwrap()), "rgbw");
}

#[test]
fn what_only_begins_like_a_photo_is_damaged() {
    let whole = encoded(&quarters(), ImageFormat::Png);
    assert_eq!(picture(&whole[..whole.len() / 2]), Err(PhotoFault::Damaged));
    assert_eq!(picture(b"\xff\xd8\xff\xe0<script>"), Err(PhotoFault::Damaged));
}

#[test]
fn up_05_a_small_file_with_a_huge_picture_is_refused_before_it_is_decoded() {
    let mut png = encoded(&RgbImage::new(1, 1), ImageFormat::Png);
    png[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
    let checked = crc(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&checked);
    assert_eq!(picture(&png), Err(PhotoFault::Pixels));
    assert_eq!(picture(&vec![0; BYTES + 1]), Err(PhotoFault::Bytes));
}

/// The checksum of a PNG chunk (ISO 3309).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
    })
}
