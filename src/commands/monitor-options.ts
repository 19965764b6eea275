// The settings of a monitor as options of the command line: "maxRunMs" is --max-run.
import type { Command } from 'commander'
import {
  ENTERED_SETTINGS,
  type FlatSettings,
  type MonitorSetting,
  type SettingField,
} from '#domain/monitor-settings.ts'
import { readLength } from '#domain/schedule-input.ts'
import { type Checked, checkTyped, checkValue } from '#domain/setting.ts'
import { AppError } from '#lib/errors.ts'
import { problemInWords } from '#words/monitor-problems.ts'

const MORE: Partial<Record<SettingField, string>> = {
  tags: 'tags, separated by spaces',
  name: 'new name',
  slug: 'name in slug ping URLs',
  earlyMs: 'how early a ping may arrive',
  alias: 'token from another tool',
  dependsOn: 'name, slug or key of a monitor that holds its notifications while it is down, or ""',
}

const TAKES: Record<MonitorSetting['kind']['is'], string> = {
  text: '<text>',
  zone: '<zone>',
  flag: '<yes|no>',
  duration: '<duration>',
  count: '<number>',
  choice: '<value>',
}

/** The word for no value of an optional setting. */
const NONE = 'default'

/** Adds an option for every setting that people enter, except those in `except`. */
export function addSettingOptions(command: Command, except: readonly SettingField[] = []): Command {
  for (const setting of ENTERED_SETTINGS) {
    if (!except.includes(setting.field)) command.option(`${flagOf(setting)} ${TAKES[setting.kind.is]}`, about(setting))
  }
  return command
}

function about({ field, label, kind }: MonitorSetting): string {
  const description = MORE[field] ?? `${label.charAt(0).toLowerCase()}${label.slice(1)}`
  return 'isOptional' in kind && kind.isOptional ? `${description}, or "${NONE}"` : description
}

/** The settings among the options. Throws invalid with the first that cannot be. */
export function readSettingOptions(options: object): Partial<FlatSettings> {
  const typed = options as Record<string, string | undefined>
  const given = ENTERED_SETTINGS.filter(({ input }) => typed[input] !== undefined)
  return Object.fromEntries(given.map((setting) => [setting.field, readOption(setting, typed[setting.input] ?? '')]))
}

function readOption(setting: MonitorSetting, typed: string) {
  const checked = check(setting, typed)
  if ('value' in checked) return checked.value
  throw new AppError('invalid', `${flagOf(setting)}: ${sentence(setting, checked.problem, typed)}`)
}

function sentence({ kind }: MonitorSetting, problem: Extract<Checked, { problem: unknown }>['problem'], typed: string) {
  if (kind.is === 'duration' && problem === 'not_number') {
    return `"${typed}" is not a duration. Write it as "90s", "10 minutes" or "1h 30m".`
  }
  return problemInWords(kind, problem)
}

function check({ kind }: MonitorSetting, typed: string): Checked {
  if ('isOptional' in kind && kind.isOptional && typed === NONE) return { value: null }
  switch (kind.is) {
    case 'text':
      return checkTyped(kind, typed)
    case 'flag':
      return checkValue(kind, { yes: true, no: false }[typed])
    case 'duration':
      return checkValue(kind, readLength(typed) ?? typed)
    case 'count':
      return checkValue(kind, /^\d{1,9}$/.test(typed) ? Number(typed) : typed)
    case 'choice':
    case 'zone':
      return checkValue(kind, typed)
  }
}

function flagOf({ input }: MonitorSetting): string {
  return `--${input.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
