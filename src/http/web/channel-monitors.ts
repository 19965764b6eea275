// The choice of monitors in the form of a channel.
import { type Channel, type ChannelScope, covers, type MonitorChoice, SCOPES } from '#domain/channel.ts'
import { shownName, tagList } from '#domain/monitor.ts'
import { tagsOf } from '#domain/monitor-list.ts'
import type { Form } from '#http/forms.ts'
import { compareNames } from '#lib/sorting.ts'
import { listMonitorIdsOfChannel } from '#store/channels.ts'
import type { Reader } from '#store/database.ts'
import { listNamesAndTags } from '#store/monitor-lists.ts'
import type { MonitorChoiceProps, ScopeExceptions } from '#views/components/monitor-choice.tsx'

/** For a new channel. The first one of a project proposes all monitors. */
export function newChoice(db: Reader, { projectId, isFirst }: { projectId: string; isFirst: boolean }) {
  const chosen: Chosen = { scope: isFirst ? 'all' : 'these', tags: [], monitorIds: [] }
  return choiceProps(db, { projectId, chosen, exceptions: NONE })
}

/** For a channel as it is stored. */
export function storedChoice(db: Reader, { id, projectId, scope }: Channel): MonitorChoiceProps {
  const monitorIds = listMonitorIdsOfChannel(db, id)
  const tags = scope.is === 'tag' ? scope.tags : []
  return choiceProps(db, {
    projectId,
    chosen: { scope: scope.is, tags, monitorIds },
    exceptions: exceptionsOf(db, { projectId, scope, monitorIds }),
  })
}

/** As the user submitted it. */
export function submittedChoice(db: Reader, { projectId, form }: { projectId: string; form: Form }) {
  const chosen = { scope: scopeIn(form) ?? 'these', tags: tagsIn(form), monitorIds: monitorIdsIn(form) }
  return choiceProps(db, { projectId, chosen, exceptions: NONE })
}

/**
 * The choice in a form. Undefined if the form has none, or repeats the scope of the channel: exceptions then stay,
 * unless the user asks to apply the scope again.
 */
export function readChoice(
  db: Reader,
  { form, channel }: { form: Form; channel?: Channel },
): MonitorChoice | undefined {
  const scope = scopeIn(form)
  if (scope === null) return undefined
  if (scope === 'these')
    return { is: 'these', monitorIds: [...monitorIdsIn(form), ...unseenMonitors(db, form, channel)] }
  const choice: ChannelScope = scope === 'all' ? { is: 'all' } : { is: 'tag', tags: tagsIn(form) }
  const isSame = channel !== undefined && Bun.deepEquals(channel.scope, choice)
  return isSame && !form.isTicked('applyAgain') ? undefined : choice
}

// A monitor that began to use the channel after the form was rendered keeps it.
function unseenMonitors(db: Reader, form: Form, channel: Channel | undefined): number[] {
  const shownUntil = Number(form.text('shownUntil'))
  return channel ? listMonitorIdsOfChannel(db, channel.id).filter((id) => id > shownUntil) : []
}

function scopeIn(form: Form): ChannelScope['is'] | null {
  return SCOPES.find((scope) => scope === form.text('scope')) ?? null
}

function tagsIn(form: Form): string[] {
  return [...new Set([...form.list('tag'), ...tagList(form.text('tags'))])]
}

function monitorIdsIn(form: Form): number[] {
  return form.list('m').map(Number).filter(Number.isSafeInteger)
}

interface Chosen {
  scope: ChannelScope['is']
  tags: readonly string[]
  monitorIds: readonly number[]
}

const NONE: ScopeExceptions = { missing: [], extra: [] }

function choiceProps(
  db: Reader,
  { projectId, chosen, exceptions }: { projectId: string; chosen: Chosen; exceptions: ScopeExceptions },
): MonitorChoiceProps {
  const monitors = listNamesAndTags(db, projectId)
  const counted = [...new Set([...tagsOf(monitors), ...chosen.tags])].map((tag) => ({
    tag,
    count: monitors.filter(({ tags }) => covers({ is: 'tag', tags: [tag] }, tags)).length,
    isTicked: chosen.tags.includes(tag),
  }))
  const ticked = new Set(chosen.monitorIds)
  const tagged = covers.bind(null, { is: 'tag', tags: chosen.tags })
  return {
    scope: chosen.scope,
    tags: counted,
    monitors: monitors
      .map((monitor) => ({ id: monitor.id, name: shownName(monitor), isTicked: ticked.has(monitor.id) }))
      .sort((a, b) => compareNames(a.name, b.name)),
    tagged: monitors.filter(({ tags }) => tagged(tags)).length,
    shownUntil: Math.max(0, ...monitors.map(({ id }) => id)),
    exceptions,
  }
}

/** What differs from the scope, because it was set at a monitor. */
function exceptionsOf(
  db: Reader,
  { projectId, scope, monitorIds }: { projectId: string; scope: ChannelScope; monitorIds: readonly number[] },
): ScopeExceptions {
  if (scope.is === 'these') return NONE
  const used = new Set(monitorIds)
  const monitors = listNamesAndTags(db, projectId)
  const named = (isMissing: boolean): string[] =>
    monitors
      .filter(({ id, tags }) => used.has(id) !== isMissing && covers(scope, tags) === isMissing)
      .map(shownName)
      .sort(compareNames)
  return { missing: named(true), extra: named(false) }
}
