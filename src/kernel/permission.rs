//! What an actor may do: permissions, and the built-in roles that bundle them.

use serde::{Deserialize, Serialize};

crate::text_enum! {
    /// One thing that an actor may be allowed to do, as `area:verb`.
    pub enum Permission {
        /// See repairs, their photos and history.
        RepairsRead = "repairs:read",
        /// Work on repairs: forward steps, notes, photos.
        RepairsWrite = "repairs:write",
        /// Take check-ins on: make repairs at the counter, confirm them, accept the car, and until then notes and photos.
        /// A part of `repairs:write`.
        RepairsCheckIn = "repairs:check_in",
        /// Move a repair back, or open a delivered or cancelled one again.
        RepairsReopen = "repairs:reopen",
        /// Delete what belongs to a repair, such as photos, for good.
        RepairsDelete = "repairs:delete",
        /// Give a repair to someone else.
        RepairsAssign = "repairs:assign",
        /// See customers and vehicles.
        CustomersRead = "customers:read",
        /// Change customers and vehicles.
        CustomersWrite = "customers:write",
        /// See leads.
        LeadsRead = "leads:read",
        /// Work on leads: status, notes.
        LeadsWrite = "leads:write",
        /// Turn a lead into a customer.
        LeadsConvert = "leads:convert",
        /// See cells, devices, readings and charts.
        ColdChainRead = "cold_chain:read",
        /// Change locations, cells and their thresholds.
        ColdChainWrite = "cold_chain:write",
        /// Create devices, also in bulk, change them, and take them out of service.
        DevicesManage = "devices:manage",
        /// Put up devices: create one in a cell, and give one a new key. Who manages devices may that, too.
        DevicesInstall = "devices:install",
        /// See alerts.
        AlertsRead = "alerts:read",
        /// Acknowledge alerts.
        AlertsAcknowledge = "alerts:acknowledge",
        /// Resolve alerts by hand.
        AlertsResolve = "alerts:resolve",
        /// Invite, change and suspend members.
        UsersManage = "users:manage",
        /// Read the journal.
        AuditRead = "audit:read",
        /// Take data out in bulk.
        DataExport = "data:export",
        /// Change the organisation's settings.
        SettingsManage = "settings:manage",
        /// See one's own records in the portal.
        PortalRead = "portal:read",
        /// Work on one's own care assignments.
        CareOwn = "care:own",
        /// Work on one's own batches.
        TrainingTeach = "training:teach",
        /// See one's own enrolments and certificates.
        TrainingOwn = "training:own",
    }
}

impl Permission {
    /// Whether a colleague who is linked to customers has it for these alone: all of the cold chain.
    #[must_use]
    pub const fn is_by_customer(self) -> bool {
        matches!(
            self,
            Self::ColdChainRead
                | Self::ColdChainWrite
                | Self::DevicesManage
                | Self::DevicesInstall
                | Self::AlertsRead
                | Self::AlertsAcknowledge
                | Self::AlertsResolve
        )
    }

    /// What it allows, in words for the page where roles are made: "may …".
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::RepairsRead => "see repairs, their photos and their history",
            Self::RepairsWrite => "take in repairs and move them forward, write notes, add photos",
            Self::RepairsCheckIn => {
                "take check-ins on until the car is accepted, write notes and add photos until then"
            }
            Self::RepairsReopen => "move a repair back and open a delivered or cancelled one again",
            Self::RepairsDelete => "delete photos of a repair for good",
            Self::RepairsAssign => "give a repair to a colleague",
            Self::CustomersRead => "see customers and vehicles",
            Self::CustomersWrite => "change customers and vehicles",
            Self::LeadsRead => "see leads",
            Self::LeadsWrite => "work on leads",
            Self::LeadsConvert => "turn a lead into a customer",
            Self::ColdChainRead => "see cold cells, devices and charts",
            Self::ColdChainWrite => "change locations, cells and their limits",
            Self::DevicesManage => "add devices, also many at once, change them and take them out of service",
            Self::DevicesInstall => "put up devices: add one and give one a new key",
            Self::AlertsRead => "see alerts",
            Self::AlertsAcknowledge => "acknowledge alerts",
            Self::AlertsResolve => "resolve alerts by hand",
            Self::UsersManage => "invite people, give them roles and keep them out",
            Self::AuditRead => "read the journal of everything that was done",
            Self::DataExport => "take data out in files",
            Self::SettingsManage => "change the settings, the roles and the API tokens of the organisation",
            Self::PortalRead => "see their own records in the portal",
            Self::CareOwn => "work on their own care assignments",
            Self::TrainingTeach => "work on their own batches",
            Self::TrainingOwn => "see their own enrolments and certificates",
        }
    }
}

