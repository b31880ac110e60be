//! "Where is my car?": the page behind the tracking code.

use leptos::prelude::*;
use officina::repairs::{LINE, RepairStatus};

use super::document::{Head, Visit, document};
use super::language::Argument;
use super::reach::call_button;
use crate::moment::Moment;
use crate::ui::{Alert, Field, Icon, Timeline, TimelineItem, Tone, icon};

/// How often the page renews itself, in seconds: the value of the answer's `Refresh` header. A `<meta>` that does the
/// same is a fault for checkers of accessibility.
pub const REFRESH_SECONDS: u32 = 60;

/// One step of the history.
#[derive(Debug, Clone)]
pub struct Step {
    /// The status reached.
    pub status: RepairStatus,
    /// When.
    pub when: Moment,
    /// What the shop wants the customer to know.
    pub note: Option<String>,
    /// Whether it is a note alone: the status was reached before.
    pub is_note: bool,
}

/// A photo of the repair, behind signed addresses.
#[derive(Debug, Clone)]
pub struct TrackedPhoto {
    /// What it shows: a word of the vocabulary.
    pub category: String,
    /// The address of the photo.
    pub full: String,
    /// The address of the small one.
    pub thumbnail: String,
}

/// What the tracking page shows.
#[derive(Debug, Clone)]
pub struct TrackPage {
    /// The code.
    pub code: String,
    /// Where the repair stands.
    pub status: RepairStatus,
    /// While waiting for parts: the step that was left.
    pub waiting_from: Option<RepairStatus>,
    /// The customer's first name.
    pub first_name: String,
    /// The first letters of the plate, the rest as dots.
    pub plate_hint: String,
    /// Brand and model.
    pub vehicle: String,
    /// When the car is expected.
    pub appointment: Option<Moment>,
    /// The date promised.
    pub promised: Option<Moment>,
    /// When the repair last changed.
    pub updated: Moment,
    /// The steps so far, newest first.
    pub steps: Vec<Step>,
    /// The photos, for the proven customer; none for everybody else.
    pub photos: Option<Vec<TrackedPhoto>>,
}

/// The page that asks for a code. `missed` is a code that led nowhere, for whatever reason.
#[must_use]
pub fn ask(visit: &Visit, missed: Option<&str>) -> String {
    let t = |key: &str| visit.text(key);
    let (indexed, description) = (missed.is_none(), Some(t("track-lead")));
    document(visit, Head { title: t("track-title"), indexed, description, ..Head::default() }, || {
        view! {
            <div><h1>{t("track-title")}</h1><p class="lead">{t("track-lead")}</p></div>
            {missed.map(|_| {
                let call = call_button(visit);
                view! { <Alert tone=Tone::Danger title=t("track-miss")>{call}</Alert> }
            })}
            <form class="panel stack" method="get" action=visit.link("/track")>
                <Field label=t("track-code") name="code" value=missed.unwrap_or_default() required=true
                    hint=t("track-code-hint") autocomplete="off" autocapitalize="characters" maxlength=20u32/>
                <button class="btn btn-primary btn-lg" type="submit">{t("track-show")}</button>
            </form>
        }
    })
}

/// The tracking page.
#[must_use]
pub fn show(visit: &Visit, page: &TrackPage) -> String {
    let t = |key: &str| visit.text(key);
    document(visit, Head { title: t("track-title"), indexed: false, ..Head::default() }, || {
        let promised = page.promised.clone().map(|when| {
            view! { <div><dt>{t("track-promised")}</dt><dd><time datetime=when.machine>{when.words}</time></dd></div> }
        });
        let appointment = page.appointment.clone().map(|when| {
            view! { <div><dt>{t("track-appointment")}</dt><dd><time datetime=when.machine>{when.words}</time></dd></div> }
        });
        let items = page.steps.iter().map(|step| timeline_item(visit, step)).collect::<Vec<_>>();
        let updated = page.updated.clone();
        view! {
            <div>
                <p class="muted">{visit.text_with("track-hello", &[("name", Argument::Text(&page.first_name))])}" "{t("track-status-now")}</p>
                <h1 class="row">{status_icon(page.status)} {t(&format!("status-{}", page.status))}</h1>
            </div>
            <section class="panel stack">
                {progress(visit, page)}
                <dl class="facts">
                    <div><dt>{t("track-vehicle")}</dt><dd>{page.vehicle.clone()}</dd></div>
                    <div><dt>{t("track-plate")}</dt><dd class="mono">{page.plate_hint.clone()}</dd></div>
                    {appointment}
                    {promised}
                    <div><dt>{t("track-updated")}</dt><dd><time datetime=updated.machine>{updated.words}</time></dd></div>
                    <div><dt>{t("track-code")}</dt><dd class="mono">{page.code.clone()}</dd></div>
                </dl>
            </section>
            <section class="panel"><h2>{t("track-history")}</h2><Timeline items=items/></section>
            {photos(visit, page)}
            {call_button(visit).map(|button| view! { <div class="row">{button}</div> })}
            <p class="muted small spread wrap">
                <span>{t("track-refresh")}</span>
                <a href=visit.link("/track")>{t("track-other")}</a>
            </p>
        }
    })
}

