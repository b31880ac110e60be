//! A repair's page: the facts, the next steps, photos, and what has happened.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use officina::repairs::{RepairStatus, Transition};

use super::appointment::appointment_form;
use super::functions::{AddNote, ChangeStatus, ConfirmRepair, RepairView, UpdateRepair, get_repair};
use super::looks::{StatusBadge, status_label, status_look, type_label};
use super::notes::note_form;
use super::photos::{Uploads, photos};
use crate::audit::history_link;
use crate::error::PageError;
use crate::live::{Topic, use_live};
use crate::staff::outcome::{announce, done};
use crate::staff::{ActionForm, loaded, refused};
use crate::ui::{
    Alert, Field, Icon, PageTitle, Select, SkeletonRows, TextArea, Timeline, ToastKind, Tone, email_fact, icon, toast,
};

/// Steps that stand beside the likeliest one; the others wait in a fold.
const BESIDE: usize = 2;

/// A repair's page.
#[component]
pub fn RepairPage() -> impl IntoView {
    let live = use_live();
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let change = ServerAction::<ChangeStatus>::new();
    let update = ServerAction::<UpdateRepair>::new();
    let note = ServerAction::<AddNote>::new();
    let confirm = ServerAction::<ConfirmRepair>::new();
    let confirmed = done(confirm);
    announce(confirmed, "Appointment saved");
    let noted = done(note);
    announce(noted, "Note added");
    let uploads = Uploads::default();
    uploads.announce();
    let changes = move || {
        let own = (change.version().get(), update.version().get(), confirmed.get(), noted.get(), uploads.added.get());
        (live.changes(Topic::Repairs), own)
    };
    let data = Resource::new(move || (id.get(), changes()), |(id, _)| get_repair(id));
    Effect::new(move |_| {
        if let Some(Ok(moved)) = change.value().get() {
            toast(ToastKind::Done, moved.words());
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(())) = update.value().get() {
            toast(ToastKind::Done, "Saved");
        }
    });
    let refusals = move || {
        let change = change.value().get().and_then(Result::err);
        let update = update.value().get().and_then(Result::err);
        change.or(update).map(|error| view! { <div class="stack">{refusal(&error)}</div> })
    };
    view! {
        {refusals}
        {loaded(data, || view! { <SkeletonRows rows=10/> }.into_any(), move |view| show(view, change, update, note, confirm, uploads))}
    }
}

/// Why a change was refused. Someone else being faster is no fault: the page shows the state of now.
fn refusal(error: &PageError) -> AnyView {
    if error.is_conflict() {
        let title = error.message.clone();
        view! { <Alert tone=Tone::Warning title=title><p>"Below is how the repair stands now."</p></Alert> }.into_any()
    } else {
        refused(error)
    }
}

fn show(
    view: RepairView,
    change: ServerAction<ChangeStatus>,
    update: ServerAction<UpdateRepair>,
    note: ServerAction<AddNote>,
    confirm: ServerAction<ConfirmRepair>,
    uploads: Uploads,
) -> AnyView {
    let repair = &view.repair;
    let plate = repair.vehicle.plate.clone();
    let vehicle = [repair.vehicle.brand.clone(), repair.vehicle.model.clone()].into_iter().flatten();
    let vehicle = vehicle.collect::<Vec<_>>().join(" ");
    let has_steps = !repair.allowed.is_empty() || repair.status.is_final();
    let steps = (view.may_write && has_steps).then(|| next_steps(&view, change));
    let appointment = view.may_write.then(|| appointment_form(&view, confirm)).flatten();
    let edit = view.may_write.then(|| edit_form(&view, update));
    let title = plate.clone();
    let facts = facts(&view);
    let photos = photos(&view, uploads);
    let note = view.may_write.then(|| note_form(repair.id.to_string(), note));
    let suggestions = suggestions(&view);
    let created = view.created.clone();
    let history = history_link(view.may_audit, "repair", &repair.id.to_string());
    view! {
        <PageTitle text=title/>
        <div class="page-head">
            <div class="row wrap">
                <h1 class="mono plate">{plate}</h1>
                <span class="muted">{vehicle}</span>
                <StatusBadge status=repair.status/>
            </div>
            <div class="row wrap"><span class="muted small">"Came in " {created.view()}</span>{history}</div>
        </div>
        <div class="two-columns">
            <div class="stack">
                {appointment}
                {steps}
                {suggestions}
                <section class="panel"><h2>"Facts"</h2>{facts}</section>
                {photos}
            </div>
            <div class="stack">
                <section class="panel">
                    <h2>"Activity"</h2>
                    <div class="stack">{note} <Timeline items=view.timeline.clone()/></div>
                </section>
                {edit}
            </div>
        </div>
    }
    .into_any()
}

