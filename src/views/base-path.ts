/** @NOTE Every attribute in which the views write an address of our own. */
const ADDRESSES = [
  ...['href', 'src', 'action', 'formaction', 'data-common', 'data-counts', 'data-down', 'hx-sse:connect'],
  ...['hx-get', 'hx-post', 'hx-put', 'hx-patch', 'hx-delete', 'hx-push-url', 'hx-replace-url'],
]
const OWN_ADDRESS = new RegExp(`( (?:${ADDRESSES.join('|')})=")/(?!/)`, 'g')

/**
 * Markup with its addresses as browsers need them when CronGuard stands below a path like "/cron". A quotation mark
 * that is text is always escaped, so what looks like an attribute is one.
 */
export function markupBelow(html: string, basePath: string): string {
  return basePath === '' ? html : html.replace(OWN_ADDRESS, `$1${basePath}/`)
}
