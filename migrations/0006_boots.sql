-- When the clock is set, what has happened in the same run of the machine moves with it.

-- The run of the machine in which CronGuard began last; null where nobody knows.
ALTER TABLE heartbeat ADD COLUMN boot_id TEXT;
-- From when on moments are of this run, by the clock as it is set.
ALTER TABLE heartbeat ADD COLUMN boot_since INTEGER;

-- Whether a whole second chance was given since the last ping, and not only time that was lost.
ALTER TABLE monitors ADD COLUMN had_chance INTEGER NOT NULL DEFAULT 0 CHECK (had_chance IN (0, 1));
UPDATE monitors SET had_chance = 1 WHERE spared_until IS NOT NULL;

-- The time of the schedule that the last ping was followed by, also while the end of a run is awaited.
ALTER TABLE monitors ADD COLUMN slot_at INTEGER;
UPDATE monitors SET slot_at = due_at;

-- How long it is tried: no time in which CronGuard was away counts, and none that the clock was only set by.
ALTER TABLE deliveries ADD COLUMN give_up_at INTEGER NOT NULL DEFAULT 0;
UPDATE deliveries SET give_up_at = created_at + 86400000;
