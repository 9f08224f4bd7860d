alter table webhooks drop column signing_key, drop column previous_signing_key, drop column public_key;
