//! What pages weigh on the wire, compressed as a browser gets them.

use crate::Result;
use crate::client::{Connection, get};
use crate::server::Server;

/// What a browser says that it takes.
const ENCODINGS: (&str, &str) = ("accept-encoding", "gzip, deflate, br");

/// A page's weight.
pub struct Weight {
    /// Bytes of the document, compressed.
    pub document: usize,
    /// Bytes of the style sheets, compressed.
    pub styles: usize,
    /// Bytes of the scripts, compressed.
    pub scripts: usize,
    /// Bytes of the WASM bundle, compressed.
    pub wasm: usize,
}

impl Weight {
    /// All of it but the WASM.
    pub const fn total(&self) -> usize {
        self.document + self.styles + self.scripts
    }
}

/// Weighs a page with all that it loads.
pub async fn weigh(server: &Server, path: &str, cookie: Option<&str>) -> Result<Weight> {
    let mut connection = Connection::open(server.address).await?;
    let headers: Vec<(&str, &str)> = cookie.map(|cookie| ("cookie", cookie)).into_iter().collect();
    // Once as it is to read its links, once compressed to weigh it.
    let answer = connection.exchange(&get(path, &headers)).await?;
    if answer.status != 200 {
        return Err(format!("{path} answers {}", answer.brief()).into());
    }
    let links = links_of(&String::from_utf8_lossy(answer.body));
    let headers: Vec<(&str, &str)> = headers.into_iter().chain([ENCODINGS]).collect();
    let mut weight = Weight { document: size(&mut connection, path, &headers).await?, styles: 0, scripts: 0, wasm: 0 };
    for link in links {
        let bytes = size(&mut connection, &link, &headers).await?;
        match link.split('?').next().unwrap_or_default().rsplit('.').next() {
            Some("css") => weight.styles += bytes,
            Some("js") => weight.scripts += bytes,
            Some("wasm") => weight.wasm += bytes,
            _ => {}
        }
    }
    Ok(weight)
}

async fn size(connection: &mut Connection, path: &str, headers: &[(&str, &str)]) -> Result<usize> {
    let answer = connection.exchange(&get(path, headers)).await?;
    if answer.status != 200 {
        return Err(format!("{path} answers {}", answer.brief()).into());
    }
    if answer.body.len() > 2_000 && answer.header("content-encoding").is_none() {
        return Err(format!("{path} is not compressed").into());
    }
    Ok(answer.body.len())
}

/// The style sheets, scripts and WASM that a document names, each once: every quoted path with such an ending.
fn links_of(document: &str) -> Vec<String> {
    let mut links: Vec<String> = document
        .split(['"', '\''])
        .filter(|text| text.starts_with('/') && !text.contains(char::is_whitespace))
        .filter(|text| {
            [".css", ".js", ".wasm"].iter().any(|ending| text.split('?').next().unwrap_or_default().ends_with(ending))
        })
        .map(str::to_owned)
        .collect();
    links.sort_unstable();
    links.dedup();
    links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_page_loads_is_found_once() {
        let document = r#"<link rel="stylesheet" href="/pkg/a.css?v=1"><link rel="modulepreload" href="/pkg/a.js">
            <script type="module">import('/pkg/a.js').then(m => m.default({module_or_path: '/pkg/a.wasm'}))</script>
            <a href="/contact">Contact.js</a><img src="/logo.svg">"#;
        assert_eq!(links_of(document), ["/pkg/a.css?v=1", "/pkg/a.js", "/pkg/a.wasm"]);
    }
}
