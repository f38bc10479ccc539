//! How far the present request of a connection has come, and until when it may take.

use super::places::Pulse;
use super::{AHEAD_BYTES, Edge, HEAD_BYTES, HEAD_SECONDS, LINGER_SECONDS, STOP_IDLE_MILLIS};
use std::cell::Cell;
use std::sync::Arc;
use std::task::Context;
use std::time::Duration;
use tokio::time::Instant;

/// How far the connection's present request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// No request: its head is awaited.
    Waiting,
    /// The application has it.
    Working,
    /// The answer is on its way.
    Answering,
    /// It was answered before its body had come, and the rest is thrown away.
    Leaving,
}

/// What the stream below the HTTP library and the middlewares above it tell each other; one for each connection.
pub(crate) struct Meter {
    edge: Arc<Edge>,
    pub(super) pulse: Arc<Pulse>,
    pub(super) phase: Cell<Phase>,
    /// When the phase began.
    since: Cell<Instant>,
    /// When the first byte of the awaited head came.
    pub(super) first: Cell<Option<Instant>>,
    /// Bytes that came in this phase.
    pub(super) came: Cell<usize>,
    /// Bytes of the request's body that the application took.
    taken: Cell<usize>,
    /// The library wanted to read and was not let.
    pub(super) held: Cell<bool>,
    /// The body of the request has not come to its end.
    body_open: Cell<bool>,
    /// The answer was handed over whole.
    pub(super) handed: Cell<bool>,
    /// Since when the client takes nothing.
    pub(super) blocked: Cell<Option<Instant>>,
}

/// What a deadline that has passed means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The connection breaks off: there is nothing to say.
    Cut,
    /// It ends as if the client had ended it.
    Close,
    /// 408.
    TooSlow,
}

impl Meter {
    /// Of a connection that was accepted.
    pub(super) fn new(edge: Arc<Edge>, pulse: Arc<Pulse>) -> Self {
        Self {
            edge,
            pulse,
            phase: Cell::new(Phase::Waiting),
            since: Cell::new(Instant::now()),
            first: Cell::new(None),
            came: Cell::new(0),
            taken: Cell::new(0),
            held: Cell::new(false),
            body_open: Cell::new(false),
            handed: Cell::new(false),
            blocked: Cell::new(None),
        }
    }

    /// The bounds of the server.
    pub(super) fn edge(&self) -> &Arc<Edge> {
        &self.edge
    }

    fn enter(&self, phase: Phase) {
        self.phase.set(phase);
        self.since.set(Instant::now());
        self.first.set(None);
        self.came.set(0);
        self.taken.set(0);
    }

    /// Something came or went.
    pub(super) fn alive(&self) {
        self.pulse.silent(self.edge.places.millis());
    }

    /// A request was given to the application.
    pub(super) fn request_began(&self, has_body: bool) {
        self.enter(Phase::Working);
        self.body_open.set(has_body);
        self.handed.set(false);
        self.pulse.busy();
    }

    /// The application took bytes of the body; the library may be let read on.
    pub(super) fn took(&self, bytes: usize, cx: &Context<'_>) {
        self.taken.set(self.taken.get().saturating_add(bytes));
        self.alive();
        self.let_read(cx);
    }

    /// The application waits for more of the body.
    pub(super) fn body_awaited(&self) {
        self.alive();
    }

    /// The body came to its end.
    pub(super) fn body_ended(&self) {
        self.body_open.set(false);
        self.pulse.busy();
    }

    /// The application has answered.
    pub(super) fn answer_began(&self) {
        self.enter(Phase::Answering);
        self.alive();
    }

    /// The last of the answer was handed over.
    pub(super) fn answer_handed(&self) {
        self.handed.set(true);
    }

    /// All that was handed over is with the system. Whether that was the whole answer.
    pub(super) fn flushed(&self, cx: &Context<'_>) -> bool {
        self.blocked.set(None);
        let whole = self.phase.get() == Phase::Answering && self.handed.get();
        if whole {
            self.enter(if self.body_open.get() { Phase::Leaving } else { Phase::Waiting });
            self.let_read(cx);
        }
        whole
    }

    /// Wakes the library where it wanted to read and was not let.
    pub(super) fn let_read(&self, cx: &Context<'_>) {
        if self.held.replace(false) {
            cx.waker().wake_by_ref();
        }
    }

    /// How many bytes may come now.
    pub(super) fn room(&self) -> usize {
        match self.phase.get() {
            Phase::Waiting => HEAD_BYTES.saturating_sub(self.came.get()),
            Phase::Leaving => usize::MAX,
            Phase::Working | Phase::Answering => {
                self.taken.get().saturating_add(AHEAD_BYTES).saturating_sub(self.came.get())
            }
        }
    }

    /// When what is going on must have ended, and what happens then.
    pub(super) fn deadline(&self) -> Option<(Instant, End)> {
        let after = |from: Instant, time: Duration| from.checked_add(time);
        let stopping = self.edge.stopping_since();
        let of_phase = match self.phase.get() {
            Phase::Working => None,
            Phase::Answering => after(self.since.get(), self.edge.answer).map(|at| (at, End::Cut)),
            Phase::Leaving => after(self.since.get(), Duration::from_secs(LINGER_SECONDS))
                .map(|at| (at, End::Close)),
            Phase::Waiting => match (self.first.get(), stopping) {
                (Some(first), _) => {
                    after(first, Duration::from_secs(HEAD_SECONDS)).map(|at| (at, End::TooSlow))
                }
                (None, Some(stopping)) => {
                    after(self.since.get().max(stopping), Duration::from_millis(STOP_IDLE_MILLIS))
                        .map(|at| (at, End::Close))
                }
                (None, None) => after(self.since.get(), Duration::from_secs(HEAD_SECONDS))
                    .map(|at| (at, End::Close)),
            },
        };
        let of_reader = self
            .blocked
            .get()
            .and_then(|since| after(since, self.edge.stall()))
            .map(|at| (at, End::Cut));
        [of_phase, of_reader].into_iter().flatten().min_by_key(|(at, _)| *at)
    }
}
