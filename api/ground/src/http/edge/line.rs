//! A connection as the HTTP library sees it: a stream that ends when its time is over.
//!
//! The library (actix-http 3.20) limits the head of a connection's first request and the time between two requests, and
//! nothing else: not the head of the second, not a reader who does not read. So the deadlines are here, below it. The
//! middlewares above it say how far a request has come, through the [`Meter`] that both share ([`super::meter`]).
//!
//! What the library answers by itself is a status line and `content-length: 0`. The application's own answers never look so:
//! each has `x-request-id`. Such an answer is written anew as a problem document.

use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_http::Extensions;
use actix_web::rt::net::TcpStream;
use actix_web::web::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::meter::{End, Meter, Phase};
use super::places::Place;
use super::{Edge, LINGER_SECONDS};
use crate::http::code::{Code, Language};
use crate::http::envelope::dress;
use crate::http::error::ApiError;

/// An answer that does not come from the application.
struct Own {
    bytes: Bytes,
    /// The client is given until then to read it.
    until: Option<Instant>,
}

/// A connection of the server.
pub struct Line {
    io: TcpStream,
    meter: Rc<Meter>,
    _place: Place,
    timer: Option<Pin<Box<Sleep>>>,
    own: Option<Own>,
    /// The library was asked to look whether the head is complete.
    asked: bool,
}

impl Line {
    /// A connection that was accepted, unless there is no place for it.
    pub fn open(edge: &Arc<Edge>, io: TcpStream, peer: Option<SocketAddr>) -> Option<Self> {
        let Some(place) = edge.places.enter(peer) else {
            count("crowded");
            // What a fresh connection takes without waiting; if not, there is nothing to say.
            let _ = io.try_write(&refusal(Code::UNAVAILABLE, edge));
            return None;
        };
        let meter = Rc::new(Meter::new(edge.clone(), place.pulse().clone()));
        Some(Self { io, meter, _place: place, timer: None, own: None, asked: false })
    }

    /// Lets the middlewares find the connection of a request.
    pub fn introduce(&self, extensions: &mut Extensions) {
        extensions.insert(self.meter.clone());
    }

    /// What has to end now.
    fn overdue(&self) -> Option<End> {
        if self.meter.pulse.is_cut() {
            return Some(End::Cut);
        }
        let (at, end) = self.meter.deadline()?;
        (Instant::now() >= at).then_some(end)
    }

    /// Comes back when the deadline has passed.
    fn arm(&mut self, cx: &mut Context<'_>) {
        let Some((at, _)) = self.meter.deadline() else {
            return;
        };
        self.wait_until(at, cx);
    }

    fn wait_until(&mut self, at: Instant, cx: &mut Context<'_>) {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(at)));
        // One that rings too early costs a look; setting it anew for each answer would cost more.
        if at < timer.deadline() || timer.is_elapsed() {
            timer.as_mut().reset(at);
        }
        if timer.as_mut().poll(cx).is_ready() {
            cx.waker().wake_by_ref();
        }
    }

    fn refuse(&mut self, code: Code) {
        count(code.as_str());
        self.own = Some(Own { bytes: refusal(code, self.meter.edge()), until: None });
    }

    /// Writes what is left of the server's own answer.
    fn poll_own(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        while let Some(own) = self.own.as_mut().filter(|own| !own.bytes.is_empty()) {
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, &own.bytes))?;
            if written == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
            }
            own.bytes = own.bytes.split_off(written);
        }
        Poll::Ready(Ok(()))
    }
}

fn timed_out() -> std::io::Error {
    std::io::ErrorKind::TimedOut.into()
}

/// Counts connections that the server ended, by the reason.
fn count(why: &'static str) {
    metrics::counter!("gezhi_connections_refused_total", "why" => why).increment(1);
}

