//! For whom notices are: one rule for those who tell people, and for the pages on which people say what they want to be
//! told.

use crate::Result;
use crate::cold_chain::service::may_be_named;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::permission::{Permission, PermissionSet};
use crate::notices::model::{Channel, NoticeKind};

/// What the member who asks can be told here at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// The kinds of notices.
    pub kinds: Vec<NoticeKind>,
    /// Whether the report of the day before, too.
    pub daily_report: bool,
    /// Whether notices appear in the application: the others are told outside of it.
    pub in_app: bool,
}

impl Concern {
    /// The channels by which the member can be told.
    pub fn channels(&self) -> impl Iterator<Item = Channel> {
        Channel::ALL.iter().copied().filter(|channel| self.in_app || *channel != Channel::InApp)
    }

    /// Whether there is nothing.
    #[must_use]
    pub const fn is_nothing(&self) -> bool {
        self.kinds.is_empty() && !self.daily_report
    }
}

/// Whether somebody is one of those who act on alerts, and so is told when one opens and gets the report of the day before.
/// The others look when they want to.
pub(super) const fn acts(permissions: PermissionSet) -> bool {
    permissions.has(Permission::AlertsAcknowledge)
}

/// Whether somebody may see alerts, be it only those of the own cells, and so notices of them in the application. A policy
/// may name others, too.
pub(super) const fn sees(permissions: PermissionSet) -> bool {
    permissions.has(Permission::AlertsRead) || permissions.has(Permission::PortalRead)
}

/// Whether something is told to somebody whose turn it is, or not, when nobody reacts, and who was told of its beginning,
/// or not.
pub(super) const fn is_told(kind: NoticeKind, permissions: PermissionSet, is_turn: bool, knows: bool) -> bool {
    match kind {
        NoticeKind::Opening => acts(permissions),
        NoticeKind::Escalation => is_turn,
        NoticeKind::Resolution => knows,
    }
}

/// What the member who asks can be told here.
///
/// # Errors
/// What the database says.
pub async fn concern(app: &App, actor: &Actor) -> Result<Concern> {
    let (permissions, may_be_named) = (actor.usable(), may_be_named(app, actor).await?);
    let knows = acts(permissions) || may_be_named;
    let kinds = NoticeKind::ALL.iter().copied();
    Ok(Concern {
        kinds: kinds.filter(|kind| is_told(*kind, permissions, may_be_named, knows)).collect(),
        daily_report: acts(permissions),
        in_app: sees(permissions),
    })
}
