//! The staff of the demo, one member of every role.

use officina::Result;
use officina::customers::service as customers;
use officina::identity::service::{self as identity, NewMember};
use officina::kernel::App;
use officina::kernel::actor::{Actor, ActorKind, Member};
use officina::kernel::ids::{AccountId, CustomerId, MembershipId, SessionId};
use officina::kernel::permission::BuiltInRole;
use officina::kernel::secret::random_token;
use officina::kernel::time::Timestamp;

use super::DemoUser;

/// The members who act in the demo's history.
pub(super) struct Staff {
    /// Mechanics, who move repairs.
    pub technicians: Vec<Actor>,
    /// The front desk, which calls leads back.
    pub agent: Actor,
}

/// The customer whose person has an account in the portal: name and phone number.
pub(super) const PORTAL: (&str, &str) = ("Gelateria Polare", "02 5550101");

/// Who runs the installation, and is a member only to have a place to sign in to.
const OPERATOR: (&str, &str) = ("superadmin", "Franca Lodi");

const NAMES: [(&str, &str); 9] = [
    ("admin", "Giulia Ferraro"),
    ("manager", "Marco Bianchi"),
    ("technician", "Luca Moretti"),
    ("agent", "Sara Conti"),
    ("caregiver", "Elena Riva"),
    ("teacher", "Paolo Sala"),
    ("customer", "Anna Gallo"),
    ("student", "Davide Neri"),
    OPERATOR,
];

/// Adds the members of an organisation, and in the first the operator; the second organisation has only an admin and those who act.
pub(super) async fn hire(app: &App, system: &Actor, slug: &str, users: &mut Vec<DemoUser>) -> Result<Staff> {
    // One password per installation: easy to type, and never the same on two machines.
    let password = users.first().map_or_else(
        || {
            format!(
                "demo-{}",
                random_token().to_lowercase().replace(['-', '_'], "").chars().take(8).collect::<String>()
            )
        },
        |user| user.password.clone(),
    );
    let mut staff = Vec::new();
    for (role, name) in NAMES {
        if slug != "demo" && !matches!(role, "admin" | "technician" | "agent") {
            continue;
        }
        let email = format!("{role}@{slug}.test");
        let is_operator = role == OPERATOR.0;
        let customer =
            if role == BuiltInRole::Customer.as_str() { Some(portal(app, system, &email).await?) } else { None };
        let added = identity::add_member(
            app,
            system,
            NewMember {
                email: Some(email.clone()),
                phone: None,
                name: name.to_owned(),
                role: if is_operator { BuiltInRole::Teacher.to_string() } else { role.to_owned() },
                password: Some(password.clone()),
                customer,
            },
        )
        .await?;
        if is_operator {
            identity::make_operator(app, &email).await?;
        }
        users.push(DemoUser { org: slug.to_owned(), role: role.to_owned(), email, password: password.clone() });
        staff.push((role, acting(system, added.membership, role, name)));
    }
    let of_role = |wanted: &str| staff.iter().find(|(role, _)| *role == wanted).map(|(_, actor)| actor.clone());
    let technicians = ["technician", "manager", "admin"].iter().filter_map(|role| of_role(role)).collect();
    Ok(Staff { technicians, agent: of_role("agent").unwrap_or_else(|| system.clone()) })
}

/// The record of the customer with an account, as staff have written it down.
async fn portal(app: &App, system: &Actor, email: &str) -> Result<CustomerId> {
    let mut tx = app.db.begin().await?;
    let now = app.clock.now();
    let customer = customers::find_or_create(&mut tx, system, app.country, PORTAL, Some(email), now).await?;
    tx.commit().await?;
    Ok(customer.id)
}

/// A member as an actor, without a session: the demo's history is made by them and not by the system.
fn acting(system: &Actor, membership: MembershipId, role: &str, name: &str) -> Actor {
    let kind = ActorKind::Member(Member {
        account: AccountId::new(),
        membership,
        session: SessionId::new(),
        role: role.to_owned(),
        name: name.to_owned(),
        customer: None,
        proved_at: Timestamp::default(),
        operator: false,
        needs_factor: false,
    });
    let permissions = role.parse::<BuiltInRole>().map(BuiltInRole::permissions).unwrap_or_default();
    Actor { kind, permissions, ..system.clone() }
}
