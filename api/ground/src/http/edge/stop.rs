//! Stopping without cutting anybody off.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::net::TcpStream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

use super::Edge;
use super::line::refusal;
use crate::http::code::Code;

/// How long new connections are still served: those who were about to send a request send it.
const LAST_CALL: Duration = Duration::from_secs(1);
/// Between two looks.
const LOOK: Duration = Duration::from_millis(20);
/// How long it may take until the threads that serve have what was accepted.
const HAND_OVER: Duration = Duration::from_millis(100);
/// How long connections that nobody serves any more are told so.
const FAREWELL: Duration = Duration::from_millis(100);

/// Waits for SIGTERM or SIGINT and stops the server; a second signal does not wait for requests under way.
///
/// `listener` is the server's own, a second handle of it: as long as that is open, nobody who was let in is reset.
pub async fn when_told(edge: Arc<Edge>, server: ServerHandle, listener: TcpListener) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received: the server stops by being killed");
        return;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping: requests under way are finished");
    let gently = gently(&edge, &server, listener);
    tokio::select! {
        () = gently => {}
        _ = terminate.recv() => server.stop(false).await,
        _ = interrupt.recv() => server.stop(false).await,
    }
}

/// Stops the server; every request that has come is answered.
pub async fn gently(edge: &Arc<Edge>, server: &ServerHandle, listener: TcpListener) {
    edge.begin_to_stop();
    let end = Instant::now() + LAST_CALL;
    while edge.open() > 0 && Instant::now() < end {
        sleep(LOOK).await;
    }
    // Nobody new; who was accepted already is handed to the threads that serve before these are told to stop.
    server.pause().await;
    sleep(HAND_OVER).await;
    let stopped = server.stop(true);
    let mut farewells = Vec::new();
    let end = Instant::now() + FAREWELL;
    while Instant::now() < end {
        refuse_waiting(&listener, edge, &mut farewells);
        sleep(LOOK).await;
    }
    // The last look and the end of listening are one step: who comes later is refused by the system.
    refuse_waiting(&listener, edge, &mut farewells);
    drop(listener);
    for farewell in farewells {
        // Each has its own deadline.
        let _ = farewell.await;
    }
    stopped.await;
}

fn refuse_waiting(listener: &TcpListener, edge: &Arc<Edge>, farewells: &mut Vec<JoinHandle<()>>) {
    while let Ok((stream, _)) = listener.accept() {
        farewells.push(actix_web::rt::spawn(farewell(stream, edge.clone())));
    }
}

/// 503 for somebody who came too late.
async fn farewell(stream: std::net::TcpStream, edge: Arc<Edge>) {
    let Ok(mut stream) = stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream))
    else {
        return;
    };
    let said = async {
        stream.write_all(&refusal(Code::UNAVAILABLE, &edge)).await?;
        stream.shutdown().await?;
        // Read to the end, or the answer is reset under way.
        let mut scratch = [0_u8; 4096];
        while stream.read(&mut scratch).await? > 0 {}
        std::io::Result::Ok(())
    };
    // Whether it was heard is the other side's affair.
    let _ = timeout(FAREWELL, said).await;
}
