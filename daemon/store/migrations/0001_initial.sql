-- Version 1: runs, their events, their graphs. Fixed for good: other tools read these tables.

CREATE TABLE runs (id TEXT PRIMARY KEY,
    repo_path TEXT NOT NULL,
    started_at DATETIME NOT NULL,
    completed_at DATETIME,
    status TEXT NOT NULL DEFAULT 'running',
    parallelism INTEGER NOT NULL DEFAULT 1,
    total_units INTEGER NOT NULL DEFAULT 0,
    completed_units INTEGER NOT NULL DEFAULT 0,
    failed_units INTEGER NOT NULL DEFAULT 0,
    blocked_units INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    tasks_dir TEXT,
    dry_run INTEGER NOT NULL DEFAULT 0);
CREATE INDEX idx_runs_repo ON runs(repo_path);
CREATE INDEX idx_runs_status ON runs(status);
CREATE INDEX idx_runs_started ON runs(started_at DESC);

CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL REFERENCES runs(id),
    seq INTEGER NOT NULL,
    time DATETIME NOT NULL,
    type TEXT NOT NULL,
    unit TEXT,
    task INTEGER,
    pr INTEGER,
    payload TEXT,
    error TEXT,
    UNIQUE(run_id, seq));
CREATE INDEX idx_events_run ON events(run_id);
CREATE INDEX idx_events_type ON events(type);
CREATE INDEX idx_events_unit ON events(unit);

CREATE TABLE graphs (run_id TEXT PRIMARY KEY REFERENCES runs(id),
    nodes TEXT NOT NULL,
    edges TEXT NOT NULL,
    levels TEXT NOT NULL);
