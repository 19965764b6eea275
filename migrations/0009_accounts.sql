-- Filled in before the release.
SELECT 1;
