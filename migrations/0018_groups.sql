-- The deliveries that were made because a group of channels was notified. A member of two groups gets one delivery.
CREATE TABLE channel_group_deliveries (
  group_id    TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  delivery_id TEXT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
  PRIMARY KEY (group_id, delivery_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX channel_group_deliveries_by_delivery ON channel_group_deliveries (delivery_id);
