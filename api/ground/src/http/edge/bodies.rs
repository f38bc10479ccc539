//! The bodies of requests: of whatever kind, and whoever reads them, they come in time and find room first.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, ResponseError};
use entity::ids::AccountId;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, Stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep_until};

use super::meter::Meter;
use super::{ACCOUNT_KIB, BODIES_KIB, BODY_KIB, STRANGER_BYTES};
use crate::http::code::Code;
use crate::http::error::ApiError;

/// KiB by which a body of unknown length is given room.
const STEP_KIB: u32 = 256;
/// Accounts after which those without a body on its way are forgotten.
const KNOWN_ACCOUNTS: usize = 256;

/// Room for bodies on their way: so much for each account, so much in all.
pub(super) struct Room {
    all: Arc<Semaphore>,
    accounts: Mutex<HashMap<AccountId, Arc<Semaphore>>>,
}

impl Default for Room {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(permits(BODIES_KIB))), accounts: Mutex::default() }
    }
}

fn permits(kib: u32) -> usize {
    usize::try_from(kib).unwrap_or(usize::MAX)
}

impl Room {
    fn share(&self, account: AccountId) -> Share {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        if accounts.len() >= KNOWN_ACCOUNTS {
            // Whoever has nothing on its way is held by the map alone.
            accounts.retain(|_, own| Arc::strong_count(own) > 1);
        }
        let own = accounts
            .entry(account)
            .or_insert_with(|| Arc::new(Semaphore::new(permits(ACCOUNT_KIB))))
            .clone();
        Share { own, all: self.all.clone() }
    }
}

/// An account's way to room.
struct Share {
    own: Arc<Semaphore>,
    all: Arc<Semaphore>,
}

impl Share {
    /// Waits for room.
    fn take(&self, kib: u32) -> LocalBoxFuture<'static, Option<[OwnedSemaphorePermit; 2]>> {
        let (own, all) = (self.own.clone(), self.all.clone());
        async move {
            // The own share first: who waits for that holds nothing of what all share.
            let own = own.acquire_many_owned(kib).await.ok()?;
            let all = all.acquire_many_owned(kib).await.ok()?;
            Some([own, all])
        }
        .boxed_local()
    }

    /// Takes room that is there.
    fn take_now(&self, kib: u32) -> Option<[OwnedSemaphorePermit; 2]> {
        let own = self.own.clone().try_acquire_many_owned(kib).ok()?;
        let all = self.all.clone().try_acquire_many_owned(kib).ok()?;
        Some([own, all])
    }
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    TooSlow,
    TooLarge(usize),
    NoRoom,
}

impl Fate {
    fn error(self) -> ApiError {
        match self {
            Self::TooSlow => ApiError::new(Code::REQUEST_TIMEOUT),
            Self::TooLarge(limit) => ApiError::new(Code::PAYLOAD_TOO_LARGE).detail(
                format!("内容不得超过 {} KiB", limit / 1024),
                format!("The body must not exceed {} KiB", limit / 1024),
            ),
            Self::NoRoom => ApiError::new(Code::UNAVAILABLE).retry_after(5),
        }
    }
}

/// What a body and its request share: how it ended, and the room it has, which is kept until the answer.
#[derive(Default)]
struct Shared {
    fate: Cell<Option<Fate>>,
    room: RefCell<Vec<[OwnedSemaphorePermit; 2]>>,
}

/// The middleware, inside of authentication: a stranger's body is a small one.
pub async fn bodies<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let meter = req.request().conn_data::<Rc<Meter>>().cloned();
    let payload = req.take_payload();
    let (Some(meter), false) = (meter, matches!(payload, Payload::None)) else {
        req.set_payload(payload);
        return next.call(req).await.map(ServiceResponse::map_into_left_body);
    };
    let length = req
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse::<usize>().ok());
    let share = crate::auth::caller(req.request()).map(|account| meter.edge().room.share(account));
    let limit =
        if share.is_some() { permits(BODY_KIB).saturating_mul(1024) } else { STRANGER_BYTES };
    let shared = Rc::new(Shared::default());
    let now = Instant::now();
    let body = Body {
        inner: payload,
        deadline: now.checked_add(meter.edge().body).unwrap_or(now),
        progress: now,
        meter,
        shared: shared.clone(),
        share,
        length,
        limit,
        came: 0,
        given: 0,
        asking: None,
        timer: None,
    };
    req.set_payload(Payload::Stream { payload: Box::pin(body) });
    let outcome = next.call(req).await;
    let error = shared.fate.get().map(Fate::error);
    match (outcome, error) {
        (Ok(response), Some(error))
            if response.status().is_client_error() || response.status().is_server_error() =>
        {
            let (request, _) = response.into_parts();
            Ok(ServiceResponse::new(request, error.error_response()).map_into_right_body())
        }
        (Err(_), Some(error)) => Err(error.into()),
        (outcome, _) => outcome.map(ServiceResponse::map_into_left_body),
    }
}

