//! A role's page: what it may do, and for roles of the organisation's own, to change it.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::choices::{boxes, given};
use super::functions::{DeleteRole, RoleView, SaveRole, get_role};
use super::roles::{bearers, origin};
use super::tabs::{ROLES, head};
use crate::staff::outcome::{announce, done, of_field, problem, refusal};
use crate::staff::{ActionForm, loaded};
use crate::ui::{Alert, Button, ButtonKind, Field, Icon, PageTitle, SkeletonRows, Tone, icon};

/// The page. Without a name in the address it makes a role.
#[component]
pub fn RolePage() -> impl IntoView {
    let params = use_params_map();
    let name = Memo::new(move |_| params.read().get("name"));
    let (save, delete) = (ServerAction::<SaveRole>::new(), ServerAction::<DeleteRole>::new());
    let saved = done(save);
    announce(saved, "Saved");
    let data = Resource::new(move || (name.get(), saved.get()), |(name, _)| get_role(name));
    view! {
        <PageTitle text="Role"/>
        {loaded(data, || view! { <SkeletonRows rows=9/> }.into_any(), move |view| show(view, save, delete))}
    }
}

fn show(view: RoleView, save: ServerAction<SaveRole>, delete: ServerAction<DeleteRole>) -> AnyView {
    let is_new = view.name.is_empty();
    let title = if is_new { "New role".to_owned() } else { view.label.clone() };
    let beside = (!is_new).then(|| view! { {origin(view.built_in)} {bearers(&view.name, view.members)} }.into_any());
    let head = head(title.clone(), beside, ROLES);
    let content = if view.may_change {
        let delete = (!is_new).then(|| delete_form(&view, delete));
        view! { {form(view, save)} {delete} }.into_any()
    } else {
        let why = if view.built_in {
            "Every organisation has this role. It cannot be changed; make one of your own instead."
        } else {
            "To change a role, one must be allowed to change the settings and to do all that the role may."
        };
        view! {
            <Alert tone=Tone::Info title=why/>
            <section class="panel"><h2>"Who has this role may"</h2>{given(view.groups)}</section>
        }
        .into_any()
    };
    view! { <PageTitle text=title/> {head} <div class="stack">{content}</div> }.into_any()
}

fn form(view: RoleView, save: ServerAction<SaveRole>) -> AnyView {
    let problem = problem(save);
    let words = if view.name.is_empty() { "Make the role" } else { "Save" };
    view! {
        <section class="panel">
            <ActionForm action=save keeps=true>
                <div class="stack">
                    {refusal(problem)}
                    <input type="hidden" name="name" value=view.name/>
                    <Field label="Name" name="label" value=view.label required=true maxlength=60u32
                        error=of_field(problem, "label")/>
                    <h2>"Who has this role may"</h2>
                    {boxes(view.groups, of_field(problem, "permissions"))}
                    <div><Button busy=save.pending()>{words}</Button></div>
                </div>
            </ActionForm>
        </section>
    }
    .into_any()
}

/// Deleting asks once. Whom it would leave without a role is asked about first.
fn delete_form(view: &RoleView, delete: ServerAction<DeleteRole>) -> AnyView {
    let (name, label) = (view.name.clone(), view.label.clone());
    let inside = if view.members > 0 {
        view! { <p>"Give those who have this role another one first. " {bearers(&name, view.members)}</p> }.into_any()
    } else {
        view! {
            <ActionForm action=delete>
                <div class="stack tight">
                    <input type="hidden" name="name" value=name/>
                    <p>{format!("Nobody has the role “{label}”. Deleted, it is gone for good.")}</p>
                    <div><Button kind=ButtonKind::Danger busy=delete.pending()>"Delete the role"</Button></div>
                </div>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <section class="panel">
            {refusal(problem(delete))}
            <details class="fold">
                <summary><h2>"Delete this role"</h2> {icon(Icon::Chevron)}</summary>
                {inside}
            </details>
        </section>
    }
    .into_any()
}
