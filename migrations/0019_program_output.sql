-- What a program said that a channel ran: the last attempt only, without secrets.
CREATE TABLE delivery_outputs (
  delivery_sequence INTEGER PRIMARY KEY REFERENCES deliveries (sequence) ON DELETE CASCADE,
  text              TEXT    NOT NULL
) STRICT;
