//! The public pages as documents: complete in both languages, and inert whatever people type.
#![cfg(feature = "ssr")]

use app::moment::Moment;
use app::public::track::{Step, TrackPage, TrackedPhoto};
use app::public::{FormState, Language, Visit, check_in, contact, entry, notice, sign_in, track};
use officina::identity::{Area, Organisation, PublicContact, PublicForm, TemperatureUnit};
use officina::kernel::ids::OrgId;
use officina::repairs::{LINE, RepairStatus};

const NASTY: &str = "</textarea></title><script>alert('1')</script>\"' onfocus=alert(1) ";

const NO_WAYS: sign_in::Ways = sign_in::Ways { forgot: false, register: false, passkey: None };
fn all_ways() -> sign_in::Ways {
    sign_in::Ways { forgot: true, register: true, passkey: Some("desk.example.org".to_owned()) }
}

fn visit(language: Language, name: &str) -> Visit {
    let organisation = Organisation {
        id: OrgId::new(),
        slug: "demo".to_owned(),
        name: name.to_owned(),
        areas: Area::ALL.to_vec(),
        locale: "it".to_owned(),
        time_zone: "Europe/Rome".to_owned(),
        accent: "#0f766e".to_owned(),
        self_registration: true,
        public_forms: PublicForm::ALL.to_vec(),
        logo: None,
        temperature_unit: TemperatureUnit::Celsius,
        contact: PublicContact::default(),
    };
    Visit { organisation, language, base: String::new(), here: "/here".to_owned(), nonce: Some("n0nce".to_owned()) }
}

fn when() -> Moment {
    Moment {
        words: "10 minutes ago".to_owned(),
        exact: "20 November 2026, 10:00".to_owned(),
        machine: "2026-11-20T09:00:00Z".to_owned(),
    }
}

fn tracked(status: RepairStatus, text: &str, photos: Option<Vec<TrackedPhoto>>) -> TrackPage {
    let step = |status: &RepairStatus| Step {
        status: *status,
        when: when(),
        note: Some(text.to_owned()),
        is_note: *status == RepairStatus::Accepted,
    };
    TrackPage {
        code: "A2B3CD".to_owned(),
        status,
        waiting_from: (status == RepairStatus::WaitingParts).then_some(RepairStatus::Painting),
        first_name: text.to_owned(),
        plate_hint: "AB•••••".to_owned(),
        vehicle: text.to_owned(),
        appointment: Some(when()),
        promised: Some(when()),
        updated: when(),
        steps: LINE.iter().rev().map(step).collect(),
        photos,
    }
}

/// A form in which every field holds the text and was refused.
fn refused(text: &str) -> FormState {
    let check_in = "customerName customerPhone customerEmail vehiclePlate vehicleBrand vehicleModel vehicleYear vin \
                    repairType notes accidentDate accidentPlace insuranceCompany policyNumber preferredDate \
                    preferredTime front documents";
    let contact = "name phone email leadType cityName message";
    let entry = "firstName lastName slug timeZone person password";
    let mut state = FormState::default();
    for field in check_in.split(' ').chain(contact.split(' ')).chain(entry.split(' ')) {
        state.values.insert(field.to_owned(), text.to_owned());
        state.errors.add(field, "required", "is required");
    }
    state
}

fn contact_form(state: FormState) -> contact::ContactForm {
    contact::ContactForm { state, token: "t".to_owned(), rendered: "signed".to_owned() }
}

fn check_in_form(state: FormState) -> check_in::CheckInForm {
    check_in::CheckInForm { state, photos_lost: true, token: "t".to_owned(), today: "2026-11-20".to_owned() }
}

