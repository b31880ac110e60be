//! The keys of programs.

use leptos::prelude::*;

use super::choices::{boxes, sentences};
use super::functions::{PermissionGroup, RevokeToken, RevokeTokens, TokenRow, TokensView, list_tokens};
use super::tabs::{PROGRAMS, head};
use crate::sent::{Answered, calls};
use crate::staff::outcome::{announce, done, problem, refusal};
use crate::staff::{ActionForm, loaded, proof_first};
use crate::ui::{AskFirst, Button, ButtonKind, Column, EmptyState, Field, Icon, PageTitle, SkeletonRows, Table, icon};

/// How long a key works if nobody says otherwise, in days.
const DAYS: &str = "365";

/// The page.
#[component]
pub fn ProgramsPage() -> impl IntoView {
    let revoke = ServerAction::<RevokeToken>::new();
    let revoke_all = ServerAction::<RevokeTokens>::new();
    let (revoked, all_revoked) = (done(revoke), done(revoke_all));
    announce(revoked, "The key is revoked");
    announce(all_revoked, "All keys are revoked");
    let data = Resource::new(move || (revoked.get(), all_revoked.get()), |_| list_tokens());
    view! {
        <PageTitle text="Programs"/>
        {head("People".to_owned(), None, PROGRAMS)}
        <div class="stack">
            {refusal(problem(revoke))}
            {refusal(problem(revoke_all))}
            {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), move |view| show(view, revoke, revoke_all))}
        </div>
    }
}

fn show(view: TokensView, revoke: ServerAction<RevokeToken>, revoke_all: ServerAction<RevokeTokens>) -> AnyView {
    let all = (view.rows.len() > 1).then(|| revoke_all_form(&view.rows, revoke_all));
    let list = if view.rows.is_empty() {
        view! {
            <div class="panel">
                <EmptyState symbol=Icon::Plug title="No program has a key"
                    text="Your website or your accounting gets one here, and may do no more than you tick."/>
            </div>
        }
        .into_any()
    } else {
        let columns = ["Name", "May", "Made by", "Last used", "Ends", "Action"].map(Column::plain).to_vec();
        let rows: Vec<_> = view.rows.into_iter().map(|token| row(token, revoke)).collect();
        view! { <Table caption="Keys of programs" columns=columns>{rows}</Table> }.into_any()
    };
    view! {
        <div class="stack">
            {view.answered.above()}
            {list}
            {form(view.groups, view.proof, &view.answered)}
            {all}
        </div>
    }
    .into_any()
}

fn row(token: TokenRow, revoke: ServerAction<RevokeToken>) -> AnyView {
    let count = match token.may.len() {
        1 => "One thing".to_owned(),
        more => format!("{more} things"),
    };
    let words = format!("Revoke the key of {}", token.name);
    let used = token.used.map_or_else(|| "Never".into_any(), |used| used.view());
    let ends = token.ends.map_or_else(|| "Not by itself".into_any(), |ends| ends.view());
    view! {
        <tr>
            <td class="head">{token.name}</td>
            <td data-label="May">
                <details class="steps"><summary>{count} {icon(Icon::Chevron)}</summary>{sentences(token.may)}</details>
            </td>
            <td data-label="Made by">{token.maker}</td>
            <td data-label="Last used" class="muted num">{used}</td>
            <td data-label="Ends" class="muted">{ends}</td>
            <td>
                <AskFirst words="Revoke" label=words consequence="The program is out at once.">
                    <ActionForm action=revoke>
                        <input type="hidden" name="id" value=token.id/>
                        <button class="btn btn-error btn-sm" type="submit">"Revoke it"</button>
                    </ActionForm>
                </AskFirst>
            </td>
        </tr>
    }
    .into_any()
}

/// A key to be made.
fn form(groups: Vec<PermissionGroup>, proof: Option<String>, answered: &Answered) -> AnyView {
    let days = answered.value("days").unwrap_or_else(|| DAYS.to_owned());
    let error = answered.error("permissions");
    view! {
        <section class="panel">
            <h2>"A key for a program"</h2>
            {proof_first(proof, "Making a key asks once more who you are.")}
            <form method="post" action=PROGRAMS>
                <div class="stack">
                    {calls("people/create-token")}
                    <div class="fields two">
                        <Field label="What it is for" name="name" value=answered.value("name").unwrap_or_default()
                            required=true maxlength=80u32 placeholder="Website, accounting" error=answered.error("name")/>
                        <Field label="Days until it ends" name="days" kind="number" min="1" max="3650" value=days
                            inputmode="numeric" hint="Empty: it does not end by itself."
                            error=answered.error("expiresInDays")/>
                    </div>
                    <h2>"The program may"</h2>
                    {boxes(groups, Signal::stored(error))}
                    <p class="muted small">"It never does more than you may do yourself, and rests while you may not come in."</p>
                    <div><button class="btn btn-primary" type="submit">"Make a key"</button></div>
                </div>
            </form>
        </section>
    }
    .into_any()
}

/// Revoking all asks once, and names what is lost.
fn revoke_all_form(rows: &[TokenRow], revoke_all: ServerAction<RevokeTokens>) -> AnyView {
    let words = format!("Revoke all {} keys", rows.len());
    let names: Vec<String> = rows.iter().map(|token| token.name.clone()).collect();
    view! {
        <section class="panel">
            <details class="fold">
                <summary><h2>"Revoke all keys"</h2> {icon(Icon::Chevron)}</summary>
                <ActionForm action=revoke_all>
                    <div class="stack tight">
                        <p>"These programs are out at once, and need a new key each to come back:"</p>
                        {sentences(names)}
                        <div>
                            <Button kind=ButtonKind::Danger busy=revoke_all.pending()>{words}</Button>
                        </div>
                    </div>
                </ActionForm>
            </details>
        </section>
    }
    .into_any()
}
