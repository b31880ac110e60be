//! Who does something, for which organisation, and what they may do.

use std::net::IpAddr;

use crate::kernel::ids::{AccountId, ApiTokenId, CustomerId, DeviceId, MembershipId, OrgId, SessionId};
use crate::kernel::permission::{Permission, PermissionSet};
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// The words of the journal for the kinds of actors.
pub const ACTOR_KINDS: [&str; 5] = ["member", "device", "token", "public", "system"];

/// The doer of a change. Services take it first and check it before anything else.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The organisation acted for. It comes from the session, token or device key, never from a body.
    pub org: OrgId,
    /// Who it is.
    pub kind: ActorKind,
    /// What it may do.
    pub permissions: PermissionSet,
    /// What nobody may do here at the moment: the permissions of areas that the organisation has switched off.
    pub hidden: PermissionSet,
    /// The customers that it is linked to: of what is [`Permission::is_by_customer`] it sees theirs alone. Without any, all.
    pub links: Vec<CustomerId>,
    /// The client's address, for the journal and for limits.
    pub address: Option<IpAddr>,
    /// The id of the HTTP request, which leads from a journal entry to the log.
    pub request_id: Option<String>,
}

/// The kinds of actors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActorKind {
    /// A member of the organisation.
    Member(Member),
    /// A device, by its key.
    Device(DeviceId),
    /// A program, by its API token.
    Program(Program),
    /// The public: a form or a tracking page.
    Public,
    /// The server itself: scheduled jobs, automatic resolution, demo data.
    System,
}

/// A signed-in member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub account: AccountId,
    /// The person in this organisation.
    pub membership: MembershipId,
    /// The session that the request came with.
    pub session: SessionId,
    /// The role's name.
    pub role: String,
    /// The person's name, as colleagues see it.
    pub name: String,
    /// The customer that a portal account belongs to.
    pub customer: Option<CustomerId>,
    /// When the person last proved who they are.
    pub proved_at: Timestamp,
    /// Whether the person runs the installation.
    pub operator: bool,
    /// Whether the role needs a second factor that the person has not switched on: until then nothing else is allowed.
    pub needs_factor: bool,
}

/// A program that acts by an API token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The token.
    pub token: ApiTokenId,
    /// What the token is for.
    pub name: String,
    /// Whether the role of who made it needs a second factor that this person has not: until then it may do nothing.
    pub needs_factor: bool,
}

/// Whose records an actor sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's.
    All,
    /// Those of some customers, whole: a colleague who is linked to them.
    Linked(Vec<CustomerId>),
    /// Those of one customer, without what is internal: the portal. None as long as nobody has said which customer the
    /// person is.
    Own(Option<CustomerId>),
}

impl Scope {
    /// Passes for a record of this customer, or of none.
    ///
    /// # Errors
    /// [`Error::NotFound`]: the records of others look as if there were none.
    pub fn pass(&self, customer: Option<CustomerId>) -> Result<()> {
        let Some(customers) = self.customers() else { return Ok(()) };
        if customer.is_some_and(|customer| customers.contains(&customer)) { Ok(()) } else { Err(Error::NotFound) }
    }

    /// The customers whose records are seen; none when everybody's are.
    #[must_use]
    pub const fn customers(&self) -> Option<&[CustomerId]> {
        match self {
            Self::All => None,
            Self::Linked(customers) => Some(customers.as_slice()),
            Self::Own(customer) => Some(customer.as_slice()),
        }
    }

    /// Whether what is internal is seen, too.
    #[must_use]
    pub const fn sees_inside(&self) -> bool {
        !matches!(self, Self::Own(_))
    }
}

impl Actor {
    /// The server acting for an organisation.
    #[must_use]
    pub fn system(org: OrgId) -> Self {
        Self {
            org,
            kind: ActorKind::System,
            permissions: Permission::ALL.iter().copied().collect(),
            hidden: PermissionSet::default(),
            links: Vec::new(),
            address: None,
            request_id: None,
        }
    }

