//! Leads of the demo: some called back, some new, one set aside as spam.

use officina::Result;
use officina::kernel::App;
use officina::kernel::actor::Actor;
use officina::kernel::time::{DAY, HOUR, MINUTE, Timestamp};
use officina::leads::service;
use officina::leads::{FormSigns, SubmitLead, UpdateLead};
use rand::RngExt;
use rand::rngs::StdRng;

use super::at;
use super::cast::{self, one_of};
use super::people::Staff;

/// Plays the leads of the last weeks.
pub(super) async fn play(
    app: &App,
    system: &Actor,
    staff: &Staff,
    now: Timestamp,
    count: usize,
    random: &mut StdRng,
) -> Result<()> {
    let public = Actor::public(system.org, None, None);
    for number in 0..count {
        let age = i64::try_from(count - number).unwrap_or(1) * 20 * HOUR - random.random_range(0..12 * 60) * MINUTE;
        let moment = now.plus(-age);
        let message = *one_of(random, &cast::WISHES);
        let lead_type = if message.contains("corso") {
            "training"
        } else if message.contains("cerco un posto") {
            "staff"
        } else {
            "service"
        };
        let input = SubmitLead {
            name: cast::name(random),
            phone: cast::phone(random),
            email: None,
            lead_type: lead_type.to_owned(),
            city_name: Some((*one_of(random, &cast::CITIES)).to_owned()),
            message: Some(message.to_owned()),
        };
        let receipt = service::submit(&at(app, moment), &public, &input, FormSigns::default()).await?;
        let called = moment.plus(random.random_range(1..30) * HOUR);
        if called > now || age < 2 * DAY {
            continue;
        }
        let (status, note) = match random.random_range(0..10) {
            0..5 => ("contacted", "Richiamato, manda le foto."),
            5..8 => ("qualified", "Vuole un appuntamento la prossima settimana."),
            _ => ("lost", "Ha scelto un'altra officina."),
        };
        let update = UpdateLead { status: Some(status.to_owned()), note: Some(note.to_owned()), version: None };
        service::update(&at(app, called), &staff.agent, receipt.id, &update).await?;
    }
    let spam = SubmitLead {
        name: "Best Offers".to_owned(),
        phone: "+1 202 5550147".to_owned(),
        lead_type: "service".to_owned(),
        message: Some("Cheap traffic http://a.example http://b.example http://c.example".to_owned()),
        ..SubmitLead::default()
    };
    service::submit(&at(app, now.plus(-3 * HOUR)), &public, &spam, FormSigns::default()).await?;
    Ok(())
}
