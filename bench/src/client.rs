//! A lean HTTP/1.1 client: one request at a time on a connection that stays open. It does as little as it can, because
//! what it does for each request is taken from what the server can show.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Room that is kept free for the next read.
const ROOM: usize = 16 * 1024;
/// Headers that an answer may have.
const MAX_HEADERS: usize = 64;

/// An open connection.
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer. It lies in the connection's buffer until the next request.
pub struct Answer<'a> {
    /// The status code.
    pub status: u16,
    /// The status line and the headers.
    pub head: &'a [u8],
    /// The body, out of its chunks.
    pub body: &'a [u8],
}

/// What the head of an answer says about its end.
#[derive(Clone, Copy)]
struct Head {
    status: u16,
    bytes: usize,
    /// Bytes of the body; none when it comes in chunks.
    length: Option<usize>,
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(ROOM) })
    }

    /// Sends a request, given as its bytes, and waits for the whole answer.
    pub async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            self.read_more().await?;
            if let Some(head) = read_head(&self.buffer)? {
                break head;
            }
        };
        let end = match head.length {
            Some(length) => {
                let end = head.bytes + length;
                while self.buffer.len() < end {
                    self.read_more().await?;
                }
                end
            }
            None => self.join_chunks(head.bytes).await?,
        };
        let (head_bytes, body) = self.buffer[..end].split_at(head.bytes);
        Ok(Answer { status: head.status, head: head_bytes, body })
    }

    async fn read_more(&mut self) -> io::Result<()> {
        if self.buffer.capacity() - self.buffer.len() < ROOM / 4 {
            self.buffer.reserve(ROOM);
        }
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")),
            _ => Ok(()),
        }
    }

    /// Moves the chunks of a body together (RFC 9112, section 7.1) and returns where it ends.
    async fn join_chunks(&mut self, start: usize) -> io::Result<usize> {
        let (mut end, mut next) = (start, start);
        loop {
            let (line, size) = loop {
                match httparse::parse_chunk_size(&self.buffer[next..]) {
                    Ok(httparse::Status::Complete((line, size))) => break (line, usize::try_from(size)),
                    Ok(httparse::Status::Partial) => self.read_more().await?,
                    Err(_) => return Err(malformed("a chunk has no size")),
                }
            };
            let size = size.map_err(|_| malformed("a chunk is too large"))?;
            let data = next + line;
            // The data and the line break after it.
            while self.buffer.len() < data + size + 2 {
                self.read_more().await?;
            }
            if size == 0 {
                return Ok(end);
            }
            self.buffer.copy_within(data..data + size, end);
            end += size;
            next = data + size + 2;
        }
    }
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

fn read_head(bytes: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let Ok(parsed) = response.parse(bytes) else { return Err(malformed("this is no HTTP answer")) };
    let httparse::Status::Complete(bytes) = parsed else { return Ok(None) };
    let status = response.code.unwrap_or_default();
    let mut length = None;
    let mut chunked = false;
    for header in response.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            length = std::str::from_utf8(header.value).ok().and_then(|text| text.trim().parse().ok());
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = true;
        }
    }
    match (length, chunked, status) {
        (_, true, _) => Ok(Some(Head { status, bytes, length: None })),
        (Some(length), false, _) => Ok(Some(Head { status, bytes, length: Some(length) })),
        (None, false, 204 | 304) => Ok(Some(Head { status, bytes, length: Some(0) })),
        (None, false, _) => Err(malformed("the answer does not say how long it is")),
    }
}

impl Answer<'_> {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.head).ok()?.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The beginning of the answer in a line, for messages.
    pub fn brief(&self) -> String {
        let body: String = String::from_utf8_lossy(self.body).chars().take(200).collect();
        format!("{}: {}", self.status, body.replace(['\r', '\n'], " "))
    }
}

/// The bytes of a GET request.
pub fn get(path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut request = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    request.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// Answers one request with the given pieces, each in a write of its own.
    async fn answered_with(pieces: &'static [&'static str]) -> Connection {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await.unwrap();
            for piece in pieces {
                stream.write_all(piece.as_bytes()).await.unwrap();
                tokio::task::yield_now().await;
            }
        });
        Connection::open(address).await.unwrap()
    }

    #[tokio::test]
    async fn an_answer_in_pieces_is_put_together() {
        let mut connection = answered_with(&["HTTP/1.1 201 Created\r\ncontent-le", "ngth: 5\r\n\r\nhe", "llo"]).await;
        let answer = connection.exchange(&get("/", &[])).await.unwrap();
        assert_eq!((answer.status, answer.body), (201, &b"hello"[..]));
        assert_eq!(answer.header("Content-Length"), Some("5"));
    }

    #[tokio::test]
    async fn chunks_are_joined() {
        let mut connection = answered_with(&[
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhe",
            "llo\r\n",
            "1",
            "0\r\n0123456789abcdef\r\n0\r\n",
            "\r\n",
        ])
        .await;
        let answer = connection.exchange(&get("/", &[])).await.unwrap();
        assert_eq!(answer.body, b"hello0123456789abcdef");
    }

    #[tokio::test]
    async fn a_closed_connection_and_an_endless_answer_are_errors() {
        let mut connection = answered_with(&["HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhe"]).await;
        assert!(connection.exchange(&get("/", &[])).await.is_err());
        let mut connection = answered_with(&["HTTP/1.1 200 OK\r\n\r\nhello"]).await;
        assert!(connection.exchange(&get("/", &[])).await.is_err());
    }
}
