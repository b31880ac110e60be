//! SMS by a gateway. As with mail, one is enqueued in the transaction that causes it and sent by the worker of the jobs
//! table.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, StatusCode};
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::http::HttpClient;
use super::outbox::{self, Message};
use crate::kernel::App;
use crate::kernel::db::Tx;
use crate::kernel::ids::OrgId;
use crate::kernel::jobs::Job;
use crate::kernel::phone::{self, Country};
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// The kind of the jobs that carry an SMS.
pub const JOB: &str = "sms";
/// The longest text, in characters.
const LONGEST: usize = 480;

/// An SMS to one person.
#[derive(Clone, Serialize, Deserialize)]
pub struct Sms {
    /// The number, as the person wrote it or in the form of E.164.
    pub to: String,
    /// The text.
    pub text: String,
    /// Not after this: what it says would be untrue, or of no use. Without it, for as long as jobs are tried.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

impl Message for Sms {
    const JOB: &'static str = JOB;

    fn until(&self) -> Option<Timestamp> {
        self.until
    }
}

impl std::fmt::Debug for Sms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sms(…)")
    }
}

/// Whoever brings an SMS to a phone.
#[async_trait]
pub trait SmsGateway: Send + Sync {
    /// Brings a text to a number. The id is the same for every attempt, so that a text sent twice can be recognised.
    ///
    /// # Errors
    /// Internal, with what went wrong: it is tried again. [`Error::BadRequest`] when it is refused for good: not as often.
    async fn send(&self, id: &str, sms: &Sms) -> Result<()>;
}

/// The way out for SMS.
#[derive(Clone)]
pub enum Texter {
    /// No gateway is configured: nothing is sent.
    Off,
    /// A gateway.
    On(Arc<dyn SmsGateway>),
}

impl std::fmt::Debug for Texter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.is_on() { "Texter::On(…)" } else { "Texter::Off" })
    }
}

impl Texter {
    /// A gateway that is spoken to by HTTP. An address with `{to}` and `{text}` in it, and `{token}` where wanted, is
    /// asked by GET with these filled in; any other is sent JSON by POST. The prefix says how numbers are written,
    /// and in which country those are that name none.
    ///
    /// # Errors
    /// One sentence about what is wrong with the address.
    pub fn by_http(url: &str, token: Option<&str>, prefix: &str) -> std::result::Result<Self, String> {
        let refuse =
            || "sms.url must be an address such as https://gateway.example.org/send?to={to}&text={text}".to_owned();
        let is_template = url.contains("{to}") && url.contains("{text}");
        let sample = Url::parse(&filled(url, "1", "a", "b")).map_err(|_| refuse())?;
        let other = Url::parse(&filled(url, "2", "c", "d")).map_err(|_| refuse())?;
        let is_http = ["http", "https"].contains(&sample.scheme()) && sample.host_str().is_some();
        // Where a text goes must not depend on what it says.
        if !is_http || sample.origin() != other.origin() || (url.contains('{') && !is_template) {
            return Err(refuse());
        }
        let authorization = match token {
            // In the address already, so nowhere else.
            Some(_) if url.contains("{token}") => None,
            Some(token) => {
                let mut value = HeaderValue::try_from(format!("Bearer {token}"))
                    .map_err(|_| "sms.token must be plain text".to_owned())?;
                value.set_sensitive(true);
                Some(value)
            }
            None => None,
        };
        Ok(Self::On(Arc::new(HttpGateway {
            client: HttpClient::for_address(&sample),
            url: url.to_owned(),
            token: token.unwrap_or_default().to_owned(),
            prefix: prefix.to_owned(),
            is_template,
            authorization,
        })))
    }

    /// Whether SMS go out.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        matches!(self, Self::On(_))
    }
}

/// A gateway that is spoken to by HTTP.
struct HttpGateway {
    client: HttpClient,
    url: String,
    token: String,
    prefix: String,
    is_template: bool,
    authorization: Option<HeaderValue>,
}

