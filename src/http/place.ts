/** More than any route has. */
const SEGMENTS_MAX = 12

/**
 * A path as it may stand in a log: only the words remain that the routes themselves are made of. Anything else may be a
 * key or a token, or one that was mistyped.
 */
export type ShowPath = (path: string) => string

export function createShowPath(readRoutes: () => readonly { path: string }[]): ShowPath {
  let words: ReadonlySet<string> | null = null
  return (path) => {
    words ??= new Set(readRoutes().flatMap(({ path }) => wordsOf(path)))
    const segments = path.split('/', SEGMENTS_MAX)
    return segments.map((segment) => (words?.has(segment) ? segment : '…')).join('/')
  }
}

function wordsOf(route: string): string[] {
  return route.split('/').filter((segment) => !/[:*]/.test(segment))
}
