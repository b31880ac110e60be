//! The photos of a repair, and adding more from the shop floor.
//!
//! With script each photo goes to the server by itself, so that a bad one costs no other. Without it, all go in one form.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use officina::repairs::PhotoCategory;

use super::functions::RepairView;
use crate::staff::person::{FIELD, membership};
use crate::ui::{Alert, Icon, ToastKind, Tone, address, icon, toast};

/// Photos on their way to the server. It outlives the page's redrawing, which the first of them causes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Uploads {
    /// How many have arrived: what the page loads its data anew by.
    pub added: RwSignal<u32>,
    /// The number of the one that is on its way, and of how many.
    under_way: RwSignal<Option<(usize, usize)>>,
    /// What was refused, and why.
    refused: RwSignal<Vec<String>>,
}

impl Uploads {
    /// Says when some have arrived.
    pub fn announce(self) {
        Effect::new(move |before: Option<u32>| {
            let all = self.added.get();
            match all - before.unwrap_or(all) {
                0 => {}
                1 => toast(ToastKind::Done, "Photo added"),
                several => toast(ToastKind::Done, format!("{several} photos added")),
            }
            all
        });
    }
}

/// What a photo shows, for people.
const fn category_label(category: PhotoCategory) -> &'static str {
    match category {
        PhotoCategory::Front => "Front",
        PhotoCategory::Rear => "Rear",
        PhotoCategory::Left => "Left side",
        PhotoCategory::Right => "Right side",
        PhotoCategory::Detail => "Detail",
        PhotoCategory::Documents => "Documents",
    }
}

/// The section with the photos.
pub(super) fn photos(view: &RepairView, uploads: Uploads) -> AnyView {
    let repair = view.repair.id;
    let photos: Vec<_> = view
        .repair
        .photos
        .iter()
        .map(|photo| {
            let address = format!("/api/v1/repairs/{repair}/photos/{}", photo.id);
            let category =
                photo.category.parse().map_or(photo.category.clone(), |known| category_label(known).to_owned());
            let alt = format!("Photo: {category}");
            view! {
                <a href=address.clone() rel="external" target="_blank">
                    <img src=format!("{address}?size=thumb") alt=alt loading="lazy"/>
                    <span>{category}</span>
                </a>
            }
        })
        .collect();
    let content = if photos.is_empty() {
        view! { <p class="muted">"No photos yet."</p> }.into_any()
    } else {
        view! { <div class="gallery">{photos}</div> }.into_any()
    };
    let form = view.may_write.then(|| form(repair.to_string(), uploads));
    view! { <section class="panel"><h2>"Photos"</h2><div class="stack tight">{content} {form}</div></section> }
        .into_any()
}

/// What the address says of photos that were sent without script.
fn refused_without_script() -> Option<AnyView> {
    let outcome = use_query_map().with_untracked(|query| query.get("photos"))?;
    let why = match outcome.as_str() {
        "missing" => "Choose a photo first.",
        "large" => "These photos are too large, or too many.",
        "unsupported" => "One of the files is no photo that can be read.",
        _ => return None,
    };
    Some(view! { <Alert tone=Tone::Danger title=why/> }.into_any())
}

