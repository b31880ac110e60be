//! Permissions in words: to read, and to tick.

use leptos::prelude::*;

use super::functions::{PermissionGroup, PermissionLine};
use crate::ui::{Icon, icon};

/// Sentences as a list.
pub(super) fn sentences(sentences: Vec<String>) -> AnyView {
    if sentences.is_empty() {
        return view! { <p class="muted">"Nothing yet."</p> }.into_any();
    }
    let items: Vec<_> = sentences.into_iter().map(|sentence| view! { <li>{sentence}</li> }).collect();
    view! { <ul class="bullets">{items}</ul> }.into_any()
}

/// Permissions to read, by area.
pub(super) fn given(groups: Vec<PermissionGroup>) -> AnyView {
    if groups.is_empty() {
        return sentences(Vec::new());
    }
    let parts: Vec<_> = groups
        .into_iter()
        .map(|group| {
            let lines = group.lines.into_iter().map(|line| line.sentence).collect();
            view! { <div><h3>{group.label}</h3>{sentences(lines)}</div> }
        })
        .collect();
    view! { <div class="stack">{parts}</div> }.into_any()
}

/// All permissions to tick, by area, and why they were refused.
pub(super) fn boxes(groups: Vec<PermissionGroup>, error: Signal<Option<String>>) -> AnyView {
    let parts: Vec<_> = groups
        .into_iter()
        .map(|group| {
            let lines: Vec<_> = group.lines.into_iter().map(one_box).collect();
            view! {
                <fieldset class="field">
                    <legend>{group.label}</legend>
                    <div class="choices">{lines}</div>
                </fieldset>
            }
        })
        .collect();
    let error = move || {
        error.get().map(|words| {
            view! { <div class="field" role="alert"><span class="error">{icon(Icon::Warning)} <span>{words}</span></span></div> }
        })
    };
    view! { <div class="stack">{error} {parts}</div> }.into_any()
}

/// A permission to tick. What one does not have oneself cannot be handed on.
fn one_box(line: PermissionLine) -> AnyView {
    let why = (!line.yours).then(|| view! { <span class="muted small">"You may not do this yourself."</span> });
    view! {
        <label>
            <input class="checkbox checkbox-sm" type="checkbox" name="permissions[]" value=line.word checked=line.held
                disabled=!line.yours/>
            <span class="stack tight"><span>{line.sentence}</span> {why}</span>
        </label>
    }
    .into_any()
}
