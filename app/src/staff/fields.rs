//! The fields of a form, as far as what is typed into them can be kept and put back.

use wasm_bindgen::JsCast;
use web_sys::{
    Element, HtmlDetailsElement, HtmlElement, HtmlFormElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement,
};

/// A field that may be kept.
pub(super) enum Field {
    Line(HtmlInputElement),
    Tick(HtmlInputElement),
    Text(HtmlTextAreaElement),
    Choice(HtmlSelectElement),
}

impl Field {
    pub(super) fn of(element: Element) -> Option<Self> {
        let element = match element.dyn_into::<HtmlTextAreaElement>() {
            Ok(text) => return Some(Self::Text(text)),
            Err(element) => element,
        };
        let element = match element.dyn_into::<HtmlSelectElement>() {
            Ok(choice) => return Some(Self::Choice(choice)),
            Err(element) => element,
        };
        let input = element.dyn_into::<HtmlInputElement>().ok()?;
        let is_secret = ["one-time-code", "current-password", "new-password"].contains(&input.autocomplete().as_str());
        match input.type_().as_str() {
            _ if is_secret => None,
            "checkbox" | "radio" => Some(Self::Tick(input)),
            "password" | "hidden" | "file" | "submit" | "button" | "reset" | "image" => None,
            _ => Some(Self::Line(input)),
        }
    }

    fn element(&self) -> &HtmlElement {
        match self {
            Self::Line(input) | Self::Tick(input) => input,
            Self::Text(text) => text,
            Self::Choice(choice) => choice,
        }
    }

    pub(super) fn form(&self) -> Option<HtmlFormElement> {
        match self {
            Self::Line(input) | Self::Tick(input) => input.form(),
            Self::Text(text) => text.form(),
            Self::Choice(choice) => choice.form(),
        }
    }

    pub(super) fn key(&self) -> String {
        match self {
            Self::Line(input) => input.name(),
            Self::Tick(input) => format!("{}={}", input.name(), input.get_attribute("value").unwrap_or_default()),
            Self::Text(text) => text.name(),
            Self::Choice(choice) => choice.name(),
        }
    }

    /// What a field for longer texts is called on the page.
    pub(super) fn label(&self) -> Option<String> {
        let Self::Text(text) = self else { return None };
        let frame = text.closest(".field").ok().flatten();
        let label = frame.and_then(|frame| frame.query_selector("label").ok().flatten()?.text_content());
        // The word that it may stay empty stands behind it.
        let label = label.and_then(|label| Some(label.split(" · ").next()?.trim().to_owned()));
        Some(label.unwrap_or_else(|| text.name()))
    }

    pub(super) fn value(&self) -> String {
        match self {
            Self::Line(input) => input.value(),
            Self::Tick(input) => input.checked().to_string(),
            Self::Text(text) => text.value(),
            Self::Choice(choice) => choice.value(),
        }
    }

    /// What it says when nobody has typed.
    pub(super) fn base(&self) -> String {
        match self {
            Self::Line(input) => input.default_value(),
            Self::Tick(input) => input.default_checked().to_string(),
            Self::Text(text) => text.default_value().unwrap_or_default(),
            Self::Choice(choice) => options(choice)
                .into_iter()
                .find(|option| option.has_attribute("selected"))
                .or_else(|| options(choice).into_iter().next())
                .and_then(|option| option.get_attribute("value"))
                .unwrap_or_default(),
        }
    }

    pub(super) fn put(&self, value: &str) {
        match self {
            Self::Line(input) => input.set_value(value),
            Self::Tick(input) => input.set_checked(value == "true"),
            Self::Text(text) => text.set_value(value),
            Self::Choice(choice) => choice.set_value(value),
        }
        // What is folded away would be sent unseen.
        let mut fold = self.element().closest("details").ok().flatten();
        while let Some(details) = fold {
            fold = details.parent_element().and_then(|parent| parent.closest("details").ok().flatten());
            details.unchecked_into::<HtmlDetailsElement>().set_open(true);
        }
    }

    /// Makes what it says what it says when nobody has typed.
    pub(super) fn settle(&self) {
        match self {
            Self::Line(input) => input.set_default_value(&input.value()),
            Self::Tick(input) => input.set_default_checked(input.checked()),
            // Leptos writes its content, and no text that could be markup is written here.
            Self::Text(text) => text.set_text_content(Some(&text.value())),
            Self::Choice(choice) => {
                let chosen = choice.value();
                for option in options(choice) {
                    // Refused only for names that are none.
                    let _ = if option.get_attribute("value").as_deref() == Some(chosen.as_str()) {
                        option.set_attribute("selected", "")
                    } else {
                        option.remove_attribute("selected")
                    };
                }
            }
        }
    }
}

fn options(choice: &HtmlSelectElement) -> Vec<Element> {
    let options = choice.options();
    (0..options.length()).filter_map(|index| options.item(index)).collect()
}

/// The fields of a form that may be kept.
pub(super) fn fields(form: &HtmlFormElement) -> Vec<Field> {
    let elements = form.elements();
    (0..elements.length()).filter_map(|index| Field::of(elements.item(index)?)).collect()
}
