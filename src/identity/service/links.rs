//! Links that let someone in once: made, looked at, used up.

use crate::identity::model::LinkKind;
use crate::identity::store::{self, LinkRow};
use crate::kernel::App;
use crate::kernel::db::{Conn, Tx};
use crate::kernel::ids::EntryLinkId;
use crate::kernel::secret::{random_token, token_hash};
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// A link of a kind that is about nobody yet.
pub(super) fn blank(kind: LinkKind, expires_at: Timestamp) -> LinkRow {
    LinkRow {
        id: EntryLinkId::new(),
        kind,
        org_id: None,
        account_id: None,
        email: None,
        phone: None,
        phone_key: None,
        name: None,
        role: None,
        password_hash: None,
        created_by: None,
        expires_at,
    }
}

/// Writes a link and returns its address, which is known to nobody else.
pub(super) async fn make(app: &App, tx: &mut Tx, link: &LinkRow, now: Timestamp) -> Result<String> {
    let token = random_token();
    store::insert_link(tx, link, token_hash(&token), now).await?;
    let page = match link.kind {
        LinkKind::Invitation => "join",
        LinkKind::Registration => "register",
        LinkKind::Reset => "reset",
        LinkKind::Setup => "setup",
    };
    Ok(format!("{}/{page}/{token}", app.base_url))
}

/// A link that can still be used. One that is unknown, used or too old is [`Error::NotFound`].
pub(super) async fn look(on: impl Into<Conn<'_>>, kind: LinkKind, token: &str, now: Timestamp) -> Result<LinkRow> {
    store::live_link(on, kind, token_hash(token), now).await?.ok_or(Error::NotFound)
}

/// Uses a link up. Of two who come at once, one gets it.
pub(super) async fn take(tx: &mut Tx, link: &LinkRow, now: Timestamp) -> Result<()> {
    if store::use_link(tx, link.id, now).await? { Ok(()) } else { Err(Error::NotFound) }
}
