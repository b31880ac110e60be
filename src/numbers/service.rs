//! The rules of stored numbers.

use std::collections::HashMap;

use super::model::{DoubtReason, NumberDoubt};
use super::store;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::Tx;
use crate::kernel::ids::{CustomerId, OrgId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::Permission;
use crate::kernel::phone::{Country, e164, search_words};
use crate::kernel::text;
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// What stands for the country of numbers that are still known by their last ten digits, from before they had one.
const LAST_DIGITS: &str = "";

/// Customers whose number somebody should look at; those with one number stand beside each other. At most 200: the next ones
/// come when these are looked at.
///
/// # Errors
/// [`Error::Forbidden`] without `customers:read`.
pub async fn doubts(app: &App, actor: &Actor) -> Result<Vec<NumberDoubt>> {
    actor.require(Permission::CustomersRead)?;
    store::doubts(&app.db, actor.org).await
}

/// How many doubts there are: a number of the home page.
///
/// # Errors
/// [`Error::Forbidden`] without `customers:read`.
pub async fn doubt_count(app: &App, actor: &Actor) -> Result<i64> {
    actor.require(Permission::CustomersRead)?;
    store::count_doubts(&app.db, actor.org).await
}

/// Notes that somebody has looked at a customer's number: it is left as it is and listed no more.
///
/// # Errors
/// [`Error::Forbidden`] without `customers:write`, [`Error::NotFound`] for a customer about whom there is no doubt.
pub async fn settle(app: &App, actor: &Actor, customer: CustomerId) -> Result<()> {
    actor.require(Permission::CustomersWrite)?;
    let mut tx = app.db.begin().await?;
    if store::delete_doubts(&mut tx, actor.org, customer).await? == 0 {
        return Err(Error::NotFound);
    }
    let entry = Entry::new("customers.number_looked_at", "customer", customer.0);
    journal::write(&mut tx, actor, app.clock.now(), entry).await?;
    tx.commit().await
}

/// What to do where the numbers of organisations that name no country were read in another one than the installation's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherCountry {
    /// Read them anew. No server may be running.
    Read,
    /// Refuse: another server may be running that is right, and each would undo what the other has read.
    Refuse,
}

/// The country of the installation as its numbers were read: the setting, where none were. What comes with other settings,
/// as a command line does, reads numbers as the servers do.
///
/// # Errors
/// What the database says.
pub async fn country_in_force(app: &App) -> Result<Country> {
    let letters = store::country_read_in(&app.db).await?;
    Ok(app.country_of(letters.as_deref()))
}