#[async_trait]
impl SmsGateway for HttpGateway {
    async fn send(&self, id: &str, sms: &Sms) -> Result<()> {
        let to = dialled(&sms.to, &self.prefix);
        let text: String = sms.text.chars().take(LONGEST).collect();
        let (method, body) = match self.is_template {
            true => (Method::GET, Bytes::new()),
            false => (Method::POST, json!({"id": id, "to": to, "text": text}).to_string().into()),
        };
        let address = Url::parse(&filled(&self.url, &to, &text, &self.token)).map_err(Error::internal)?;
        let path = &address[url::Position::BeforePath..url::Position::AfterQuery];
        let mut request = Request::builder().method(method).uri(path).header("idempotency-key", id);
        if !self.is_template {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(Full::new(body)).map_err(Error::internal)?;
        let status = self.client.send(&address, request).await?;
        let answered = || format!("the SMS gateway answered {status}");
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => {
                Err(Error::internal(answered()))
            }
            status if status.is_client_error() => Err(Error::BadRequest(answered())),
            _ => Err(Error::internal(answered())),
        }
    }
}

/// A number as the gateway dials it: in the form of E.164, written the way that the prefix is. Where the prefix is no
/// country's, a number that names no country has it before it.
fn dialled(number: &str, prefix: &str) -> String {
    let known = match Country::of_prefix(prefix) {
        Some(home) => phone::e164(number, home),
        None => phone::e164_abroad(number),
    };
    let Some(known) = known else {
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        return format!("{prefix}{digits}");
    };
    let mark = match prefix.as_bytes() {
        [b'0', b'0', ..] => "00",
        [b'1'..=b'9', ..] => "",
        _ => "+",
    };
    format!("{mark}{}", known.trim_start_matches('+'))
}

/// An address with the values in their places, written so that they mean nothing there.
fn filled(url: &str, to: &str, text: &str, token: &str) -> String {
    let written = |value: &str| url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>();
    // One after the other would look for places in values; written values have no braces.
    url.replace("{to}", &written(to)).replace("{text}", &written(text)).replace("{token}", &written(token))
}

/// Enqueues an SMS in the transaction that causes it. Without a gateway nothing happens.
///
/// # Errors
/// What the database says.
pub async fn enqueue(app: &App, tx: &mut Tx, org: Option<OrgId>, sms: &Sms) -> Result<()> {
    if !app.sms.is_on() {
        return Ok(());
    }
    outbox::put(app, tx, org, sms).await
}

/// Sends the SMS of a job.
///
/// # Errors
/// Internal, with what the gateway said: the job is tried again. [`Error::BadRequest`] when it refuses for good: not as often.
pub async fn send(app: &App, job: &Job) -> Result<()> {
    let Some(sms) = outbox::take::<Sms>(app, job)? else { return Ok(()) };
    let Texter::On(gateway) = &app.sms else { return Err(Error::internal("no SMS gateway is configured")) };
    gateway.send(&job.id.to_string(), &sms).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_has_an_address_that_can_be_asked() {
        for good in [
            "https://gateway.example.org/send",
            "http://127.0.0.1:8025",
            "https://gateway.example.org/?to={to}&text={text}&key={token}",
        ] {
            let texter = Texter::by_http(good, Some("secret"), "+39").expect(good);
            assert!(texter.is_on() && !format!("{texter:?}").contains("secret"), "{good}");
        }
        for bad in ["", "gateway", "mailto:a@example.org", "https://gateway.example.org/?to={to}", "https://{to}{text}"]
        {
            assert!(Texter::by_http(bad, None, "+39").is_err(), "{bad}");
        }
        assert!(Texter::by_http("https://gateway.example.org", Some("two\nlines"), "+39").is_err());
    }

    #[test]
    fn a_number_that_names_its_country_keeps_it() {
        for (number, prefix, dialled_as) in [
            ("333 123 4567", "+39", "+393331234567"),
            ("06 1234567", "+39", "+39061234567"),
            ("07911 123456", "+44", "+447911123456"),
            ("+44 (0)7911 123456", "+39", "+447911123456"),
            ("+44 (0)7911 123456", "", "+447911123456"),
            ("+44 (7911) 123-456", "+39", "+447911123456"),
            ("0044 7911 123456", "+39", "+447911123456"),
            ("+44 7911 123456", "0039", "00447911123456"),
            ("+44 7911 123456", "39", "447911123456"),
            ("333 1234567", "", "3331234567"),
            ("+39 333 1234567", "", "+393331234567"),
        ] {
            assert_eq!(dialled(number, prefix), dialled_as, "{number} with {prefix}");
        }
    }

    #[test]
    fn what_a_value_says_means_nothing_in_an_address() {
        let url = filled("https://g.test/?to={to}&text={text}", "+39", "{to}&x=1 #", "");
        assert_eq!(url, "https://g.test/?to=%2B39&text=%7Bto%7D%26x%3D1+%23");
    }
}
