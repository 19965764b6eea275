/** Lets the event loop turn once: what was written is read, and a mail that no one awaits is sent. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
