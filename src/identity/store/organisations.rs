//! Organisations.

use crate::identity::access::Tenant;
use crate::identity::model::OrganisationRef;
use crate::identity::settings::{Settings, TemperatureUnit};
use crate::kernel::db::{Conn, Sort, Tx, sql};
use crate::kernel::ids::{AccountId, FileId, OrgId};
use crate::kernel::page::PageWindow;
use crate::kernel::phone::Country;
use crate::kernel::time::Timestamp;
use crate::{Error, Result};

/// An organisation's row.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct OrganisationRow {
    pub id: OrgId,
    pub slug: String,
    pub name: String,
    pub areas: String,
    pub locale: String,
    pub time_zone: String,
    pub accent: String,
    pub self_registration: bool,
    pub public_forms: String,
    pub logo_id: Option<FileId>,
    pub temperature_unit: TemperatureUnit,
    pub opening_hours: String,
    pub public_phone: Option<String>,
    pub public_address: Option<String>,
    pub privacy_notice: Option<String>,
}

const ORGANISATION: &str = "SELECT id, slug, name, areas, locale, time_zone, accent, self_registration, public_forms, logo_id, \
     temperature_unit, opening_hours, public_phone, public_address, privacy_notice FROM organisations ";

/// Inserts an organisation. It has no numbers yet, so all of them are read in the country of the installation.
pub(crate) async fn insert_organisation(
    tx: &mut Tx,
    row: &OrganisationRow,
    country: Country,
    now: Timestamp,
) -> Result<()> {
    sql("INSERT INTO organisations (id, slug, name, areas, locale, time_zone, accent, created_at, numbers_read_in) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
    .bind(row.id)
    .bind(&row.slug)
    .bind(&row.name)
    .bind(&row.areas)
    .bind(&row.locale)
    .bind(&row.time_zone)
    .bind(&row.accent)
    .bind(now)
    .bind(country.letters())
    .run(tx)
    .await?;
    Ok(())
}

pub(crate) async fn organisation(on: impl Into<Conn<'_>>, id: OrgId) -> Result<Option<OrganisationRow>> {
    let mut query = sql(ORGANISATION);
    query.push("WHERE id = ").push_bind(id);
    query.optional(on).await
}

/// An organisation by its name in addresses, unless it is suspended.
pub(crate) async fn organisation_by_slug(on: impl Into<Conn<'_>>, slug: &str) -> Result<Option<OrganisationRow>> {
    let mut query = sql(ORGANISATION);
    query.push("WHERE slug = ").push_bind(slug).push(" AND suspended_at IS NULL");
    query.optional(on).await
}

/// An organisation's country, if there is the organisation: the letters, or none where it names none.
pub(crate) async fn country(on: impl Into<Conn<'_>>, id: OrgId) -> Result<Option<Option<String>>> {
    let row: Option<(Option<String>,)> =
        sql("SELECT country FROM organisations WHERE id = $1").bind(id).optional(on).await?;
    Ok(row.map(|(country,)| country))
}

/// The countries of all organisations, each once.
pub(crate) async fn countries(on: impl Into<Conn<'_>>) -> Result<Vec<Option<String>>> {
    let rows: Vec<(Option<String>,)> =
        sql("SELECT DISTINCT country FROM organisations ORDER BY country").all(on).await?;
    Ok(rows.into_iter().map(|(country,)| country).collect())
}

pub(crate) async fn set_country(tx: &mut Tx, id: OrgId, country: Option<&str>) -> Result<()> {
    sql("UPDATE organisations SET country = $2 WHERE id = $1").bind(id).bind(country).run(tx).await?;
    Ok(())
}

/// The oldest organisation that is not suspended.
pub(crate) async fn first_organisation(on: impl Into<Conn<'_>>) -> Result<Option<OrganisationRow>> {
    let mut query = sql(ORGANISATION);
    query.push("WHERE suspended_at IS NULL ORDER BY created_at, id LIMIT 1");
    query.optional(on).await
}

/// Lets changes of an organisation's people queue: whoever counts its administrators counts them alone.
pub(crate) async fn lock_organisation(tx: &mut Tx, id: OrgId) -> Result<()> {
    sql("SELECT id FROM organisations WHERE id = $1").bind(id).lock::<(OrgId,)>(tx).await?;
    Ok(())
}

/// The organisations that an account may come into, by name.
pub(crate) async fn organisations_of(on: impl Into<Conn<'_>>, account: AccountId) -> Result<Vec<OrganisationRef>> {
    sql("SELECT o.id, o.slug, o.name FROM memberships m JOIN organisations o ON o.id = m.org_id \
         WHERE m.account_id = $1 AND m.status = 'active' AND o.suspended_at IS NULL ORDER BY o.name, o.id")
    .bind(account)
    .all(on)
    .await
}

/// Where somebody comes in who has not said where: the organisation of the oldest active membership.
pub(crate) async fn first_organisation_of(on: impl Into<Conn<'_>>, account: AccountId) -> Result<Option<OrgId>> {
    let row: Option<(OrgId,)> = sql("SELECT m.org_id FROM memberships m JOIN organisations o ON o.id = m.org_id \
         WHERE m.account_id = $1 AND m.status = 'active' AND o.suspended_at IS NULL ORDER BY m.created_at, m.id LIMIT 1")
    .bind(account)
    .optional(on)
    .await?;
    Ok(row.map(|(id,)| id))
}

/// All organisations of the installation, the newest first.
pub(crate) async fn tenants(on: impl Into<Conn<'_>>, window: PageWindow) -> Result<Vec<Tenant>> {
    let mut query = sql(TENANT);
    query.push_window(Sort::descending("o.created_at", "o.id"), &window);
    query.all(on).await
}

pub(crate) async fn count_tenants(on: impl Into<Conn<'_>>) -> Result<i64> {
    sql("SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 FROM organisations o").counted(on).await
}

pub(crate) async fn tenant(on: impl Into<Conn<'_>>, id: OrgId) -> Result<Option<Tenant>> {
    let mut query = sql(TENANT);
    query.push(" AND o.id = ").push_bind(id);
    query.optional(on).await
}

const TENANT: &str = "SELECT o.id, o.slug, o.name, o.created_at, o.suspended_at, \
     (SELECT CAST(COUNT(*) AS BIGINT) FROM memberships m WHERE m.org_id = o.id AND m.status = 'active') AS members \
     FROM organisations o WHERE 1 = 1";

/// Writes an organisation's name and since when it is suspended.
pub(crate) async fn write_tenant(tx: &mut Tx, id: OrgId, name: &str, suspended_at: Option<Timestamp>) -> Result<()> {
    sql("UPDATE organisations SET name = $2, suspended_at = $3 WHERE id = $1")
        .bind(id)
        .bind(name)
        .bind(suspended_at)
        .run(tx)
        .await?;
    Ok(())
}

/// The settings of an organisation, as they are stored.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct SettingsRow {
    pub slug: String,
    pub name: String,
    pub areas: String,
    pub locale: String,
    pub time_zone: String,
    pub country: Option<String>,
    pub accent: String,
    pub currency: String,
    pub temperature_unit: TemperatureUnit,
    pub opening_hours: String,
    pub public_forms: String,
    pub self_registration: bool,
    pub second_factor_roles: String,
    pub session_idle_hours: i64,
    pub session_absolute_hours: i64,
    pub logo_id: Option<FileId>,
    pub version: i64,
    pub public_phone: Option<String>,
    pub public_address: Option<String>,
    pub privacy_notice: Option<String>,
}

