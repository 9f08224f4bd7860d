-- Each endpoint has an Ed25519 key pair of its own beside its secret (WH-07). The private halves are sealed by the program.
-- An endpoint from before has none until its secret is replaced.
alter table webhooks
    add column signing_key bytea,
    add column previous_signing_key bytea,
    -- Anybody may know it.
    add column public_key bytea,
    add check ((signing_key is null) = (public_key is null));