/// A body that is watched on its way.
struct Body {
    inner: Payload,
    meter: Rc<Meter>,
    shared: Rc<Shared>,
    /// None for strangers.
    share: Option<Share>,
    /// What the head says.
    length: Option<usize>,
    limit: usize,
    came: usize,
    /// Bytes there is room for.
    given: usize,
    asking: Option<LocalBoxFuture<'static, Option<[OwnedSemaphorePermit; 2]>>>,
    deadline: Instant,
    progress: Instant,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Body {
    fn end(&self, fate: Fate) -> Poll<Option<Result<Bytes, PayloadError>>> {
        self.shared.fate.set(Some(fate));
        Poll::Ready(Some(Err(match fate {
            Fate::TooLarge(_) => PayloadError::Overflow,
            Fate::TooSlow => PayloadError::Io(std::io::ErrorKind::TimedOut.into()),
            Fate::NoRoom => PayloadError::Io(std::io::ErrorKind::StorageFull.into()),
        })))
    }

    /// Waits until there is room for what the head announces. What is small needs none.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        let (Some(share), Some(length)) = (&self.share, self.length) else {
            return Poll::Ready(true);
        };
        if length <= STRANGER_BYTES || self.given > 0 {
            return Poll::Ready(true);
        }
        let kib = u32::try_from(length.div_ceil(1024)).unwrap_or(BODY_KIB).min(BODY_KIB);
        let asking = self.asking.get_or_insert_with(|| share.take(kib));
        let Poll::Ready(permits) = asking.as_mut().poll(cx) else {
            return Poll::Pending;
        };
        self.asking = None;
        let Some(permits) = permits else {
            return Poll::Ready(false);
        };
        self.shared.room.borrow_mut().push(permits);
        self.given = length;
        // Who waited for others was not slow himself.
        self.progress = Instant::now();
        Poll::Ready(true)
    }

    /// Room for what came without having been announced.
    fn grow(&mut self) -> bool {
        let Some(share) = &self.share else {
            return true;
        };
        while self.came > self.given.max(STRANGER_BYTES) {
            let Some(permits) = share.take_now(STEP_KIB) else {
                return false;
            };
            self.shared.room.borrow_mut().push(permits);
            self.given = self.given.saturating_add(self::permits(STEP_KIB).saturating_mul(1024));
        }
        true
    }

    fn poll_time(&mut self, cx: &mut Context<'_>, waits_for_others: bool) -> Poll<()> {
        let stalled = self.progress.checked_add(self.meter.edge().stall());
        let at = match stalled {
            Some(stalled) if !waits_for_others => stalled.min(self.deadline),
            _ => self.deadline,
        };
        if Instant::now() >= at {
            return Poll::Ready(());
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if at < timer.deadline() || timer.is_elapsed() {
            timer.as_mut().reset(at);
        }
        if timer.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.length.is_some_and(|length| length > this.limit) {
            return this.end(Fate::TooLarge(this.limit));
        }
        match this.poll_room(cx) {
            Poll::Ready(true) => {}
            Poll::Ready(false) => return this.end(Fate::NoRoom),
            Poll::Pending => {
                return match this.poll_time(cx, true) {
                    Poll::Ready(()) => this.end(Fate::NoRoom),
                    Poll::Pending => Poll::Pending,
                };
            }
        }
        match Pin::new(&mut this.inner).poll_next(cx) {
            Poll::Ready(Some(Ok(chunk))) => {
                this.progress = Instant::now();
                this.came = this.came.saturating_add(chunk.len());
                this.meter.took(chunk.len(), cx);
                if this.came > this.limit {
                    return this.end(Fate::TooLarge(this.limit));
                }
                // However steadily it comes, it has an end.
                if this.progress >= this.deadline {
                    return this.end(Fate::TooSlow);
                }
                if !this.grow() {
                    return this.end(Fate::NoRoom);
                }
                Poll::Ready(Some(Ok(chunk)))
            }
            Poll::Ready(None) => {
                this.meter.body_ended();
                Poll::Ready(None)
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(error))),
            Poll::Pending => {
                this.meter.body_awaited();
                match this.poll_time(cx, false) {
                    Poll::Ready(()) => this.end(Fate::TooSlow),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }
}
