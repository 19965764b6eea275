import pino from 'pino'
import pretty, { type PrettyOptions } from 'pino-pretty'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export const LOG_FORMATS = ['text', 'json'] as const
/** `journal` is text for systemd's journal, which adds the time itself and reads the priority from a prefix. */
export type LogFormat = (typeof LOG_FORMATS)[number] | 'journal'

export type LogFields = Record<string, unknown>

/** Writes one line per event: what happened, then its fields. Never log a secret. */
export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

export interface LogSettings {
  level: (typeof LOG_LEVELS)[number]
  format: LogFormat
}

/** Logs to standard error, so that the output of commands stays clean. An `error` field is logged with its stack. */
export function createLog({ level, format }: LogSettings): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    format === 'json'
      ? pino.destination({ dest: 2, sync: true })
      : oneLineText(format === 'journal' ? FOR_JOURNAL : WITH_TIME),
  )
  return {
    debug: (event, fields = {}) => logger.debug(fields, onOneLine(event)),
    info: (event, fields = {}) => logger.info(fields, onOneLine(event)),
    warn: (event, fields = {}) => logger.warn(fields, onOneLine(event)),
    error: (event, fields = {}) => logger.error(fields, onOneLine(event)),
  }
}

// Fields need no such treatment, because they are written as JSON.
function onOneLine(event: string): string {
  return event.replace(/\s*[\r\n]+\s*/g, ' ')
}

const WITH_TIME: PrettyOptions = { translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l' }

/** Priorities of sd-daemon(3). */
const PRIORITIES: Record<string, number> = { debug: 7, info: 6, warn: 4, error: 3 }

const FOR_JOURNAL: PrettyOptions = {
  ignore: 'time,level',
  messageFormat: ({ level, msg }) => `<${PRIORITIES[String(level)]}>${String(level).toUpperCase()}: ${msg}`,
}

function oneLineText(options: PrettyOptions) {
  return pretty({
    destination: 2,
    sync: true,
    colorize: false,
    singleLine: true,
    errorLikeObjectKeys: [],
    ...options,
  })
}
