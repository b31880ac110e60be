//! Invitations: asking somebody in, and the links that nobody has followed yet.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::moment::Moment;
use crate::sent::{Answered, Fresh};

/// An invitation that nobody has followed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationRow {
    /// The invitation's id.
    pub id: String,
    /// Who is invited.
    pub name: String,
    /// What the person will sign in with.
    pub login: String,
    /// The role's name for people.
    pub role: String,
    /// Who invites.
    pub inviter: String,
    /// Until when the link works.
    pub until: Moment,
}

/// The page of the invitations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteView {
    /// Words and names of the roles that may be given, after one that says to choose.
    pub roles: Vec<(String, String)>,
    /// How the link reaches its person.
    pub way: String,
    /// Where one proves who sits there before inviting somebody who will rule here; nothing when that was done lately.
    pub proof: Option<String>,
    /// The invitations, the newest first.
    pub rows: Vec<InvitationRow>,
    /// What came of a form of the page.
    pub answered: Answered,
}

/// The form for an invitation, and those that nobody has followed yet.
#[server(prefix = "/_fn", endpoint = "people/invitations", input = GetUrl)]
pub async fn get_invite() -> Result<InviteView, PageError> {
    use officina::identity::service;

    let answered = Answered::here(&["people/invite", "people/withdraw"], &["name", "email", "phone", "role"]);
    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let invitations = service::invitations(&app, &actor).await?;
    let roles = service::roles(&app, &actor).await?;
    let label = |word: String| roles.iter().find(|role| role.name == word).map_or(word, |role| role.label.clone());
    let rows = invitations.into_iter().map(|invitation| InvitationRow {
        id: invitation.id.to_string(),
        name: invitation.name.unwrap_or_default(),
        login: invitation.email.or(invitation.phone).unwrap_or_default(),
        role: label(invitation.role.unwrap_or_default()),
        inviter: invitation.created_by.unwrap_or_else(|| "The operator".to_owned()),
        until: calendar.moment(invitation.expires_at),
    });
    let rows = rows.collect();
    let way = if app.mailer.is_on() {
        "With an e-mail address, the link goes out by mail. With a phone number alone you hand it over yourself."
    } else {
        "This installation sends no mail: you get the link here, and hand it over yourself."
    };
    let choose = (String::new(), "Choose one".to_owned());
    let roles = std::iter::once(choose).chain(super::given(&actor, roles)).collect();
    let proof = crate::context::to_proof(&app, &actor, "/app/people/invite");
    Ok(InviteView { roles, way: way.to_owned(), proof, rows, answered })
}

/// Invites somebody.
#[server(prefix = "/_fn", endpoint = "people/invite")]
pub async fn invite(
    name: String,
    email: Option<String>,
    phone: Option<String>,
    role: String,
) -> Result<Fresh, PageError> {
    let (app, actor) = crate::context::context()?;
    let calendar = crate::context::calendar(&app, &actor).await?;
    let new = officina::identity::NewInvitation { email, phone, name, role };
    let sent = officina::identity::service::invite(&app, &actor, &new).await?;
    Ok(Fresh::link("The invitation is on its way", new.name.trim(), sent, calendar))
}

/// Withdraws an invitation.
#[server(prefix = "/_fn", endpoint = "people/withdraw")]
pub async fn withdraw_invitation(id: String) -> Result<Fresh, PageError> {
    let (app, actor) = crate::context::context()?;
    let id = id.parse().map_err(|_| officina::Error::NotFound)?;
    officina::identity::service::withdraw_invitation(&app, &actor, id).await?;
    // In the place of its link, which the page may be showing still.
    let text = "Its link is worth nothing any more.".to_owned();
    Ok(Fresh { title: "The invitation is withdrawn".to_owned(), text, ..Fresh::default() })
}
