/**
 * Parses a file as systemd's `EnvironmentFile=` does (systemd.exec(5)): one NAME=value per line, lines with # or ; are
 * comments, values may be quoted, and a # inside a value belongs to it. Variables are not expanded.
 */
export function parseEnvironmentFile(text: string): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const line of text.replaceAll(/\\\r?\n/g, '').split(/\r?\n/)) {
    const [, name, value = ''] = /^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined) variables[name] = unquoted(value)
  }
  return variables
}

function unquoted(value: string): string {
  const [, quoted] = /^'(.*)'$/.exec(value) ?? []
  if (quoted !== undefined) return quoted
  const [, escaped] = /^"(.*)"$/.exec(value) ?? []
  if (escaped !== undefined) return escaped.replaceAll(/\\(["\\`$])/g, '$1')
  return value.replaceAll(/\\(.)/g, '$1')
}