/// Every page with a text in all the places where people's texts stand.
fn pages(visit: &Visit, text: &str) -> Vec<(&'static str, String)> {
    let photo = TrackedPhoto { category: "front".to_owned(), full: "/f".to_owned(), thumbnail: "/t".to_owned() };
    let done = check_in::CheckInDone {
        code: "A2B3CD".to_owned(),
        first_name: text.to_owned(),
        photos: 2,
        refused: Vec::new(),
    };
    vec![
        ("check-in", check_in::form(visit, &check_in_form(FormState::default()))),
        ("check-in-refused", check_in::form(visit, &check_in_form(refused(text)))),
        ("check-in-done", check_in::done(visit, &done)),
        ("track-ask", track::ask(visit, None)),
        ("track-miss", track::ask(visit, Some(text))),
        ("track", track::show(visit, &tracked(RepairStatus::Painting, text, None))),
        ("track-waiting", track::show(visit, &tracked(RepairStatus::WaitingParts, text, Some(vec![photo])))),
        ("track-cancelled", track::show(visit, &tracked(RepairStatus::Cancelled, text, Some(vec![])))),
        ("contact", contact::form(visit, &contact_form(FormState::default()))),
        ("contact-refused", contact::form(visit, &contact_form(refused(text)))),
        ("contact-done", contact::done(visit)),
        ("sign-in", sign_in::form(visit, sign_in::SignInReason::Fresh, "", "/app", NO_WAYS)),
        ("sign-in-limited", sign_in::form(visit, sign_in::SignInReason::Limited(30), text, text, all_ways())),
        ("join", entry::join(visit, entry::Invited::New, text, "/join/t", &refused(text))),
        ("join-known", entry::join(visit, entry::Invited::Known, text, "/join/t", &FormState::default())),
        ("join-here", entry::join(visit, entry::Invited::Here, text, "/join/t", &FormState::default())),
        ("join-else", entry::join(visit, entry::Invited::Else, text, "/join/t", &FormState::default())),
        ("forgot", entry::forgot(visit, &refused(text))),
        ("reset", entry::reset(visit, "/reset/t", &refused(text))),
        ("register", entry::register(visit, &refused(text))),
        ("confirm", entry::confirm(visit, "/register/t", &refused(text))),
        ("code", entry::code(visit, text, text, true)),
        ("setup", entry::setup(visit, "/setup/t", &refused(text))),
        ("link-over", entry::said(visit, "link-over")),
        ("forgot-done", entry::said(visit, "forgot-done")),
        ("forgot-off", entry::said(visit, "forgot-off")),
        ("register-done", entry::said(visit, "register-done")),
        ("not-found", notice::not_found(visit)),
        ("too-many", notice::too_many(visit, 30)),
        ("busy", notice::busy(visit)),
    ]
}

#[test]
fn every_page_is_complete_in_both_languages() {
    for language in [Language::Italian, Language::English] {
        for (name, html) in pages(&visit(language, "Carrozzeria Rossi"), "Anna") {
            assert!(html.starts_with("<!DOCTYPE html><html lang="), "{name}: {}", &html[..80]);
            assert!(!html.contains('⟦'), "{name} lacks a text: {}", html.split('⟦').nth(1).unwrap_or_default());
            assert!(html.contains("<main") && html.contains("<h1"), "{name}");
        }
    }
}

#[test]
fn no_page_carries_a_script_or_lets_one_in() {
    // But for the one that asks for a passkey, where people sign in.
    let ours = format!("<script nonce=\"n0nce\">{}</script>", app::passkey::script("desk.example.org"));
    for (name, html) in pages(&visit(Language::English, NASTY), NASTY) {
        assert_eq!(html.contains(&ours), name == "sign-in-limited", "{name}");
        let html = html.replace(&ours, "");
        assert!(!html.contains("<script"), "{name}: {html}");
        let tags = html.split('<').filter_map(|piece| piece.split_once('>')).map(|(tag, _)| tag);
        for tag in tags {
            assert!(!tag.contains("\"' onfocus="), "{name}: a value leaves its quotes in <{tag}>");
        }
    }
}

#[test]
fn a_refused_form_keeps_what_was_typed_and_says_why_beside_the_field() {
    let mut state = FormState::default();
    state.values.insert("customerName".to_owned(), "Anna Rossi".to_owned());
    state.values.insert("notes".to_owned(), "hit & run <3".to_owned());
    state.errors.add("customerPhone", "required", "is required");
    let html = check_in::form(&visit(Language::English, "Rossi"), &check_in_form(state));
    assert!(html.contains("value=\"Anna Rossi\""), "{html}");
    assert!(html.contains(">hit &amp; run &lt;3</textarea>"), "{html}");
    assert!(html.contains("href=\"#f-customerPhone\""), "the summary links to the field");
    assert!(html.contains("id=\"f-customerPhone-error\""), "the message stands beside the field");
    assert!(html.contains("One field needs another look."), "{html}");
}