/// Reads the numbers of every organisation that stands in another country than the one they were read in: once after the
/// upgrade that gave numbers a country, and when the country of the installation has changed and that is meant. Each
/// organisation's in a transaction of its own, so what ends in between goes on at the next start.
///
/// # Errors
/// A sentence for people when the numbers were read in another country and that is to be refused; nothing was read then.
pub async fn read_where_needed(app: &App, other: OtherCountry) -> Result<()> {
    let rows = store::readings(&app.db).await?;
    let mut known = rows.iter().filter(|row| row.country.is_none()).filter_map(|row| row.numbers_read_in.as_deref());
    let here = app.country.letters();
    if other == OtherCountry::Refuse
        && let Some(there) = known.find(|letters| ![LAST_DIGITS, here].contains(letters))
    {
        return Err(Error::BadRequest(format!(
            "The phone numbers in this database were read in {there}, and `sms.prefix` is of {here}: put that one back, or stop \
             all servers and read the numbers anew with `officina migrate`."
        )));
    }
    for row in rows {
        let home = app.country_of(row.country.as_deref());
        if row.numbers_read_in.as_deref() == Some(home.letters()) {
            continue;
        }
        let mut tx = app.db.begin().await?;
        read_in(&mut tx, row.id, home, app.clock.now()).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Reads all numbers of an organisation in a country, unless they are. Every record stays. What may be two people, or two
/// records of one number, is noted for somebody to look at.
///
/// # Errors
/// What the database says.
pub async fn read_in(tx: &mut Tx, org: OrgId, home: Country, now: Timestamp) -> Result<()> {
    let Some(before) = store::lock_reading(tx, org).await? else { return Ok(()) };
    let earlier = before.numbers_read_in.as_deref();
    if earlier == Some(home.letters()) {
        return Ok(());
    }
    let is_first = earlier == Some(LAST_DIGITS);
    let changed = read_customers(tx, org, home, is_first, now).await?
        + read_leads(tx, org, home, is_first).await?
        + read_accounts(tx, org, home).await?;
    if is_first {
        clean_addresses(tx, org).await?;
        note_several_people(tx, org, now).await?;
    }
    store::set_reading(tx, org, home.letters()).await?;
    if changed > 0 {
        let doubts = store::count_doubts(&mut *tx, org).await?;
        let entry = Entry::new("customers.numbers_read", "organisation", org.0)
            .before(&serde_json::json!({ "country": earlier }))
            .after(&serde_json::json!({ "country": home.letters(), "numbers": changed, "toLookAt": doubts }));
        journal::write(tx, &Actor::system(org), now, entry).await?;
    }
    Ok(())
}

async fn read_customers(tx: &mut Tx, org: OrgId, home: Country, is_first: bool, now: Timestamp) -> Result<usize> {
    let rows = store::customers(tx, org).await?;
    let numbers: Vec<Option<String>> = rows.iter().map(|row| e164(&row.phone, home)).collect();
    let mut holders: HashMap<&str, usize> = HashMap::new();
    for number in numbers.iter().flatten() {
        *holders.entry(number).or_default() += 1;
    }
    store::release_keys(tx, org).await?;
    let mut changed = 0;
    for (row, number) in rows.iter().zip(&numbers) {
        let number = number.as_deref();
        let is_shared = number.is_some_and(|number| holders.get(number).is_some_and(|count| *count > 1));
        store::set_customer_number(tx, org, row.id, number, number.filter(|_| !is_shared)).await?;
        if is_shared {
            store::insert_doubt(tx, org, row.id, (DoubtReason::SharedNumber, None), now).await?;
        }
        if row.phone_number.as_deref() == number {
            continue;
        }
        changed += 1;
        let old = match is_first {
            true => row.phone_key.clone(),
            false => row.phone_number.as_deref().map(|old| search_words(&row.phone, old)),
        };
        if let Some((old, number)) = old.filter(|old| !old.is_empty()).zip(number) {
            store::replace_in_repairs(tx, org, row.id, &old, &search_words(&row.phone, number)).await?;
        }
    }
    Ok(changed)
}

async fn read_leads(tx: &mut Tx, org: OrgId, home: Country, is_first: bool) -> Result<usize> {
    let mut changed = 0;
    for row in store::leads(tx, org).await? {
        let Some(number) = e164(&row.phone, home).filter(|number| *number != row.phone_key) else { continue };
        let old = if is_first { row.phone_key.clone() } else { search_words(&row.phone, &row.phone_key) };
        let words = (old.as_str(), &*search_words(&row.phone, &number));
        store::set_lead_number(tx, org, row.id, &number, words).await?;
        changed += 1;
    }
    Ok(changed)
}

/// Accounts and invitations. Of two accounts with one number the older one signs in with it.
async fn read_accounts(tx: &mut Tx, org: OrgId, home: Country) -> Result<usize> {
    let mut changed = 0;
    for row in store::accounts(tx, org).await? {
        let number = e164(&row.phone, home);
        if number == row.phone_key {
            continue;
        }
        let is_taken = match &number {
            Some(number) => store::account_has_key(tx, number).await?,
            None => false,
        };
        // Without any other way in, an account keeps what it had.
        if (is_taken || number.is_none()) && !row.has_email {
            continue;
        }
        store::set_account_key(tx, row.id, number.as_deref().filter(|_| !is_taken)).await?;
        changed += 1;
    }
    for (id, phone) in store::links(tx, org).await? {
        store::set_link_key(tx, id, e164(&phone, home).as_deref()).await?;
    }
    Ok(changed)
}

/// Takes out of the e-mail addresses of accounts what nobody sees, as it is taken out of what is typed to sign in. An address
/// that another account has without it stays, and nobody signs in with it any more: the other one is the person's.
async fn clean_addresses(tx: &mut Tx, org: OrgId) -> Result<()> {
    for (account, email) in store::addresses(tx, org).await? {
        let clean = text::email(&email).to_lowercase();
        if clean == email {
            continue;
        }
        if store::account_has_address(tx, &clean).await? {
            tracing::warn!(%account, "this account's e-mail address is another account's as well");
        } else {
            store::set_address(tx, account, &clean).await?;
        }
    }
    Ok(())
}

/// Notes records in which two people may be one, because their numbers only share the last ten digits. What the other
/// one typed is not known any more; what is, is that a check-in gave a wholly different name, or that the account of the
/// customer's portal has another number.
async fn note_several_people(tx: &mut Tx, org: OrgId, now: Timestamp) -> Result<()> {
    for (customer, name, other) in store::other_names(tx, org).await? {
        if !share_a_word(&name, &other) {
            store::insert_doubt(tx, org, customer, (DoubtReason::SeveralPeople, Some(&other)), now).await?;
        }
    }
    for (customer, phone) in store::other_numbers(tx, org).await? {
        store::insert_doubt(tx, org, customer, (DoubtReason::SeveralPeople, Some(&phone)), now).await?;
    }
    Ok(())
}

/// Whether two names may be one person's, or of one family.
fn share_a_word(one: &str, other: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let parts = name.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1);
        parts.map(str::to_lowercase).collect()
    };
    let known = words(one);
    words(other).iter().any(|word| known.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortened_name_is_the_same_person() {
        assert!(share_a_word("Anna Verdi", "A. Verdi-Neri") && share_a_word("VERDI Anna", "anna verdi"));
        assert!(!share_a_word("Anna Verdi", "A. Bruni"));
    }
}
