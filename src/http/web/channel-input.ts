import type { ChannelKind } from '#channels/kind.ts'
import type { ChannelField, SettingsInput } from '#domain/channel.ts'
import type { Form } from '#http/forms.ts'
import { removalField, settingField } from '#views/pages/channel-form.tsx'

/** The settings in the form of a channel. */
export function settingsIn(form: Form, { fields }: ChannelKind): SettingsInput {
  const given = Object.fromEntries(fields.map((field) => [field.name, textOf(form, field)]))
  return { given, removed: fields.map(({ name }) => name).filter((name) => form.isTicked(removalField(name))) }
}

/** The ticks of several channels are one value. */
export function textOf(form: Form, { name, type }: ChannelField): string {
  return type === 'channels' ? form.list(settingField(name)).join(',') : form.text(settingField(name))
}