crate::text_enum! {
    /// The roles that every organisation has.
    pub enum BuiltInRole {
        /// Everything in the organisation.
        Admin = "admin",
        /// Everything operational.
        Manager = "manager",
        /// Repairs, cases and cold chain.
        Technician = "technician" | "tech" | "operator",
        /// Leads, tickets and check-ins.
        Agent = "agent",
        /// Own care assignments.
        Caregiver = "caregiver" | "staff",
        /// Own batches.
        Teacher = "teacher",
        /// The portal: own records.
        Customer = "customer" | "user" | "client",
        /// Own enrolments and certificates.
        Student = "student",
    }
}

impl BuiltInRole {
    /// The role's name for people.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Admin => "Administrator",
            Self::Manager => "Manager",
            Self::Technician => "Technician",
            Self::Agent => "Agent",
            Self::Caregiver => "Caregiver",
            Self::Teacher => "Teacher",
            Self::Customer => "Customer",
            Self::Student => "Student",
        }
    }

    /// The permissions of the role (the role table of the product page).
    #[must_use]
    pub fn permissions(self) -> PermissionSet {
        use Permission as P;
        let list: &[P] = match self {
            Self::Admin => P::ALL,
            Self::Manager => {
                return P::ALL
                    .iter()
                    .copied()
                    .filter(|permission| !matches!(permission, P::SettingsManage | P::UsersManage))
                    .collect();
            }
            Self::Technician => &[
                P::RepairsRead,
                P::RepairsWrite,
                P::RepairsCheckIn,
                P::CustomersRead,
                P::ColdChainRead,
                P::ColdChainWrite,
                P::DevicesInstall,
                P::AlertsRead,
                P::AlertsAcknowledge,
                P::AlertsResolve,
            ],
            Self::Agent => {
                &[P::LeadsRead, P::LeadsWrite, P::RepairsRead, P::RepairsCheckIn, P::CustomersRead, P::CustomersWrite]
            }
            Self::Caregiver => &[P::CareOwn],
            Self::Teacher => &[P::TrainingTeach],
            Self::Customer => &[P::PortalRead],
            Self::Student => &[P::TrainingOwn],
        };
        list.iter().copied().collect()
    }
}

/// A set of permissions, small enough to copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PermissionSet(u64);

const _: () = assert!(Permission::ALL.len() <= 64, "PermissionSet needs a wider integer");

impl PermissionSet {
    /// Whether the set holds the permission.
    #[must_use]
    pub const fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u64) != 0
    }

    /// Whether every permission of the other set is in this one.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// The permissions in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The permissions of this set that are not in the other.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The words of the permissions, separated by spaces: how a set is stored.
    #[must_use]
    pub fn words(self) -> String {
        self.iter().map(Permission::as_str).collect::<Vec<_>>().join(" ")
    }

    /// The set of stored words.
    ///
    /// # Errors
    /// The first word that is no permission.
    pub fn from_words(words: &str) -> Result<Self, &str> {
        words.split_whitespace().map(|word| word.parse::<Permission>().map_err(|_| word)).collect()
    }

    /// The permissions in the order of the vocabulary.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.has(*permission))
    }
}

impl FromIterator<Permission> for PermissionSet {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | 1 << permission as u64))
    }
}

impl Serialize for PermissionSet {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for PermissionSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Permission>::deserialize(deserializer).map(|list| list.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_older_clients_are_understood() {
        assert_eq!("OPERATOR".parse(), Ok(BuiltInRole::Technician));
        assert_eq!("client".parse(), Ok(BuiltInRole::Customer));
        assert_eq!("Staff".parse(), Ok(BuiltInRole::Caregiver));
        assert!("root".parse::<BuiltInRole>().is_err());
    }

    #[test]
    fn a_set_survives_being_stored_and_names_what_it_does_not_know() {
        let manager = BuiltInRole::Manager.permissions();
        assert_eq!(PermissionSet::from_words(&manager.words()), Ok(manager));
        assert_eq!(PermissionSet::from_words("repairs:read repairs:fly"), Err("repairs:fly"));
        let agent = BuiltInRole::Agent.permissions();
        assert!(manager.covers(agent) && !agent.covers(manager) && manager.and(agent) == agent);
    }

    #[test]
    fn a_manager_runs_the_shop_but_not_its_settings() {
        let manager = BuiltInRole::Manager.permissions();
        assert!(manager.has(Permission::RepairsReopen) && manager.has(Permission::AuditRead));
        assert!(!manager.has(Permission::SettingsManage) && !manager.has(Permission::UsersManage));
    }
}
