//! The reading of all stored numbers of an organisation in a country, some hundred at a time.
//!
//! First every number is read where it stands, then the customers' keys are given: only then is it known who shares a number.
//! Each step is a transaction of its own and finds by itself what is still to be done, so that a reading that ends in between
//! is begun anew and soon is where it was. The organisation is marked as read by the last step alone.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::model::DoubtReason;
use super::store::{self, AccountRow, CHUNK};
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::Tx;
use crate::kernel::ids::OrgId;
use crate::kernel::journal::{self, Entry};
use crate::kernel::phone::{Country, e164, search_words};
use crate::kernel::text;
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// What stands for the country of numbers that are still known by their last ten digits, from before they had one.
pub(super) const LAST_DIGITS: &str = "";
/// Begins the key of a customer whose number was read and who has no new key yet. No number begins so.
const NO_KEY_YET: char = '?';

/// How far a reading has come.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Reading {
    /// The letters of the country; of none, before it begins.
    country: String,
    stage: Stage,
    /// The last id of the stage that was looked at.
    after: Uuid,
    /// Numbers that are others now.
    numbers: usize,
    /// Whether all is looked at once more although it was read: for what was written meanwhile by who knew the old country.
    is_once_more: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    #[default]
    Customers,
    Leads,
    Accounts,
    Links,
    Keys,
}

impl Stage {
    const fn next(self) -> Option<Self> {
        match self {
            Self::Customers => Some(Self::Leads),
            Self::Leads => Some(Self::Accounts),
            Self::Accounts => Some(Self::Links),
            Self::Links => Some(Self::Keys),
            Self::Keys => None,
        }
    }
}

/// What came of a step.
struct Outcome {
    /// The last id, if others may come after it.
    last: Option<Uuid>,
    /// Numbers that are others now.
    changed: usize,
}

impl Outcome {
    fn of(mut ids: impl DoubleEndedIterator<Item = Uuid> + ExactSizeIterator, changed: usize) -> Self {
        let is_full = ids.len() >= CHUNK as usize;
        Self { last: ids.next_back().filter(|_| is_full), changed }
    }
}

impl Reading {
    /// One that looks at everything, read or not.
    pub(super) fn once_more() -> Self {
        Self { is_once_more: true, ..Self::default() }
    }

    /// One as a job carries it.
    pub(super) fn of_job(payload: &str) -> Result<Self> {
        serde_json::from_str(payload).map_err(Error::internal)
    }

    /// The payload of a job that goes on with it.
    pub(super) fn payload(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }

    /// Takes the next step, and tells whether it was the last one.
    pub(super) async fn step(&mut self, app: &App, org: OrgId) -> Result<bool> {
        let now = app.clock.now();
        let mut tx = app.db.begin().await?;
        let Some(row) = store::lock_reading(&mut tx, org).await? else { return tx.rollback().await.map(|()| true) };
        let home = app.country_of(row.country.as_deref());
        let earlier = row.numbers_read_in.as_deref();
        if earlier == Some(home.letters()) && !self.is_once_more {
            return tx.rollback().await.map(|()| true);
        }
        if self.country != home.letters() {
            let is_once_more = self.is_once_more;
            *self = Self { country: home.letters().to_owned(), is_once_more, ..Self::default() };
        }
        let is_first = earlier == Some(LAST_DIGITS);
        let outcome = match self.stage {
            Stage::Customers => read_customers(&mut tx, org, home, self.after).await?,
            Stage::Leads => read_leads(&mut tx, org, home, self.after).await?,
            Stage::Accounts => read_accounts(&mut tx, org, home, self.after, (is_first, now)).await?,
            Stage::Links => read_links(&mut tx, org, home).await?,
            Stage::Keys => give_keys(&mut tx, org, self.after, (is_first, now)).await?,
        };
        self.numbers += outcome.changed;
        let next = outcome.last.map(|last| (self.stage, last)).or_else(|| Some((self.stage.next()?, Uuid::nil())));
        match next {
            Some((stage, after)) => (self.stage, self.after) = (stage, after),
            None => self.end(&mut tx, org, earlier, now).await?,
        }
        tx.commit().await?;
        Ok(next.is_none())
    }

    async fn end(&self, tx: &mut Tx, org: OrgId, earlier: Option<&str>, now: Timestamp) -> Result<()> {
        store::set_reading(tx, org, &self.country).await?;
        if self.numbers == 0 && earlier.is_none_or(|letters| letters == self.country) {
            return Ok(());
        }
        let doubts = store::count_doubts(&mut *tx, org, i64::MAX).await?;
        let entry = Entry::new("customers.numbers_read", "organisation", org.0)
            .before(&serde_json::json!({ "country": earlier }))
            .after(&serde_json::json!({ "country": self.country, "numbers": self.numbers, "toLookAt": doubts }));
        journal::write(tx, &Actor::system(org), now, entry).await?;
        Ok(())
    }
}

async fn read_customers(tx: &mut Tx, org: OrgId, home: Country, after: Uuid) -> Result<Outcome> {
    let rows = store::customers(tx, org, after).await?;
    let mut changed = 0;
    for row in &rows {
        let number = e164(&row.phone, home);
        let key = row.phone_key.as_deref();
        if row.phone_number == number
            && key.is_none_or(|key| key.starts_with(NO_KEY_YET) || number.as_deref() == Some(key))
        {
            continue;
        }
        // The key goes with the number that it was: it must not be in the way of another's new one.
        let no_key_yet = format!("{NO_KEY_YET}{}", row.id);
        store::set_customer_number(tx, org, row.id, number.as_deref(), &no_key_yet).await?;
        changed += 1;
        let old = match &row.phone_number {
            Some(old) => Some(search_words(&row.phone, old)),
            None => row.phone_key.clone(),
        };
        if let Some((old, number)) = old.filter(|old| !old.is_empty()).zip(number) {
            store::replace_in_repairs(tx, org, row.id, &old, &search_words(&row.phone, &number)).await?;
        }
    }
    Ok(Outcome::of(rows.iter().map(|row| row.id.0), changed))
}

