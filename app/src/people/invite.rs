//! Asking somebody in, and the invitations that nobody has followed yet.

use leptos::prelude::*;

use super::functions::{InvitationRow, InviteView, get_invite};
use super::tabs::{INVITE, MEMBERS, head};
use crate::sent::{Answered, calls};
use crate::staff::{loaded, proof_first};
use crate::ui::{AskFirst, Column, Field, PageTitle, Select, SkeletonRows, Table};

/// The page.
#[component]
pub fn InvitePage() -> impl IntoView {
    let data = Resource::new(|| (), |()| get_invite());
    view! {
        <PageTitle text="Invite"/>
        {head("Invite".to_owned(), None, MEMBERS)}
        {loaded(data, || view! { <SkeletonRows rows=8/> }.into_any(), show)}
    }
}

fn show(view: InviteView) -> AnyView {
    let InviteView { roles, way, proof, rows, answered } = view;
    let pending = (!rows.is_empty()).then(|| {
        let columns = ["Name", "Signs in with", "Role", "Invited by", "Until", "Action"].map(Column::plain).to_vec();
        let rows: Vec<_> = rows.into_iter().map(row).collect();
        view! {
            <h2>"Not followed yet"</h2>
            <Table caption="Invitations" columns=columns>{rows}</Table>
        }
    });
    view! { <div class="stack">{answered.above()} {form(roles, way, proof, &answered)} {pending}</div> }.into_any()
}

fn form(roles: Vec<(String, String)>, way: String, proof: Option<String>, answered: &Answered) -> AnyView {
    let typed = |field: &str| answered.value(field).unwrap_or_default();
    view! {
        <section class="panel">
            <h2>"Who comes in?"</h2>
            {proof_first(proof, "Inviting somebody who may invite others or change settings asks once more who you are.")}
            <form method="post" action=INVITE>
                <div class="stack">
                    {calls("people/invite")}
                    <div class="fields two">
                        <Field label="Name" name="name" value=typed("name") required=true maxlength=120u32
                            error=answered.error("name")/>
                        <Select label="Role" name="role" value=typed("role") options=roles error=answered.error("role")/>
                        <Field label="E-mail" name="email" kind="email" value=typed("email") maxlength=254u32
                            error=answered.error("email")/>
                        <Field label="Phone" name="phone" kind="tel" value=typed("phone") maxlength=40u32
                            hint="One of the two is enough: the person signs in with it." error=answered.error("phone")/>
                    </div>
                    <p class="muted small">{way}</p>
                    <div><button class="btn btn-primary" type="submit">"Invite"</button></div>
                </div>
            </form>
        </section>
    }
    .into_any()
}

fn row(invitation: InvitationRow) -> AnyView {
    let words = format!("Withdraw the invitation of {}", invitation.name);
    view! {
        <tr>
            <td class="head">{invitation.name}</td>
            <td data-label="Signs in with">{invitation.login}</td>
            <td data-label="Role">{invitation.role}</td>
            <td data-label="Invited by">{invitation.inviter}</td>
            <td data-label="Until" class="muted num">{invitation.until.view()}</td>
            <td>
                <AskFirst words="Withdraw" label=words consequence="The link is worth nothing from then on.">
                    <form method="post" action=INVITE>
                        {calls("people/withdraw")} <input type="hidden" name="id" value=invitation.id/>
                        <button class="btn btn-error btn-sm" type="submit">"Withdraw it"</button>
                    </form>
                </AskFirst>
            </td>
        </tr>
    }
    .into_any()
}
