//! A picture for a synthetic child: a shape drawn by arithmetic. It shows nobody.

use image::codecs::jpeg::JpegEncoder;
use image::{ImageError, Rgb, RgbImage};

use crate::photo::Picture;

const WIDTH: u32 = 360;
const HEIGHT: u32 = 480;
const SHAPE: Rgb<u8> = Rgb([96, 112, 128]);

/// Head and shoulders before a wall that grows darker.
pub(super) fn drawn() -> Result<Picture, ImageError> {
    let image =
        RgbImage::from_fn(WIDTH, HEIGHT, |x, y| if is_shape(i64::from(x), i64::from(y)) { SHAPE } else { wall(y) });
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 90).encode_image(&image)?;
    Ok(Picture { jpeg, width: WIDTH, height: HEIGHT })
}

fn is_shape(x: i64, y: i64) -> bool {
    let within = |(at_x, at_y): (i64, i64), (wide, high): (i64, i64)| {
        let (x, y) = ((x - at_x) * high, (y - at_y) * wide);
        x * x + y * y < wide * wide * high * high
    };
    within((180, 190), (75, 95)) || within((180, 480), (160, 170))
}

fn wall(y: u32) -> Rgb<u8> {
    let light = u8::try_from(230 - y / 8).unwrap_or(u8::MAX);
    Rgb([light, light, light])
}
