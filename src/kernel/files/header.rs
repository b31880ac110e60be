//! What the first bytes of a picture say about it: enough to know what reading it will cost, before anything is read.

use std::io::{BufReader, Read, Seek, SeekFrom};

use super::refusal::Refusal;

/// The most pixels of a picture: 200 megapixels, what the largest sensors of phones make.
pub(super) const MAX_PIXELS: u64 = 200_000_000;

/// The formats that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg(Jpeg),
    Png {
        interlaced: bool,
    },
    /// `lossless` too where that cannot be told yet.
    WebP {
        lossless: bool,
    },
    Gif,
}

/// What matters of how a JPEG is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Jpeg {
    /// Colour channels.
    pub components: u64,
    /// Samples that are stored for each 64 pixels, in all channels together: 64 for grey, 96 for colours at a quarter of the
    /// resolution.
    samples: u64,
    pub process: Process,
}

/// The coding processes (ITU-T T.81, table B.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Process {
    /// Block after block: little has to be remembered.
    Sequential,
    /// Coarse first and then finer: all coefficients have to be remembered.
    Progressive,
    Lossless,
}

/// A picture as its first bytes announce it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub format: Format,
    pub width: u32,
    pub height: u32,
}

impl Header {
    /// Reads the beginning of a picture, and goes back to it.
    pub fn read(file: &mut (impl Read + Seek)) -> Result<Self, Refusal> {
        let mut start = [0; 32];
        let length = fill(file, &mut start);
        // However many segments there are, they are looked at in pieces of the file and not byte by byte.
        let mut buffered = BufReader::with_capacity(16 * 1024, &mut *file);
        let header = match &start[..length] {
            [0xff, 0xd8, 0xff, ..] => {
                buffered.seek(SeekFrom::Start(2)).map_err(|_| Refusal::Damaged)?;
                jpeg(&mut buffered)?
            }
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', rest @ ..] if rest.len() >= 21 => Self {
                width: u32::from_be_bytes([rest[8], rest[9], rest[10], rest[11]]),
                height: u32::from_be_bytes([rest[12], rest[13], rest[14], rest[15]]),
                format: Format::Png { interlaced: rest[20] != 0 },
            },
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', w, wide, h, high, ..] => Self {
                width: u16::from_le_bytes([*w, *wide]).into(),
                height: u16::from_le_bytes([*h, *high]).into(),
                format: Format::Gif,
            },
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', rest @ ..] if rest.len() >= 20 => webp(rest)?,
            [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] if is_heif(brand) => return Err(Refusal::Heic),
            _ => return Err(Refusal::NoPicture),
        };
        file.seek(SeekFrom::Start(0)).map_err(|_| Refusal::Damaged)?;
        if header.width == 0 || header.height == 0 {
            return Err(Refusal::Damaged);
        }
        if header.pixels() > MAX_PIXELS {
            return Err(Refusal::TooManyPixels { megapixels: header.pixels() / 1_000_000 });
        }
        Ok(header)
    }

    pub const fn pixels(&self) -> u64 {
        self.width as u64 * self.height as u64
    }

    pub fn long_side(&self) -> u32 {
        self.width.max(self.height)
    }

    /// Whether a file of so many bytes can hold the whole picture. In a JPEG each block of 64 pixels takes at least one bit
    /// (ITU-T T.81, F.1.2 and G.1.2: the code of its mean), so that a few bytes cannot ask for minutes of work.
    pub fn fits_in(&self, bytes: usize) -> bool {
        !matches!(self.format, Format::Jpeg(_)) || self.pixels() / (64 * 8) <= bytes as u64
    }

    /// The bytes that reading the picture small takes at most, besides what the small picture itself takes.
    pub fn cost(&self, smallest_side: u32) -> u64 {
        match self.format {
            Format::Jpeg(jpeg) => {
                let eighths = u64::from(super::decode::eighths(self.long_side(), smallest_side));
                // The channels, and the picture that is put together from them. Blocks at the edges are whole.
                let small = |side: u32| (u64::from(side) * eighths).div_ceil(8) + 32;
                let read = 2 * jpeg.components * small(self.width) * small(self.height);
                match jpeg.process {
                    Process::Sequential => read,
                    Process::Progressive => read + 2 * self.pixels() * jpeg.samples / 64,
                    Process::Lossless => 6 * jpeg.components * self.pixels(),
                }
            }
            // A row at a time, whose colours are at most eight bytes wide, and the picture that they become.
            Format::Png { interlaced: false } => {
                let factor = u64::from(super::decode::shrink_factor(self.long_side(), smallest_side));
                let small = |side: u32| u64::from(side).div_ceil(factor);
                32 * u64::from(self.width) + 3 * small(self.width) * small(self.height)
            }
            // The whole picture with its alpha.
            Format::Png { interlaced: true } => 5 * self.pixels(),
            // Besides the picture, the channels it is made of, at a quarter of the resolution or as they are.
            Format::WebP { lossless: false } => 5 * self.pixels(),
            Format::WebP { lossless: true } => 8 * self.pixels(),
            // The frame, and the picture that it is put into.
            Format::Gif => 9 * self.pixels(),
        }
    }
}

