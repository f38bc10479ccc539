//! The outermost middleware: a request begins, its answer leaves in slices.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage};

use super::SLICE_BYTES;
use super::meter::Meter;

/// The middleware.
pub async fn answers<B: MessageBody + 'static>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<Answer<B>>, Error> {
    let meter = req.request().conn_data::<Rc<Meter>>().cloned();
    if let Some(meter) = &meter {
        let payload = req.take_payload();
        meter.request_began(!matches!(payload, Payload::None));
        req.set_payload(payload);
    }
    let outcome = next.call(req).await;
    if let Some(meter) = &meter {
        meter.answer_began();
    }
    match outcome {
        Ok(response) => Ok(response.map_body(|head, body| {
            if meter.as_ref().is_some_and(|meter| meter.edge().stopping_since().is_some()) {
                head.set_connection_type(actix_http::ConnectionType::Close);
            }
            Answer { body: Box::pin(body), rest: Bytes::new(), meter }
        })),
        Err(error) => {
            // It is a small one, and the library hands it over by itself.
            if let Some(meter) = &meter {
                meter.answer_handed();
            }
            Err(error)
        }
    }
}

/// A body that is handed over slice by slice: the library copies what it is given, and keeps the copy until the client has
/// read it.
pub struct Answer<B> {
    body: Pin<Box<B>>,
    rest: Bytes,
    meter: Option<Rc<Meter>>,
}

impl<B: MessageBody> MessageBody for Answer<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        while this.rest.is_empty() {
            match ready!(this.body.as_mut().poll_next(cx)) {
                Some(Ok(bytes)) => this.rest = bytes,
                other => return Poll::Ready(other),
            }
        }
        let slice = this.rest.split_to(this.rest.len().min(SLICE_BYTES));
        Poll::Ready(Some(Ok(slice)))
    }
}

impl<B> Drop for Answer<B> {
    fn drop(&mut self) {
        if let Some(meter) = &self.meter {
            meter.answer_handed();
        }
    }
}
