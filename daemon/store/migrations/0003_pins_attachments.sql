-- Version 3: runs that stay, and runs whose recorder is watched. It only adds.

-- Runs that retention never deletes.
CREATE TABLE pins (
    run_id TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
    pinned_at DATETIME NOT NULL
) WITHOUT ROWID;

-- The process that a run stands and falls with: its pid, and what tells it from a later process with
-- the same pid, the boot of the machine and the clock tick at which the process started.
CREATE TABLE attachments (
    run_id TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
    pid INTEGER NOT NULL,
    boot_id TEXT NOT NULL,
    start_ticks INTEGER NOT NULL
) WITHOUT ROWID;
