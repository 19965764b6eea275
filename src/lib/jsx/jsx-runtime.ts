// JSX runtime that is safe by default: it escapes all text and quotes all attributes, and only `raw()` passes markup
// through. Kita provides the escaping, the void elements and the attribute types.
/// <reference types="@kitajs/html/htmx.d.ts" />
import { Html } from '@elysiajs/html'
import { withVisibleDirections } from '#lib/invisible.ts'

/** Escaped markup. Only this file creates it. */
export class Markup {
  readonly #html: string

  constructor(html: string) {
    this.#html = html
  }

  toString(): string {
    return this.#html
  }
}

export type Child = Markup | string | number | bigint | boolean | null | undefined | readonly Child[]

type AttributeValue = string | number | boolean | null | undefined
type Props = Record<string, unknown> & { children?: Child }
/** Null renders nothing. */
type Component = (props: never) => Markup | null

/** Trusted markup, never anything that a person typed. */
export function raw(html: string): Markup {
  return new Markup(html)
}

export function Fragment({ children }: { children?: Child }): Markup {
  return new Markup(render(children))
}

export function jsx(type: string | Component, props: Props): Markup {
  if (typeof type === 'function') return type(props as never) ?? new Markup('')
  return element(type, props)
}

export { jsx as jsxDEV, jsx as jsxs }

const TAG_NAME = /^[a-z][a-z0-9-]*$/
const ATTRIBUTE_NAME = /^[a-zA-Z_:@][a-zA-Z0-9_:.@-]*$/
/** Refused attributes: Kita interprets them, or browsers run their value as code. */
const REFUSED_ATTRIBUTE = /^(?:attrs|safe|of|srcdoc|on.*|(?:data-)?hx-(?:on.*|vars)|dangerouslysetinnerhtml)$/i
const URL_ATTRIBUTE = /^(?:href|src|srcset|action|formaction|data|poster|ping|background|xlink:href)$/i
const HTMX_URL_ATTRIBUTE = /^(?:data-)?hx-(?:get|post|put|patch|delete|push-url|replace-url)$/i
/** htmx runs the text after these prefixes as code. */
const HTMX_CODE = /^\s*(?:js|javascript):/i
const HTMX_TRIGGER = /^(?:data-)?hx-trigger$/i
/** The scheme as browsers read it, after they drop control characters and white space. */
const SCHEME = /^[a-z][a-z0-9+.-]*:/i
const SAFE_SCHEME = /^(?:https?|mailto):/i
/** Their content is code, which escaping does not make safe. */
const CODE_ELEMENTS = ['script', 'style']

function element(tag: string, { children, ...attributes }: Props): Markup {
  if (!TAG_NAME.test(tag)) throw new Error(`Not an element name: ${tag}`)
  const opening = `<${tag}${printAttributes(attributes)}>`
  if (Html.isVoidElement(tag)) {
    if (children !== undefined) throw new Error(`<${tag}> has no children.`)
    return new Markup(opening)
  }
  const content = render(children)
  if (CODE_ELEMENTS.includes(tag) && content !== '') throw new Error(`<${tag}> takes no text: link a file.`)
  // Browsers drop a line break right after these tags.
  const kept = (tag === 'textarea' || tag === 'pre') && content.startsWith('\n') ? `\n${content}` : content
  return new Markup(`${opening}${kept}</${tag}>`)
}

function render(child: Child): string {
  if (child instanceof Markup) return child.toString()
  if (Array.isArray(child)) return child.map(render).join('')
  switch (typeof child) {
    case 'string':
      return Html.escapeHtml(withVisibleDirections(child))
    case 'number':
    case 'bigint':
      return String(child)
    case 'boolean':
    case 'undefined':
      return ''
    default:
      if (child === null) return ''
      throw new Error(`Not a valid child: ${Object.prototype.toString.call(child)}`)
  }
}

function printAttributes(attributes: Record<string, unknown>): string {
  return Object.entries(attributes)
    .map(([name, value]) => printAttribute(name, value))
    .join('')
}

function printAttribute(name: string, value: unknown): string {
  if (!ATTRIBUTE_NAME.test(name) || REFUSED_ATTRIBUTE.test(name)) throw new Error(`Not an allowed attribute: ${name}`)
  if (value === undefined || value === null || value === false) return ''
  if (value === true) return ` ${name}`
  if (typeof value !== 'string' && typeof value !== 'number') throw new Error(`Attribute ${name} needs text.`)
  const text = String(value)
  if (URL_ATTRIBUTE.test(name) || HTMX_URL_ATTRIBUTE.test(name)) refuseHostileUrl(name, text)
  if (/^(?:data-)?hx-/i.test(name)) refuseHtmxCode(name, text)
  // Form values are sent back, so they must not change.
  return ` ${name}="${Html.escapeHtml(name === 'value' ? text : withVisibleDirections(text))}"`
}

function refuseHostileUrl(name: string, url: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers skip exactly these before they read a scheme.
  const asBrowsersReadIt = url.replace(/[\u0000-\u0020]+/g, '')
  if (SCHEME.test(asBrowsersReadIt) && !SAFE_SCHEME.test(asBrowsersReadIt)) {
    throw new Error(`Attribute ${name} takes no such URL.`)
  }
}

function refuseHtmxCode(name: string, text: string): void {
  const isFilter = HTMX_TRIGGER.test(name) && text.includes('[')
  if (isFilter || HTMX_CODE.test(text)) throw new Error(`Attribute ${name} takes no code.`)
}

type KitaElements = globalThis.JSX.IntrinsicElements

/** Kita's attributes without the refused ones, and with typed children. */
type SafeAttributes<Attributes> = Omit<Attributes, 'children' | 'safe' | 'attrs' | 'of' | 'style'> & {
  children?: Child
  style?: string
  [data: `data-${string}`]: AttributeValue
}

export declare namespace JSX {
  type Element = Markup
  type ElementType = keyof IntrinsicElements | ((props: never) => Markup | null)
  interface ElementChildrenAttribute {
    children: Child
  }
  type IntrinsicElements = { [Tag in keyof KitaElements]: SafeAttributes<KitaElements[Tag]> }
}
