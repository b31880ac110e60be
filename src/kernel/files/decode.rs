//! Pictures read small: what is kept has at most 2048 pixels a side, so no more is ever held than that takes.

use std::io::{BufRead, BufReader, Read, Seek};

use bytes::Bytes;
use image::codecs::gif::GifDecoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageError, Limits, Rgb, RgbImage, Rgba};
use jpeg_decoder::PixelFormat;
use moxcms::{ColorProfile, Layout, TransformOptions};
use png::Transformations;

use super::header::{Format, Header};
use super::refusal::{PhotoError, Refusal};
use super::{PHOTO_SIDE, Photo, THUMBNAIL_SIDE};
use crate::{Error, Result};

/// A picture is read no smaller than this, in pixels of its longer side. A little less than what is kept, so that the common
/// 4032 and 8160 pixels are halved and quartered on the fly and not read at twice the size.
pub(super) const SMALLEST_SIDE: u32 = PHOTO_SIDE / 8 * 7;
/// A colour profile that is longer is not looked at, in bytes. Those of cameras and screens have a few thousand.
const MAX_PROFILE: usize = 4 * 1024 * 1024;

/// The most pixels that the scans of a JPEG go over in all: 83 scans of what a phone takes, where ten are usual.
const MAX_SCANNED: u64 = 1_000_000_000;
/// The marker in front of a scan.
const START_OF_SCAN: [u8; 2] = [0xff, 0xda];

/// A picture on its way: small, upright, with the colours that its profile means.
struct Picture {
    image: DynamicImage,
    profile: Option<Vec<u8>>,
    orientation: Orientation,
}

/// How many eighths of its size a JPEG is read at: the fewest that leave the longer side as long as wanted.
pub(super) fn eighths(long_side: u32, smallest_side: u32) -> u32 {
    [1, 2, 4].into_iter().find(|eighths| (long_side * eighths).div_ceil(8) >= smallest_side).unwrap_or(8)
}

/// The side of the squares of pixels that become one while a PNG is read.
pub(super) fn shrink_factor(long_side: u32, smallest_side: u32) -> u32 {
    (long_side / smallest_side).max(1)
}

/// Reads a picture and makes both renditions of it.
pub(super) fn photo(file: impl Read + Seek, header: &Header) -> Result<Photo, PhotoError> {
    let file = BufReader::with_capacity(64 * 1024, file);
    let picture = match header.format {
        Format::Jpeg(_) => jpeg(file, header)?,
        Format::Png { interlaced } => png(file, header, interlaced)?,
        Format::WebP { .. } => whole(WebPDecoder::new(file), header)?,
        Format::Gif => whole(GifDecoder::new(file), header)?,
    };
    let mut full = fit(picture.image, PHOTO_SIDE);
    if let Some(profile) = picture.profile.filter(|profile| profile.len() <= MAX_PROFILE) {
        full = to_srgb(full, &profile);
    }
    full.apply_orientation(picture.orientation);
    let thumbnail = fit(full.clone(), THUMBNAIL_SIDE);
    Ok(Photo {
        width: full.width(),
        height: full.height(),
        full: encode(&full, 85)?,
        thumbnail: encode(&thumbnail, 75)?,
    })
}

/// JPEG shrinks while it is read: of each block only the coarse waves are put together.
fn jpeg(mut file: impl BufRead + Seek, header: &Header) -> Result<Picture, Refusal> {
    let damaged = |_| Refusal::Damaged;
    if header.pixels() * scans(&mut file)? > MAX_SCANNED {
        return Err(Refusal::TooCostly);
    }
    let mut decoder = jpeg_decoder::Decoder::new(file);
    let wanted = u16::try_from(SMALLEST_SIDE).unwrap_or(u16::MAX);
    // The other side is asked for more than there can be, so that the longer one decides.
    let (width, height) =
        if header.width >= header.height { decoder.scale(wanted, u16::MAX) } else { decoder.scale(u16::MAX, wanted) }
            .map_err(damaged)?;
    let (width, height) = (u32::from(width), u32::from(height));
    let pixels = decoder.decode().map_err(damaged)?;
    let format = decoder.info().ok_or(Refusal::Damaged)?.pixel_format;
    let image = match format {
        PixelFormat::L8 => GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8),
        PixelFormat::RGB24 => RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8),
        PixelFormat::CMYK32 => RgbImage::from_raw(width, height, from_cmyk(&pixels)).map(DynamicImage::ImageRgb8),
        PixelFormat::L16 => None,
    };
    // A profile of inks says nothing about the colours that were made of them.
    let profile = decoder.icc_profile().filter(|_| format != PixelFormat::CMYK32);
    let orientation = decoder.exif_data().and_then(Orientation::from_exif_chunk);
    Ok(Picture {
        image: image.ok_or(Refusal::Damaged)?,
        profile,
        orientation: orientation.unwrap_or(Orientation::NoTransforms),
    })
}

