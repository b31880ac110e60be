//! How the organisation is reached: what stands below every public page.

use leptos::prelude::*;
use officina::identity::Weekday;
use officina::identity::opening_hours::grouped;

use super::document::{Head, Visit, document};
use super::language::Argument;
use crate::ui::{Icon, icon};

/// The button that calls, with the number on it; nothing without a number.
pub(super) fn call_button(visit: &Visit) -> Option<AnyView> {
    let contact = &visit.organisation.contact;
    let (number, address) = (contact.phone.as_deref()?, contact.call()?);
    let words = visit.text_with("call", &[("number", Argument::Text(number))]);
    Some(view! { <a class="btn" href=address>{icon(Icon::Phone)} {words}</a> }.into_any())
}

/// Phone, address, hours and the privacy notice, as far as they are known.
pub(super) fn footer(visit: &Visit) -> Option<AnyView> {
    let contact = &visit.organisation.contact;
    let lines: Vec<String> = contact.address.iter().flat_map(|address| address.lines()).map(str::to_owned).collect();
    let address = (!lines.is_empty()).then(|| {
        let lines = lines.into_iter().map(|line| view! { <span>{line}</span> }).collect_view();
        view! { <address>{lines}</address> }
    });
    let privacy = contact.privacy_notice.is_some().then(|| {
        let href = contact.privacy_address().map_or_else(|| visit.link("/privacy"), str::to_owned);
        view! { <a class="link" href=href>{visit.text("privacy")}</a> }
    });
    let (call, hours) = (call_button(visit), hours(visit));
    if call.is_none() && address.is_none() && hours.is_none() && privacy.is_none() {
        return None;
    }
    Some(view! { <div class="reach">{call} {address} {hours} {privacy}</div> }.into_any())
}

/// The hours of the week, days with the same ones together. Nothing when none were ever given.
fn hours(visit: &Visit) -> Option<AnyView> {
    let hours = &visit.organisation.contact.opening_hours;
    if hours.is_empty() {
        return None;
    }
    let day = |day: Weekday| visit.text(&format!("day-{day}"));
    let rows = grouped(hours)
        .into_iter()
        .map(|(from, until, times)| {
            let days = if from == until { day(from) } else { format!("{}–{}", day(from), day(until)) };
            let times: Vec<String> = times.into_iter().map(|(from, to)| format!("{from}–{to}")).collect();
            let times = if times.is_empty() { visit.text("hours-closed") } else { times.join(", ") };
            view! { <div><dt>{days}</dt><dd>{times}</dd></div> }
        })
        .collect_view();
    Some(view! { <dl class="hours" aria-label=visit.text("hours")>{rows}</dl> }.into_any())
}

/// The page with the organisation's own notice on personal data; none where it has none or keeps it elsewhere.
#[must_use]
pub fn privacy(visit: &Visit) -> Option<String> {
    let contact = &visit.organisation.contact;
    let notice = contact.privacy_notice.clone().filter(|_| contact.privacy_address().is_none())?;
    let head = Head { title: visit.text("privacy"), indexed: true, ..Head::default() };
    Some(document(visit, head, || {
        // A blank line parts paragraphs; what stands on lines of its own stays there.
        let paragraphs = notice
            .split("\n\n")
            .filter(|paragraph| !paragraph.trim().is_empty())
            .map(|paragraph| view! { <p class="lines">{paragraph.trim().to_owned()}</p> })
            .collect_view();
        view! {
            <h1>{visit.text("privacy")}</h1>
            <section class="panel stack">{paragraphs}</section>
        }
    }))
}