pub(crate) async fn settings(on: impl Into<Conn<'_>>, org: OrgId) -> Result<SettingsRow> {
    sql("SELECT slug, name, areas, locale, time_zone, accent, currency, opening_hours, public_forms, self_registration, \
         second_factor_roles, session_idle_hours, session_absolute_hours, logo_id, version, temperature_unit, country, \
         public_phone, public_address, privacy_notice \
         FROM organisations WHERE id = $1")
    .bind(org)
    .one(on)
    .await
}

pub(crate) async fn write_settings(tx: &mut Tx, org: OrgId, settings: &Settings) -> Result<()> {
    let words = |words: Vec<&str>| words.join(" ");
    sql("UPDATE organisations SET name = $2, areas = $3, locale = $4, time_zone = $5, accent = $6, currency = $7, \
         opening_hours = $8, public_forms = $9, self_registration = $10, second_factor_roles = $11, \
         session_idle_hours = $12, session_absolute_hours = $13, version = $14, temperature_unit = $15, \
         public_phone = $16, public_address = $17, privacy_notice = $18 \
         WHERE id = $1")
    .bind(org)
    .bind(&settings.name)
    .bind(words(settings.areas.iter().map(|area| area.as_str()).collect()))
    .bind(&settings.locale)
    .bind(&settings.time_zone)
    .bind(&settings.accent)
    .bind(&settings.currency)
    .bind(serde_json::to_string(&settings.opening_hours).map_err(Error::internal)?)
    .bind(words(settings.public_forms.iter().map(|form| form.as_str()).collect()))
    .bind(settings.self_registration)
    .bind(settings.second_factor_roles.join(" "))
    .bind(settings.session_idle_hours)
    .bind(settings.session_absolute_hours)
    .bind(settings.version)
    .bind(settings.temperature_unit)
    .bind(settings.phone.as_deref())
    .bind(settings.address.as_deref())
    .bind(settings.privacy_notice.as_deref())
    .run(tx)
    .await?;
    Ok(())
}

pub(crate) async fn set_logo(tx: &mut Tx, org: OrgId, logo: Option<FileId>) -> Result<()> {
    sql("UPDATE organisations SET logo_id = $2, version = version + 1 WHERE id = $1")
        .bind(org)
        .bind(logo)
        .run(tx)
        .await?;
    Ok(())
}
