-- What people wrote about a webhook; MLflow's clients do.
ALTER TABLE webhooks ADD COLUMN description {text} NOT NULL DEFAULT '';