async fn read_leads(tx: &mut Tx, org: OrgId, home: Country, after: Uuid) -> Result<Outcome> {
    let rows = store::leads(tx, org, after).await?;
    let mut changed = 0;
    for row in &rows {
        let Some(number) = e164(&row.phone, home).filter(|number| *number != row.phone_key) else { continue };
        let was_read = row.phone_key.starts_with('+');
        let old = if was_read { search_words(&row.phone, &row.phone_key) } else { row.phone_key.clone() };
        let words = (old.as_str(), &*search_words(&row.phone, &number));
        store::set_lead_number(tx, org, row.id, &number, words).await?;
        changed += 1;
    }
    Ok(Outcome::of(rows.iter().map(|row| row.id.0), changed))
}

/// Accounts. Of two with one number the older one signs in with it.
async fn read_accounts(
    tx: &mut Tx,
    org: OrgId,
    home: Country,
    after: Uuid,
    (is_first, now): (bool, Timestamp),
) -> Result<Outcome> {
    let rows = store::accounts(tx, org, after).await?;
    let mut changed = 0;
    for row in &rows {
        changed += usize::from(read_account(tx, row, home).await?);
        if is_first {
            clean_address(tx, row).await?;
        }
    }
    let outcome = Outcome::of(rows.iter().map(|row| row.id.0), changed);
    if is_first {
        // What is known of who came in elsewhere first is looked at here as well.
        let to = outcome.last.unwrap_or(Uuid::max());
        for (customer, phone) in store::other_numbers(tx, org, (after, to)).await? {
            store::insert_doubt(tx, org, customer, (DoubtReason::SeveralPeople, Some(&phone)), now).await?;
        }
    }
    Ok(outcome)
}

async fn read_account(tx: &mut Tx, row: &AccountRow, home: Country) -> Result<bool> {
    let Some(phone) = &row.phone else { return Ok(false) };
    let number = e164(phone, home);
    if number == row.phone_key {
        return Ok(false);
    }
    let is_taken = match &number {
        Some(number) => store::account_has_key(tx, number).await?,
        None => false,
    };
    let key = number.filter(|_| !is_taken);
    if key == row.phone_key {
        return Ok(false);
    }
    // The database wants a way in of every account.
    if key.is_none() && row.email.is_none() {
        tracing::warn!(
            account = %row.id,
            "nobody can sign in with this account: its phone number is another account's or none, and it has no e-mail address"
        );
        return Ok(false);
    }
    store::set_account_key(tx, row.id, key.as_deref()).await?;
    Ok(true)
}

/// Takes out of the e-mail address of an account what nobody sees, as it is taken out of what is typed to sign in. An address
/// that another account has without it stays, and nobody signs in with it any more: the other one is the person's.
async fn clean_address(tx: &mut Tx, row: &AccountRow) -> Result<()> {
    let Some(email) = &row.email else { return Ok(()) };
    let clean = text::email(email).to_lowercase();
    if clean == *email {
        return Ok(());
    }
    if store::account_has_address(tx, &clean).await? {
        tracing::warn!(account = %row.id, "this account's e-mail address is another account's as well");
        return Ok(());
    }
    store::set_address(tx, row.id, &clean).await
}

/// Links that wait. They are few: each goes after some days.
async fn read_links(tx: &mut Tx, org: OrgId, home: Country) -> Result<Outcome> {
    for (id, phone) in store::links(tx, org).await? {
        store::set_link_key(tx, id, e164(&phone, home).as_deref()).await?;
    }
    Ok(Outcome { last: None, changed: 0 })
}

/// Gives customers whom their number finds alone the key that says so, and takes it from those who share theirs. Those who
/// come to share one by this reading are noted; who did before was noted then, and perhaps looked at.
async fn give_keys(tx: &mut Tx, org: OrgId, after: Uuid, (is_first, now): (bool, Timestamp)) -> Result<Outcome> {
    let rows = store::sharers(tx, org, after).await?;
    for row in &rows {
        let key = row.phone_number.as_deref().filter(|_| !row.is_shared);
        if key == row.phone_key.as_deref() {
            continue;
        }
        store::set_customer_key(tx, org, row.id, key).await?;
        if row.is_shared {
            store::insert_doubt(tx, org, row.id, (DoubtReason::SharedNumber, None), now).await?;
        }
    }
    if let Some(last) = rows.last().filter(|_| is_first) {
        note_other_names(tx, org, (after, last.id.0), now).await?;
    }
    Ok(Outcome::of(rows.iter().map(|row| row.id.0), 0))
}

/// Notes records in which two people may be one, because their numbers only share the last ten digits. What the other
/// one typed is not known any more; what is, is that a check-in gave a wholly different name, or (looked at with the accounts)
/// that the account of the customer's portal has another number.
async fn note_other_names(tx: &mut Tx, org: OrgId, range: (Uuid, Uuid), now: Timestamp) -> Result<()> {
    for (customer, name, other) in store::other_names(tx, org, range).await? {
        if !share_a_word(&name, &other) {
            store::insert_doubt(tx, org, customer, (DoubtReason::SeveralPeople, Some(&other)), now).await?;
        }
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
