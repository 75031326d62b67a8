-- What a batch knows. One row a photo; the driver alone writes.
CREATE TABLE IF NOT EXISTS run (
  n INTEGER PRIMARY KEY,
  started TEXT NOT NULL,          -- ISO 8601, UTC
  ended TEXT,                     -- empty while it runs, and for ever if it was killed
  wishes TEXT NOT NULL,           -- fingerprint of spec and options: one ledger, one way of making cards
  version TEXT NOT NULL
);

CREATE TABLE IF NOT EXISTS photo (
  n INTEGER PRIMARY KEY,          -- the order in which photos were first listed
  key TEXT NOT NULL UNIQUE,       -- what it is known by in IN
  input TEXT NOT NULL,            -- what people call it
  locator NOT NULL,           -- where its bytes are; a blob where the name is no text
  id TEXT NOT NULL,               -- from a manifest, else empty
  size INTEGER,                   -- of the photo, bytes
  mtime_ns INTEGER,
  sha256 TEXT,                    -- of the photo, once it was read
  output TEXT,                    -- the card's path under OUT; none for a photo that can have no name
  folded TEXT UNIQUE,             -- the same as file systems compare it
  state TEXT NOT NULL,            -- waiting, delivering, done, failed
  again INTEGER NOT NULL DEFAULT 0,  -- a failure that the next run tries again
  error TEXT,                     -- JSON: code, values, exit_code
  findings TEXT,                  -- JSON: what did not pass
  passed INTEGER,                 -- whether the card meets every required rule
  card_sha256 TEXT,
  card_bytes INTEGER,
  aside TEXT,                     -- its photo's path in quarantine
  timings_ms TEXT,                -- JSON: what took how long
  run INTEGER NOT NULL            -- the last run that saw it in IN
);

CREATE INDEX IF NOT EXISTS photo_state ON photo (state, n);

CREATE TABLE IF NOT EXISTS ours (  -- what this ledger has handed over, and nobody else
  folded TEXT PRIMARY KEY,         -- the card's name as file systems compare it
  output TEXT NOT NULL,
  sha256 TEXT NOT NULL             -- of the card that was handed over last
) WITHOUT ROWID;