fn form(repair: String, uploads: Uploads) -> AnyView {
    let Uploads { under_way, refused, .. } = uploads;
    let scripted = RwSignal::new(false);
    Effect::new(move |_| scripted.set(true));
    let categories: Vec<_> = [PhotoCategory::Detail]
        .iter()
        .chain(PhotoCategory::ALL.iter().filter(|category| **category != PhotoCategory::Detail))
        .map(|category| view! { <option value=category.as_str()>{category_label(*category)}</option> })
        .collect();
    let busy = move || under_way.get().is_some();
    // It says for whom the page was made, as every call does.
    let to = address(&format!("/app/repairs/{repair}/photos"), &[(FIELD, membership().as_deref())]);
    let chosen = {
        let to = to.clone();
        move |event: leptos::ev::Event| send_chosen(&event, &to, uploads)
    };
    let chosen_again = chosen.clone();
    let progress = move || under_way.get().map(|(number, of)| format!("Uploading photo {number} of {of} …"));
    let problems = move || {
        let problems = refused.get();
        (!problems.is_empty()).then(|| {
            let lines: Vec<_> = problems.into_iter().map(|line| view! { <li>{line}</li> }).collect();
            view! { <Alert tone=Tone::Danger title="Not everything was added"><ul>{lines}</ul></Alert> }
        })
    };
    view! {
        {refused_without_script()}
        {problems}
        <form method="post" enctype="multipart/form-data" action=to class="row wrap">
            <label class="row small">
                "Shows" <select class="select select-sm" name="category">{categories}</select>
            </label>
            <label class="btn file-button" class:busy=busy>
                {icon(Icon::Camera)} "Take photo"
                <input type="file" name="photos" accept="image/*" capture="environment" disabled=busy on:change=chosen/>
            </label>
            <label class="btn file-button" class:busy=busy>
                {icon(Icon::List)} "Add from device"
                <input type="file" name="photos" accept="image/*" multiple=true disabled=busy on:change=chosen_again/>
            </label>
            <button class="btn" type="submit" hidden=move || scripted.get()>"Upload"</button>
            <span class="muted small" role="status">{progress}</span>
        </form>
    }
    .into_any()
}

#[cfg(not(feature = "hydrate"))]
const fn send_chosen(_: &leptos::ev::Event, _: &str, _: Uploads) {}

#[cfg(feature = "hydrate")]
fn send_chosen(event: &leptos::ev::Event, to: &str, uploads: Uploads) {
    use wasm_bindgen::JsCast;

    let Some(input) = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlInputElement>().ok()) else {
        return;
    };
    let category = input
        .form()
        .and_then(|form| web_sys::FormData::new_with_form(&form).ok())
        .and_then(|data| data.get("category").as_string())
        .unwrap_or_default();
    let files: Vec<web_sys::File> = input
        .files()
        .map(|files| (0..files.length()).filter_map(|index| files.get(index)).collect())
        .unwrap_or_default();
    // So that the same file can be chosen again.
    input.set_value("");
    leptos::task::spawn_local(browser::send_all(to.to_owned(), category, files, uploads));
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::prelude::*;
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;
    use web_sys::{File, FormData, RequestInit, Response};

    use super::Uploads;
    /// Sends one after the other, and gathers what was refused.
    pub(super) async fn send_all(address: String, category: String, files: Vec<File>, uploads: Uploads) {
        let all = files.len();
        uploads.refused.try_set(Vec::new());
        let mut added = 0_u32;
        for (index, file) in files.into_iter().enumerate() {
            uploads.under_way.try_set(Some((index + 1, all)));
            match send(&address, &category, &file).await {
                Ok(()) => added += 1,
                Err(why) => {
                    uploads.refused.try_update(|refused| refused.push(format!("{}: {why}", file.name())));
                }
            }
        }
        uploads.under_way.try_set(None);
        uploads.added.try_update(|sum| *sum += added);
    }

    async fn send(address: &str, category: &str, file: &File) -> Result<(), String> {
        let lost = |_: JsValue| "it did not arrive. Is there a network?".to_owned();
        let form = FormData::new().map_err(lost)?;
        form.append_with_blob(category, file).map_err(lost)?;
        let options = RequestInit::new();
        options.set_method("POST");
        options.set_body(&form);
        let answer = JsFuture::from(window().fetch_with_str_and_init(address, &options)).await.map_err(lost)?;
        let answer: Response = answer.dyn_into().map_err(lost)?;
        if answer.ok() {
            return Ok(());
        }
        let said = async { JsFuture::from(answer.json().ok()?).await.ok() }.await;
        let said = said.and_then(|body| js_sys::Reflect::get(&body, &"error".into()).ok()?.as_string());
        Err(said.unwrap_or_else(|| "it was refused.".to_owned()))
    }
}
