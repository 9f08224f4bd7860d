//! Notices about sign-ins, endpoints and keys, on the same way as mail for what is due, and after it.

use homeward_domain::notice::{Notice, RESET_MINUTES};
use homeward_store::StoreResult;
use homeward_store::machine_keys::HeldKeyNotice;
use homeward_store::notices::Held;
use homeward_store::webhooks::HeldNotice;

use super::Outbox;
use crate::auth::token::{Secret, reset_code};
use crate::mail::Mailer;

/// How many are sent in one round.
const ROUND: i64 = 8;

impl Outbox {
    /// Sends what is to be told now. Says how much that was.
    pub(super) async fn tell(&self, mailer: &Mailer) -> StoreResult<usize> {
        let taken = self.store.take_notices(self.clock.now(), ROUND).await?;
        for held in &taken {
            self.tell_one(mailer, held).await?;
        }
        let of_endpoints = self.store.take_endpoint_notices(self.clock.now(), ROUND).await?;
        for held in &of_endpoints {
            self.tell_of_endpoint(mailer, held).await?;
        }
        let of_keys = self.store.take_key_notices(self.clock.now(), ROUND).await?;
        for held in &of_keys {
            self.tell_of_key(mailer, held).await?;
        }
        Ok(taken.len() + of_endpoints.len() + of_keys.len())
    }

    async fn tell_of_key(&self, mailer: &Mailer, held: &HeldKeyNotice) -> StoreResult<()> {
        if let Some(letter) = self.store.key_letter(held).await?
            && !mailer.tell(held.id, held.notice.subject(), &letter).await
        {
            tracing::warn!(worker = self.name, notice = %held.id, "the relay did not take a notice; it is sent again");
            return Ok(());
        }
        self.store.key_notice_sent(held, self.clock.now()).await
    }

    async fn tell_of_endpoint(&self, mailer: &Mailer, held: &HeldNotice) -> StoreResult<()> {
        if let Some(letter) = self.store.endpoint_letter(held).await?
            && !mailer.tell(held.id, held.notice.subject(), &letter).await
        {
            tracing::warn!(worker = self.name, notice = %held.id, "the relay did not take a notice; it is sent again");
            return Ok(());
        }
        self.store.endpoint_notice_sent(held, self.clock.now()).await
    }

    async fn tell_one(&self, mailer: &Mailer, held: &Held) -> StoreResult<()> {
        let Some(mut letter) = self.store.letter(held).await? else {
            return self.store.notice_sent(held, self.clock.now()).await;
        };
        if held.notice == Notice::ResetLink {
            let Some(code) = self.code(held).await? else { return Ok(()) };
            let base = mailer.public_url();
            letter.text = format!(
                "{}\n\n{code}\n\nSend it with a new password to {base}/v1/auth/password-reset, or paste it where your \
                 agency's client asks for it. After {RESET_MINUTES} minutes an administrator can have another one sent.",
                letter.text
            );
        }
        if mailer.tell(held.id, held.notice.subject(), &letter).await {
            return self.store.notice_sent(held, self.clock.now()).await;
        }
        tracing::warn!(worker = self.name, notice = %held.id, "the relay did not take a notice; it is sent again");
        Ok(())
    }

    /// Made now and never kept: what the database has of it signs nobody in (PW-11).
    async fn code(&self, held: &Held) -> StoreResult<Option<String>> {
        let Ok(secret) = Secret::random() else { return Ok(None) };
        let of = (held.agency, held.about);
        let id = self.store.make_reset(of, secret.hash(), self.clock.now()).await?;
        Ok(Some(reset_code(held.agency, id, &secret)))
    }
}
