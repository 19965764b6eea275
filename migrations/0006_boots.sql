-- What the clock was set by while nobody watched is told from the time that the machine itself has run.

-- The run of the machine in which the last sign of life was given; null where nobody knows.
ALTER TABLE heartbeat ADD COLUMN boot_id TEXT;
-- When the machine started, by the clock as it was with that sign of life.
ALTER TABLE heartbeat ADD COLUMN booted_at INTEGER;
-- From when on moments are of this run of the machine, by the same clock.
ALTER TABLE heartbeat ADD COLUMN boot_since INTEGER;

-- Whether a whole second chance was given since the last ping, and not only time that was lost.
ALTER TABLE monitors ADD COLUMN had_chance INTEGER NOT NULL DEFAULT 0 CHECK (had_chance IN (0, 1));
UPDATE monitors SET had_chance = 1 WHERE spared_until IS NOT NULL;

-- How long it is tried: no time in which CronGuard was away counts, and none that the clock was only set by.
ALTER TABLE deliveries ADD COLUMN give_up_at INTEGER NOT NULL DEFAULT 0;
UPDATE deliveries SET give_up_at = created_at + 86400000;
