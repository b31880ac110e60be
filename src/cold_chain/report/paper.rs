//! Sheets of paper to write on, in the fonts that every reader of PDF has (ISO 32000-1, 9.6.2.2): text in lines, wrapped
//! where it must be, and thin lines. Nothing of a text is ever cut off.

use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

/// A4, in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
/// The margin on all sides.
const MARGIN: f32 = 48.0;
/// Where the foot stands.
const FOOT: f32 = 28.0;
const PLAIN: Name<'static> = Name(b"F1");
const BOLD: Name<'static> = Name(b"F2");

/// A colour, in red, green and blue from 0 to 1.
pub(super) type Colour = (f32, f32, f32);

/// Black enough to read, soft enough to look at.
pub(super) const INK: Colour = (0.1, 0.12, 0.16);
/// For what is beside the point.
pub(super) const GREY: Colour = (0.42, 0.45, 0.5);
/// For lines between rows.
pub(super) const FAINT: Colour = (0.82, 0.84, 0.87);

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub size: f32,
    pub bold: bool,
    pub colour: Colour,
}

/// Sheets of paper. One writes downwards; where a sheet ends, the next begins.
pub(super) struct Paper {
    sheets: Vec<Content>,
    /// How far down the last sheet is written, as the height above its lower edge.
    y: f32,
}

impl Paper {
    pub fn new() -> Self {
        Self { sheets: vec![Content::new()], y: HEIGHT - MARGIN }
    }

    /// The width that can be written on.
    pub const fn width(&self) -> f32 {
        WIDTH - 2.0 * MARGIN
    }

    /// Leaves room downwards.
    pub fn space(&mut self, height: f32) {
        self.y -= height;
    }

    /// Makes sure that so much room is left on the sheet, or begins another one; tells whether it did.
    pub fn need(&mut self, height: f32) -> bool {
        let is_full = self.y - height < MARGIN;
        if is_full {
            self.sheets.push(Content::new());
            self.y = HEIGHT - MARGIN;
        }
        is_full
    }

    /// Writes a text over the whole width.
    pub fn text(&mut self, text: &str, look: Look) {
        self.row(&[(text, 1.0)], look);
    }

    /// Writes cells beside each other, each with its share of the width, and moves below the highest.
    pub fn row(&mut self, cells: &[(&str, f32)], look: Look) {
        let wrapped: Vec<Vec<String>> =
            cells.iter().map(|(text, share)| wrap(text, self.width() * share - 6.0, look.size)).collect();
        let leading = look.size * 1.35;
        let mut line = 0;
        let most = wrapped.iter().map(Vec::len).max().unwrap_or_default();
        while line < most {
            // A row may be longer than a sheet: notes have no upper end that a layout could know.
            self.need(leading);
            let mut x = MARGIN;
            for ((_, share), lines) in cells.iter().zip(&wrapped) {
                if let Some(text) = lines.get(line) {
                    self.write(x, self.y - look.size, text, look);
                }
                x += self.width() * share;
            }
            self.y -= leading;
            line += 1;
        }
    }

    /// Draws a thin line over the whole width.
    pub fn rule(&mut self) {
        let (y, right) = (self.y, WIDTH - MARGIN);
        self.line((MARGIN, y), (right, y), FAINT, 0.6);
        self.y -= 4.0;
    }

    /// Draws into a box of a height below what is written; the closure gets a pen whose points go from (0, 0), below left,
    /// to (width, height).
    pub fn draw(&mut self, height: f32, draw: impl FnOnce(&mut Pen<'_>)) {
        self.need(height);
        let origin = (MARGIN, self.y - height);
        draw(&mut Pen { paper: self, origin });
        self.y -= height;
    }

    fn sheet(&mut self) -> &mut Content {
        let last = self.sheets.len() - 1;
        &mut self.sheets[last]
    }

    fn write(&mut self, x: f32, y: f32, text: &str, look: Look) {
        let (r, g, b) = look.colour;
        let font = if look.bold { BOLD } else { PLAIN };
        let sheet = self.sheet();
        sheet.set_fill_rgb(r, g, b).begin_text().set_font(font, look.size).next_line(x, y);
        sheet.show(Str(&win_ansi(text))).end_text();
    }

    fn line(&mut self, from: (f32, f32), to: (f32, f32), (r, g, b): Colour, width: f32) {
        let sheet = self.sheet();
        sheet.set_stroke_rgb(r, g, b).set_line_width(width).move_to(from.0, from.1).line_to(to.0, to.1).stroke();
    }

    /// The document, with a title and a foot on every sheet; the number of the sheet stands beside it.
    pub fn finish(mut self, title: &str, language: &str, foot: &str) -> Vec<u8> {
        let count = self.sheets.len();
        let sheets = std::mem::take(&mut self.sheets);
        let (catalog, tree, plain, bold, info) = (Ref::new(1), Ref::new(2), Ref::new(3), Ref::new(4), Ref::new(5));
        let page_ref = |number: usize| Ref::new(i32::try_from(10 + 2 * number).unwrap_or(i32::MAX - 1));
        let content_ref = |number: usize| Ref::new(i32::try_from(11 + 2 * number).unwrap_or(i32::MAX));
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(tree).lang(TextStr(language));
        pdf.document_info(info).title(TextStr(title)).producer(TextStr("Officina"));
        pdf.pages(tree).kids((0..count).map(page_ref)).count(i32::try_from(count).unwrap_or(i32::MAX));
        for (font, name) in [(plain, b"Helvetica".as_slice()), (bold, b"Helvetica-Bold")] {
            pdf.type1_font(font).base_font(Name(name)).encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        let small = Look { size: 7.0, bold: false, colour: GREY };
        for (number, sheet) in sheets.into_iter().enumerate() {
            self.sheets = vec![sheet];
            self.write(MARGIN, FOOT, foot, small);
            let place = format!("{} / {count}", number + 1);
            self.write(WIDTH - MARGIN - width_of(&place, small.size), FOOT, &place, small);
            let mut page = pdf.page(page_ref(number));
            page.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(tree).contents(content_ref(number));
            page.resources().fonts().pair(PLAIN, plain).pair(BOLD, bold);
            page.finish();
            for sheet in self.sheets.drain(..) {
                pdf.stream(content_ref(number), &sheet.finish());
            }
        }
        pdf.finish()
    }
}

/// What draws into a box.
pub(super) struct Pen<'a> {
    paper: &'a mut Paper,
    origin: (f32, f32),
}

impl Pen<'_> {
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), colour: Colour, width: f32) {
        let (x, y) = self.origin;
        self.paper.line((x + from.0, y + from.1), (x + to.0, y + to.1), colour, width);
    }

    pub fn text(&mut self, at: (f32, f32), text: &str, look: Look) {
        let (x, y) = self.origin;
        self.paper.write(x + at.0, y + at.1, text, look);
    }
}

