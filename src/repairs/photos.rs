//! Photos of repairs: who may add, see and remove them.

use super::model::{PhotoCategory, RepairPhoto};
use super::service::{SUBJECT, require_change};
use super::status::RepairStatus;
use super::store;
use crate::identity::{self, PublicForm};
use crate::kernel::App;
use crate::kernel::actor::{Actor, Scope};
use crate::kernel::db::Tx;
use crate::kernel::files::{self, Photo, Rendition, StoredFile};
use crate::kernel::ids::{FileId, OrgId, RepairId};
use crate::kernel::journal::{self, Entry};
use crate::kernel::permission::Permission;
use crate::kernel::time::{DAY, Timestamp};
use crate::{Error, Result};

/// Photos that a repair may have.
pub const MAX_PHOTOS: usize = 20;
/// How long the public may add photos to a check-in.
const PUBLIC_PHOTOS_FOR: i64 = DAY;

/// Photos whose bytes are on the disk and whose rows are still to be written.
///
/// The bytes go first: a row without its bytes would be a broken picture, bytes without a row are only unreachable. And
/// they go outside of the transaction, so that a slow disk does not keep other writers waiting.
pub(super) struct StoredPhotos<'a>(Vec<(FileId, PhotoCategory, &'a Photo)>);

impl<'a> StoredPhotos<'a> {
    /// Stores the bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for more than [`MAX_PHOTOS`], [`Error::Unavailable`] when the disk refuses.
    pub(super) async fn put(app: &App, org: OrgId, photos: &'a [(PhotoCategory, Photo)]) -> Result<Self> {
        if photos.len() > MAX_PHOTOS {
            return Err(too_many());
        }
        let mut stored = Vec::with_capacity(photos.len());
        for (category, photo) in photos {
            stored.push((app.files.put_photo(org, photo).await?, *category, photo));
        }
        Ok(Self(stored))
    }

    /// Writes the rows.
    pub(super) async fn insert(
        self,
        tx: &mut Tx,
        org: OrgId,
        id: RepairId,
        now: Timestamp,
    ) -> Result<Vec<RepairPhoto>> {
        let mut added = Vec::with_capacity(self.0.len());
        for (file, category, photo) in self.0 {
            let row = files::insert_photo(tx, org, file, photo, (SUBJECT, id.0), category.as_str(), now).await?;
            added.push(row.into());
        }
        Ok(added)
    }
}

fn too_many() -> Error {
    Error::TooLarge(format!("A repair may have at most {MAX_PHOTOS} photos."))
}

/// Adds photos that the public sends after the check-in: only while it stands at `pre_checkin`, and for a day.
///
/// # Errors
/// [`Error::NotFound`] for an unknown repair and where visitors may not send photos, [`Error::Conflict`] when it is too late, [`Error::TooLarge`] for more
/// photos than [`MAX_PHOTOS`].
pub async fn add_public(
    app: &App,
    actor: &Actor,
    id: RepairId,
    photos: &[(PhotoCategory, Photo)],
) -> Result<Vec<RepairPhoto>> {
    if !identity::service::organisation(app, actor.org).await?.offers(PublicForm::Photos) {
        return Err(Error::NotFound);
    }
    let now = app.clock.now();
    let open = |state: &store::StateRow| {
        if state.status == RepairStatus::PreCheckin && now.since(state.created_at) <= PUBLIC_PHOTOS_FOR {
            Ok(())
        } else {
            Err(Error::conflict("Photos can be added until the car is confirmed, and for one day."))
        }
    };
    add_while(app, actor, id, photos, open).await
}

