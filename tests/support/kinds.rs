//! Kinds of jobs of the tests' own: they fail by chance, ask others, never end.

use std::collections::BTreeMap;

use api::feature::Feature;
use api::http::{ApiError, Code, Result};
use api::jobs::{self, Act, Job, Kind, Next, Turn};
use api::tenancy::{Scope, Tx};
use entity::attachment;
use entity::ids::AttachmentId;
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, QueryFilter};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::{patrols, sources};

/// Leaves a row in the township: what a job does there. Nothing keeps a second one away.
pub async fn leave(tx: &Tx, mark: &str) -> Result<()> {
    let account = tx.find::<entity::account::Entity>().one().await?.expect("an account").id;
    tx.insert_many(vec![attachment::ActiveModel {
        id: Set(AttachmentId::new()),
        media_type: Set("image/jpeg".to_owned()),
        size_bytes: Set(0),
        width: Set(1),
        height: Set(1),
        sha256: Set(mark.to_owned()),
        content: Set(vec![]),
        account_id: Set(account),
        created_at: Set(tx.now()),
        ..Default::default()
    }])
    .await
}

/// What was left there, with how often.
pub async fn left(scope: &Scope) -> BTreeMap<String, usize> {
    let rows = scope
        .read(async |tx: &Tx| tx.find::<attachment::Entity>().all().await)
        .await
        .expect("what is there");
    let mut left = BTreeMap::new();
    for row in rows {
        *left.entry(row.sha256).or_default() += 1;
    }
    left
}

/// Does its part and then fails, three times of ten, by an error or by a panic: by chance, of the job and its attempt.
async fn count(tx: &Tx, job: &Job) -> Result<Next> {
    leave(tx, &job.id.to_string()).await?;
    let chance = jobs::rules::chance(job.id, job.attempt) % 20;
    assert!(chance >= 2, "one in ten panics");
    if chance < 6 { Err(ApiError::internal("two in ten fail")) } else { Ok(Next::Done) }
}

/// Asks a receiver outside, whose address is in the payload.
async fn call(turn: Turn) -> Result<Next> {
    let address = turn.payload()["receiver"].as_str().unwrap_or_default().to_owned();
    let mut stream = TcpStream::connect(address).await.map_err(ApiError::internal)?;
    let ask = format!("{}\n", turn.key());
    stream.write_all(ask.as_bytes()).await.map_err(ApiError::internal)?;
    let mut answer = [0];
    stream.read_exact(&mut answer).await.map_err(ApiError::internal)?;
    if answer == *b"y" { Ok(Next::Done) } else { Err(ApiError::new(Code::CONFLICT)) }
}

/// Takes away all wishes that it sees.
async fn fulfil(tx: &Tx, _: &Job) -> Result<Next> {
    let wishes = attachment::Column::Sha256.eq("wish");
    tx.delete_many::<attachment::Entity>().filter(wishes).exec().await?;
    Ok(Next::Done)
}

/// Long work: ten pieces.
async fn in_pieces(tx: &Tx, job: &Job) -> Result<Next> {
    leave(tx, &format!("piece {}", job.done)).await?;
    let done = job.done + 1;
    Ok(if done == 10 {
        Next::Done
    } else {
        Next::More { payload: job.payload.clone(), done, total: Some(10) }
    })
}

/// Never ends by itself.
async fn hang(turn: Turn) -> Result<Next> {
    turn.progress(1, Some(2)).await?;
    std::future::pending().await
}

const fn kind(name: &'static str, act: Act) -> Kind {
    Kind { name, zh: name, en: name, schedule: false, kept: true, act }
}

/// What tests of jobs add to the product: these, and what every test adds.
pub const MORE: &[Feature] =
    &[Feature { jobs: KINDS, ..Feature::of("test_jobs") }, sources::FEATURE, patrols::FEATURE];

/// All of them.
pub const KINDS: &[Kind] = &[
    kind("test.count", Act::Inside(|tx, job| Box::pin(count(tx, job)))),
    kind("test.call", Act::Outside(|turn| Box::pin(call(turn)))),
    kind("test.fulfil", Act::Inside(|tx, job| Box::pin(fulfil(tx, job)))),
    kind("test.pieces", Act::Inside(|tx, job| Box::pin(in_pieces(tx, job)))),
    kind("test.hang", Act::Outside(|turn| Box::pin(hang(turn)))),
    kind("test.fail", Act::Inside(|_, _| Box::pin(async { Err(ApiError::new(Code::CONFLICT)) }))),
];
