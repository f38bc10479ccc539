//! A repeated request does nothing twice: the answer is kept under the client's `Idempotency-Key`, in the
//! very transaction that did the work, and given again.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use entity::idempotency_key::{ActiveModel, Column, Entity};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, QueryFilter};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::scope::Scope;
use super::shared::Hook;
use super::tx::Tx;
use crate::http::{ApiError, Code, IdempotencyKey, Result};

/// Hours an answer is kept. A phone's outbox may wait for a signal over a weekend.
pub(crate) const KEPT_HOURS: i64 = 72;

/// What happens, in the same transaction, when an answer is kept: somebody sees to its being forgotten.
pub struct AnswerKept(pub Hook);

impl Scope {
    /// Writes like [`Scope::write`], once for each key of the account: a repetition gets the first answer,
    /// the same key with another input is refused (422 `idempotency_mismatch`). Two at once: the second waits.
    ///
    /// Secrets are no part of what makes an input another one (they do not serialise): whoever repeats a request with another
    /// password gets the answer to the first, whose password counts.
    pub async fn write_once<I, T, F>(
        &self,
        key: IdempotencyKey,
        operation: &'static str,
        input: &I,
        f: F,
    ) -> Result<T>
    where
        I: Serialize,
        T: Serialize + DeserializeOwned + 'static,
        F: AsyncFnOnce(&Tx) -> Result<T> + 'static,
    {
        let (Some(key), Some(account)) = (key.0, self.actor()) else {
            return self.write(f).await;
        };
        let fingerprint = URL_SAFE_NO_PAD.encode(self.fingerprint(operation, input)?);
        self.write(async move |tx: &Tx| {
            let fresh = tx
                .insert_if_absent(ActiveModel {
                    account_id: Set(account),
                    key: Set(key.clone()),
                    operation: Set(operation.to_owned()),
                    fingerprint: Set(fingerprint.clone()),
                    status: Set(0),
                    response: Set(String::new()),
                    created_at: Set(tx.now()),
                    ..Default::default()
                })
                .await?;
            if !fresh {
                let kept = tx
                    .find::<Entity>()
                    .filter(Column::AccountId.eq(account))
                    .filter(Column::Key.eq(key))
                    .one()
                    .await?
                    .ok_or_else(|| ApiError::new(Code::CONFLICT))?;
                if kept.operation != operation || kept.fingerprint != fingerprint {
                    return Err(ApiError::new(Code::IDEMPOTENCY_MISMATCH));
                }
                return serde_json::from_str(&kept.response).map_err(ApiError::internal);
            }
            for AnswerKept(hook) in tx.all() {
                hook(tx).await?;
            }
            let answer = f(tx).await?;
            let response = serde_json::to_string(&answer).map_err(ApiError::internal)?;
            tx.update_many::<Entity>()
                .col_expr(Column::Response, Expr::value(response))
                .col_expr(Column::Status, Expr::value(200_i16))
                .filter(Column::AccountId.eq(account))
                .filter(Column::Key.eq(key))
                .exec()
                .await?;
            Ok(answer)
        })
        .await
    }
}