/// A whole answer for whoever has no request yet.
pub(super) fn refusal(code: Code, edge: &Edge) -> Bytes {
    let trace_id = uuid::Uuid::now_v7().to_string();
    let mut error = ApiError::new(code);
    if code == Code::UNAVAILABLE {
        error = error.retry_after(2);
    }
    let mut response = error.response(Language::Chinese, &trace_id);
    dress(response.headers_mut(), &trace_id, edge.secure);
    let body = serde_json::to_vec(&error.problem(Language::Chinese, &trace_id)).unwrap_or_default();
    let status = response.status();
    let mut bytes = format!(
        "HTTP/1.1 {} {}\r\ncontent-length: {}\r\nconnection: close\r\ndate: {}\r\n",
        status.as_str(),
        status.canonical_reason().unwrap_or_default(),
        body.len(),
        edge.clock.now().format("%a, %d %b %Y %H:%M:%S GMT"),
    )
    .into_bytes();
    for (name, value) in response.headers() {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&body);
    bytes.into()
}

/// Where the library's own answer begins, if these bytes end with one, and what it says. It is the connection's last.
fn bare(bytes: &[u8]) -> Option<(usize, Code)> {
    const LONGEST: usize = 180;
    let rest = bytes.strip_suffix(b"\r\n\r\n")?;
    let from = rest.len().saturating_sub(LONGEST);
    let tail = rest.get(from..)?;
    let start = tail.windows(7).rposition(|part| part == b"HTTP/1.")?;
    let text = std::str::from_utf8(tail.get(start..)?).ok()?;
    let mut lines = text.split("\r\n");
    let status: u16 = lines.next()?.get(9..12)?.parse().ok()?;
    if lines.next()? != "content-length: 0" {
        return None;
    }
    let plain = lines.all(|line| line.starts_with("connection: ") || line.starts_with("date: "));
    let code = match status {
        408 => Code::REQUEST_TIMEOUT,
        431 => Code::HEAD_TOO_LARGE,
        400..=499 => Code::BAD_REQUEST,
        500..=599 => Code::INTERNAL,
        _ => return None,
    };
    plain.then_some((from + start, code))
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        this.meter.pulse.watched_by(cx.waker());
        match this.overdue() {
            None => {}
            Some(End::Cut) => {
                count("cut");
                return Poll::Ready(Err(timed_out()));
            }
            // To the library it is as if the client had gone.
            Some(End::Close) => return Poll::Ready(Ok(())),
            Some(End::TooSlow) => {
                this.refuse(Code::REQUEST_TIMEOUT);
                return Poll::Ready(Ok(()));
            }
        }
        let room = this.meter.room();
        if room == 0 {
            if this.meter.phase.get() != Phase::Waiting {
                this.meter.held.set(true);
            } else if this.asked {
                this.refuse(Code::HEAD_TOO_LARGE);
                return Poll::Ready(Ok(()));
            } else {
                this.asked = true;
                cx.waker().wake_by_ref();
            }
            this.arm(cx);
            return Poll::Pending;
        }
        this.asked = false;
        let came = if room < buf.remaining() {
            let mut part = ReadBuf::new(buf.initialize_unfilled_to(room));
            let read = Pin::new(&mut this.io).poll_read(cx, &mut part);
            let came = part.filled().len();
            if let Poll::Ready(Ok(())) = read {
                buf.advance(came);
            }
            read.map_ok(|()| came)
        } else {
            let before = buf.filled().len();
            let read = Pin::new(&mut this.io).poll_read(cx, buf);
            read.map_ok(|()| buf.filled().len() - before)
        };
        match came {
            Poll::Pending => {
                this.arm(cx);
                Poll::Pending
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(came)) => {
                let meter = &this.meter;
                meter.came.set(meter.came.get().saturating_add(came));
                if came > 0 && meter.phase.get() == Phase::Waiting {
                    meter.alive();
                    if meter.first.get().is_none() {
                        meter.first.set(Some(Instant::now()));
                    }
                }
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let this = self.get_mut();
        this.meter.pulse.watched_by(cx.waker());
        if this.overdue() == Some(End::Cut) {
            count("cut");
            return Poll::Ready(Err(timed_out()));
        }
        let mut buf = buf;
        // While an answer of the application is half handed over, its bytes are its own.
        let between = this.meter.phase.get() != Phase::Answering || this.meter.handed.get();
        if this.own.is_none()
            && between
            && let Some((at, code)) = bare(buf)
        {
            if at == 0 {
                this.refuse(code);
            } else {
                buf = buf.get(..at).unwrap_or(buf);
            }
        }
        let written = if this.own.is_some() {
            this.poll_own(cx).map_ok(|()| buf.len())
        } else {
            Pin::new(&mut this.io).poll_write(cx, buf)
        };
        match written {
            Poll::Pending => {
                if this.meter.blocked.get().is_none() {
                    this.meter.blocked.set(Some(Instant::now()));
                }
                this.arm(cx);
            }
            Poll::Ready(Ok(_)) => {
                this.meter.blocked.set(None);
                if this.meter.phase.get() != Phase::Working {
                    this.meter.alive();
                }
            }
            Poll::Ready(Err(_)) => {}
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        ready!(Pin::new(&mut this.io).poll_flush(cx))?;
        if this.meter.flushed(cx) {
            // Nobody may ask to read before something comes.
            this.arm(cx);
        }
        Poll::Ready(Ok(()))
    }

    /// Says what the server has to say itself and gives the client a moment to read it: a connection that is closed while
    /// bytes of the client are unread is reset, and what was written last is lost on the way.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        let this = self.get_mut();
        if this.own.is_none() {
            return Pin::new(&mut this.io).poll_shutdown(cx);
        }
        let now = Instant::now();
        let Some(own) = this.own.as_mut() else {
            return Poll::Ready(Ok(()));
        };
        let until = *own.until.get_or_insert_with(|| {
            now.checked_add(Duration::from_secs(LINGER_SECONDS)).unwrap_or(now)
        });
        if now >= until {
            return Poll::Ready(Ok(()));
        }
        this.wait_until(until, cx);
        ready!(this.poll_own(cx))?;
        ready!(Pin::new(&mut this.io).poll_shutdown(cx))?;
        let mut scratch = [0_u8; 4096];
        loop {
            let mut part = ReadBuf::new(&mut scratch);
            ready!(Pin::new(&mut this.io).poll_read(cx, &mut part))?;
            if part.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;

    #[test]
    fn the_library_s_own_answers_are_told_from_others() {
        let date = "date: Thu, 26 Nov 2026 00:00:00 GMT\r\n\r\n";
        let first = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n{date}");
        assert_eq!(bare(first.as_bytes()), Some((0, Code::BAD_REQUEST)));
        let closing = format!(
            "HTTP/1.0 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n{date}"
        );
        assert_eq!(bare(closing.as_bytes()), Some((0, Code::HEAD_TOO_LARGE)));
        let before = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nok\n";
        let second = format!("{before}{first}");
        assert_eq!(bare(second.as_bytes()), Some((before.len(), Code::BAD_REQUEST)));
        for other in [
            before.to_owned(),
            String::new(),
            "\r\n\r\n".to_owned(),
            format!("HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n{date}"),
            format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nx-request-id: 1\r\n{date}"),
            format!("{first}more"),
        ] {
            assert_eq!(bare(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_refusal_is_a_whole_answer() {
        let edge = Edge::new(&Config::default(), Clock::system());
        let bytes = refusal(Code::REQUEST_TIMEOUT, &edge);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 408 Request Timeout\r\n"), "{head}");
        for header in [
            "content-type: application/problem+json",
            "x-content-type-options: nosniff",
            "strict-transport-security: max-age=31536000",
            "cache-control: no-store",
            "connection: close",
            &format!("content-length: {}", body.len()),
        ] {
            assert!(head.split("\r\n").any(|line| line == header), "{header} in {head}");
        }
        assert!(body.contains("\"code\":\"request_timeout\""), "{body}");
    }
}
