//! Leads of the demo: some called back, some new, one set aside as spam.

use officina::Result;
use officina::kernel::actor::Actor;
use officina::kernel::time::{DAY, HOUR, MINUTE, Timestamp};
use officina::leads::service;
use officina::leads::{FormSigns, SubmitLead, UpdateLead};
use rand::RngExt;
use rand::rngs::StdRng;

use super::Play;
use super::cast::{self, one_of};
use super::stage::Part;

/// A visitor's wish, and what becomes of it.
struct Wish {
    sent: Timestamp,
    lead: SubmitLead,
    call: Option<Call>,
}

/// The front desk calls back.
struct Call {
    at: Timestamp,
    status: &'static str,
    note: &'static str,
}

/// Plays the leads of the last weeks.
pub(super) async fn play(play: &Play<'_>, part: Part, count: usize) -> Result<()> {
    let random = &mut play.random();
    let public = Actor::public(play.system.org, None, None);
    let mut wishes: Vec<Wish> = (0..count).map(|number| wish(count - number, play.now, random)).collect();
    wishes.push(spam(play.now));
    wishes.sort_by_key(|wish| wish.sent);
    // Calls that are still to be made, the next one last.
    let mut calls: Vec<(officina::kernel::ids::LeadId, Call)> = Vec::new();
    let mut wishes = wishes.into_iter().peekable();
    loop {
        let call_first = match (calls.last(), wishes.peek()) {
            (None, None) => return Ok(()),
            (Some((_, call)), Some(wish)) => call.at < wish.sent,
            (call, _) => call.is_some(),
        };
        if call_first {
            let Some((id, call)) = calls.pop() else { return Ok(()) };
            part.until(call.at).await;
            let update =
                UpdateLead { status: Some(call.status.to_owned()), note: Some(call.note.to_owned()), version: None };
            service::update(&play.at(call.at), &play.staff.agent, id, &update).await?;
        } else if let Some(wish) = wishes.next() {
            part.until(wish.sent).await;
            let receipt = service::submit(&play.at(wish.sent), &public, &wish.lead, FormSigns::default(), None).await?;
            calls.extend(wish.call.map(|call| (receipt.id, call)));
            calls.sort_by_key(|(_, call)| std::cmp::Reverse(call.at));
        }
    }
}

/// A wish of some days ago; the last two days' are still to be looked at.
fn wish(number: usize, now: Timestamp, random: &mut StdRng) -> Wish {
    let age = i64::try_from(number).unwrap_or(1) * 20 * HOUR - random.random_range(0..12 * 60) * MINUTE;
    let sent = now.plus(-age);
    let message = *one_of(random, &cast::WISHES);
    let lead_type = if message.contains("corso") {
        "training"
    } else if message.contains("cerco un posto") {
        "staff"
    } else {
        "service"
    };
    let lead = SubmitLead {
        name: cast::name(random),
        phone: cast::phone(random),
        email: None,
        lead_type: lead_type.to_owned(),
        city_name: Some((*one_of(random, &cast::CITIES)).to_owned()),
        message: Some(message.to_owned()),
    };
    let at = sent.plus(random.random_range(1..30) * HOUR);
    let (status, note) = match random.random_range(0..10) {
        0..5 => ("contacted", "Richiamato, manda le foto."),
        5..8 => ("qualified", "Vuole un appuntamento la prossima settimana."),
        _ => ("lost", "Ha scelto un'altra officina."),
    };
    Wish { sent, lead, call: (at <= now && age >= 2 * DAY).then_some(Call { at, status, note }) }
}

fn spam(now: Timestamp) -> Wish {
    let lead = SubmitLead {
        name: "Best Offers".to_owned(),
        phone: "+1 202 5550147".to_owned(),
        lead_type: "service".to_owned(),
        message: Some("Cheap traffic http://a.example http://b.example http://c.example".to_owned()),
        ..SubmitLead::default()
    };
    Wish { sent: now.plus(-3 * HOUR), lead, call: None }
}
