-- The store of the vault: ciphertext only, opened by a key that is not here.
CREATE TABLE aop_vault (
    id         integer PRIMARY KEY CHECK (id = 1),
    generation bigint NOT NULL CHECK (generation > 0),
    header     bytea NOT NULL,
    seal       bytea NOT NULL
);

CREATE TABLE aop_vault_secrets (
    name    text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL CHECK (version > 0),
    row     bytea NOT NULL
);

-- Signed heads of the audit chain, beside those in its folder.
CREATE TABLE aop_vault_checkpoints (
    sequence   bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    checkpoint text NOT NULL
);
CREATE INDEX aop_vault_checkpoints_sequence ON aop_vault_checkpoints (sequence);