/// The line of steps with the place in it. A cancelled repair has none; a waiting one stands where it left the line.
fn progress(visit: &Visit, page: &TrackPage) -> Option<impl IntoView + use<>> {
    let step = page.status.step().or_else(|| page.waiting_from.and_then(RepairStatus::step))?;
    let numbers = [
        ("step", Argument::Number(i64::try_from(step + 1).unwrap_or(i64::MAX))),
        ("steps", Argument::Number(i64::try_from(LINE.len()).unwrap_or(i64::MAX))),
    ];
    let words = visit.text_with("track-step-of", &numbers);
    let marks = (0..LINE.len())
        .map(|index| {
            let class = match index.cmp(&step) {
                std::cmp::Ordering::Less => "done",
                std::cmp::Ordering::Equal => "now",
                std::cmp::Ordering::Greater => "",
            };
            view! { <li class=class></li> }
        })
        .collect_view();
    Some(view! {
        <div class="stack tight">
            <ol class="progress-line" aria-hidden="true">{marks}</ol>
            <p class="small muted num">{words}</p>
        </div>
    })
}

fn timeline_item(visit: &Visit, step: &Step) -> TimelineItem {
    let (tone, symbol) = if step.is_note { (Tone::Info, Icon::Message) } else { look(step.status) };
    TimelineItem {
        title: if step.is_note { visit.text("track-note") } else { visit.text(&format!("status-{}", step.status)) },
        when: step.when.clone(),
        actor: None,
        public_note: step.note.clone(),
        internal_note: None,
        tone,
        symbol,
    }
}

fn status_icon(status: RepairStatus) -> AnyView {
    let (tone, symbol) = look(status);
    view! { <span class=format!("badge {}", tone.class())>{icon(symbol)}</span> }.into_any()
}

/// How a status looks to the customer.
const fn look(status: RepairStatus) -> (Tone, Icon) {
    match status {
        RepairStatus::PreCheckin => (Tone::Neutral, Icon::Message),
        RepairStatus::Confirmed => (Tone::Info, Icon::Calendar),
        RepairStatus::Accepted => (Tone::Info, Icon::Car),
        RepairStatus::WaitingParts => (Tone::Warning, Icon::Parts),
        RepairStatus::Ready => (Tone::Success, Icon::Flag),
        RepairStatus::Delivered => (Tone::Success, Icon::Check),
        RepairStatus::Cancelled => (Tone::Danger, Icon::Cross),
        _ => (Tone::Work, Icon::Wrench),
    }
}

/// The photos, or the question that opens them.
fn photos(visit: &Visit, page: &TrackPage) -> impl IntoView + use<> {
    let t = |key: &str| visit.text(key);
    let content = match &page.photos {
        Some(photos) if photos.is_empty() => view! { <p class="muted">{t("track-photos-none")}</p> }.into_any(),
        Some(photos) => {
            let photos = photos.iter().map(|photo| tracked_photo(visit, photo)).collect_view();
            view! { <div class="gallery">{photos}</div> }.into_any()
        }
        None => view! {
            <form class="stack tight" method="post" action=visit.link(&format!("/track/{}", page.code))>
                <p class="muted">{t("track-photos-locked")}</p>
                <Field label=t("track-last-four") name="phone" required=true inputmode="numeric" autocomplete="off"
                    maxlength=4u32/>
                <div><button class="btn" type="submit">{t("track-unlock")}</button></div>
            </form>
        }
        .into_any(),
    };
    view! { <section class="panel"><h2>{t("track-photos")}</h2>{content}</section> }
}

fn tracked_photo(visit: &Visit, photo: &TrackedPhoto) -> impl IntoView + use<> {
    let category = visit.text(&format!("photo-{}", photo.category));
    let alt = visit.text_with("track-photo-alt", &[("category", Argument::Text(&category))]);
    view! {
        <a href=photo.full.clone()><img src=photo.thumbnail.clone() alt=alt loading="lazy"/><span>{category}</span></a>
    }
}
