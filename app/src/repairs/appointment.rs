//! The form that confirms a check-in for a day and time, and moves the appointment later.

use leptos::prelude::*;
use officina::repairs::RepairStatus;

use super::functions::{ConfirmRepair, RepairView};
use crate::staff::ActionForm;
use crate::staff::outcome::{of_field, problem, refusal};
use crate::ui::{Field, Icon, TextArea, icon};

/// The form; none once the car has come.
pub(super) fn appointment_form(view: &RepairView, confirm: ServerAction<ConfirmRepair>) -> Option<AnyView> {
    let (title, button) = match view.repair.status {
        RepairStatus::PreCheckin => ("Confirm the appointment", "Confirm"),
        RepairStatus::Confirmed => ("Appointment", "Move appointment"),
        _ => return None,
    };
    let is_open = view.repair.status == RepairStatus::PreCheckin;
    let class = if is_open { "btn btn-primary" } else { "btn" };
    let (id, version) = (view.repair.id.to_string(), view.repair.version.to_string());
    let (date, time) = view.suggested.clone();
    let problem = problem(confirm);
    let when = of_field(problem, "appointmentAt");
    let outside = of_field(problem, "outsideHours");
    let is_elsewhere = Signal::derive(move || problem.get().filter(|error| error.fields.is_empty()));
    // Shown once it was refused for that: it is seldom meant.
    let anyway = move || {
        outside.get().map(|_| {
            view! {
                <label class="row">
                    <input class="checkbox" type="checkbox" name="outside_hours" value="on"/>
                    "This is outside of the opening hours: book it all the same"
                </label>
            }
        })
    };
    let form = view! {
        <ActionForm action=confirm>
            <div class="stack">
                <input type="hidden" name="id" value=id/>
                <input type="hidden" name="version" value=version/>
                {refusal(is_elsewhere)}
                <div class="fields two">
                    <Field label="Day" name="date" id="appointment-date" kind="date" value=date required=true error=when/>
                    <Field label="Time" name="time" id="appointment-time" kind="time" value=time required=true/>
                </div>
                <TextArea label="Message for the customer" name="message" rows=2 maxlength=2000u32 optional_word="optional"
                    hint="Shown on the tracking page with the appointment."/>
                {anyway}
                <div><button class=class type="submit">{icon(Icon::Calendar)} {button}</button></div>
            </div>
        </ActionForm>
    };
    let section = if is_open {
        view! { <section class="panel"><h2>{title}</h2>{form}</section> }.into_any()
    } else {
        view! {
            <section class="panel">
                <details class="fold"><summary><h2>{button}</h2> {icon(Icon::Chevron)}</summary>{form}</details>
            </section>
        }
        .into_any()
    };
    Some(section)
}