/// Reads as much as there is.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> usize {
    let mut length = 0;
    while let Some(rest) = buffer.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) | Err(_) => break,
            Ok(more) => length += more,
        }
    }
    length
}

/// Goes through the segments of a JPEG to the frame header (ITU-T T.81, B.2.2).
fn jpeg(file: &mut BufReader<impl Read + Seek>) -> Result<Header, Refusal> {
    let exactly = |buffer: &mut [u8], file: &mut dyn Read| file.read_exact(buffer).map_err(|_| Refusal::Damaged);
    loop {
        let mut byte = [0];
        while byte[0] != 0xff {
            exactly(&mut byte, file)?;
        }
        while byte[0] == 0xff {
            exactly(&mut byte, file)?;
        }
        let marker = byte[0];
        if matches!(marker, 0x00 | 0x01 | 0xd0..=0xd8) {
            continue;
        }
        let mut length = [0; 2];
        exactly(&mut length, file)?;
        let length = u16::from_be_bytes(length);
        let process = match marker {
            0xc0 | 0xc1 => Process::Sequential,
            0xc2 => Process::Progressive,
            0xc3 => Process::Lossless,
            // Arithmetic coding, hierarchies, and the end before any frame.
            0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf | 0xd9 | 0xda => return Err(Refusal::Damaged),
            _ => {
                file.seek_relative(i64::from(length) - 2).map_err(|_| Refusal::Damaged)?;
                continue;
            }
        };
        let mut frame = [0; 6];
        exactly(&mut frame, file)?;
        let mut blocks = Vec::new();
        for _ in 0..frame[5].min(4) {
            let mut component = [0; 3];
            exactly(&mut component, file)?;
            blocks.push((u64::from(component[1] >> 4), u64::from(component[1] & 15)));
        }
        let most = blocks.iter().map(|(across, _)| across).max().unwrap_or(&0)
            * blocks.iter().map(|(_, down)| down).max().unwrap_or(&0);
        let stored: u64 = blocks.iter().map(|(across, down)| across * down).sum();
        let jpeg = Jpeg { components: blocks.len() as u64, samples: (stored * 64).div_ceil(most.max(1)), process };
        return Ok(Header {
            height: u16::from_be_bytes([frame[1], frame[2]]).into(),
            width: u16::from_be_bytes([frame[3], frame[4]]).into(),
            format: Format::Jpeg(jpeg),
        });
    }
}

