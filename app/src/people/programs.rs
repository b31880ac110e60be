//! The keys of programs.

use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;

use super::choices::{boxes, sentences};
use super::functions::{
    CreateToken, FreshKey, PermissionGroup, RevokeToken, RevokeTokens, TokenRow, TokensView, list_tokens,
};
use super::outcome::{announce, done, of_field, problem, refusal};
use super::tabs::{PROGRAMS, head};
use crate::staff::loaded;
use crate::ui::{
    Alert, Button, ButtonKind, Column, EmptyState, Field, FieldFrame, Icon, PageTitle, SkeletonRows, Table, Tone, icon,
};

/// How long a key works if nobody says otherwise, in days.
const DAYS: &str = "365";

/// The page.
#[component]
pub fn ProgramsPage() -> impl IntoView {
    let create = ServerAction::<CreateToken>::new();
    let revoke = ServerAction::<RevokeToken>::new();
    let revoke_all = ServerAction::<RevokeTokens>::new();
    let (created, revoked, all_revoked) = (done(create), done(revoke), done(revoke_all));
    announce(revoked, "The key is revoked");
    announce(all_revoked, "All keys are revoked");
    let data = Resource::new(move || (created.get(), revoked.get(), all_revoked.get()), |_| list_tokens());
    view! {
        <PageTitle text="Programs"/>
        {head("People".to_owned(), None, PROGRAMS)}
        <div class="stack">
            {refusal(problem(revoke))}
            {refusal(problem(revoke_all))}
            {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), move |view| show(view, create, revoke, revoke_all))}
        </div>
    }
}

fn show(
    view: TokensView,
    create: ServerAction<CreateToken>,
    revoke: ServerAction<RevokeToken>,
    revoke_all: ServerAction<RevokeTokens>,
) -> AnyView {
    let at_once = view.fresh;
    let fresh = move || create.value().get().and_then(Result::ok).or_else(|| at_once.clone()).map(fresh_key);
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
            {fresh}
            {list}
            {form(view.groups, create)}
            {all}
        </div>
    }
    .into_any()
}

/// The key, this once.
fn fresh_key(fresh: FreshKey) -> AnyView {
    let title = format!("The key of “{}”", fresh.name);
    let field = NodeRef::<Input>::new();
    // It may come far above the form that asked for it.
    field.on_load(|field| {
        // A field that cannot be focused is still there to be seen.
        let _ = field.focus();
    });
    let select = move |_| {
        if let Some(field) = field.get_untracked() {
            field.select();
        }
    };
    view! {
        <Alert tone=Tone::Success title=title>
            <div class="stack tight">
                <p>"Copy it now and give it to the program. It is shown this once and cannot be looked up again."</p>
                <FieldFrame label="Key" name="key" hint=Some("Sent as “Authorization: Bearer”, then the key.".to_owned())>
                    <input class="input mono" id="f-key" type="text" readonly=true value=fresh.key autocomplete="off"
                        spellcheck="false" aria-describedby="f-key-hint" node_ref=field on:focus=select/>
                </FieldFrame>
            </div>
        </Alert>
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
                <details class="steps inline">
                    <summary class="btn btn-sm" aria-label=words>"Revoke"</summary>
                    <ActionForm action=revoke>
                        <input type="hidden" name="id" value=token.id/>
                        <p class="small">"The program is out at once."</p>
                        <button class="btn btn-error btn-sm" type="submit">"Revoke it"</button>
                    </ActionForm>
                </details>
            </td>
        </tr>
    }
    .into_any()
}

/// A key to be made. Without script the form goes to the page itself, whose answer then holds the key: it must not go
/// through an address or a cookie, as what other forms answer does.
fn form(groups: Vec<PermissionGroup>, create: ServerAction<CreateToken>) -> AnyView {
    let problem = problem(create);
    let submit = move |event: SubmitEvent| {
        if let Ok(input) = CreateToken::from_event(&event) {
            event.prevent_default();
            create.dispatch(input);
        }
    };
    view! {
        <section class="panel">
            <h2>"A key for a program"</h2>
            <form method="post" action=PROGRAMS on:submit=submit>
                <div class="stack">
                    {refusal(problem)}
                    <div class="fields two">
                        <Field label="What it is for" name="name" required=true maxlength=80u32
                            placeholder="Website, accounting" error=of_field(problem, "name")/>
                        <Field label="Days until it ends" name="days" kind="number" min="1" max="3650" value=DAYS
                            inputmode="numeric" hint="Empty: it does not end by itself."
                            error=of_field(problem, "expiresInDays")/>
                    </div>
                    <h2>"The program may"</h2>
                    {boxes(groups, of_field(problem, "permissions"))}
                    <p class="muted small">"It never does more than you may do yourself, and rests while you may not come in."</p>
                    <div><Button busy=create.pending()>"Make a key"</Button></div>
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
