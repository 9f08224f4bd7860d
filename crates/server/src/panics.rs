//! A panic costs its own request an answer, and nothing else (LG-03).

use std::panic::{AssertUnwindSafe, PanicHookInfo};

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError as _};
use futures_util::FutureExt as _;

use crate::problem::Problem;

/// Answers as any other fault of ours where a handler panics. Its transaction is dropped, and the connection with it.
pub async fn caught<B: MessageBody>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let answered = AssertUnwindSafe(next.call(request)).catch_unwind().await;
    answered.unwrap_or_else(|_| {
        // Made here, where the id of the request is known.
        let answer = Problem::Internal("a handler panicked".into()).error_response();
        Err(InternalError::from_response("a handler panicked", answer).into())
    })
}

/// Has panics logged as everything is, by their place alone: what one says may be of a person (LG-01, LG-04).
pub fn log_places() {
    std::panic::set_hook(Box::new(|panicked: &PanicHookInfo<'_>| {
        let place = panicked.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panicked");
    }));
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, test, web};

    use super::caught;

    async fn panics() -> HttpResponse {
        std::panic::panic_any("there is nothing")
    }

    #[actix_web::test]
    async fn lg_03_a_panic_is_an_answer_like_any_fault_and_the_next_request_is_served() {
        let app = App::new()
            .route("/panics", web::get().to(panics))
            .route("/works", web::get().to(HttpResponse::Ok))
            .wrap(from_fn(caught));
        let app = test::init_service(app).await;
        for _ in 0..3 {
            let request = test::TestRequest::get().uri("/panics").to_request();
            let error = test::try_call_service(&app, request).await.expect_err("it panicked");
            let answer = error.error_response();
            assert_eq!(answer.status(), 500);
            let body = actix_web::body::to_bytes(answer.into_body()).await.expect("a body");
            let body = String::from_utf8_lossy(&body);
            assert!(body.contains("/problems/internal") && !body.contains("nothing"), "{body}");
            let request = test::TestRequest::get().uri("/works").to_request();
            assert_eq!(test::call_service(&app, request).await.status(), 200);
        }
    }
}
