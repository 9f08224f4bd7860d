//! From what a client sent to a picture and nothing else: decoded, turned upright, encoded anew.
//!
//! Whatever else a file carries (place, time, camera, thumbnail, comments, a second file behind it) is not copied, so it
//! cannot be kept or served (UP-01, UP-02, UP-04, UP-05). A file with something behind its picture is refused.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits};

mod apart;
mod end;
#[cfg(test)]
mod tests;

pub use apart::{Decoder, Undecoded, decode_one};

/// The largest file, in bytes.
pub const BYTES: usize = 15 * 1024 * 1024;

/// The most pixels.
pub const PIXELS: u64 = 40_000_000;

/// What decoding may take of the memory, in bytes.
const MEMORY: u64 = 512 * 1024 * 1024;

/// Faces keep their detail, and files stay small.
const QUALITY: u8 = 90;

/// A JPEG without anything but its pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub jpeg: Vec<u8>,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

/// Why a file is no photo for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhotoFault {
    /// By its first bytes.
    #[error("is not a JPEG, PNG or WebP picture")]
    Kind,
    /// It begins like one.
    #[error("is damaged")]
    Damaged,
    /// More bytes than [`BYTES`].
    #[error("is larger than {BYTES} bytes")]
    Bytes,
    /// More pixels than [`PIXELS`].
    #[error("has more than {PIXELS} pixels")]
    Pixels,
    /// A second picture, a motion photo, a document or anything else.
    #[error(
        "holds more behind the end of its picture, as a motion photo does; \
         export or save it as a plain JPEG or PNG and send that"
    )]
    Behind,
    /// It was stopped at its limits.
    #[error("takes more time or memory to decode than any photo should; export or save it as a plain JPEG")]
    Costly,
}

/// The picture in a file.
pub fn picture(file: &[u8]) -> Result<Picture, PhotoFault> {
    if BYTES < file.len() {
        return Err(PhotoFault::Bytes);
    }
    let kind = kind(file)?;
    end::check(file, kind)?;
    let image = upright(file, kind)?.into_rgb8();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&image).map_err(|_| PhotoFault::Damaged)?;
    Ok(Picture { jpeg, width: image.width(), height: image.height() })
}

/// As large as paper shows it, and no larger: the longer side in pixels.
const ON_PAPER: u32 = 1_600;

/// The same picture for a document.
pub fn on_paper(jpeg: &[u8]) -> Result<Vec<u8>, PhotoFault> {
    let image = upright(jpeg, kind(jpeg)?)?;
    if image.width().max(image.height()) <= ON_PAPER {
        return Ok(jpeg.to_vec());
    }
    let image = image.thumbnail(ON_PAPER, ON_PAPER).into_rgb8();
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY).encode_image(&image).map_err(|_| PhotoFault::Damaged)?;
    Ok(jpeg)
}

/// What it is by its content. A name or a header is never asked.
fn kind(file: &[u8]) -> Result<ImageFormat, PhotoFault> {
    let kind = image::guess_format(file).map_err(|_| PhotoFault::Kind)?;
    let known = matches!(kind, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP);
    if known { Ok(kind) } else { Err(PhotoFault::Kind) }
}

fn upright(file: &[u8], kind: ImageFormat) -> Result<DynamicImage, PhotoFault> {
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::with_format(Cursor::new(file), kind);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| fault(&error))?;
    let (width, height) = decoder.dimensions();
    if PIXELS < u64::from(width) * u64::from(height) {
        return Err(PhotoFault::Pixels);
    }
    let orientation = decoder.orientation().map_err(|error| fault(&error))?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| fault(&error))?;
    image.apply_orientation(orientation);
    Ok(image)
}

fn fault(error: &ImageError) -> PhotoFault {
    if matches!(error, ImageError::Limits(_)) { PhotoFault::Pixels } else { PhotoFault::Damaged }
}