    /// An anonymous visitor of an organisation's public pages.
    #[must_use]
    pub fn public(org: OrgId, address: Option<IpAddr>, request_id: Option<String>) -> Self {
        let none = PermissionSet::default();
        let kind = ActorKind::Public;
        Self { org, kind, permissions: none, hidden: none, links: Vec::new(), address, request_id }
    }

    /// Passes when the actor has the permission.
    ///
    /// # Errors
    /// [`Error::NotFound`] in an area that is switched off, [`Error::Unauthorized`] for the public, [`Error::Forbidden`] for
    /// a known actor without it, [`Error::FactorNeeded`] for one who first has to switch the second factor on.
    pub fn require(&self, permission: Permission) -> Result<()> {
        if self.hidden.has(permission) {
            Err(Error::NotFound)
        } else if self.permissions.has(permission) {
            Ok(())
        } else if self.kind == ActorKind::Public {
            Err(Error::Unauthorized)
        } else if self.needs_factor() {
            Err(Error::FactorNeeded)
        } else {
            Err(Error::Forbidden(permission))
        }
    }

    /// Passes when the actor has one of two permissions, of which the second allows a part of what the first does.
    ///
    /// # Errors
    /// As [`Actor::require`], for the first.
    pub fn require_either(&self, whole: Permission, part: Permission) -> Result<()> {
        if self.usable().has(part) { Ok(()) } else { self.require(whole) }
    }

    /// Whether the actor may do nothing before a second factor is on.
    const fn needs_factor(&self) -> bool {
        match &self.kind {
            ActorKind::Member(member) => member.needs_factor,
            ActorKind::Program(program) => program.needs_factor,
            _ => false,
        }
    }

    /// Whose records the actor sees: those within [`Actor::reach`] with the permission, their own in the portal.
    ///
    /// # Errors
    /// As [`Actor::require`] for who sees none at all.
    pub fn scope(&self, permission: Permission) -> Result<Scope> {
        match self.member() {
            Some(member) if self.is_in_portal(permission) => Ok(Scope::Own(member.customer)),
            _ => self.reach(permission),
        }
    }

    /// Whose records the actor may work on: as [`Actor::require`], and of some things only those of the customers that the
    /// actor is linked to.
    ///
    /// # Errors
    /// As [`Actor::require`].
    pub fn reach(&self, permission: Permission) -> Result<Scope> {
        self.require(permission)?;
        let is_linked = permission.is_by_customer() && !self.links.is_empty();
        Ok(if is_linked { Scope::Linked(self.links.clone()) } else { Scope::All })
    }

    /// Whether the actor lacks a permission of an area that is on, and sees their own records instead.
    const fn is_in_portal(&self, permission: Permission) -> bool {
        !self.permissions.has(permission)
            && !self.hidden.has(permission)
            && self.permissions.has(Permission::PortalRead)
    }

    /// What the actor may do here at the moment.
    #[must_use]
    pub const fn usable(&self) -> PermissionSet {
        self.permissions.without(self.hidden)
    }

    /// The member, if the actor is one.
    #[must_use]
    pub const fn member(&self) -> Option<&Member> {
        match &self.kind {
            ActorKind::Member(member) => Some(member),
            _ => None,
        }
    }

    /// What tells this actor from all others who sent credentials: the account, or the token. None for the rest.
    #[must_use]
    pub const fn credential(&self) -> Option<uuid::Uuid> {
        match &self.kind {
            ActorKind::Member(member) => Some(member.account.0),
            ActorKind::Program(program) => Some(program.token.0),
            _ => None,
        }
    }

    /// The words of the journal for this actor: kind and id.
    #[must_use]
    pub fn journal_words(&self) -> (&'static str, Option<uuid::Uuid>) {
        match &self.kind {
            ActorKind::Member(member) => ("member", Some(member.membership.0)),
            ActorKind::Device(device) => ("device", Some(device.0)),
            ActorKind::Program(program) => ("token", Some(program.token.0)),
            ActorKind::Public => ("public", None),
            ActorKind::System => ("system", None),
        }
    }
}
