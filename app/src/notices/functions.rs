//! What the pages about notices ask the server.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use officina::kernel::page::Extent;
use officina::notices::NoticeKind;
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::moment::Moment;
use crate::sent::{Answered, Fresh};

/// Notices on one page.
#[cfg(feature = "ssr")]
const PAGE: i64 = 30;

/// The page of notices.
pub(super) const NOTICES: &str = "/app/notices";
/// The page where one says what one wants to be told.
pub(super) const PREFERENCES: &str = "/app/account/notices";

/// A notice in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeLine {
    /// Its id.
    pub id: String,
    /// What happened.
    pub kind: NoticeKind,
    /// The notice in one sentence.
    pub title: String,
    /// Where it leads.
    pub href: String,
    /// When it was told.
    pub when: Moment,
    /// Whether it was read.
    pub is_read: bool,
}

/// What an empty list means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emptiness {
    /// In a few words.
    pub title: String,
    /// When something will be told, and where.
    pub text: String,
}

/// A page of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticesView {
    /// The notices.
    pub rows: Vec<NoticeLine>,
    /// The cursor of the next page.
    pub next: Option<String>,
    /// Which rows of how many these are.
    pub extent: Extent,
    /// How many of all were not read.
    pub unread: i64,
    /// What an empty list means; none where the person is never told anything.
    pub empty: Option<Emptiness>,
}

/// One channel to choose for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chooser {
    /// What it is called.
    pub label: String,
    /// Where it goes to, or why it goes nowhere.
    pub hint: String,
    /// The words of the boxes, what they say, and whether they are ticked.
    pub boxes: Vec<(String, String, bool)>,
}

/// What one wants to be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreferencesView {
    /// The organisation's name.
    pub organisation: String,
    /// The channels; none for those who are never told anything.
    pub channels: Vec<Chooser>,
    /// What came of the form.
    pub answered: Answered,
}

/// A page of one's own notices.
#[server(prefix = "/_fn", endpoint = "notices/list", input = GetUrl)]
pub async fn list_notices(cursor: Option<String>) -> Result<NoticesView, PageError> {
    use officina::kernel::page::PageRequest;
    use officina::notices::{NoticeFilter, page_of, service};

    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let page = PageRequest::shown(PAGE, cursor);
    let page = service::own_notices(&app, &actor, &NoticeFilter::default(), &page).await?;
    let extent = page.extent();
    let rows = page.items.into_iter().map(|notice| NoticeLine {
        id: notice.id.to_string(),
        kind: notice.kind,
        title: notice.title,
        href: page_of(notice.facts.alert_id, notice.cold_cell_id, notice.location_id),
        when: calendar.relative(notice.created_at),
        is_read: notice.read_at.is_some(),
    });
    Ok(NoticesView {
        rows: rows.collect(),
        extent,
        next: page.next_cursor,
        unread: service::unread_notices(&app, &actor).await?,
        empty: emptiness(&service::concern(&app, &actor).await?),
    })
}

/// What an empty list means to somebody.
#[cfg(feature = "ssr")]
fn emptiness(concern: &officina::notices::service::Concern) -> Option<Emptiness> {
    let says = |kind: &NoticeKind| match kind {
        NoticeKind::Opening => "opens",
        NoticeKind::Escalation => "waits for you",
        NoticeKind::Resolution => "is over",
    };
    let (last, first) = concern.kinds.split_last()?;
    let first: Vec<&str> = first.iter().map(says).collect();
    let comma = if first.len() > 1 { "," } else { "" };
    let words = if first.is_empty() { String::new() } else { format!("{}{comma} or ", first.join(", ")) };
    let when = format!("when an alert {words}{}", says(last));
    Some(if concern.in_app {
        Emptiness {
            title: "Nobody has had to tell you anything".to_owned(),
            text: format!("Notices appear here by themselves, {when}."),
        }
    } else {
        Emptiness {
            title: "No notices appear here".to_owned(),
            text: format!("You are told by mail or SMS, {when}. Alerts themselves are not for your role to see."),
        }
    })
}

/// How many notices one has not read, for the bell; counted up to 100.
#[server(prefix = "/_fn", endpoint = "notices/unread", input = GetUrl)]
pub async fn count_unread() -> Result<i64, PageError> {
    let (app, actor) = crate::context::context()?;
    unread(&app, &actor).await
}

/// How many notices somebody has not read. Nothing is counted for those who first have to switch on a second factor: the
/// bell is on the page where they do, and a refusal would be that page's.
#[cfg(feature = "ssr")]
pub(crate) async fn unread(
    app: &officina::kernel::App,
    actor: &officina::kernel::actor::Actor,
) -> Result<i64, PageError> {
    if actor.member().is_some_and(|member| member.needs_factor) {
        return Ok(0);
    }
    Ok(officina::notices::service::unread_notices(app, actor).await?)
}