/// The steps that may be taken now, the likeliest first and loudest.
fn next_steps(view: &RepairView, change: ServerAction<ChangeStatus>) -> AnyView {
    let repair = &view.repair;
    let needs_reason =
        |to: RepairStatus| repair.status.transition_to(to, repair.waiting_from) != Some(Transition::Forward);
    let button = |to: RepairStatus, class: &'static str| {
        let (_, symbol) = status_look(to);
        view! { <button class=class type="submit" name="status" value=to.as_str()>{icon(symbol)} {status_label(to)}</button> }
    };
    // Confirming asks for day and time: it has a form of its own.
    let asks_when = |to: RepairStatus| repair.status == RepairStatus::PreCheckin && to == RepairStatus::Confirmed;
    let forward: Vec<RepairStatus> =
        repair.allowed.iter().copied().filter(|to| !needs_reason(*to) && !asks_when(*to)).collect();
    let is_asked = repair.allowed.iter().any(|to| asks_when(*to));
    let with_reason: Vec<RepairStatus> = repair.allowed.iter().copied().filter(|to| needs_reason(*to)).collect();
    let loud: Vec<_> = forward
        .iter()
        .take(1 + BESIDE)
        .enumerate()
        .map(|(index, to)| button(*to, if index == 0 && !is_asked { "btn btn-primary" } else { "btn" }))
        .collect();
    let quiet: Vec<_> = forward.iter().skip(1 + BESIDE).map(|to| button(*to, "btn btn-sm")).collect();
    let back: Vec<_> = with_reason.iter().map(|to| button(*to, "btn btn-sm")).collect();
    if loud.is_empty() && back.is_empty() {
        return view! { <section class="panel"><h2>"Next step"</h2><p class="muted">"Nothing is left to do here."</p></section> }
            .into_any();
    }
    let is_over = loud.is_empty();
    let note_error = move || change.value().get().and_then(Result::err).and_then(|error| error.field("note"));
    let others = (!quiet.is_empty()).then(|| view! { <h3>"Further ahead"</h3><div class="row wrap">{quiet}</div> });
    let back =
        (!back.is_empty()).then(|| view! { <h3>"With a reason in the note"</h3><div class="row wrap">{back}</div> });
    let fold = (others.is_some() || back.is_some()).then(|| {
        view! {
            <details class="fold">
                <summary>"Other steps" {icon(Icon::Chevron)}</summary>
                <div class="stack tight">{others} {back}</div>
            </details>
        }
    });
    let (id, version) = (repair.id.to_string(), repair.version.to_string());
    view! {
        <section class="panel">
            <h2>"Next step"</h2>
            {is_over.then(|| view! { <p class="muted">"This repair is over. It can be opened again, with a reason in the internal note."</p> })}
            <ActionForm action=change>
                <div class="stack">
                    <input type="hidden" name="id" value=id/>
                    <input type="hidden" name="version" value=version/>
                    <div class="row wrap next">{loud}</div>
                    <div class="fields two">
                        <TextArea label="Note for the customer" name="public_note" rows=2 maxlength=2000u32
                            hint="Shown on the tracking page."/>
                        <TextArea label="Internal note" name="note" rows=2 maxlength=2000u32
                            hint="Only colleagues see it." error=Signal::derive(note_error)/>
                    </div>
                    {fold}
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}

/// What the customer's form said that differs from what is known.
fn suggestions(view: &RepairView) -> Option<AnyView> {
    let customer = &view.repair.customer;
    let lines: Vec<_> = [("Name", &customer.suggested_name), ("E-mail", &customer.suggested_email)]
        .into_iter()
        .filter_map(|(what, said)| said.as_ref().map(|said| view! { <li>{format!("{what}: {said}")}</li> }))
        .collect();
    (!lines.is_empty()).then(|| {
        view! { <Alert tone=Tone::Info title="The check-in says otherwise than your records"><ul>{lines}</ul></Alert> }
            .into_any()
    })
}

