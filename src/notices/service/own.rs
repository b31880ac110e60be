//! What everyone who is signed in does about their own notices: see them, read them, say what they want to be told.

use crate::cold_chain;
use crate::kernel::App;
use crate::kernel::actor::{Actor, Member};
use crate::kernel::db::Tx;
use crate::kernel::ids::{AccountId, NoticeGroupId, OrgId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::page::{Cursor, Page, PageRequest};
use crate::kernel::permission::Permission;
use crate::kernel::time::DAY;
use crate::notices::model::{Notice, NoticeFacts, NoticeFilter, NoticePreferences, ReadNotices};
use crate::notices::store::{self, NoticeRow, Whose};
use crate::notices::words::title;
use crate::{Error, Result};

/// Unread notices are counted up to this.
const COUNT_UP_TO: i64 = 100;
/// How many notices can be named at once.
const MOST: usize = 100;
/// How long notices are kept, in milliseconds.
const KEPT: i64 = 180 * DAY;
/// Cells that a notice names.
const NAMED: usize = 8;

/// The notices of the member who asks in this organisation, newest first.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member, [`Error::Validation`] for a page that cannot be.
pub async fn own_notices(app: &App, actor: &Actor, filter: &NoticeFilter, page: &PageRequest) -> Result<Page<Notice>> {
    let whose = whose(app, actor, ready(actor)?).await?;
    let window = page.window(app, "notices", actor.org, &(filter, whose.account))?;
    let rows = store::list(&app.db, actor.org, &whose, filter, &window).await?;
    let total = window.total(&rows, store::count(&app.db, actor.org, &whose, filter)).await?;
    let notices = rows.into_iter().map(Notice::try_from).collect::<Result<_>>()?;
    Ok(window.page(notices, |notice: &Notice| Cursor { key: notice.created_at.0, id: notice.id.0 }, total))
}

/// How many notices the member who asks has not read, counted up to 100.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member.
pub async fn unread_notices(app: &App, actor: &Actor) -> Result<i64> {
    let whose = whose(app, actor, ready(actor)?).await?;
    store::unread(&app.db, actor.org, &whose, COUNT_UP_TO).await
}

/// Marks notices as read: some, or all. What is not the member's own, or was read before, stays as it is.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member, [`Error::TooLarge`] for more than 100 at once.
pub async fn read_notices(app: &App, actor: &Actor, which: &ReadNotices) -> Result<i64> {
    let member = ready(actor)?;
    if which.ids.as_ref().is_some_and(|ids| ids.len() > MOST) {
        return Err(Error::TooLarge(format!("At most {MOST} notices can be named at once.")));
    }
    let mut tx = app.db.begin().await?;
    store::read(&mut tx, actor.org, member.account, which.ids.as_deref(), app.clock.now()).await?;
    tx.commit().await?;
    unread_notices(app, actor).await
}

/// Whether the member who listens was told of something, for the live feed.
///
/// # Errors
/// What the database says.
pub async fn may_hear_of(app: &App, actor: &Actor, id: uuid::Uuid) -> Result<bool> {
    match actor.member() {
        Some(member) => {
            let whose = whose(app, actor, member).await?;
            store::was_told(&app.db, actor.org, &whose, NoticeGroupId(id)).await
        }
        None => Ok(false),
    }
}

/// What the member who asks wants to be told in this organisation.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member.
pub async fn notice_preferences(app: &App, actor: &Actor) -> Result<NoticePreferences> {
    let wanted = store::wanted(&app.db, actor.org, ready(actor)?.account).await?;
    Ok(wanted.map_or_else(NoticePreferences::default, |words| NoticePreferences::of_words(words.split(' '))))
}

/// Says what the member who asks wants to be told in this organisation. It counts from the next notice on.
///
/// # Errors
/// [`Error::Unauthorized`] for anyone who is not a member.
pub async fn set_notice_preferences(app: &App, actor: &Actor, wanted: NoticePreferences) -> Result<NoticePreferences> {
    let account = ready(actor)?.account;
    let before = notice_preferences(app, actor).await?;
    if before == wanted {
        return Ok(wanted);
    }
    let mut tx = app.db.begin().await?;
    store::write_wanted(&mut tx, actor.org, account, &wanted.words().join(" ")).await?;
    let entry = Entry::new("notices.preferences_changed", "account", account.0).before(&before).after(&wanted);
    journal::write(&mut tx, actor, app.clock.now(), entry).await?;
    tx.commit().await?;
    Ok(wanted)
}

/// Removes what somebody was told in an organisation, and what they wanted to be told. Whoever calls this checks the actor
/// and writes the journal.
///
/// # Errors
/// What the database says.
pub async fn forget(tx: &mut Tx, org: OrgId, account: AccountId) -> Result<()> {
    store::forget(tx, org, account).await
}

/// Removes notices that are too old to matter.
///
/// # Errors
/// What the database says.
pub async fn purge(app: &App) -> Result<()> {
    let mut tx = app.db.begin().await?;
    store::purge(&mut tx, app.clock.now().plus(-KEPT)).await?;
    tx.commit().await
}

/// What the member may still see of what they were told: whose links or role have changed since does not go on reading of
/// the places of others.
async fn whose(app: &App, actor: &Actor, member: &Member) -> Result<Whose> {
    let locations = match actor.scope(Permission::AlertsRead) {
        Ok(scope) => cold_chain::service::locations_in(app, actor.org, &scope).await?,
        Err(_) => Some(Vec::new()),
    };
    Ok(Whose { account: member.account, locations })
}

/// The member, who has switched on the second factor if the role needs one: notices tell of what is behind it.
fn ready(actor: &Actor) -> Result<&Member> {
    match actor.member() {
        Some(member) if member.needs_factor => Err(Error::FactorNeeded),
        Some(member) => Ok(member),
        None => Err(Error::Unauthorized),
    }
}

impl TryFrom<NoticeRow> for Notice {
    type Error = Error;

    fn try_from(row: NoticeRow) -> Result<Self> {
        let facts: NoticeFacts = serde_json::from_str(&row.facts).map_err(Error::internal)?;
        Ok(Self {
            id: row.id,
            kind: row.kind,
            title: title(row.kind, &facts, "en", NAMED),
            location_id: row.location_id,
            cold_cell_id: row.cold_cell_id,
            facts,
            created_at: row.created_at,
            read_at: row.read_at,
        })
    }
}
