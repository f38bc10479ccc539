//! News between nodes: an account's tokens are to be forgotten. Over Redis when there is one; a single node
//! needs none.

use entity::ids::AccountId;
use futures_util::StreamExt;
use redis::aio::ConnectionManager;

use super::token::Tokens;

const CHANNEL: &str = "gezhi:forget-account";

/// Forgets an account's tokens here and on the other nodes.
#[derive(Clone)]
pub struct Relay {
    tokens: Tokens,
    redis: Option<ConnectionManager>,
}

impl Relay {
    /// With Redis when there is one.
    #[must_use]
    pub fn new(tokens: Tokens, redis: Option<ConnectionManager>) -> Self {
        Self { tokens, redis }
    }

    /// Forgets an account's tokens: here at once, elsewhere as soon as the news arrives, and in any case when
    /// the memory of a verified token ends, a minute later.
    pub fn forget(&self, account: AccountId) {
        self.tokens.forget(account);
        if let Some(mut redis) = self.redis.clone() {
            actix_web::rt::spawn(async move {
                let told: redis::RedisResult<()> = redis::cmd("PUBLISH")
                    .arg(CHANNEL)
                    .arg(account.to_string())
                    .query_async(&mut redis)
                    .await;
                if let Err(error) = told {
                    tracing::warn!(%error, "redis: other nodes were not told of an ended session");
                }
            });
        }
    }

    /// Listens to the other nodes, for ever. After a gap everything remembered is forgotten, since news may
    /// have been missed.
    pub async fn listen(tokens: Tokens, client: redis::Client) {
        loop {
            match client.get_async_pubsub().await {
                Ok(mut pubsub) => {
                    if pubsub.subscribe(CHANNEL).await.is_ok() {
                        tokens.forget_all();
                        let mut news = pubsub.on_message();
                        while let Some(message) = news.next().await {
                            let account: Option<AccountId> = message
                                .get_payload::<String>()
                                .ok()
                                .and_then(|text| text.parse().ok());
                            match account {
                                Some(account) => tokens.forget(account),
                                None => tokens.forget_all(),
                            }
                        }
                    }
                }
                Err(error) => tracing::warn!(%error, "redis: no news from other nodes"),
            }
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        }
    }
}
