// Compares what CronGuard recorded with what the oracle expects, and keeps the recent events to explain a
// difference.
import { judgeAlarm } from './alarms.ts'
import type { Change } from './job-rules.ts'
import type { Gap } from './oracle.ts'
import type { World } from './world.ts'

export class Disagreement extends Error {
  override name = 'Disagreement'
}

interface ChangeParts {
  monitor: string
  from: string
  to: string
  at: number
  reason: string
  opened: number | null
  closedFrom: number | null
}

interface TransitionRow extends ChangeParts {
  id: number
  content: string | null
  channels: string | null
}

interface GapRow {
  id: number
  from: number
  to: number
  reason: string
  extended: string | null
}

/** How many events of each monitor are kept. */
const REMEMBERED = 30
const CONTEXT = 30

export class Scribe {
  readonly #world: World
  readonly #remembered = new Map<string, { order: number; line: string }[]>()
  #order = 0
  #lastTransition = 0
  #lastGap = 0
  readonly counts = {
    transitions: 0,
    down: 0,
    up: 0,
    gaps: 0,
    extended: 0,
    extendedHasty: 0,
    states: 0,
    falseForHasty: 0,
    falseAfterShortGap: 0,
    falseByClockForPeriods: 0,
    falseByClockForCalendars: 0,
  }

  constructor(world: World) {
    this.#world = world
  }

  remember(about: string, what: string): void {
    const lines = this.#remembered.get(about) ?? []
    lines.push({ order: this.#order++, line: `    ${this.#moment()}  ${about} ${what}` })
    if (lines.length > REMEMBERED) lines.shift()
    this.#remembered.set(about, lines)
  }

  object(what: string, about: readonly string[] = []): never {
    const lines = [...about, 'CronGuard'].flatMap((name) => this.#remembered.get(name) ?? [])
    const context = lines.sort((a, b) => a.order - b.order).slice(-CONTEXT)
    throw new Disagreement([`${this.#moment()}: ${what}`, ...context.map(({ line }) => line)].join('\n'))
  }

  /** Compares everything that is new on either side. */
  compare(): void {
    const { oracle } = this.#world
    if (!this.#isAnythingNew()) return
    const changes = oracle.changes.splice(0)
    const written = this.#newTransitions()
    for (const { monitor, to } of written) {
      if (to === 'down') judgeAlarm(this.#world, { monitor, counts: this.counts })
      this.counts.transitions += 1
      if (to === 'down' || to === 'up') this.counts[to] += 1
    }
    this.#same(
      changes.map((change) => this.#expected(change)),
      written.map(inWords),
    )
    const gaps = oracle.gaps.splice(0)
    this.counts.gaps += gaps.length
    const extended = gaps.flatMap((gap) => gap.extended)
    this.counts.extended += extended.length
    this.counts.extendedHasty += extended.filter((name) => this.#world.player(name).role.habit === 'hasty').length
    this.#same(gaps.map(gapInWords), this.#newGaps().map(gapRowInWords))
    for (const gap of gaps) this.#compareNotices(gap)
  }

  /** Compares status, due time and deadline with the oracle's. */
  compareStates(): void {
    const rows = this.#db.all<{ name: string; status: string; due: number | null; deadline: number | null }>(
      'SELECT name, status, due_at AS due, deadline_at AS deadline FROM monitors',
    )
    for (const { name, ...written } of rows) {
      const job = this.#world.oracle.job(name)
      const due = job.dueAt()
      const isBeyond = due === null && typeof job.wishes.rhythm !== 'number' && written.due !== null
      if (isBeyond && job.status === written.status && job.runs.length === 0) continue
      const expected = { status: job.status, due, deadline: job.missing()?.at ?? null }
      this.counts.states += 1
      const [one, other] = [stateInWords(expected), stateInWords(written)]
      if (one !== other) this.object(`${name} must be ${one}; it is ${other}`, [name])
    }
  }

  /** The next deadline or attempt to send that CronGuard has stored, by its clock; null: none. */
  nextMomentAt(): number | null {
    const row = this.#db.get<{ deadline: number | null; delivery: number | null }>(
      `SELECT (SELECT min(deadline_at) FROM monitors WHERE deadline_at IS NOT NULL) AS deadline,
              (SELECT min(coalesce(next_attempt_at, leased_until))
                 FROM deliveries
                WHERE sequence IN (SELECT min(sequence) FROM deliveries WHERE settled_at IS NULL
                                    GROUP BY channel_id, monitor_id)) AS delivery`,
    )
    const moments = [row?.deadline ?? null, row?.delivery ?? null].filter((at) => at !== null)
    return moments.length === 0 ? null : Math.min(...moments)
  }

  get #db() {
    return this.#world.appliance.deps.db
  }

  #isAnythingNew(): boolean {
    const row = this.#db.get<{ transition: number | null; gap: number | null }>(
      'SELECT (SELECT max(id) FROM transitions) AS transition, (SELECT max(id) FROM blackouts) AS gap',
    )
    const isWritten = (row?.transition ?? 0) > this.#lastTransition || (row?.gap ?? 0) > this.#lastGap
    return isWritten || this.#world.oracle.changes.length > 0 || this.#world.oracle.gaps.length > 0
  }

  #newTransitions(): TransitionRow[] {
    const rows = this.#db.all<TransitionRow>(
      `SELECT transitions.id, monitors.name AS monitor, from_status AS "from", to_status AS "to", at, reason, content,
              (SELECT opened_at FROM incidents WHERE opened_by = transitions.id) AS opened,
              (SELECT opened_at FROM incidents
                WHERE closed_by = transitions.id AND closed_at = max(opened_at, at)) AS closedFrom,
              (SELECT group_concat(channel_name, ' ' ORDER BY channel_name) FROM deliveries
                WHERE notification_id = notifications.id) AS channels
         FROM transitions JOIN monitors ON monitors.id = monitor_id
              LEFT JOIN notifications ON transition_id = transitions.id
        WHERE transitions.id > $last
        ORDER BY transitions.id`,
      { last: this.#lastTransition },
    )
    this.#lastTransition = rows.at(-1)?.id ?? this.#lastTransition
    return rows
  }

