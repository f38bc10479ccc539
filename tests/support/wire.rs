//! A wire between a server and PostgreSQL that can be cut, and counts the round trips.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Forwards connections, and cuts one of them when told.
#[derive(Debug, Clone)]
pub struct Wire {
    port: u16,
    plan: Arc<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    /// Bytes that still pass towards the database, or from it, before the connection that carries the next one is cut.
    /// Negative: nothing is to be cut.
    towards: AtomicI64,
    from: AtomicI64,
    cuts: AtomicU32,
    trips: AtomicU32,
}

impl Wire {
    /// A wire to a port of this machine, in the runtime of the caller.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let plan = Arc::new(Plan {
            towards: AtomicI64::new(-1),
            from: AtomicI64::new(-1),
            cuts: AtomicU32::new(0),
            trips: AtomicU32::new(0),
        });
        let wire =
            Self { port: listener.local_addr().expect("an address").port(), plan: plan.clone() };
        tokio::spawn(async move {
            while let Ok((here, _)) = listener.accept().await {
                tokio::spawn(carry(here, port, plan.clone()));
            }
        });
        wire
    }

    /// The port of this end.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts the connection that carries the byte after the next `bytes` on their way to the database.
    pub fn cut_towards(&self, bytes: u32) {
        self.plan.towards.store(i64::from(bytes), Ordering::SeqCst);
    }

    /// Cuts the connection that carries the byte after the next `bytes` on their way back.
    pub fn cut_from(&self, bytes: u32) {
        self.plan.from.store(i64::from(bytes), Ordering::SeqCst);
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> u32 {
        self.plan.cuts.load(Ordering::SeqCst)
    }

    /// How often the database has said so far that it has answered and waits for more.
    pub fn trips(&self) -> u32 {
        self.plan.trips.load(Ordering::SeqCst)
    }
}

/// Follows the messages from the database, to count those that end an answer (`ReadyForQuery`).
#[derive(Default)]
struct Answers {
    /// Bytes of a message's head that came at the end of a piece.
    head: Vec<u8>,
    /// Bytes of the present message that are still to come.
    left: usize,
    /// The answer to the wish for TLS, one byte without a head, has passed.
    begun: bool,
}

impl Answers {
    fn count(&mut self, mut piece: &[u8]) -> u32 {
        let mut answers = 0;
        if !self.begun && !piece.is_empty() {
            self.begun = true;
            piece = piece.strip_prefix(b"N").unwrap_or(piece);
        }
        while !piece.is_empty() {
            let skipped = self.left.min(piece.len());
            self.left -= skipped;
            piece = &piece[skipped..];
            let wanted = (5 - self.head.len()).min(piece.len());
            if self.left == 0 {
                self.head.extend_from_slice(&piece[..wanted]);
                piece = &piece[wanted..];
            }
            if let [kind, a, b, c, d] = self.head[..] {
                answers += u32::from(kind == b'Z');
                let length = u32::from_be_bytes([a, b, c, d]);
                self.left = usize::try_from(length).expect("a small number") - 4;
                self.head.clear();
            }
        }
        answers
    }
}

async fn carry(here: TcpStream, port: u16, plan: Arc<Plan>) {
    let Ok(there) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await else {
        return;
    };
    // A cut is a reset on both sides, not a polite end.
    for end in [&here, &there] {
        end.set_nodelay(true).expect("an open socket");
        end.set_zero_linger().expect("an open socket");
    }
    let (mut here_in, mut here_out) = here.into_split();
    let (mut there_in, mut there_out) = there.into_split();
    tokio::select! {
        () = pump(&mut here_in, &mut there_out, &plan.towards, &plan, None) => {}
        () = pump(&mut there_in, &mut here_out, &plan.from, &plan, Some(Answers::default())) => {}
    }
}

async fn pump(
    source: &mut (impl AsyncRead + Unpin),
    sink: &mut (impl AsyncWrite + Unpin),
    left: &AtomicI64,
    plan: &Plan,
    mut answers: Option<Answers>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = source.read(&mut buffer).await {
        let length = i64::try_from(read).expect("a small number");
        let before = left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                (left >= 0).then(|| if left < length { -1 } else { left - length })
            })
            .unwrap_or(i64::MAX);
        if before < length {
            // What came before the cut still arrives.
            let passing = usize::try_from(before).expect("a small number");
            let _ = sink.write_all(&buffer[..passing]).await;
            plan.cuts.fetch_add(1, Ordering::SeqCst);
            return;
        }
        if let Some(answers) = &mut answers {
            plan.trips.fetch_add(answers.count(&buffer[..read]), Ordering::SeqCst);
        }
        if sink.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}