/// The first chunk of a WebP (RFC 9649, 2.5 to 2.7).
fn webp(rest: &[u8]) -> Result<Header, Refusal> {
    let header = |lossless, width, height| Ok(Header { width, height, format: Format::WebP { lossless } });
    match rest {
        [b'V', b'P', b'8', b'X', _, _, _, _, _, _, _, _, w0, w1, w2, h0, h1, h2, ..] => {
            header(true, 1 + u32::from_le_bytes([*w0, *w1, *w2, 0]), 1 + u32::from_le_bytes([*h0, *h1, *h2, 0]))
        }
        [b'V', b'P', b'8', b'L', _, _, _, _, 0x2f, b0, b1, b2, b3, ..] => {
            let bits = u32::from_le_bytes([*b0, *b1, *b2, *b3]);
            header(true, 1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff))
        }
        [b'V', b'P', b'8', b' ', _, _, _, _, _, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] => {
            let side = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]) & 0x3fff);
            header(false, side(*w0, *w1), side(*h0, *h1))
        }
        _ => Err(Refusal::Damaged),
    }
}

/// Whether a file of the ISO base media format is a picture of the kind that iPhones make, by its brand (ISO/IEC 23008-12).
fn is_heif(brand: &[u8]) -> bool {
    [b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif"]
        .iter()
        .any(|known| brand.starts_with(known.as_slice()))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Header, Refusal> {
        Header::read(&mut Cursor::new(bytes))
    }

    /// A JPEG up to its frame header, with the three channels of a phone.
    fn jpeg_of(marker: u8, width: u16, height: u16) -> Vec<u8> {
        let mut bytes = vec![0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2, 0xff, marker, 0, 17, 8];
        bytes.extend(height.to_be_bytes());
        bytes.extend(width.to_be_bytes());
        bytes.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        bytes
    }

    #[test]
    fn pictures_of_phones_cost_little() {
        for (width, height) in [(4032, 3024), (8160, 6144), (16320, 12240)] {
            let header = read(&jpeg_of(0xc0, width, height)).unwrap();
            assert_eq!((header.width, header.height), (width.into(), height.into()));
            assert!(header.cost(1792) < 30_000_000, "{width}×{height}: {}", header.cost(1792));
        }
        // Progressive: two bytes for each of one and a half samples a pixel.
        let header = read(&jpeg_of(0xc2, 4000, 3000)).unwrap();
        assert!((36_000_000..60_000_000).contains(&header.cost(1792)), "{}", header.cost(1792));
    }

    #[test]
    fn a_few_bytes_hold_no_large_picture() {
        let header = read(&jpeg_of(0xc0, 14_000, 14_000)).unwrap();
        assert!(!header.fits_in(468) && header.fits_in(382_813));
        let blank = read(&jpeg_of(0xc2, 64, 64)).unwrap();
        assert!(blank.fits_in(20));
    }

    #[test]
    fn what_is_refused_says_why() {
        assert_eq!(read(&jpeg_of(0xc0, 20_000, 12_000)), Err(Refusal::TooManyPixels { megapixels: 240 }));
        assert_eq!(read(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"), Err(Refusal::Heic));
        assert_eq!(read(b"<svg xmlns='http://www.w3.org/2000/svg'></svg>"), Err(Refusal::NoPicture));
        assert_eq!(read(b""), Err(Refusal::NoPicture));
        assert_eq!(read(&[0xff, 0xd8, 0xff, 0xe0, 0, 4]), Err(Refusal::Damaged));
        assert_eq!(read(&jpeg_of(0xc0, 0, 100)), Err(Refusal::Damaged));
    }

    #[test]
    fn the_other_formats_say_their_size_too() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
        png.extend([0, 0, 0x1b, 0x9e, 0, 0, 0x1b, 0x9e, 16, 6, 0, 0, 1, 0, 0, 0, 0]);
        let header = read(&png).unwrap();
        assert_eq!((header.width, header.height, header.format), (7070, 7070, Format::Png { interlaced: true }));
        let gif = read(b"GIF89a\x10\0\x20\0\0\0\0").unwrap();
        assert_eq!((gif.width, gif.height, gif.format), (16, 32, Format::Gif));
        let lossy = read(b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x40\0\x30\0\0\0\0\0").unwrap();
        assert_eq!((lossy.width, lossy.height), (64, 48));
        let extended = read(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x3f\0\0\x2f\0\0\0\0\0\0").unwrap();
        assert_eq!((extended.width, extended.height), (64, 48));
    }
}
