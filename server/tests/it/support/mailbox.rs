//! A mail server on loopback (RFC 5321, as far as a sender needs it) that keeps what it is given.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use officina::kernel::App;
use officina_server::config::{Config, Hidden};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::TestServer;

/// A mail as it arrived.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: Vec<String>,
    pub head: String,
    pub text: String,
}

impl Mail {
    /// The part of the first link after the last slash.
    pub fn token(&self) -> String {
        self.link().rsplit('/').next().expect("a link").to_owned()
    }

    /// The first link.
    pub fn link(&self) -> String {
        let from = self.text.find("http").unwrap_or_else(|| panic!("no link in {}", self.text));
        self.text[from..].split_whitespace().next().expect("a link").to_owned()
    }
}

/// The receiver.
pub struct Mailbox {
    port: u16,
    mails: Mutex<UnboundedReceiver<Mail>>,
}

impl Mailbox {
    /// Listens on a free port and takes everything.
    pub async fn open() -> Self {
        Self::answering("250 ok").await
    }

    /// Listens on a free port and answers so to whom a mail is for.
    pub async fn answering(recipient: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let (sender, mails) = unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, recipient, sender.clone()));
            }
        });
        Self { port, mails: Mutex::new(mails) }
    }

    /// Lets a server send its mails here.
    pub fn serve(&self, config: &mut Config) {
        config.smtp = Some(Hidden::from(format!("smtp://127.0.0.1:{}", self.port)));
        config.mail_from = Some("Officina <desk@officina.test>".to_owned());
        config.base_url = Some("https://desk.example.org".to_owned());
    }

    /// The next mail that a server sends, with the jobs that are due carried out.
    pub async fn next(&self, server: &TestServer) -> Mail {
        work(server.app()).await;
        self.mails.lock().await.recv().await.expect("the receiver runs")
    }

    /// What has arrived and was not looked at, with the jobs that are due carried out.
    pub async fn rest(&self, server: &TestServer) -> Vec<Mail> {
        self.rest_of(server.app()).await
    }

    /// The same for an application without a server.
    pub async fn rest_of(&self, app: &App) -> Vec<Mail> {
        work(app).await;
        let mut mails = self.mails.lock().await;
        std::iter::from_fn(|| mails.try_recv().ok()).collect()
    }
}

/// Carries out the jobs that are due.
async fn work(app: &App) {
    while officina_server::background::jobs::step(app).await.expect("the database answers") {}
}

async fn converse(stream: TcpStream, recipient: &'static str, sender: UnboundedSender<Mail>) {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut to = Vec::new();
    let mut say = async |words: &str| writer.write_all(format!("{words}\r\n").as_bytes()).await.is_ok();
    if !say("220 mailbox").await {
        return;
    }
    while let Ok(Some(line)) = lines.next_line().await {
        let command = line.to_ascii_uppercase();
        if command.starts_with("RCPT TO:") {
            to.push(line[8..].trim().trim_matches(['<', '>']).to_owned());
            say(recipient).await;
        } else if command == "DATA" {
            say("354 go on").await;
            let mut message = Vec::new();
            while let Ok(Some(line)) = lines.next_line().await {
                if line == "." {
                    break;
                }
                message.push(line.strip_prefix('.').map_or(line.clone(), str::to_owned));
            }
            let _ = sender.send(read(std::mem::take(&mut to), &message));
            say("250 ok").await;
        } else if command == "QUIT" {
            say("221 bye").await;
            return;
        } else {
            say("250 ok").await;
        }
    }
}

fn read(to: Vec<String>, lines: &[String]) -> Mail {
    let empty = lines.iter().position(String::is_empty).unwrap_or(lines.len());
    let head = lines[..empty].join("\n");
    let body = lines[(empty + 1).min(lines.len())..].join("\n");
    let lower = head.to_lowercase();
    let text = if lower.contains("quoted-printable") {
        unquoted(&body)
    } else if lower.contains("base64") {
        let letters: String = body.split_whitespace().collect();
        String::from_utf8(STANDARD.decode(letters).expect("base64")).expect("UTF-8")
    } else {
        body
    };
    Mail { to, head, text }
}

/// The text behind quoted-printable (RFC 2045, 6.7).
fn unquoted(body: &str) -> String {
    let body = body.replace("=\n", "");
    let mut bytes = Vec::new();
    let mut rest = body.as_bytes();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'=', [high, low, after @ ..]) => {
                let code = [*high, *low];
                let code = std::str::from_utf8(&code).expect("ASCII");
                bytes.push(u8::from_str_radix(code, 16).expect("a byte in hexadecimal"));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}
