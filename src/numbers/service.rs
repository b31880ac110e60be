//! The rules of stored numbers.

use super::model::NumberDoubt;
use super::reading::{LAST_DIGITS, Reading};
use super::store;
use crate::kernel::App;
use crate::kernel::actor::Actor;
use crate::kernel::db::Tx;
use crate::kernel::ids::{CustomerId, OrgId};
use crate::kernel::jobs::{self, Job, NewJob};
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::Permission;
use crate::kernel::phone::Country;
use crate::kernel::time::{MINUTE, Timestamp};
use crate::{Error, Result};

/// The job that reads the numbers of an organisation anew.
pub const READ_JOB: &str = "numbers.read";
/// The numbers of the home page are counted up to this: beyond, there is a day's work and more.
const COUNT_UP_TO: i64 = 100;
/// Steps that one job takes before another goes on: others wait for the same worker.
const STEPS_A_JOB: usize = 20;
/// How long after a change of the country all is looked at once more: nobody who began before is still writing then.
const ONCE_MORE_AFTER: i64 = MINUTE;

/// Customers whose number somebody should look at; those with one number stand beside each other. At most 200: the next ones
/// come when these are looked at.
///
/// # Errors
/// [`Error::Forbidden`] without `customers:read`.
pub async fn doubts(app: &App, actor: &Actor) -> Result<Vec<NumberDoubt>> {
    actor.require(Permission::CustomersRead)?;
    store::doubts(&app.db, actor.org).await
}

/// How many doubts there are, counted up to a hundred: a number of the home page.
///
/// # Errors
/// [`Error::Forbidden`] without `customers:read`.
pub async fn doubt_count(app: &App, actor: &Actor) -> Result<i64> {
    actor.require(Permission::CustomersRead)?;
    store::count_doubts(&app.db, actor.org, COUNT_UP_TO).await
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
/// upgrade that gave numbers a country, and when the country of the installation has changed and that is meant. Some hundred
/// at a time: what ends in between goes on at the next start. Every record stays. What may be two people, or two records of
/// one number, is noted for somebody to look at.
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
        tracing::info!(organisation = %row.id, country = home.letters(), "reads phone numbers anew");
        let mut reading = Reading::default();
        while !reading.step(app, row.id).await? {}
    }
    Ok(())
}

/// Has all numbers of an organisation read anew by jobs, because its country is another now: at once, and once more a little
/// later for what is being written just now by who knows the old country.
///
/// # Errors
/// What the database says.
pub async fn read_anew(tx: &mut Tx, org: OrgId, now: Timestamp) -> Result<()> {
    store::forget_reading(tx, org).await?;
    enqueue(tx, org, &Reading::default(), now).await?;
    enqueue(tx, org, &Reading::once_more(), now.plus(ONCE_MORE_AFTER)).await
}

/// Carries out a job that [`read_anew`] has made: some steps, and the rest is a job again.
///
/// # Errors
/// What the database says.
pub async fn read_on(app: &App, job: &Job) -> Result<()> {
    let org = job.org_id.ok_or_else(|| Error::internal("a job without an organisation"))?;
    let mut reading = Reading::of_job(&job.payload)?;
    for _ in 0..STEPS_A_JOB {
        if reading.step(app, org).await? {
            return Ok(());
        }
    }
    let mut tx = app.db.begin().await?;
    enqueue(&mut tx, org, &reading, app.clock.now()).await?;
    tx.commit().await
}

async fn enqueue(tx: &mut Tx, org: OrgId, reading: &Reading, run_at: Timestamp) -> Result<()> {
    // Without a key: one that is ending just now would swallow the next.
    let job = NewJob { kind: READ_JOB, org: Some(org), payload: reading.payload()?, run_at, unique_key: None };
    jobs::enqueue(tx, job).await
}
