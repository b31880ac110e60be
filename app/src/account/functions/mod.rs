//! What the account pages ask the server.

mod factor;
mod passkeys;

pub use factor::{
    FactorView, ProofView, Scan, begin_factor, confirm_factor, drop_factor, get_factor, get_proof, prove,
};
pub(super) use factor::{SCAN, SECOND_FACTOR};
pub(super) use passkeys::PASSKEYS;
pub use passkeys::{PasskeyRow, PasskeysView, add_passkey, list_passkeys, prove_with_passkey, remove_passkey};

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::moment::Moment;
use crate::sent::Answered;

/// A session in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// The session's id.
    pub id: String,
    /// What it is signed in with, in words.
    pub device: String,
    /// The organisation that it acts in.
    pub organisation: String,
    /// Where from.
    pub address: Option<String>,
    /// When it began.
    pub began: Moment,
    /// When it was last used.
    pub used: Moment,
    /// Whether it is this one.
    pub current: bool,
}

/// The account page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// The person's name.
    pub name: String,
    /// What the person signs in with.
    pub login: String,
    /// Phone number, as the person wrote it; empty where there is none.
    pub phone: String,
    /// Ids and names of the organisations that the person may come into.
    pub organisations: Vec<(String, String)>,
    /// The organisation acted in now.
    pub organisation: String,
    /// Whether signing in asks for a code.
    pub factor: bool,
    /// The same in words.
    pub factor_words: String,
    /// How many passkeys there are, in words.
    pub passkey_words: String,
    /// The live sessions.
    pub sessions: Vec<SessionRow>,
    /// Whether there is anything that the person may be told.
    pub is_told: bool,
    /// What came of going over to another organisation.
    pub answered: Answered,
}

/// What a session is signed in with, in words: the browser and the system that it names.
#[cfg(feature = "ssr")]
fn device(kind: officina::identity::SessionKind, user_agent: Option<&str>) -> String {
    use officina::identity::SessionKind;

    let Some(agent) = user_agent else {
        return match kind {
            SessionKind::Browser => "A browser".to_owned(),
            SessionKind::Api => "A program".to_owned(),
        };
    };
    let first =
        |names: &[(&str, &'static str)]| names.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    // Each names itself after all those that it wants to be taken for, so the order matters.
    let browser =
        first(&[("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari")]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => agent.chars().take(60).collect(),
    }
}

/// The account page.
#[server(prefix = "/_fn", endpoint = "account/get", input = GetUrl)]
pub async fn get_account() -> Result<AccountView, PageError> {
    use officina::identity::service;

    let answered = Answered::here(&["account/switch"], &[]);
    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let me = service::me(&app, &actor).await?.user;
    let organisations = service::own_organisations(&app, &actor).await?;
    let sessions = service::own_sessions(&app, &actor).await?.into_iter().map(|session| SessionRow {
        id: session.id.to_string(),
        device: device(session.kind, session.user_agent.as_deref()),
        organisation: session.organisation,
        address: session.address,
        began: calendar.relative(session.created_at),
        used: calendar.relative(session.last_seen_at),
        current: session.current,
    });
    let factor = service::factor_status(&app, &actor).await?;
    Ok(AccountView {
        answered,
        factor: factor.on,
        factor_words: factor::in_words(&factor),
        passkey_words: passkeys::in_words(service::own_passkeys(&app, &actor).await?.len()),
        name: me.name,
        phone: me.phone.clone().unwrap_or_default(),
        login: me.email.or(me.phone).unwrap_or_default(),
        organisations: organisations.into_iter().map(|known| (known.id.to_string(), known.name)).collect(),
        organisation: me.organisation.id.to_string(),
        sessions: sessions.collect(),
        is_told: crate::notices::is_told(&app, &actor).await?,
    })
}

/// Ends one session, or without an id all but this one.
#[server(prefix = "/_fn", endpoint = "account/end-session")]
pub async fn end_session(id: Option<String>) -> Result<(), PageError> {
    use officina::identity::service;

    let (app, actor) = crate::context::context()?;
    match id.filter(|id| !id.is_empty()) {
        Some(id) => {
            let id = id.parse().map_err(|_| officina::Error::NotFound)?;
            service::end_own_session(&app, &actor, id).await?;
        }
        None => {
            service::end_other_sessions(&app, &actor).await?;
        }
    }
    Ok(())
}

/// Changes one's own name and phone number.
#[server(prefix = "/_fn", endpoint = "account/update")]
pub async fn update_account(name: Option<String>, phone: Option<String>) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let update = officina::identity::UpdateOwn { name, phone };
    officina::identity::service::update_own(&app, &actor, &update).await?;
    Ok(())
}

/// Changes the password.
#[server(prefix = "/_fn", endpoint = "account/password")]
pub async fn change_password(current_password: String, new_password: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    officina::identity::service::change_password(&app, &actor, &current_password, &new_password).await?;
    Ok(())
}

/// Goes over to another organisation, and there to the home page.
#[server(prefix = "/_fn", endpoint = "account/switch")]
pub async fn switch_organisation(id: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    officina::identity::service::switch_organisation(&app, &actor, id).await?;
    leptos_axum::redirect("/app");
    Ok(())
}
