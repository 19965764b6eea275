-- Which monitors a channel is meant for. The rows of monitor_channels say which ones it notifies.
ALTER TABLE channels ADD COLUMN scope TEXT NOT NULL DEFAULT 'these' CHECK (scope IN ('all', 'these', 'tag'));
-- For the scope 'tag': tags separated by spaces, of which a monitor needs one.
ALTER TABLE channels ADD COLUMN scope_tags TEXT NOT NULL DEFAULT '' CHECK (length(scope_tags) <= 500);

-- Forms used to select every channel for a new monitor. A channel that all monitors of its project use keeps that.
UPDATE channels SET scope = 'all'
 WHERE NOT EXISTS (
         SELECT 1 FROM monitors
          WHERE monitors.project_id = channels.project_id
            AND NOT EXISTS (
                  SELECT 1 FROM monitor_channels WHERE monitor_id = monitors.id AND channel_id = channels.id
                )
       );
