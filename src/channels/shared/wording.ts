// Lets people write the title and the text of a channel's messages themselves, as Liquid templates.
import { z } from 'zod'
import type { ChannelKind, Message } from '#channels/kind.ts'
import { webhookBody } from '#channels/webhook.ts'
import type { ChannelField } from '#domain/channel.ts'
import { asSentence } from '#lib/sentence.ts'
import type { MessageFacts } from '#words/message.ts'
import { RenderBudget, renderLiquid, TEMPLATE_MAX } from './liquid.ts'
import { hostileMessage, liquidData } from './webhook-request.ts'

const TITLE_MAX = 300

const WordingSettings = z.object({
  titleTemplate: z.string().max(TITLE_MAX).optional(),
  textTemplate: z.string().max(TEMPLATE_MAX).optional(),
})
type WordingSettings = z.infer<typeof WordingSettings>

const section = 'Custom title and text'
const link = { label: 'Templates', url: '/docs/webhooks#templates' }

export const WORDING_FIELDS: readonly ChannelField[] = [
  {
    name: 'titleTemplate',
    label: 'Title',
    help: "A Liquid template, such as “{{ project }}: {{ title }}”. Leave empty for CronGuard's own title.",
    type: 'lines',
    isRequired: false,
    section,
    link,
  },
  {
    name: 'textTemplate',
    label: 'Text',
    help: "Replaces the message below the title. Links stay. Leave empty for CronGuard's own text.",
    type: 'lines',
    isRequired: false,
    section,
    link,
  },
]

/** Groups whose messages are read by people. */
const GROUPS: readonly string[] = ['Chat', 'Push', 'Phone']

/** Adds the settings to a kind whose messages are read by people. */
export function withWording(kind: ChannelKind): ChannelKind {
  if (!kind.isText && !GROUPS.includes(kind.group)) return kind
  return {
    ...kind,
    fields: [...kind.fields, ...WORDING_FIELDS],
    settings: kind.settings.and(WordingSettings),
    problems: (settings, rules) => ({ ...kind.problems?.(settings, rules), ...problemsOf(settings, rules.samples) }),
  }
}

/** The title and the text for a message, where the settings have templates for them. */
export function wordingOf(settings: unknown, message: Message): { wording: Wording; problem: string | null } {
  const { titleTemplate, textTemplate } = settings as WordingSettings
  if (!titleTemplate && !textTemplate) return { wording: NO_WORDING, problem: null }
  const data = liquidData(message, webhookBody(message))
  const budget = new RenderBudget()
  const rendered = [titleTemplate, textTemplate].map((template) =>
    template ? renderLiquid(template, data, 'none', budget) : null,
  )
  const [title = null, text = null] = rendered.map((result) => (result && 'text' in result ? result.text : null))
  const problem = rendered.find((result) => result && 'problem' in result)
  return { wording: { title, text }, problem: problem && 'problem' in problem ? problem.problem : null }
}

type Wording = NonNullable<MessageFacts['wording']>

const NO_WORDING: Wording = { title: null, text: null }

function problemsOf(settings: unknown, samples: readonly Message[]): Record<string, string> {
  const templates = settings as WordingSettings
  const problems = (['titleTemplate', 'textTemplate'] as const).flatMap((name) => {
    const problem = firstProblem({ [name]: templates[name] }, samples)
    return problem === null ? [] : [[name, `The template failed: ${asSentence(problem)}`] as const]
  })
  return Object.fromEntries(problems)
}

function firstProblem(template: WordingSettings, samples: readonly Message[]): string | null {
  for (const sample of samples) {
    const { problem } = wordingOf(template, hostileMessage(sample))
    if (problem !== null) return problem
  }
  return null
}
