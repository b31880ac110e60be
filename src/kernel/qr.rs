//! Texts as QR codes (ISO/IEC 18004).

use qrcode::QrCode;
use qrcode::render::svg;

use crate::{Error, Result};

/// A text as a picture in SVG, at least 220 pixels wide.
///
/// # Errors
/// An internal one for a text of more than some kilobytes.
pub fn svg(text: &str) -> Result<String> {
    let code = QrCode::new(text).map_err(Error::internal)?;
    Ok(code.render::<svg::Color<'_>>().min_dimensions(220, 220).build())
}
