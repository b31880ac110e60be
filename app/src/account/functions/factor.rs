//! The second factor of the person who asks, and proving once more who that is.

use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
#[cfg(feature = "ssr")]
use officina::kernel::{App, actor::Actor};
use serde::{Deserialize, Serialize};

use crate::error::PageError;
use crate::sent::{Answered, Fresh};

/// Where the second factor is.
pub(in crate::account) const SECOND_FACTOR: &str = "/app/account/second-factor";
/// Where a secret that was made is shown.
pub(in crate::account) const SCAN: &str = "/app/account/second-factor?step=scan";

/// What the form asks for that proves who sits there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofView {
    /// Where one goes on afterwards.
    pub next: String,
    /// Whether a code is asked for as well.
    pub needs_code: bool,
    /// Whether a passkey of the person's would do as well.
    pub passkey: bool,
    /// What came of the form.
    pub answered: Answered,
}

/// A secret that waits for its first code.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// The secret in groups of four, to be typed.
    pub secret: String,
    /// The same for the app on this very phone.
    pub address: String,
    /// The same as the address of a picture.
    pub qr: String,
}

impl std::fmt::Debug for Scan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scan(…)")
    }
}

/// The page of the second factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactorView {
    /// Whether signing in asks for a code.
    pub on: bool,
    /// The same in words.
    pub words: String,
    /// The form to begin with, when nobody has proved lately who sits there.
    pub proof: Option<ProofView>,
    /// The secret that waits for its first code.
    pub scan: Option<Scan>,
    /// What came of a form of the page.
    pub answered: Answered,
}

/// What the state of the second factor is, in words.
#[cfg(feature = "ssr")]
pub(super) fn in_words(status: &officina::identity::FactorStatus) -> String {
    match (status.on, status.recovery_codes_left) {
        (false, _) => "Signing in asks for your password alone.".to_owned(),
        (true, 0) => "Signing in asks for a code. No recovery code is left.".to_owned(),
        (true, 1) => "Signing in asks for a code. One recovery code is left.".to_owned(),
        (true, left) => format!("Signing in asks for a code. {left} recovery codes are left."),
    }
}

/// The page of the second factor. With the step `scan` it shows the secret that waits for its first code.
#[server(prefix = "/_fn", endpoint = "account/factor", input = GetUrl)]
pub async fn get_factor(step: Option<String>) -> Result<FactorView, PageError> {
    use officina::identity::service;

    let own = [
        "account/prove",
        "account/prove-passkey",
        "account/begin-factor",
        "account/confirm-factor",
        "account/drop-factor",
    ];
    let mut answered = Answered::here(&own, &[]);
    let (app, actor) = crate::context::context()?;
    let status = service::factor_status(&app, &actor).await?;
    if !status.on {
        // The codes of a factor that was switched off again are worth nothing.
        answered.fresh = None;
    }
    let is_scan = step.as_deref() == Some("scan");
    let next = if is_scan { SCAN } else { SECOND_FACTOR };
    let proof = asked_proof(&app, &actor, next, &answered).await?;
    let pending = match is_scan && status.proved {
        true => service::pending_factor(&app, &actor).await?,
        false => None,
    };
    let scan = pending.map(|enrolment| Scan {
        secret: in_fours(&enrolment.secret),
        address: enrolment.address,
        qr: format!("data:image/svg+xml,{}", crate::ui::encoded(&enrolment.qr)),
    });
    Ok(FactorView { on: status.on, words: in_words(&status), proof, scan, answered })
}

/// A text in groups of four, as one types it.
#[cfg(feature = "ssr")]
fn in_fours(secret: &str) -> String {
    let letters: Vec<char> = secret.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
}

/// What proving asks for, and where it leads.
#[server(prefix = "/_fn", endpoint = "account/proof", input = GetUrl)]
pub async fn get_proof(next: Option<String>) -> Result<ProofView, PageError> {
    use crate::context::{HOME, safe_next};

    let answered = Answered::here(&["account/prove", "account/prove-passkey"], &[]);
    let (app, actor) = crate::context::context()?;
    proof_view(&app, &actor, safe_next(next.as_deref().unwrap_or(HOME)), &answered).await
}

/// The form that a page begins with when nobody has proved lately who sits there.
#[cfg(feature = "ssr")]
pub(super) async fn asked_proof(
    app: &App,
    actor: &Actor,
    next: &str,
    answered: &Answered,
) -> Result<Option<ProofView>, PageError> {
    match officina::identity::service::factor_status(app, actor).await?.proved {
        true => Ok(None),
        false => Ok(Some(proof_view(app, actor, next, answered).await?)),
    }
}

#[cfg(feature = "ssr")]
async fn proof_view(app: &App, actor: &Actor, next: &str, answered: &Answered) -> Result<ProofView, PageError> {
    use officina::identity::service;

    let needs_code = service::factor_status(app, actor).await?.on;
    let passkey = app.passkeys.host().is_some() && !service::own_passkeys(app, actor).await?.is_empty();
    Ok(ProofView { next: next.to_owned(), needs_code, passkey, answered: answered.clone() })
}

/// Proves once more who sits there, and goes on.
#[server(prefix = "/_fn", endpoint = "account/prove")]
pub async fn prove(password: String, code: Option<String>, next: Option<String>) -> Result<(), PageError> {
    use crate::context::{HOME, safe_next};

    let (app, actor) = crate::context::context()?;
    officina::identity::service::prove(&app, &actor, &password, code.as_deref()).await?;
    leptos_axum::redirect(safe_next(next.as_deref().unwrap_or(HOME)));
    Ok(())
}

/// Makes a secret for an authenticator app, and goes where it is shown.
#[server(prefix = "/_fn", endpoint = "account/begin-factor")]
pub async fn begin_factor() -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    officina::identity::service::begin_factor(&app, &actor).await?;
    leptos_axum::redirect(SCAN);
    Ok(())
}

/// Puts the secret into force with a first code of it. The recovery codes are shown this once.
#[server(prefix = "/_fn", endpoint = "account/confirm-factor")]
pub async fn confirm_factor(code: String) -> Result<Fresh, PageError> {
    let (app, actor) = crate::context::context()?;
    let codes = officina::identity::service::confirm_factor(&app, &actor, &code).await?;
    Ok(Fresh {
        title: "It is on. Keep these recovery codes".to_owned(),
        text: "Each lets you in once when your phone is not at hand. They are shown this once, to you alone and \
               for ten minutes, and cannot be looked up again: print them, or keep them where you keep your passwords."
            .to_owned(),
        label: "Recovery codes".to_owned(),
        values: codes,
        ..Fresh::default()
    })
}

/// Switches the second factor off.
#[server(prefix = "/_fn", endpoint = "account/drop-factor")]
pub async fn drop_factor() -> Result<(), PageError> {
    let (app, actor) = crate::context::context()?;
    officina::identity::service::drop_own_factor(&app, &actor).await?;
    Ok(())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    #[test]
    fn a_secret_is_typed_in_groups_of_four() {
        assert_eq!(super::in_fours("ABCDEFGHIJ"), "ABCD EFGH IJ");
    }
}
