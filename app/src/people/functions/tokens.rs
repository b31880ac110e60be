//! Keys of programs: the list, and making and revoking them.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use super::PermissionGroup;
use crate::error::PageError;
use crate::moment::Moment;
use crate::sent::{Answered, Fresh};

/// A program's key in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// The token's id.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may do, in sentences.
    pub may: Vec<String>,
    /// Who made it.
    pub maker: String,
    /// When it ends by itself.
    pub ends: Option<Moment>,
    /// When it was last used.
    pub used: Option<Moment>,
}

/// The page of the programs' keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokensView {
    /// The keys, the newest first.
    pub rows: Vec<TokenRow>,
    /// All permissions there are.
    pub groups: Vec<PermissionGroup>,
    /// Where one proves who sits there before making one; nothing when that was done lately.
    pub proof: Option<String>,
    /// What came of the form for a key.
    pub answered: Answered,
}

/// The keys that have not ended.
#[server(prefix = "/_fn", endpoint = "people/tokens", input = GetUrl)]
pub async fn list_tokens() -> Result<TokensView, PageError> {
    use officina::kernel::permission::{Permission, PermissionSet};

    let mut answered = Answered::here(&["people/create-token"], &["name", "days", "permissions[]"]);
    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let tokens = officina::identity::service::api_tokens(&app, &actor).await?;
    if tokens.is_empty() {
        // What the page could show again is revoked.
        answered.fresh = None;
    }
    let rows = tokens.into_iter().map(|token| TokenRow {
        id: token.id.to_string(),
        name: token.name,
        may: super::sentences(token.permissions),
        maker: token.created_by,
        ends: token.expires_at.map(|at| calendar.moment(at)),
        used: token.last_used_at.map(|at| calendar.relative(at)),
    });
    let ticked = answered.typed.iter().filter(|(name, _)| name == "permissions[]");
    let ticked: PermissionSet = ticked.filter_map(|(_, word)| word.parse::<Permission>().ok()).collect();
    Ok(TokensView {
        rows: rows.collect(),
        groups: super::grouped(&actor, ticked),
        proof: crate::context::to_proof(&app, &actor, "/app/people/programs"),
        answered,
    })
}

/// Makes a key. Without a number of days it does not end by itself.
#[server(prefix = "/_fn", endpoint = "people/create-token")]
pub async fn create_token(
    name: String,
    #[server(default)] days: String,
    // A form without a tick sends nothing.
    #[server(default)] permissions: Vec<String>,
) -> Result<Fresh, PageError> {
    let (app, actor) = crate::context::context()?;
    // What is no number of days is as wrong as none at all, and is refused with all else that is wrong.
    let expires_in_days = Some(days.trim()).filter(|days| !days.is_empty()).map(|days| days.parse().unwrap_or(0));
    let input = officina::identity::NewApiToken { name, permissions, expires_in_days };
    let (token, key) = officina::identity::service::create_api_token(&app, &actor, &input).await?;
    Ok(Fresh {
        title: format!("The key of “{}”", token.name),
        text: "Copy it now and give it to the program. It is shown this once, to you alone and for ten minutes, and cannot be \
               looked up again."
            .to_owned(),
        label: "Key".to_owned(),
        hint: Some("Sent as “Authorization: Bearer”, then the key.".to_owned()),
        values: vec![key],
        ..Fresh::default()
    })
}

/// Revokes a key.
#[server(prefix = "/_fn", endpoint = "people/revoke-token")]
pub async fn revoke_token(id: String) -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    officina::identity::service::revoke_api_token(&app, &actor, id).await?;
    Ok(())
}

/// Revokes all keys of the organisation.
#[server(prefix = "/_fn", endpoint = "people/revoke-tokens")]
pub async fn revoke_tokens() -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    officina::identity::service::revoke_api_tokens(&app, &actor).await?;
    Ok(())
}
