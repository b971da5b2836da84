-- Version 2: what the daemon itself needs. It only adds.

-- One row each start. Its commit is what makes all that an earlier, killed daemon wrote durable
-- before this one answers for it.
CREATE TABLE boots (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    started_at DATETIME NOT NULL,
    pid INTEGER NOT NULL,
    version TEXT NOT NULL
);

-- The newest runs in the order of the listing: of all, of one repository, of one status, of both.
CREATE INDEX idx_runs_newest ON runs(started_at DESC, id DESC);
CREATE INDEX idx_runs_listing ON runs(repo_path, started_at DESC, id DESC);
CREATE INDEX idx_runs_status_listing ON runs(status, started_at DESC, id DESC);
CREATE INDEX idx_runs_repo_status_listing ON runs(repo_path, status, started_at DESC, id DESC);

-- The place of each run row's last change in the order of commits, so that a watcher is a cursor over
-- changed runs as it is over events: `change` counts changes, `after_event_id` is the newest event
-- committed before or with it. A higher change never has a lower after_event_id.
CREATE TABLE run_changes (
    run_id TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
    change INTEGER NOT NULL UNIQUE,
    after_event_id INTEGER NOT NULL
) WITHOUT ROWID;

-- Runs recorded by version 1: each counts as changed with its last event.
INSERT INTO run_changes (run_id, change, after_event_id)
SELECT id, row_number() OVER (ORDER BY last_event_id, started_at, id), last_event_id
FROM (SELECT id, started_at,
             coalesce((SELECT max(events.id) FROM events WHERE events.run_id = runs.id), 0)
                 AS last_event_id
      FROM runs WHERE id IS NOT NULL);
