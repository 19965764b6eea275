/** No route has this many segments. */
const SEGMENTS_MAX = 12

/** Redacts a path for the log. Only words that occur in routes stay, because anything else may be a key or a token. */
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