fn facts(view: &RepairView) -> AnyView {
    let repair = &view.repair;
    let phone = repair.customer.phone.clone();
    let call = format!("tel:{}", phone.replace(' ', ""));
    let code = repair.tracking_code.clone();
    let insurance: Vec<String> =
        [&repair.insurance_company, &repair.policy_number].into_iter().flatten().cloned().collect();
    let insurance = (!insurance.is_empty()).then(|| insurance.join(", "));
    let fact = |label: &'static str, value: Option<String>| {
        value.map(|value| view! { <div><dt>{label}</dt><dd>{value}</dd></div> })
    };
    let notes = repair.notes.clone().map(|notes| {
        view! { <div class="stack tight notes"><h3 class="muted">"Notes"</h3><p class="prose">{notes}</p></div> }
    });
    view! {
        <dl class="facts">
            {fact("Customer", Some(repair.customer.name.clone()))}
            <div><dt>"Phone"</dt><dd><a href=call rel="external">{phone}</a></dd></div>
            {email_fact(repair.customer.email.clone())}
            {fact("Kind", Some(type_label(repair.repair_type).to_owned()))}
            {fact("Year", repair.vehicle.year.map(|year| year.to_string()))}
            {fact("VIN", repair.vehicle.vin.clone())}
            {fact("Appointment", view.appointment.clone().map(|at| at.words))}
            {fact("Promised for", view.promised.clone().map(|day| day.words))}
            {fact("Assignee", repair.assignee_name.clone())}
            {fact("Accident", view.accident.clone())}
            {fact("Insurance", insurance)}
            {fact("Preferred", view.preferred.clone())}
            <div>
                <dt>"Tracking code"</dt>
                <dd><a class="link mono" href=format!("/track/{code}") rel="external">{code.clone()}</a></dd>
            </div>
        </dl>
        {notes}
    }
    .into_any()
}

/// The facts that staff change.
fn edit_form(view: &RepairView, update: ServerAction<UpdateRepair>) -> AnyView {
    let repair = &view.repair;
    let error = move |field: &'static str| {
        Signal::derive(move || update.value().get().and_then(Result::err).and_then(|error| error.field(field)))
    };
    let mine = repair.assignee_id.map(|id| id.to_string()).unwrap_or_default();
    let assignee = view.may_assign.then(|| {
        let nobody = (String::new(), "Nobody".to_owned());
        let colleagues = view.colleagues.iter().map(|member| (member.id.to_string(), member.name.clone()));
        let options = std::iter::once(nobody).chain(colleagues).collect();
        view! { <Select label="Assignee" name="assignee_id" value=mine options=options error=error("assigneeId")/> }
    });
    let (id, version) = (repair.id.to_string(), repair.version.to_string());
    let promised = repair.promised_date.clone().unwrap_or_default();
    let insurer = repair.insurance_company.clone().unwrap_or_default();
    let policy = repair.policy_number.clone().unwrap_or_default();
    let notes = repair.notes.clone().unwrap_or_default();
    view! {
        <section class="panel">
            <details class="fold">
                <summary><h2>"Change facts"</h2> {icon(Icon::Chevron)}</summary>
                <ActionForm action=update keeps=true>
                    <div class="stack">
                        <input type="hidden" name="id" value=id/>
                        <input type="hidden" name="version" value=version/>
                        <Field label="Promised for" name="promised_date" kind="date" value=promised
                            error=error("promisedDate")/>
                        {assignee}
                        <Field label="Insurance company" name="insurance_company" maxlength=120u32 value=insurer
                            error=error("insuranceCompany")/>
                        <Field label="Policy number" name="policy_number" maxlength=60u32 value=policy
                            error=error("policyNumber")/>
                        <TextArea label="Notes" name="notes" value=notes
                            maxlength=5000u32 error=error("notes")/>
                        <div><button class="btn btn-primary" type="submit">"Save"</button></div>
                    </div>
                </ActionForm>
            </details>
        </section>
    }
    .into_any()
}