/// Whether somebody may be told anything here at all: where one may not, pages say nothing of notices. Those who first have
/// to switch on a second factor are told when they have.
#[cfg(feature = "ssr")]
pub(crate) async fn is_told(
    app: &officina::kernel::App,
    actor: &officina::kernel::actor::Actor,
) -> Result<bool, PageError> {
    if actor.member().is_some_and(|member| member.needs_factor) {
        return Ok(false);
    }
    Ok(!officina::notices::service::concern(app, actor).await?.is_nothing())
}

/// Marks a notice as read, or without an id all of them.
#[server(prefix = "/_fn", endpoint = "notices/read")]
pub async fn read_notices(id: Option<String>) -> Result<(), PageError> {
    use officina::notices::{ReadNotices, service};

    let (app, actor) = crate::context::context()?;
    let id = id.filter(|id| !id.is_empty()).map(|id| id.parse()).transpose();
    let ids = id.map_err(|_| officina::Error::NotFound)?.map(|id| vec![id]);
    service::read_notices(&app, &actor, &ReadNotices { ids }).await?;
    Ok(())
}

/// What one wants to be told.
#[server(prefix = "/_fn", endpoint = "notices/preferences", input = GetUrl)]
pub async fn get_preferences() -> Result<PreferencesView, PageError> {
    use officina::notices::{Channel, DAILY_REPORT, service, word};

    let answered = Answered::here(&["notices/choose"], &[]);
    let (app, actor) = crate::context::context()?;
    let wanted = service::notice_preferences(&app, &actor).await?;
    let concern = service::concern(&app, &actor).await?;
    let me = officina::identity::service::me(&app, &actor).await?.user;
    let hint = |channel| match channel {
        Channel::InApp => "They stand behind the bell.".to_owned(),
        Channel::Email if !app.mailer.is_on() => "No mail goes out from here: no mail server is set up.".to_owned(),
        Channel::Email => me.email.as_ref().map_or_else(
            || "None goes out: your account has no e-mail address.".to_owned(),
            |address| format!("They go to {address}."),
        ),
        Channel::Sms if !app.sms.is_on() => "No SMS goes out from here: no gateway is set up.".to_owned(),
        Channel::Sms => me.phone.as_ref().map_or_else(
            || "None goes out: your account has no phone number.".to_owned(),
            |number| format!("They go to {number}."),
        ),
    };
    let says = |kind| match kind {
        NoticeKind::Opening => "an alert opens",
        NoticeKind::Escalation => "nobody reacts, and it is my turn",
        NoticeKind::Resolution => "an alert that I was told of is over",
    };
    let report = (DAILY_REPORT.to_owned(), "a day is over: its report, in the morning".to_owned(), wanted.daily_report);
    let channels = concern.channels().map(|channel| Chooser {
        label: match channel {
            Channel::InApp => "In the application, when",
            Channel::Email => "By mail, when",
            Channel::Sms => "By SMS, when",
        }
        .to_owned(),
        hint: hint(channel),
        boxes: concern
            .kinds
            .iter()
            .map(|kind| (word(channel, *kind), says(*kind).to_owned(), wanted.wants(channel, *kind)))
            .chain((channel == Channel::Email && concern.daily_report).then(|| report.clone()))
            .collect(),
    });
    let channels = if concern.is_nothing() { Vec::new() } else { channels.collect() };
    Ok(PreferencesView { organisation: me.organisation.name, channels, answered })
}

/// Says what one wants to be told of what there is to choose from: this and nothing else. What there is not stays as it was.
#[server(prefix = "/_fn", endpoint = "notices/choose")]
pub async fn choose_notices(
    // A form without a tick sends nothing.
    #[server(default)] wanted: Vec<String>,
) -> Result<Fresh, PageError> {
    use officina::notices::{DAILY_REPORT, NoticePreferences, service, word};

    let (app, actor) = crate::context::context()?;
    let concern = service::concern(&app, &actor).await?;
    let is_choice = |known: &String| {
        (known == DAILY_REPORT && concern.daily_report)
            || concern.kinds.iter().any(|kind| concern.channels().any(|channel| *known == word(channel, *kind)))
    };
    let mut words = service::notice_preferences(&app, &actor).await?.words();
    words.retain(|known| !is_choice(known));
    words.extend(wanted.into_iter().filter(is_choice));
    let wanted = NoticePreferences::of_words(words.iter().map(String::as_str));
    service::set_notice_preferences(&app, &actor, wanted).await?;
    let text = "It counts from the next notice on.".to_owned();
    Ok(Fresh { title: "Saved".to_owned(), text, ..Fresh::default() })
}
