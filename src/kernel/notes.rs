//! Notes on records, whatever area they are of: a line in the conversation about one, for colleagues alone or for the
//! customer, too. A note is never changed; what was wrong is said in another one.

use crate::Result;
use crate::kernel::actor::Actor;
use crate::kernel::db::{Conn, Tx, sql};
use crate::kernel::ids::{MembershipId, NoteId, OrgId};
use crate::kernel::journal::FORGOTTEN;
use crate::kernel::time::Timestamp;

/// A note as it is read.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Note {
    /// The note.
    pub id: NoteId,
    /// What it says.
    pub body: String,
    /// Whether the customer reads it, too.
    pub public: bool,
    /// Who wrote it, by the name of now: whoever was taken out of the records is nameless here, too.
    pub author: String,
    /// When.
    pub created_at: Timestamp,
}

/// Adds a note to a record. Whoever calls this has checked the actor and the text, and writes the journal.
///
/// # Errors
/// What the database says.
pub async fn add(
    tx: &mut Tx,
    actor: &Actor,
    subject: (&'static str, uuid::Uuid),
    body: &str,
    public: bool,
    now: Timestamp,
) -> Result<NoteId> {
    let id = NoteId::new();
    let author = actor.member().map(|member| (member.name.as_str(), Some(member.membership)));
    let (author, author_id) = author.unwrap_or(("Officina", None));
    sql("INSERT INTO notes (org_id, id, subject_kind, subject_id, body, public, author, author_id, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
    .bind(actor.org)
    .bind(id)
    .bind(subject.0)
    .bind(subject.1)
    .bind(body)
    .bind(public)
    .bind(author)
    .bind(author_id)
    .bind(now)
    .run(tx)
    .await?;
    Ok(id)
}

/// The notes on a record, oldest first.
///
/// # Errors
/// What the database says.
pub async fn of_subject(on: impl Into<Conn<'_>>, org: OrgId, subject: (&'static str, uuid::Uuid)) -> Result<Vec<Note>> {
    sql("SELECT n.id, n.body, n.public, COALESCE(a.name, n.author) AS author, n.created_at FROM notes n \
         LEFT JOIN memberships m ON m.org_id = n.org_id AND m.id = n.author_id \
         LEFT JOIN accounts a ON a.id = m.account_id \
         WHERE n.org_id = $1 AND n.subject_kind = $2 AND n.subject_id = $3 ORDER BY n.id")
    .bind(org)
    .bind(subject.0)
    .bind(subject.1)
    .all(on)
    .await
}

/// Takes the name of a member who is to be forgotten from under the notes, also of one whose account goes on elsewhere.
/// Whoever calls this checks the actor and writes the journal.
///
/// # Errors
/// What the database says.
pub async fn forget_author(tx: &mut Tx, org: OrgId, author: MembershipId) -> Result<()> {
    sql("UPDATE notes SET author = $3, author_id = NULL WHERE org_id = $1 AND author_id = $2")
        .bind(org)
        .bind(author)
        .bind(FORGOTTEN)
        .run(tx)
        .await?;
    Ok(())
}

/// Removes what was noted about a record.
///
/// # Errors
/// What the database says.
pub async fn forget(tx: &mut Tx, org: OrgId, subject: (&'static str, uuid::Uuid)) -> Result<()> {
    sql("DELETE FROM notes WHERE org_id = $1 AND subject_kind = $2 AND subject_id = $3")
        .bind(org)
        .bind(subject.0)
        .bind(subject.1)
        .run(tx)
        .await?;
    Ok(())
}
