//! One client against the whole server: thousands of connections that are kept open, pictures that are large, passwords
//! that are guessed and answers that nobody reads, all at once. Those who are known are served all the while, and memory
//! stays within bounds. A binary of its own, so that no other story shares the machine with it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on should panic where it stands")]

use std::io::BufRead;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// More than there are places for all connections together.
const CONNECTIONS: u32 = 10_100;
const WRONG_PASSWORDS: u32 = 1_500;
const READERS: u32 = 100;
/// How often those who are known ask, a second apart.
const ROUNDS: u32 = 12;
/// What they wait for one answer, asking again where they are told to: the server is not optimised, and shares two
/// processors with all of its clients.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// What the server may hold at its highest, in kB.
const MOST_MEMORY: u64 = 300 * 1024;

/// The server, as people start it. Ended with the story.
struct Server {
    process: Child,
    address: SocketAddr,
}

impl Server {
    fn start(data: &Path) -> Self {
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--base-url", "http://officina.test", "--log", "json"];
        let mut process = command(data, &arguments).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let mut lines = std::io::BufReader::new(process.stderr.take().expect("a log")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
            .find_map(|line| line["address"].as_str()?.parse().ok())
            .expect("it says where it listens");
        // A full pipe would stop the server.
        std::thread::spawn(move || lines.for_each(drop));
        Self { process, address }
    }

    /// A figure of the process, in kB (proc(5)).
    fn memory(&self, figure: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(figure)).expect("a figure");
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The binary that was built with this, or the one that `OFFICINA_BINARY` names.
fn command(data: &Path, arguments: &[&str]) -> Command {
    let binary = std::env::var_os("OFFICINA_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_officina").into());
    let mut command = Command::new(binary);
    command.args(arguments).env("OFFICINA_DATA", data).env_remove("OFFICINA_DATABASE").current_dir(data);
    command
}

fn run(data: &Path, arguments: &[&str]) -> String {
    let output = command(data, arguments).output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The `number`th address of a part of this machine's own network.
fn own_address(part: u8, number: u32) -> Ipv4Addr {
    Ipv4Addr::new(127, part, 0, (1 + number % 200) as u8)
}

async fn connect(from: Ipv4Addr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    socket.connect(to).await
}

/// One request on a connection of its own: the status, and the body as far as it is JSON.
async fn ask(from: Ipv4Addr, to: SocketAddr, head: &str, body: &[u8]) -> std::io::Result<(u16, Value)> {
    let mut stream = connect(from, to).await?;
    let length = body.len();
    let head = format!("{head}\r\nhost: officina.test\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let text = String::from_utf8_lossy(&answer);
    let status = text.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    Ok((status, serde_json::from_str(body).unwrap_or_default()))
}

/// Somebody who is known.
#[derive(Clone)]
struct Known {
    from: Ipv4Addr,
    to: SocketAddr,
    headers: String,
}

impl Known {
    async fn ask(&self, request: &str, body: &Value) -> (u16, Value) {
        let head = format!("{request} HTTP/1.1\r\n{}content-type: application/json", self.headers);
        let body = if body.is_null() { String::new() } else { body.to_string() };
        ask(self.from, self.to, &head, body.as_bytes()).await.expect("an answer")
    }

    /// The same, and once more whenever the answer is to come again, as devices and browsers do.
    async fn ask_until_served(&self, request: &str, body: &Value) -> (u16, Value) {
        let mut again = tokio::time::interval(Duration::from_millis(500));
        loop {
            again.tick().await;
            let answer = self.ask(request, body).await;
            if answer.0 != 503 {
                return answer;
            }
        }
    }

    /// A reading on a connection that stays open, and the status that it is answered with.
    async fn read_on(&self, stream: &mut TcpStream, reading: &Value) -> std::io::Result<u16> {
        let body = reading.to_string();
        let request = format!(
            "POST /api/v1/readings/devices/CC-1/readings HTTP/1.1\r\nhost: officina.test\r\n{}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.headers,
            body.len()
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"}}") {
            if stream.read_buf(&mut answer).await? == 0 {
                break;
            }
        }
        let text = String::from_utf8_lossy(&answer);
        Ok(text.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default())
    }

    async fn make(&self, path: &str, body: Value) -> Value {
        let (status, made) = self.ask(&format!("POST /api/v1{path}"), &body).await;
        assert_eq!(status, 201, "{path}: {made}");
        made["data"].clone()
    }
}

/// How a connection is kept open without anything being asked.
#[derive(Clone, Copy)]
enum Keeping {
    Silent,
    HalfHeaded,
    /// HTTP/2, which answers the server's pings.
    Pings,
}

async fn keep_open(how: Keeping, from: Ipv4Addr, to: SocketAddr) -> Option<()> {
    let mut stream = connect(from, to).await.ok()?;
    match how {
        Keeping::Silent => {}
        Keeping::HalfHeaded => stream.write_all(b"GET /health HTTP/1.1\r\nhost: offic").await.ok()?,
        Keeping::Pings => return answer_pings(&mut stream).await.ok(),
    }
    stream.read_to_end(&mut Vec::new()).await.ok().map(|_| ())
}

/// Speaks as little of HTTP/2 (RFC 9113) as keeps a connection open: one request, and then answers to pings. A client that
/// spoke all of it would take the processors from the server.
async fn answer_pings(stream: &mut TcpStream) -> std::io::Result<()> {
    // The preface with empty settings, and the fields of `GET /health` (RFC 7541) in a frame that is a whole request.
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await?;
    let fields = b"\x82\x86\x04\x07/health\x01\x0dofficina.test";
    stream.write_all(&[0, 0, fields.len() as u8, 1, 5, 0, 0, 0, 1]).await?;
    stream.write_all(fields).await?;
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let mut content = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
        stream.read_exact(&mut content).await?;
        let is_ping = head[3] == 6 && head[4] == 0;
        if is_ping {
            head[4] = 1;
            stream.write_all(&head).await?;
            stream.write_all(&content).await?;
        }
    }
}

/// Asks for much, and reads nothing.
async fn ask_and_turn_away(from: Ipv4Addr, to: SocketAddr) -> Option<()> {
    let socket = TcpSocket::new_v4().ok()?;
    socket.set_recv_buffer_size(4096).ok()?;
    socket.bind((from, 0).into()).ok()?;
    let mut stream = socket.connect(to).await.ok()?;
    let request = "GET /api/openapi.json HTTP/1.1\r\nhost: officina.test\r\n\r\n";
    stream.write_all(request.repeat(40).as_bytes()).await.ok()?;
    stream.ready(Interest::ERROR).await.ok().map(|_| ())
}

/// A body of one photo.
fn photo_form(picture: &[u8]) -> Vec<u8> {
    let mut body = b"--limit\r\ncontent-disposition: form-data; name=\"front\"; filename=\"front\"\r\n\r\n".to_vec();
    body.extend(picture);
    body.extend(b"\r\n--limit--\r\n");
    body
}

/// 50 megapixels, as a phone takes them.
fn large_jpeg() -> Vec<u8> {
    let mut bytes = Vec::new();
    let image = image::GrayImage::from_fn(8160, 6144, |x, y| image::Luma([(x / 32 + y / 32) as u8]));
    image.write_with_encoder(image::codecs::jpeg::JpegEncoder::new(&mut bytes)).expect("an image");
    bytes
}

/// 50 megapixels of 16 bits, in some hundred kilobytes.
fn deep_png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let image = image::ImageBuffer::from_pixel(7070, 7070, image::Luma([40_000_u16]));
    image::DynamicImage::ImageLuma16(image).write_to(&mut bytes, image::ImageFormat::Png).expect("an image");
    bytes.into_inner()
}

/// Raises the limit of open files, and says how many connections fit into it.
fn connections() -> u32 {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).expect("up to the hard limit");
    limit.maximum.map_or(CONNECTIONS, |most| u32::try_from(most).unwrap_or(CONNECTIONS).saturating_sub(2_500))
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asks_for_everything_at_once_takes_nothing_from_those_who_are_known() {
    let count = connections().min(CONNECTIONS);
    let data = tempfile::tempdir().unwrap();
    run(data.path(), &["org", "add", "rossi", "Carrozzeria Rossi"]);
    let add = ["user", "add", "--org", "rossi", "--role", "admin", "--name", "Anna", "anna@rossi.test"];
    let password = run(data.path(), &add).split_whitespace().last().expect("a password").to_owned();
    let pictures = [large_jpeg(), deep_png(), deep_png()];
    let server = Server::start(data.path());
    let to = server.address;

    let mut admin = Known { from: own_address(1, 1), to, headers: String::new() };
    let login = json!({ "email": "anna@rossi.test", "password": password });
    let (status, signed_in) = admin.ask("POST /api/v1/auth/login", &login).await;
    assert_eq!(status, 200, "{signed_in}");
    let token = signed_in["data"]["accessToken"].as_str().expect("a token");
    admin.headers = format!("authorization: Bearer {token}\r\n");
    let location = admin.make("/locations", json!({ "name": "Depot" })).await;
    let cell = json!({ "name": "Cell", "locationId": location["id"], "preset": "freezer" });
    let cell = admin.make("/coldcells", cell).await;
    let device = admin.make("/devices", json!({ "serialNumber": "CC-1", "coldCellId": cell["id"] })).await;
    let key = device["apiKey"].as_str().expect("a key");
    let device = Known { from: own_address(1, 2), to, headers: format!("x-device-key: {key}\r\n") };
    let announced = json!({ "customerName": "Anna", "customerPhone": "333 1112223", "vehiclePlate": "AB123CD",
        "repairType": "collision" });
    let repair = admin.make("/repairs", announced).await["id"].as_str().expect("an id").to_owned();

    // One device came before all others and keeps its connection.
    let mut kept = connect(device.from, to).await.unwrap();
    assert_eq!(device.read_on(&mut kept, &json!({ "temperature": -18.0, "seq": 1_000 })).await.unwrap(), 201);

    let mut crowd = JoinSet::new();
    for number in 0..count {
        crowd.spawn(async move {
            let how = [Keeping::Pings, Keeping::Silent, Keeping::HalfHeaded][number as usize % 3];
            // One in ten of those who are closed comes back.
            let mut again = tokio::time::interval(Duration::from_secs(5));
            loop {
                again.tick().await;
                keep_open(how, own_address(2, number), to).await;
                if number % 10 != 0 {
                    break;
                }
            }
        });
    }
    for number in 0..READERS {
        crowd.spawn(async move {
            ask_and_turn_away(own_address(3, number), to).await;
        });
    }
    for number in 0..WRONG_PASSWORDS {
        crowd.spawn(async move {
            let guess = json!({ "email": format!("guess-{number}@rossi.test"), "password": "a wrong password" });
            let head = "POST /api/v1/auth/login HTTP/1.1\r\ncontent-type: application/json";
            let _ = ask(own_address(4, number), to, head, guess.to_string().as_bytes()).await;
        });
    }
    let mut photos = JoinSet::new();
    for (number, picture) in pictures.into_iter().enumerate() {
        let head = format!(
            "POST /api/v1/checkin/{repair}/photos HTTP/1.1\r\ncontent-type: multipart/form-data; boundary=limit"
        );
        photos.spawn(async move { ask(own_address(5, number as u32), to, &head, &photo_form(&picture)).await });
    }

    let mut second = tokio::time::interval(Duration::from_secs(1));
    let mut longest = Duration::ZERO;
    for round in 0..ROUNDS {
        second.tick().await;
        let reading = json!({ "temperature": -18.5, "seq": round });
        let begun = Instant::now();
        let later = json!({ "temperature": -18.5, "seq": 2_000 + round });
        let all = async {
            tokio::join!(
                device.ask_until_served("POST /api/v1/readings/devices/CC-1/readings", &reading),
                admin.ask_until_served("GET /api/v1/repairs", &Value::Null),
                device.read_on(&mut kept, &later),
            )
        };
        let answers = tokio::time::timeout(ANSWER_TIMEOUT, all).await;
        let Ok(((stored, receipt), (listed, repairs), again)) = answers else {
            panic!("those who are known wait for longer than {ANSWER_TIMEOUT:?} in round {round}");
        };
        assert_eq!((stored, listed, again.ok()), (201, 200, Some(201)), "{receipt} {repairs}");
        longest = longest.max(begun.elapsed());
    }
    let mut taken = Vec::new();
    while let Some(answer) = photos.join_next().await {
        taken.push(answer.expect("no panic").map(|(status, body)| (status, body["data"].as_array().map(Vec::len))));
    }
    let (highest, now) = (server.memory("VmHWM"), server.memory("VmRSS"));
    println!(
        "{count} connections: the longest wait of those who are known {longest:?}, memory {highest} kB, now {now} kB, photos {taken:?}"
    );
    assert!(highest < MOST_MEMORY, "the server held {highest} kB");
    crowd.shutdown().await;
    drop(server);
}