  #newGaps(): GapRow[] {
    const rows = this.#db.all<GapRow>(
      `SELECT id, from_at AS "from", to_at AS "to", reason,
              (SELECT group_concat(name, ' ' ORDER BY name) FROM extended_monitors JOIN monitors
                 ON monitors.id = monitor_id WHERE blackout_id = blackouts.id) AS extended
         FROM blackouts
        WHERE id > $last
        ORDER BY id`,
      { last: this.#lastGap },
    )
    this.#lastGap = rows.at(-1)?.id ?? this.#lastGap
    return rows
  }

  // Each project with extended deadlines gets one notice, through the channels that did not opt out.
  #compareNotices({ to, extended }: Gap): void {
    const rows = this.#db.all<{ project: string; extended: number; channels: string | null }>(
      `SELECT project_id AS project, content ->> 'extendedCount' AS extended,
              (SELECT group_concat(channel_name, ' ' ORDER BY channel_name) FROM deliveries
                WHERE notification_id = notifications.id) AS channels
         FROM notifications
        WHERE content ->> 'status' = 'blind' AND content ->> 'at' = $to`,
      { to },
    )
    const players = this.#world.players.filter(({ role }) => extended.includes(role.name))
    const byProject = Map.groupBy(players, ({ projectId }) => projectId)
    const expected = [...byProject].map(([project, { length }]) =>
      [project, length, this.#world.gapChannelsOf(project).join(' ')].join(', '),
    )
    const written = rows.map((row) => [row.project, row.extended, row.channels ?? ''].join(', '))
    this.#same(expected, written)
  }

  #expected({ monitor, from, to, at, reason, notified, endsIncidentOf: closedFrom }: Change): string {
    const opened = to === 'down' ? at : null
    const channels = notified === null ? '' : [...this.#world.player(monitor).channels].sort().join(' ')
    const words = notified && { status: to, ...notified }
    return changeInWords({ monitor, from, to, at, reason, opened, closedFrom, channels, notified: words })
  }

  #same(expected: string[], written: string[]): void {
    const [missing, added] = [without(expected, written), without(written, expected)]
    if (missing.length + added.length === 0) return
    const names = this.#world.players.map(({ role }) => role.name)
    const about = names.filter((name) => [...missing, ...added].some((line) => line.split(' ').includes(name)))
    const lines = [...missing.map((line) => `  must be: ${line}`), ...added.map((line) => `  is:      ${line}`)]
    const described = about.map((name) => `  ${this.#world.describe(name)}`)
    this.object(['They disagree.', ...lines, ...described].join('\n'), about)
  }

  #moment(): string {
    const { clock } = this.#world
    return `${iso(clock.now())}${clock.aheadMs === 0 ? '' : ` (truly ${iso(clock.true)})`}`
  }
}

interface ChangeWords extends ChangeParts {
  channels: string
  notified: { status: string; expectedAt: number | null; downMs: number | null } | null
}

function inWords({ content, channels, ...row }: TransitionRow): string {
  const notification = content === null ? null : JSON.parse(content)
  const { status, dueAt: expectedAt, downMs, reason, at } = notification ?? {}
  const isTrue = notification === null || (reason === row.reason && at === row.at)
  const notified = notification && { status: isTrue ? status : `${status} at ${at} for ${reason}`, expectedAt, downMs }
  return changeInWords({ ...row, channels: channels ?? '', notified })
}

function changeInWords({ monitor, from, to, at, reason, opened, closedFrom, channels, notified }: ChangeWords): string {
  const says =
    notified &&
    `says ${notified.status}, expected ${isoOrNot(notified.expectedAt)}, down for ${notified.downMs} to ${channels}`
  const incident = `opens ${isoOrNot(opened)} closes ${isoOrNot(closedFrom)}`
  return `${monitor} ${from}>${to} ${iso(at)} ${reason}; ${incident}; ${says ?? 'is silent'}`
}

function gapInWords({ from, to, reason, extended }: Gap): string {
  return `gap ${iso(from)} to ${iso(to)} ${reason}, extended ${extended.join(' ')}`
}

function gapRowInWords({ extended, ...row }: GapRow): string {
  return gapInWords({ ...row, reason: row.reason as Gap['reason'], extended: extended?.split(' ').sort() ?? [] })
}

function stateInWords({ status, due, deadline }: { status: string; due: number | null; deadline: number | null }) {
  return `${status}, due ${isoOrNot(due)}, missed ${isoOrNot(deadline)}`
}

function without(lines: readonly string[], others: readonly string[]): string[] {
  const rest = [...others]
  return lines.filter((line) => {
    const index = rest.indexOf(line)
    if (index !== -1) rest.splice(index, 1)
    return index === -1
  })
}

function iso(at: number): string {
  return new Date(at).toISOString()
}

function isoOrNot(at: number | null): string {
  return at === null ? 'never' : iso(at)
}
