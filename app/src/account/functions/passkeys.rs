//! The passkeys of the person who asks.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use super::factor::ProofView;
use crate::error::PageError;
use crate::moment::Moment;
use crate::sent::{Answered, Fresh};

/// Where the passkeys are.
pub(in crate::account) const PASSKEYS: &str = "/app/account/passkeys";

/// A passkey in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyRow {
    /// Its id.
    pub id: String,
    /// What the person calls it.
    pub name: String,
    /// When it was added.
    pub added: Moment,
    /// When it was last used.
    pub used: Option<Moment>,
}

/// The page of the passkeys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeysView {
    /// The passkeys, the oldest first.
    pub rows: Vec<PasskeyRow>,
    /// The name that the installation has to be reached by, where it has passkeys at all.
    pub host: Option<String>,
    /// The form to begin with, when nobody has proved lately who sits there.
    pub proof: Option<ProofView>,
    /// What came of a form of the page.
    pub answered: Answered,
}

/// How many passkeys there are, in words.
#[cfg(feature = "ssr")]
pub(super) fn in_words(count: usize) -> String {
    match count {
        0 => "No phone or computer lets you in without your password.".to_owned(),
        1 => "One phone or computer lets you in without your password.".to_owned(),
        more => format!("{more} phones and computers let you in without your password."),
    }
}

/// The page of the passkeys.
#[server(prefix = "/_fn", endpoint = "account/passkeys", input = GetUrl)]
pub async fn list_passkeys() -> Result<PasskeysView, PageError> {
    use officina::identity::service;

    let own = ["account/prove", "account/prove-passkey", "account/add-passkey", "account/remove-passkey"];
    let answered = Answered::here(&own, &["name"]);
    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let rows = service::own_passkeys(&app, &actor).await?.into_iter().map(|passkey| PasskeyRow {
        id: passkey.id.to_string(),
        name: passkey.name,
        added: calendar.relative(passkey.created_at),
        used: passkey.used_at.map(|at| calendar.relative(at)),
    });
    let rows = rows.collect();
    let proof = super::factor::asked_proof(&app, &actor, PASSKEYS, &answered).await?;
    Ok(PasskeysView { rows, host: app.passkeys.host().map(str::to_owned), proof, answered })
}

/// Adds a passkey that the browser has made.
#[server(prefix = "/_fn", endpoint = "account/add-passkey")]
pub async fn add_passkey(name: String, question: String, credential: String) -> Result<Fresh, PageError> {
    let (app, actor) = crate::context::context()?;
    let answer = officina::identity::PasskeyAnswer { question, credential };
    let added = officina::identity::service::add_passkey(&app, &actor, &answer, &name).await?;
    Ok(Fresh {
        title: format!("{} lets you in", added.name),
        text: "Choose \u{201c}Sign in with a passkey\u{201d} there the next time.".to_owned(),
        ..Fresh::default()
    })
}

/// Removes a passkey.
#[server(prefix = "/_fn", endpoint = "account/remove-passkey")]
pub async fn remove_passkey(id: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    officina::identity::service::remove_passkey(&app, &actor, id).await?;
    Ok(())
}

/// Proves with a passkey once more who sits there, and goes on.
#[server(prefix = "/_fn", endpoint = "account/prove-passkey")]
pub async fn prove_with_passkey(question: String, credential: String, next: Option<String>) -> Result<(), PageError> {
    use crate::context::{HOME, safe_next};

    let (app, actor) = crate::context::context()?;
    let answer = officina::identity::PasskeyAnswer { question, credential };
    officina::identity::service::prove_with_passkey(&app, &actor, &answer).await?;
    leptos_axum::redirect(safe_next(next.as_deref().unwrap_or(HOME)));
    Ok(())
}
