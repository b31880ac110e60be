//! A member's page.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use officina::identity::MembershipStatus;

use super::functions::{EndSessions, MemberView, SetStatus, UpdateMember, get_member};
use super::members::{badge, seen, status_label};
use super::tabs::{MEMBERS, head};
use crate::sent::calls;
use crate::staff::outcome::{announce, done, of_field, problem, refusal};
use crate::staff::{ActionForm, PHONE_HINT, loaded};
use crate::ui::{
    Alert, AskFirst, Button, ButtonKind, Field, Icon, PageTitle, Select, SkeletonRows, Tone, email_fact, icon,
    phone_fact,
};

/// What a page offers to do.
#[derive(Clone, Copy)]
struct Actions {
    update: ServerAction<UpdateMember>,
    status: ServerAction<SetStatus>,
    end: ServerAction<EndSessions>,
}

/// The page.
#[component]
pub fn MemberPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let actions = Actions { update: ServerAction::new(), status: ServerAction::new(), end: ServerAction::new() };
    let (updated, decided, ended) = (done(actions.update), done(actions.status), done(actions.end));
    announce(updated, "Saved");
    announce(decided, "Saved");
    announce(ended, "All sessions have ended");
    let data = Resource::new(move || (id.get(), updated.get(), decided.get(), ended.get()), |(id, ..)| get_member(id));
    view! {
        <PageTitle text="Member"/>
        {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), move |view| show(view, actions))}
    }
}

fn show(view: MemberView, actions: Actions) -> AnyView {
    let name = view.member.name.clone();
    let fact = |label: &'static str, value: Option<String>| {
        value.map(|value| view! { <div><dt>{label}</dt><dd>{value}</dd></div> })
    };
    let facts = view! {
        <section class="panel">
            <h2>"Facts"</h2>
            <dl class="facts">
                {email_fact(view.email.clone())}
                {phone_fact(view.phone.clone())}
                {fact("Role", Some(view.member.role.clone()))}
                {fact("Password", (!view.has_password).then(|| "None yet".to_owned()))}
                {fact("Signing in", view.has_second_factor.then(|| "Asks for a code".to_owned()))}
                <div><dt>"Last here"</dt><dd>{seen(view.member.seen.clone())}</dd></div>
                <div><dt>"Added"</dt><dd>{view.added.clone().view()}</dd></div>
            </dl>
        </section>
    };
    let above = view.answered.above();
    let deeds = view.deeds.clone().map(|href| view! { <p><a class="link" href=href>"What this person did"</a></p> });
    let (left, right) = if view.may_change {
        (
            view! { {facts_form(&view, actions.update)} {customers(&view)} }.into_any(),
            view! { {status(&view, actions.status)} {signing_in(&view)} {sessions(&view, actions.end)} }.into_any(),
        )
    } else {
        let above = view! {
            <Alert tone=Tone::Info title="You cannot change this member">
                <p>"This person may do things that you may not. Ask somebody who may do all of them."</p>
            </Alert>
        };
        (above.into_any(), ().into_any())
    };
    view! {
        <PageTitle text=name.clone()/>
        {head(name, Some(badge(view.member.status)), MEMBERS)}
        <div class="stack">
            {above}
            <div class="two-columns">
                <div class="stack">{facts} {left} {deeds}</div>
                <div class="stack">{right}</div>
            </div>
        </div>
    }
    .into_any()
}