/// Adds those photos of a form sent once more that the repair does not have yet, as long as the public may add any: who
/// goes back and chooses more sends the others again.
///
/// # Errors
/// What [`add_public`] says, but for photos that come too late: these are left out.
pub(super) async fn add_missing(
    app: &App,
    actor: &Actor,
    id: RepairId,
    photos: &[(PhotoCategory, Photo)],
) -> Result<()> {
    let mut known = files::of_subject(&app.db, actor.org, (SUBJECT, id.0)).await?;
    let mut missing = Vec::new();
    for (category, photo) in photos {
        match known.iter().position(|file| file.category == category.as_str() && photo.is(file)) {
            Some(same) => drop(known.swap_remove(same)),
            None => missing.push((*category, photo.clone())),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    match add_public(app, actor, id, &missing).await {
        Ok(_) | Err(Error::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Adds photos that staff take.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:write`, and without `repairs:check_in` until the work begins;
/// [`Error::NotFound`] for an unknown repair.
pub async fn add(
    app: &App,
    actor: &Actor,
    id: RepairId,
    photos: &[(PhotoCategory, Photo)],
) -> Result<Vec<RepairPhoto>> {
    actor.require_either(Permission::RepairsWrite, Permission::RepairsCheckIn)?;
    add_while(app, actor, id, photos, |state| require_change(actor, state.status)).await
}

async fn add_while(
    app: &App,
    actor: &Actor,
    id: RepairId,
    photos: &[(PhotoCategory, Photo)],
    open: impl Fn(&store::StateRow) -> Result<()>,
) -> Result<Vec<RepairPhoto>> {
    // Looked at before anything is stored, so that what is refused leaves nothing behind; and again under the lock.
    let takes = |state: Option<store::StateRow>| state.ok_or(Error::NotFound).and_then(|state| open(&state));
    takes(store::state(&app.db, actor.org, id).await?)?;
    let stored = StoredPhotos::put(app, actor.org, photos).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin().await?;
    takes(store::lock_state(&mut tx, actor.org, id).await?)?;
    if files::of_subject(&mut tx, actor.org, (SUBJECT, id.0)).await?.len() + photos.len() > MAX_PHOTOS {
        return Err(too_many());
    }
    let added = stored.insert(&mut tx, actor.org, id, now).await?;
    let entry = Entry::new("repairs.photos_added", SUBJECT, id.0).after(&serde_json::json!({ "photos": photos.len() }));
    journal::write(&mut tx, actor, now, entry).await?;
    tx.commit().await?;
    Ok(added)
}

/// The bytes of a photo.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:read` and `portal:read`, [`Error::NotFound`] when this repair has no such photo,
/// or is another customer's.
pub async fn get(app: &App, actor: &Actor, id: RepairId, photo: FileId, rendition: Rendition) -> Result<bytes::Bytes> {
    let scope = actor.scope(Permission::RepairsRead)?;
    if scope != Scope::All {
        scope.pass(store::customer_of(&app.db, actor.org, id).await?)?;
    }
    find(app, actor.org, id, photo).await?;
    app.files.get(actor.org, photo, rendition).await
}

/// Removes a photo for good.
///
/// # Errors
/// [`Error::Forbidden`] without `repairs:delete`, [`Error::NotFound`] when this repair has no such photo.
pub async fn delete(app: &App, actor: &Actor, id: RepairId, photo: FileId) -> Result<()> {
    actor.require(Permission::RepairsDelete)?;
    let file = find(app, actor.org, id, photo).await?;
    let mut tx = app.db.begin().await?;
    files::remove(&mut tx, actor.org, photo).await?;
    let entry = Entry::new("repairs.photo_deleted", SUBJECT, id.0)
        .before(&serde_json::json!({ "photo": photo, "category": file.category }));
    journal::write(&mut tx, actor, app.clock.now(), entry).await?;
    tx.commit().await?;
    app.files.delete(actor.org, photo).await
}

/// The row of a photo, which has to be one of this repair.
pub(super) async fn find(app: &App, org: OrgId, id: RepairId, photo: FileId) -> Result<StoredFile> {
    let file = files::find(&app.db, org, photo).await?;
    if file.subject_kind != SUBJECT || file.subject_id != id.0 {
        return Err(Error::NotFound);
    }
    Ok(file)
}

impl From<StoredFile> for RepairPhoto {
    fn from(file: StoredFile) -> Self {
        Self {
            id: file.id,
            category: file.category,
            width: file.width.unwrap_or_default(),
            height: file.height.unwrap_or_default(),
            created_at: file.created_at,
        }
    }
}
