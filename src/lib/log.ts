import pino from 'pino'
import pretty from 'pino-pretty'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export const LOG_FORMATS = ['text', 'json'] as const

export type LogFields = Record<string, unknown>

/** One line per event: what happened, then its facts. Never a secret among them. */
export interface Log {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

export interface LogSettings {
  level: (typeof LOG_LEVELS)[number]
  format: (typeof LOG_FORMATS)[number]
}

/** Writes to standard error, so that what a command prints stays clean. An `error` field is written with its stack. */
export function createLog({ level, format }: LogSettings): Log {
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: pino.stdSerializers.err },
    },
    format === 'json' ? pino.destination({ dest: 2, sync: true }) : oneLineText(),
  )
  return {
    debug: (event, fields = {}) => logger.debug(fields, event),
    info: (event, fields = {}) => logger.info(fields, event),
    warn: (event, fields = {}) => logger.warn(fields, event),
    error: (event, fields = {}) => logger.error(fields, event),
  }
}

function oneLineText() {
  return pretty({
    destination: 2,
    sync: true,
    colorize: false,
    singleLine: true,
    errorLikeObjectKeys: [],
    translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l',
  })
}
