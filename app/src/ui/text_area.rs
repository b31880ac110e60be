//! The one text area of the product.

use leptos::prelude::*;

use super::escape;
use super::field::FieldFrame;

/// A text of several lines with its label, hint and error.
///
/// Leptos does not escape the children of a text area when it renders on the server, so that a stored
/// `</textarea><script>` would come alive. Here the text is escaped by hand, and nothing else in the product may write
/// the element.
#[component]
pub fn TextArea(
    /// What is asked for.
    #[prop(into)]
    label: String,
    /// The name that the value is sent under.
    #[prop(into)]
    name: String,
    /// What stands in it at first.
    #[prop(optional, into)]
    value: String,
    /// A word of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Why the value was refused.
    #[prop(optional, into)]
    error: MaybeProp<String>,
    /// The word that marks a field which may stay empty.
    #[prop(optional, into)]
    optional_word: Option<String>,
    /// The most characters that can be typed.
    #[prop(optional, into)]
    maxlength: Option<u32>,
    /// Lines to show.
    #[prop(default = 4)]
    rows: u32,
    /// What its id is made of, where several forms on a page have a text of this name.
    #[prop(optional, into)]
    id: Option<String>,
) -> impl IntoView {
    let key = id.unwrap_or_else(|| name.clone());
    let id = format!("f-{key}");
    let described = super::field::described_by(&key, hint.is_some(), error);
    view! {
        <FieldFrame label=label name=key hint=hint error=error optional_word=optional_word>
            <textarea class="textarea" id=id name=name rows=rows maxlength=maxlength aria-describedby=described
                aria-invalid=move || error.get().map(|_| "true") inner_html=content(&value)></textarea>
        </FieldFrame>
    }
}

/// The text as the content of the element. A line break at its very start would be dropped by the parser, so one more
/// is put before it.
fn content(text: &str) -> String {
    let escaped = escape(text);
    if text.starts_with('\n') { format!("\n{escaped}") } else { escaped }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_the_text_area() {
        let html = Owner::new().with(|| {
            view! { <TextArea label="Notes" name="notes" value="</textarea><script>alert(1)</script>&amp;"/> }.to_html()
        });
        assert!(!html.contains("<script"), "{html}");
        assert_eq!(html.matches("</textarea>").count(), 1, "{html}");
        assert!(html.contains("&lt;/textarea&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;amp;"), "{html}");
    }

    #[test]
    fn a_first_line_break_is_kept() {
        assert_eq!(content("\nsecond line"), "\n\nsecond line");
    }
}
