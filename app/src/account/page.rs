//! The account page.

use leptos::prelude::*;

use super::functions::{
    AccountView, ChangePassword, EndSession, PASSKEYS, SECOND_FACTOR, SessionRow, UpdateAccount, get_account,
};
use crate::sent::calls;
use crate::staff::outcome::{announce, done, of_field, problem, refusal};
use crate::staff::{ActionForm, PHONE_HINT, loaded, refused};
use crate::ui::{
    Badge, Button, ButtonKind, Column, Field, Icon, PageTitle, SkeletonRows, Table, ToastKind, Tone, toast,
};

/// The page.
#[component]
pub fn AccountPage() -> impl IntoView {
    let end = ServerAction::<EndSession>::new();
    let password = ServerAction::<ChangePassword>::new();
    let update = ServerAction::<UpdateAccount>::new();
    let updated = done(update);
    announce(updated, "Saved");
    let versions = move || (end.version().get(), password.version().get(), updated.get());
    let data = Resource::new(versions, |_| get_account());
    Effect::new(move |_| {
        if let Some(Ok(())) = password.value().get() {
            toast(ToastKind::Done, "Password changed. Your other sessions have ended.");
        }
    });
    let refusal = move || {
        let error = end.value().get().and_then(Result::err);
        error.map(|error| view! { <div class="stack">{refused(&error)}</div> })
    };
    view! {
        <PageTitle text="Your account"/>
        {refusal}
        {loaded(data, || view! { <SkeletonRows rows=6/> }.into_any(), move |view| show(view, end, password, update))}
    }
}

fn show(
    view: AccountView,
    end: ServerAction<EndSession>,
    password: ServerAction<ChangePassword>,
    update: ServerAction<UpdateAccount>,
) -> AnyView {
    let person = person_form(view.name.clone(), view.phone.clone(), update);
    let others = view.sessions.len() > 1;
    let end_others = others.then(|| {
        view! {
            <ActionForm action=end>
                <Button kind=ButtonKind::Plain>"End all others"</Button>
            </ActionForm>
        }
    });
    let rows: Vec<_> = view.sessions.into_iter().map(|session| row(session, end)).collect();
    let notices = view.is_told.then(|| {
        view! {
            <section class="panel">
                <h2>"Notices"</h2>
                <div class="spread wrap">
                    <span>"What you are told, and how."</span> <a class="btn" href="/app/account/notices">"Choose"</a>
                </div>
            </section>
        }
    });
    let columns = ["Device", "Organisation", "Address", "Signed in", "Last used", "Action"].map(Column::plain).to_vec();
    view! {
        <div class="page-head">
            <h1>{view.name}</h1>
            <span class="muted small">{view.login}</span>
        </div>
        <div class="stack">
            {view.answered.above()}
            {organisations(&view.organisations, &view.organisation)}
            <div class="spread wrap"><h2>"Where you are signed in"</h2>{end_others}</div>
            <Table caption="Sessions" columns=columns>{rows}</Table>
            <section class="panel">
                <h2>"Signing in with a code"</h2>
                <div class="spread wrap">
                    <div class="row wrap">{factor_badge(view.factor)} <span>{view.factor_words}</span></div>
                    <a class="btn" href=SECOND_FACTOR>{if view.factor { "Change" } else { "Switch on" }}</a>
                </div>
            </section>
            <section class="panel">
                <h2>"Passkeys"</h2>
                <div class="spread wrap">
                    <span>{view.passkey_words}</span> <a class="btn" href=PASSKEYS>"Passkeys"</a>
                </div>
            </section>
            {notices}
            {person}
            {password_form(password)}
        </div>
    }
    .into_any()
}

fn row(session: SessionRow, end: ServerAction<EndSession>) -> AnyView {
    let action = if session.current {
        view! { <Badge tone=Tone::Success symbol=Icon::Check label="This one"/> }.into_any()
    } else {
        let words = format!("End the session of {}", session.device);
        view! {
            <ActionForm action=end>
                <input type="hidden" name="id" value=session.id/>
                <button class="btn btn-sm" type="submit" aria-label=words>"End"</button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <tr>
            <td class="head">{session.device}</td>
            <td data-label="Organisation">{session.organisation}</td>
            <td data-label="Address" class="num">{session.address}</td>
            <td data-label="Signed in" class="muted num">{session.began.view()}</td>
            <td data-label="Last used" class="muted num">{session.used.view()}</td>
            <td>{action}</td>
        </tr>
    }
    .into_any()
}

/// Whether signing in asks for a code.
pub(super) fn factor_badge(on: bool) -> AnyView {
    if on {
        view! { <Badge tone=Tone::Success symbol=Icon::Check label="On"/> }.into_any()
    } else {
        view! { <Badge symbol=Icon::Cross label="Off"/> }.into_any()
    }
}

/// The other organisations. Going over loads the whole page anew: the frame around it is of one organisation.
fn organisations(known: &[(String, String)], here: &str) -> Option<AnyView> {
    let others: Vec<_> = known
        .iter()
        .filter(|(id, _)| id != here)
        .map(|(id, name)| {
            view! { <button class="btn" type="submit" name="id" value=id.clone()>{name.clone()}</button> }
        })
        .collect();
    (!others.is_empty()).then(|| {
        view! {
            <section class="panel">
                <h2>"Go over to"</h2>
                <form method="post" action="/app/account">
                    {calls("account/switch")} <div class="row wrap">{others}</div>
                </form>
            </section>
        }
        .into_any()
    })
}

/// Name and phone number.
fn person_form(name: String, phone: String, update: ServerAction<UpdateAccount>) -> AnyView {
    let problem = problem(update);
    view! {
        <section class="panel">
            <h2>"You"</h2>
            <ActionForm action=update keeps=true>
                <div class="stack">
                    {refusal(problem)}
                    <Field label="Name" name="name" value=name required=true maxlength=120u32 autocomplete="name"
                        error=of_field(problem, "name")/>
                    <Field label="Phone" name="phone" value=phone kind="tel" maxlength=40u32 autocomplete="tel"
                        hint=PHONE_HINT
                        error=of_field(problem, "phone")/>
                    <div class="row"><Button busy=update.pending()>"Save"</Button></div>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}

fn password_form(password: ServerAction<ChangePassword>) -> AnyView {
    let error = move |field: &'static str| {
        Signal::derive(move || password.value().get().and_then(Result::err).and_then(|error| error.field(field)))
    };
    view! {
        <section class="panel" id="password">
            <h2>"Password"</h2>
            <ActionForm action=password>
                <div class="stack">
                    <Field label="Your password until now" name="current_password" kind="password" required=true
                        autocomplete="current-password" error=error("currentPassword")/>
                    <Field label="Your new password" name="new_password" kind="password" required=true
                        autocomplete="new-password" hint="At least 10 characters. A few words that belong to you alone are best."
                        error=error("newPassword")/>
                    <div class="row"><Button busy=password.pending()>"Change the password"</Button></div>
                    <p class="muted small">"Your other sessions end when the password changes."</p>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}
