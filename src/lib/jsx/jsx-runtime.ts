// JSX that is safe when nobody thinks of it: every text is escaped, every attribute is quoted, and only `raw()` passes
// as it is. Kita supplies the escaping, the void elements and the types of the attributes.
/// <reference types="@kitajs/html/htmx.d.ts" />
import { Html } from '@elysiajs/html'
import { withVisibleDirections } from '#lib/invisible.ts'

/** Markup that needs no escaping any more. Only this file makes it. */
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
/** Null: nothing is shown. */
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
/** Attributes that Kita gives a meaning of its own or that run code: none of them may be written. */
const REFUSED_ATTRIBUTE = /^(?:attrs|safe|of|srcdoc|on.*|(?:data-)?hx-(?:on.*|vars)|dangerouslysetinnerhtml)$/i
const URL_ATTRIBUTE = /^(?:href|src|srcset|action|formaction|data|poster|ping|background|xlink:href)$/i
const HTMX_URL_ATTRIBUTE = /^(?:data-)?hx-(?:get|post|put|patch|delete|push-url|replace-url)$/i
/** htmx runs what follows these as code. */
const HTMX_CODE = /^\s*(?:js|javascript):/i
const HTMX_TRIGGER = /^(?:data-)?hx-trigger$/i
/** What a browser takes for a scheme, once it has dropped control characters and white space. */
const SCHEME = /^[a-z][a-z0-9+.-]*:/i
const SAFE_SCHEME = /^(?:https?|mailto):/i
/** Their text is code, and escaping is not what protects it. */
const CODE_ELEMENTS = ['script', 'style']

function element(tag: string, { children, ...attributes }: Props): Markup {
  if (!TAG_NAME.test(tag)) throw new Error(`Not an element: ${tag}`)
  const opening = `<${tag}${printAttributes(attributes)}>`
  if (Html.isVoidElement(tag)) {
    if (children !== undefined) throw new Error(`<${tag}> has no children.`)
    return new Markup(opening)
  }
  const content = render(children)
  if (CODE_ELEMENTS.includes(tag) && content !== '') throw new Error(`<${tag}> takes no text: link a file.`)
  // A browser drops a line break right after these.
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
      throw new Error(`This is no child of an element: ${Object.prototype.toString.call(child)}`)
  }
}

function printAttributes(attributes: Record<string, unknown>): string {
  return Object.entries(attributes)
    .map(([name, value]) => printAttribute(name, value))
    .join('')
}

function printAttribute(name: string, value: unknown): string {
  if (!ATTRIBUTE_NAME.test(name) || REFUSED_ATTRIBUTE.test(name)) throw new Error(`Not an attribute: ${name}`)
  if (value === undefined || value === null || value === false) return ''
  if (value === true) return ` ${name}`
  if (typeof value !== 'string' && typeof value !== 'number') throw new Error(`Attribute ${name} needs text.`)
  const text = String(value)
  if (URL_ATTRIBUTE.test(name) || HTMX_URL_ATTRIBUTE.test(name)) refuseHostileUrl(name, text)
  if (/^(?:data-)?hx-/i.test(name)) refuseHtmxCode(name, text)
  // What a form shows is sent back as it is.
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

/** Kita's attributes without what is refused above, and with children that are typed. */
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
