-- What slow encoders computed of the texts that this store keeps, so that each text is read once.

create table vectors (
    encoder   varchar not null,     -- its name and a fingerprint of its weights
    text_hash varchar not null,     -- SHA-256 of the text in UTF-8, in hex
    vector    float[] not null      -- of length one
);
