-- Tickets that wait for their answer, and nonces of signed messages; several processes write here.
CREATE TABLE ticket (
  nonce TEXT PRIMARY KEY,
  expires_s REAL NOT NULL,   -- seconds since 1970 UTC, as all times here
  ticket TEXT NOT NULL,      -- JSON, Ticket.to_dict
  answer TEXT,               -- JSON, Answer.to_dict
  frame BLOB                 -- a platform's best frame, until it is taken
);
CREATE INDEX ticket_expires ON ticket (expires_s);

CREATE TABLE used (          -- nonces of messages whose signature was right
  key_id TEXT NOT NULL,
  nonce TEXT NOT NULL,
  mark TEXT NOT NULL,        -- of the message that it came with
  until_s REAL NOT NULL,
  PRIMARY KEY (key_id, nonce)
) WITHOUT ROWID;
CREATE INDEX used_until ON used (until_s);
