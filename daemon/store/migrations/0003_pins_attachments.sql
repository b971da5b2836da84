-- Version 3: runs that stay, runs whose recorder is watched, and runs that go. It only adds.

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

-- Runs that are being deleted. Such a run is not there for anybody; its events go in small steps, then
-- its row and with it this one. What a killed daemon leaves here the next one goes on with.
CREATE TABLE removals (
    run_id TEXT PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE
) WITHOUT ROWID;

-- Runs that ended, the oldest first: of all, of one repository.
CREATE INDEX idx_runs_ended ON runs(coalesce(completed_at, started_at), id)
    WHERE status <> 'running';
CREATE INDEX idx_runs_repo_ended ON runs(repo_path, coalesce(completed_at, started_at), id)
    WHERE status <> 'running';
