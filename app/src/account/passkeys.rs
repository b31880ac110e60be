//! Passkeys: phones and computers that let one in by what unlocks them.

use leptos::prelude::*;

use super::functions::{PASSKEYS, PasskeyRow, PasskeysView, list_passkeys};
use super::prove;
use crate::passkey::{ADD_QUESTION, answer_fields};
use crate::sent::{Answered, calls};
use crate::staff::loaded;
use crate::ui::{Alert, AskFirst, Column, EmptyState, Field, Icon, PageTitle, SkeletonRows, Table, Tone};

/// The page.
#[component]
pub fn PasskeysPage() -> impl IntoView {
    let data = Resource::new(|| (), |()| list_passkeys());
    view! {
        <PageTitle text="Passkeys"/>
        <div class="page-head">
            <h1>"Passkeys"</h1>
            <a class="btn" href="/app/account">"Your account"</a>
        </div>
        {loaded(data, || view! { <SkeletonRows rows=4/> }.into_any(), show)}
    }
}

fn show(view: PasskeysView) -> AnyView {
    let PasskeysView { rows, host, proof, answered } = view;
    let may_change = proof.is_none();
    let above = may_change.then(|| answered.above());
    let list = if rows.is_empty() {
        view! {
            <div class="panel">
                <EmptyState symbol=Icon::Person title="No passkey yet"
                    text="A phone or computer that you unlock with a finger, a face or a PIN lets you in the same way: no password, no code."/>
            </div>
        }
        .into_any()
    } else {
        let columns = ["Name", "Added", "Last used", "Action"].map(Column::plain).to_vec();
        let rows: Vec<_> = rows.into_iter().map(|passkey| row(passkey, may_change)).collect();
        view! { <Table caption="Passkeys" columns=columns>{rows}</Table> }.into_any()
    };
    let change = match (host, proof) {
        (None, _) => view! {
            <Alert tone=Tone::Info title="There are no passkeys here">
                <p>"They are bound to a name, and this installation is reached by a number."</p>
            </Alert>
        }
        .into_any(),
        (Some(_), Some(proof)) => prove::form(proof, PASSKEYS.to_owned()),
        (Some(host), None) => form(&host, &answered),
    };
    view! { <div class="stack">{above} {list} {change}</div> }.into_any()
}

fn row(passkey: PasskeyRow, may_change: bool) -> AnyView {
    let words = format!("Remove {}", passkey.name);
    let used = passkey.used.map_or_else(|| "Never".into_any(), |used| used.view());
    let remove = may_change.then(|| {
        view! {
            <AskFirst words="Remove" label=words consequence="It lets nobody in any more. Remove it on the device as well.">
                <form method="post" action=PASSKEYS>
                    {calls("account/remove-passkey")} <input type="hidden" name="id" value=passkey.id/>
                    <button class="btn btn-error btn-sm" type="submit">"Remove it"</button>
                </form>
            </AskFirst>
        }
    });
    view! {
        <tr>
            <td class="head">{passkey.name}</td>
            <td data-label="Added" class="muted num">{passkey.added.view()}</td>
            <td data-label="Last used" class="muted num">{used}</td>
            <td>{remove}</td>
        </tr>
    }
    .into_any()
}

/// A passkey to be added; the script shows it where the browser can make one.
fn form(host: &str, answered: &Answered) -> AnyView {
    view! {
        <section class="panel">
            <h2>"Add this device"</h2>
            <p class="muted" data-no-passkeys="">
                {format!("This browser cannot make one here. It takes a current browser with scripts on, and the address {host}.")}
            </p>
            <form method="post" action=PASSKEYS data-passkey="create" data-question=ADD_QUESTION>
                <div class="stack">
                    {calls("account/add-passkey")}
                    <Field label="What you call it" name="name" value=answered.value("name").unwrap_or_default()
                        required=true maxlength=60u32 placeholder="My phone" error=answered.error("name")/>
                    {answer_fields("Nothing was added. Try again.".to_owned())}
                    <div><button class="btn btn-primary" type="submit">"Add a passkey"</button></div>
                </div>
            </form>
        </section>
    }
    .into_any()
}
