//! The code at the place: showing it, and finding what a scanned one is for.

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};
use uuid::Uuid;

use super::code::{self, Refused};
use super::codes;
use super::occasion::{self, About, Lock, Occasion};
use super::rules::CheckInWindow;
use super::{dto, may};
use crate::auth::{Shower, Throttle};
use crate::clock;
use crate::http::{ApiError, Code, Result};
use crate::tenancy::{Scope, Tx};

/// Least width and height of the QR picture; it scales, being SVG.
const PICTURE_PIXELS: u32 = 320;
/// Letters of a host name (RFC 1035) with a port: more stands in no picture.
const LONGEST_HOST: usize = 253 + 6;

/// The address under which this request reached the server, as `https://host`: a phone at the same place reaches it there too.
///
/// # Errors
/// `bad_request` for a host longer than any that is one.
pub fn origin(req: &HttpRequest) -> Result<String> {
    let seen = req.connection_info();
    if seen.host().len() > LONGEST_HOST {
        return Err(ApiError::new(Code::BAD_REQUEST).detail("主机名过长", "The host is too long"));
    }
    Ok(format!("{}://{}", seen.scheme(), seen.host()))
}

/// The code to show at the place of this occasion now, with its picture, which leads to `origin`.
///
/// # Errors
/// `not_found`, `not_steward`, what the occasion answers where it was called off, `check_in_closed` once nobody can check out any more.
pub async fn show(
    scope: &Scope,
    kind: &str,
    id: impl Into<Uuid>,
    origin: &str,
) -> Result<dto::CheckInCode> {
    let id = id.into();
    let (code, now) = scope
        .read_single(async |tx: &Tx| {
            let kind = occasion::of_kind(tx, kind)?;
            let found = occasion::find(tx, kind, id, Lock::No).await?;
            let found = found.ok_or_else(|| ApiError::new(Code::NOT_FOUND))?;
            let (about, now) = (found.about(), tx.now());
            may::show_code(tx, about)?;
            let tenant = tx.tenant().uuid();
            Ok((code::make(&about.code_secret, kind.letter(), tenant, id, now), now))
        })
        .await?;
    let url = format!("/c/{code}");
    Ok(dto::CheckInCode {
        svg: picture(&format!("{origin}{url}"))?,
        url,
        code,
        valid_until: clock::beijing(code::shown_until(now)),
        rotates_every: code::WINDOW_SECONDS,
    })
}

fn picture(address: &str) -> Result<String> {
    let code =
        QrCode::with_error_correction_level(address, EcLevel::M).map_err(ApiError::internal)?;
    let picture = code
        .render::<svg::Color<'_>>()
        .min_dimensions(PICTURE_PIXELS, PICTURE_PIXELS)
        .quiet_zone(true)
        .build();
    // Without the XML declaration the picture can stand inside a page.
    Ok(picture.find("<svg").and_then(|start| picture.get(start..)).unwrap_or(&picture).to_owned())
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        Self::new(match refused {
            Refused::Forged => codes::CHECK_IN_CODE_INVALID,
            Refused::Expired => codes::CHECK_IN_CODE_EXPIRED,
        })
    }
}

/// Counts a code that nobody made for the account that shows it: beyond a hundred it is answered 429. Genuine codes
/// pass whatever was counted.
pub(super) fn counted<T>(scope: &Scope, outcome: Result<T>) -> Result<T> {
    if let Err(error) = &outcome
        && error.code() == codes::CHECK_IN_CODE_INVALID
        && let (Some(throttle), Some(account)) = (scope.shared::<Throttle>(), scope.actor())
    {
        throttle.wrong_secret("check-in code", Shower::Account(account))?;
    }
    outcome
}

/// The occasion of a genuine code whose time is not over; one statement.
///
/// # Errors
/// `check_in_code_invalid`, `check_in_code_expired`.
pub(super) async fn occasion_of(tx: &Tx, text: &str, lock: Lock) -> Result<Box<dyn Occasion>> {
    let parsed = code::parse(text)?;
    // Another township's code is told nothing that a forged one is not told.
    if parsed.tenant != tx.tenant().uuid() {
        return Err(Refused::Forged.into());
    }
    let kind = occasion::of_letter(tx, parsed.letter).ok_or(Refused::Forged)?;
    let found = occasion::find(tx, kind, parsed.occasion, lock).await?.ok_or(Refused::Forged)?;
    parsed.check(&found.about().code_secret, tx.now())?;
    Ok(found)
}

/// Whether people may check in now; where not yet, from when.
///
/// # Errors
/// What the occasion answers where it was called off; `check_in_closed`.
pub(super) fn check_in_open(about: &About, now: DateTime<Utc>) -> Result<()> {
    may::check_in_open(about, now).map_err(|refusal| match about.window.check_in(now) {
        CheckInWindow::NotYet(opens) if refusal == codes::NOT_YET => {
            let opens = clock::beijing(opens).format("%m-%d %H:%M");
            ApiError::from(refusal).detail(
                format!("签到从 {opens} 开始"),
                format!("Check-in opens at {opens} (Beijing time)"),
            )
        }
        _ => refusal.into(),
    })
}