/// Breaks a text into lines of a width, between words where it can, within one where it must.
fn wrap(text: &str, width: f32, size: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let candidate = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if width_of(&candidate, size) <= width {
                line = candidate;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for character in word.chars() {
                if !line.is_empty() && width_of(&line, size) + width_of(&character.to_string(), size) > width {
                    lines.push(std::mem::take(&mut line));
                }
                line.push(character);
            }
        }
        lines.push(line);
    }
    lines
}

/// The width of a text in points. In bold it is a little wider, which the room between columns takes.
#[expect(clippy::cast_precision_loss, reason = "far below 2²⁴")]
fn width_of(text: &str, size: f32) -> f32 {
    let thousandths: usize = text.chars().map(|character| usize::from(advance(character))).sum();
    thousandths as f32 * size / 1_000.0
}

/// How far Helvetica moves on after a character, in thousandths of its size (Adobe Font Metrics). Letters with accents are
/// as wide as those without.
fn advance(character: char) -> u16 {
    match character {
        'i' | 'j' | 'l' => 222,
        ' ' | '!' | ',' | '.' | '/' | ':' | ';' | 'I' | '[' | '\\' | ']' | 'f' | 't' | 'ì' | 'í' | 'î' | 'ï' => 278,
        '(' | ')' | '-' | '`' | 'r' => 333,
        'c' | 'k' | 's' | 'v' | 'x' | 'y' | 'z' | 'J' | 'ç' => 500,
        'F' | 'T' | 'Z' => 611,
        'A' | 'B' | 'E' | 'K' | 'P' | 'S' | 'V' | 'X' | 'Y' | '&' | 'À'..='Å' | 'È'..='Ë' => 667,
        'C' | 'D' | 'H' | 'N' | 'R' | 'U' | 'w' | 'Ù'..='Ü' => 722,
        'G' | 'O' | 'Q' | 'Ò'..='Ö' => 778,
        'M' | 'm' => 833,
        '%' => 889,
        'W' | '@' | '…' | '—' => 1_015,
        _ => 556,
    }
}

/// A text in the encoding of the fonts (Windows-1252). What it does not have is spelled out by its number: a name that cannot
/// be written is told from another that cannot.
fn win_ansi(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for character in text.chars() {
        let special = match character {
            '€' => 0x80,
            '…' => 0x85,
            '‘' => 0x91,
            '’' => 0x92,
            '“' => 0x93,
            '”' => 0x94,
            '•' => 0x95,
            '–' => 0x96,
            '—' => 0x97,
            '−' => b'-',
            _ => 0,
        };
        match (special, u8::try_from(u32::from(character))) {
            (0, Ok(byte)) if !(0x7f..0xa0).contains(&byte) && byte >= 0x20 => bytes.push(byte),
            (0, Ok(_)) => bytes.push(b' '),
            (0, Err(_)) => bytes.extend(format!("[U+{:04X}]", u32::from(character)).bytes()),
            (special, _) => bytes.push(special),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_wrapped_and_nothing_of_it_is_lost() {
        let text =
            "Compressor restarted, goods moved to cell 2 and checked: Donaudampfschifffahrtsgesellschaftskapitän";
        let lines = wrap(text, 90.0, 9.0);
        assert!(lines.len() > 4 && lines.iter().all(|line| width_of(line, 9.0) <= 90.0), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        assert_eq!(wrap("one\ntwo", 400.0, 9.0), ["one", "two"]);
    }

    #[test]
    fn letters_that_the_fonts_lack_are_spelled_out() {
        assert_eq!(win_ansi("−5 °C “è”\u{7}"), [&b"-5 \xb0C \x93\xe8\x94 "[..]].concat());
        assert_eq!(win_ansi("Łódź"), b"[U+0141]\xf3d[U+017A]");
    }

    #[test]
    fn a_long_report_takes_as_many_sheets_as_it_needs() {
        let mut paper = Paper::new();
        for _ in 0..200 {
            paper.text("A line", Look { size: 10.0, bold: false, colour: INK });
        }
        assert_eq!(paper.sheets.len(), 4);
        let pdf = paper.finish("Title", "en", "foot");
        assert!(pdf.starts_with(b"%PDF-") && pdf.windows(8).any(|bytes| bytes == b"/Count 4"));
    }
}