/// How often the data of a JPEG go over the picture: a progressive one comes in a few scans (ITU-T T.81, B.2.3), and a scan
/// that changes nothing takes hardly a byte and all of its time. Goes back to the beginning.
fn scans(file: &mut (impl BufRead + Seek)) -> Result<u64, Refusal> {
    let damaged = |_| Refusal::Damaged;
    let (mut scans, mut last) = (0, 0);
    loop {
        let part = file.fill_buf().map_err(damaged)?;
        let Some(end) = part.last().copied() else { break };
        let within = part.windows(2).filter(|marker| *marker == START_OF_SCAN).count();
        scans += within as u64 + u64::from([last, part[0]] == START_OF_SCAN);
        last = end;
        let length = part.len();
        file.consume(length);
    }
    file.rewind().map_err(damaged)?;
    Ok(scans)
}

/// Inks on white paper, without a profile: near enough for a picture of a document.
fn from_cmyk(pixels: &[u8]) -> Vec<u8> {
    let mut colours = Vec::with_capacity(pixels.len() / 4 * 3);
    for ink in pixels.as_chunks::<4>().0 {
        let [cyan, magenta, yellow, black] = ink.map(u16::from);
        colours.extend([cyan, magenta, yellow].map(|ink| ((255 - ink) * (255 - black) / 255) as u8));
    }
    colours
}

/// PNG is read row by row, and several rows become one.
fn png(file: impl BufRead + Seek, header: &Header, interlaced: bool) -> Result<Picture, Refusal> {
    let damaged = |_| Refusal::Damaged;
    // For rows and for the profile, which may be a bomb of its own.
    let limits = png::Limits { bytes: 2 * MAX_PROFILE + 64 * header.width as usize };
    let mut decoder = png::Decoder::new_with_limits(file, limits);
    decoder.set_ignore_text_chunk(true);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(damaged)?;
    let profile = reader.info().icc_profile.as_ref().map(|profile| profile.to_vec());
    let orientation = reader.info().exif_metadata.as_ref().and_then(|exif| Orientation::from_exif_chunk(exif));
    let channels = reader.output_color_type().0.samples();
    let mut shrinking = Shrinking::new(header, channels);
    if interlaced {
        let mut pixels = vec![0; reader.output_buffer_size().ok_or(Refusal::TooCostly)?];
        reader.next_frame(&mut pixels).map_err(damaged)?;
        pixels.chunks_exact(header.width as usize * channels).for_each(|row| shrinking.add(row));
    } else {
        while let Some(row) = reader.next_row().map_err(damaged)? {
            shrinking.add(row.data());
        }
    }
    let orientation = orientation.unwrap_or(Orientation::NoTransforms);
    Ok(Picture { image: shrinking.image().ok_or(Refusal::Damaged)?, profile, orientation })
}

/// A picture that shrinks while its rows come in: squares of pixels become one, their mean.
struct Shrinking {
    /// The side of the squares.
    factor: u32,
    /// Pixels of a row as it comes in.
    row: usize,
    width: u32,
    height: u32,
    /// Channels of the rows: grey, grey and alpha, red, green and blue, with alpha.
    channels: usize,
    /// Sums of the squares of which rows are coming in: colours on white.
    sums: Vec<u32>,
    rows: u32,
    pixels: Vec<u8>,
}

impl Shrinking {
    fn new(header: &Header, channels: usize) -> Self {
        let factor = shrink_factor(header.long_side(), SMALLEST_SIDE);
        let (width, height) = (header.width.div_ceil(factor), header.height.div_ceil(factor));
        let colours = if channels < 3 { 1 } else { 3 };
        Self {
            factor,
            row: header.width as usize,
            width,
            height,
            channels,
            sums: vec![0; width as usize * colours],
            rows: 0,
            pixels: Vec::with_capacity(width as usize * height as usize * colours),
        }
    }