fn facts_form(view: &MemberView, update: ServerAction<UpdateMember>) -> AnyView {
    let problem = problem(update);
    let hint = view.has_higher_roles.then(|| "Roles that may do what you may not are left out.".to_owned());
    let (id, name, phone) = (view.member.id.clone(), view.member.name.clone(), view.phone.clone().unwrap_or_default());
    let (role, roles) = (view.role.clone(), view.roles.clone());
    let pending = update.pending();
    view! {
        <section class="panel">
            <h2>"Name, phone and role"</h2>
            <ActionForm action=update keeps=true>
                <div class="stack">
                    {refusal(problem)}
                    <input type="hidden" name="id" value=id/>
                    <Field label="Name" name="name" value=name required=true maxlength=120u32
                        error=of_field(problem, "name")/>
                    <Field label="Phone" name="phone" value=phone kind="tel" maxlength=40u32
                        hint=PHONE_HINT
                        error=of_field(problem, "phone")/>
                    <Select label="Role" name="role" value=role options=roles
                        hint=hint.unwrap_or_else(|| "It counts from the next click on.".to_owned())
                        error=of_field(problem, "role")/>
                    <div><Button busy=pending>"Save"</Button></div>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}

/// Whose cold chain this person works on.
fn customers(view: &MemberView) -> Option<AnyView> {
    if view.customers.is_empty() {
        return None;
    }
    let boxes: Vec<_> = view
        .customers
        .iter()
        .cloned()
        .map(|customer| {
            view! {
                <label>
                    <input class="checkbox checkbox-sm" type="checkbox" name="customers[]" value=customer.id
                        checked=customer.is_linked/>
                    <span>{customer.name}</span>
                </label>
            }
        })
        .collect();
    let section = view! {
        <section class="panel">
            <h2>"Cold chain of these customers only"</h2>
            <form method="post" action=format!("{MEMBERS}/{}", view.member.id)>
                {calls("people/customers")}
                <input type="hidden" name="id" value=view.member.id.clone()/>
                <div class="stack">
                    <p class="muted small">
                        "Cold cells, devices and alerts of all others are out of sight for this person then. With none ticked, this person sees all."
                    </p>
                    <fieldset class="field">
                        <legend>"Customers"</legend>
                        <div class="choices">{boxes}</div>
                    </fieldset>
                    <div><button class="btn" type="submit">"Save customers"</button></div>
                </div>
            </form>
        </section>
    };
    Some(section.into_any())
}

/// What a status means, and the word on its button.
const fn meaning(status: MembershipStatus) -> (&'static str, &'static str) {
    match status {
        MembershipStatus::Active => ("Signs in and does what the role allows.", "Let in"),
        MembershipStatus::Suspended => (
            "Cannot come in for now. All sessions end at once, and the keys that this person made for programs rest.",
            "Suspend",
        ),
        MembershipStatus::Terminated => {
            ("Has left. The same as suspended, for good; the name stays on everything that was done.", "Terminate")
        }
    }
}

/// May this person come in? What is now, and what it can be.
fn status(view: &MemberView, action: ServerAction<SetStatus>) -> AnyView {
    let now = view.member.status;
    let lines: Vec<_> = MembershipStatus::ALL
        .iter()
        .map(|status| {
            let (words, button) = meaning(*status);
            let press = |class: &'static str, words: &'static str| {
                view! { <button class=class type="submit" name="status" value=status.as_str()>{words}</button> }
            };
            let choice = match *status {
                status if status == now => badge(now),
                MembershipStatus::Terminated => {
                    let consequence = format!(
                        "{} is out at once: every session ends, the keys that this person made for programs do nothing any \
                         more, and no alert or notice reaches them. What is assigned to them waits until you give it to \
                         somebody else.",
                        view.member.name
                    );
                    let sure = press("btn btn-error btn-sm", "Terminate the membership");
                    view! { <AskFirst words=button consequence=consequence>{sure}</AskFirst> }.into_any()
                }
                _ => press("btn", button).into_any(),
            };
            // What opens needs the whole width.
            let opens = *status == MembershipStatus::Terminated && *status != now;
            view! {
                <div class=if opens { "stack tight" } else { "spread" }>
                    <div><h3>{status_label(*status)}</h3><p class="muted small">{words}</p></div>
                    {choice}
                </div>
            }
        })
        .collect();
    let yourself = view.is_self.then(|| {
        view! { <Alert tone=Tone::Warning title="This is you">"Suspended or terminated, you are out at once."</Alert> }
    });
    let id = view.member.id.clone();
    view! {
        <section class="panel">
            <h2>"May this person come in?"</h2>
            <ActionForm action=action>
                <div class="stack">
                    {refusal(problem(action))}
                    {yourself}
                    <input type="hidden" name="id" value=id/>
                    {lines}
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}

/// Help for who cannot sign in any more.
fn signing_in(view: &MemberView) -> AnyView {
    let here = format!("{MEMBERS}/{}", view.member.id);
    let press = |function, class: &'static str, words: &'static str| {
        view! {
            <form method="post" action=here.clone()>
                {calls(function)}
                <input type="hidden" name="id" value=view.member.id.clone()/>
                <button class=class type="submit">{words}</button>
            </form>
        }
        .into_any()
    };
    let factor = view.has_second_factor.then(|| {
        view! {
            <details class="fold">
                <summary><h3>"The phone with the codes is lost"</h3> {icon(Icon::Chevron)}</summary>
                <div class="stack tight">
                    <p class="small">
                        "Signing in asks for the password alone then, and the recovery codes are worth nothing. Be sure that it is this person who asks you."
                    </p>
                    {press("people/drop-factor", "btn btn-error", "Switch second factor off")}
                </div>
            </details>
        }
    });
    view! {
        <section class="panel">
            <h2>"Cannot sign in?"</h2>
            <div class="stack">
                <p class="muted small">
                    "By a link this person chooses a new password. The one before counts until then."
                </p>
                {press("people/reset-link", "btn", "Make a link for a new password")}
                {factor}
            </div>
        </section>
    }
    .into_any()
}

fn sessions(view: &MemberView, end: ServerAction<EndSessions>) -> AnyView {
    let id = view.member.id.clone();
    view! {
        <section class="panel">
            <h2>"Sessions"</h2>
            <ActionForm action=end>
                <div class="stack">
                    {refusal(problem(end))}
                    <input type="hidden" name="id" value=id/>
                    <p class="muted small">
                        "Signs this person out everywhere, as after a lost phone. The password stays, and the person may sign in again."
                    </p>
                    <div><Button kind=ButtonKind::Plain busy=end.pending()>"End all sessions"</Button></div>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}
