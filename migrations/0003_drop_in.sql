-- What every schedule and every client needs: overlapping runs, limits of runs, early pings, names from other tools.

-- Every run that has started and not ended, oldest first: a JSON list of [started_at, run_id], with a third, true, for one that
-- has taken the monitor down; '' for none.
ALTER TABLE monitors ADD COLUMN open_runs TEXT NOT NULL DEFAULT '' CHECK (length(open_runs) <= 10000);
UPDATE monitors SET open_runs = json_array(json_array(run_started_at, run_id)) WHERE run_started_at IS NOT NULL;
ALTER TABLE monitors DROP COLUMN run_started_at;
ALTER TABLE monitors DROP COLUMN run_id;

-- NULL: the grace counts for runs too.
ALTER TABLE monitors ADD COLUMN max_run_ms INTEGER CHECK (max_run_ms BETWEEN 1000 AND 31536000000);
-- NULL: no run is too short.
ALTER TABLE monitors ADD COLUMN min_run_ms INTEGER CHECK (min_run_ms BETWEEN 1000 AND 31536000000);
-- How long before its slot a ping counts for it; NULL: a tenth of the interval, at most 15 minutes.
ALTER TABLE monitors ADD COLUMN early_ms INTEGER CHECK (early_ms BETWEEN 0 AND 86400000);
-- What was made before this knew no early pings, as what the API makes.
UPDATE monitors SET early_ms = 0;
ALTER TABLE monitors ADD COLUMN failures_to_alert INTEGER NOT NULL DEFAULT 1 CHECK (failures_to_alert BETWEEN 1 AND 100);
ALTER TABLE monitors ADD COLUMN failures_in_a_row INTEGER NOT NULL DEFAULT 0 CHECK (failures_in_a_row >= 0);
-- Since when its schedule is what it is; 0: since before anybody wrote that down.
ALTER TABLE monitors ADD COLUMN schedule_since INTEGER NOT NULL DEFAULT 0;
-- The token by which a tool that CronGuard replaced knew the monitor; its pings still find it.
ALTER TABLE monitors ADD COLUMN alias TEXT CHECK (length(alias) BETWEEN 4 AND 64);

-- Which monitor is meant by the token of another tool?
CREATE UNIQUE INDEX monitors_by_alias ON monitors (alias) WHERE alias IS NOT NULL;