    const fn colours(&self) -> usize {
        if self.channels < 3 { 1 } else { 3 }
    }

    fn add(&mut self, row: &[u8]) {
        let (colours, has_alpha) = (self.colours(), self.channels.is_multiple_of(2));
        for (x, pixel) in row.chunks_exact(self.channels).enumerate() {
            let alpha = if has_alpha { u32::from(pixel[self.channels - 1]) } else { 255 };
            let square = x / self.factor as usize * colours;
            for (sum, colour) in self.sums[square..square + colours].iter_mut().zip(pixel) {
                *sum += (u32::from(*colour) * alpha + 255 * (255 - alpha)).div_ceil(255);
            }
        }
        self.rows += 1;
        if self.rows == self.factor {
            self.finish_squares();
        }
    }

    /// The squares are full, or the picture has ended.
    fn finish_squares(&mut self) {
        let (colours, factor) = (self.colours(), self.factor as usize);
        for (place, sum) in self.sums.iter_mut().enumerate() {
            let across = factor.min(self.row - place / colours * factor) as u32;
            self.pixels.push((*sum / (across * self.rows)) as u8);
            *sum = 0;
        }
        self.rows = 0;
    }

    fn image(mut self) -> Option<DynamicImage> {
        if self.rows > 0 {
            self.finish_squares();
        }
        let (width, height) = (self.width, self.height);
        let pixels = std::mem::take(&mut self.pixels);
        if self.colours() == 1 {
            GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8)
        } else {
            RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)
        }
    }
}

/// What cannot be read small is read whole; the first frame of what moves.
fn whole<D: ImageDecoder>(decoder: Result<D, ImageError>, header: &Header) -> Result<Picture, Refusal> {
    let damaged = |_| Refusal::Damaged;
    let mut decoder = decoder.map_err(damaged)?;
    if decoder.dimensions() != (header.width, header.height) {
        return Err(Refusal::Damaged);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(header.cost(SMALLEST_SIDE));
    decoder.set_limits(limits).map_err(damaged)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().unwrap_or_default();
    let image = fit(DynamicImage::from_decoder(decoder).map_err(damaged)?, PHOTO_SIDE);
    Ok(Picture { image: on_white(image).into(), profile, orientation })
}

fn fit(image: DynamicImage, side: u32) -> DynamicImage {
    if image.width() <= side && image.height() <= side { image } else { image.thumbnail(side, side) }
}

/// The picture with the colours of sRGB, which is what is shown where no profile says otherwise. A profile that cannot be
/// used is passed over.
fn to_srgb(image: DynamicImage, profile: &[u8]) -> DynamicImage {
    let layout = if image.color().has_color() { Layout::Rgb } else { Layout::Gray };
    let converted = ColorProfile::new_from_slice(profile).and_then(|from| {
        let srgb = ColorProfile::new_srgb();
        let transform = from.create_transform_8bit(layout, &srgb, Layout::Rgb, TransformOptions::default())?;
        let mut pixels = vec![0; image.width() as usize * image.height() as usize * 3];
        transform.transform(image.as_bytes(), &mut pixels)?;
        Ok(pixels)
    });
    match converted {
        Ok(pixels) => RgbImage::from_raw(image.width(), image.height(), pixels).map_or(image, DynamicImage::ImageRgb8),
        Err(_) => image,
    }
}

fn encode(image: &DynamicImage, quality: u8) -> Result<Bytes> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    match image {
        DynamicImage::ImageRgb8(image) => image.write_with_encoder(encoder),
        image => image.to_rgb8().write_with_encoder(encoder),
    }
    .map_err(Error::internal)?;
    Ok(bytes.into())
}

/// The picture on a white ground: JPEG has no transparency, and the colour under it is whatever the painter left there.
fn on_white(image: DynamicImage) -> RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let Rgba([r, g, b, alpha]) = *image.get_pixel(x, y);
        let mix = |v: u8| (u16::from(v) * u16::from(alpha) + 255 * (255 - u16::from(alpha))).div_ceil(255) as u8;
        Rgb([mix(r), mix(g), mix(b)])
    })
}
