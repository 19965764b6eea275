// Reads `multipart/form-data` in pieces.
import { Busboy } from '@fastify/busboy'

export interface PartsQuestion {
  contentType: string
  partsMax: number
  /** Gets the bytes of a part as they arrive; null if they aren't needed. */
  sinkFor(name: string | undefined): ((bytes: Uint8Array) => void) | null
}

export interface PartsReader {
  /** Rejects with what a sink throws. */
  add(bytes: Uint8Array): Promise<void>
  /** False if the form is incomplete, malformed or has too many parts. */
  end(): Promise<boolean>
}

/** Null if the content type names no boundary. */
export function createPartsReader({ contentType, partsMax, sinkFor }: PartsQuestion): PartsReader | null {
  const parser = createParser(contentType, partsMax)
  if (parser === null) return null
  let state: 'reading' | 'complete' | 'failed' = 'reading'
  let problem: unknown = null
  let proceed = (): void => {}
  const finish = (outcome: 'complete' | 'failed'): void => {
    if (state === 'reading') state = outcome
    proceed()
  }
  // The parser doesn't call back when it has ended.
  const wait = async (start: (done: () => void) => void): Promise<void> => {
    if (state !== 'reading') return
    await new Promise<void>((resolve) => {
      proceed = resolve
      start(resolve)
    })
    if (problem !== null) throw problem
  }
  parser.on('file', (name, part) => {
    const sink = sinkFor(name)
    part.on('error', () => finish('failed'))
    part.on('data', (bytes: Buffer) => {
      try {
        if (problem === null) sink?.(bytes)
      } catch (error) {
        problem = error
      }
    })
  })
  parser.on('partsLimit', () => finish('failed'))
  parser.on('error', () => finish('failed'))
  parser.on('finish', () => finish('complete'))
  return {
    // A copy, because the parser may use it after the call.
    add: (bytes) => wait((done) => void parser.write(Buffer.from(bytes), done)),
    end: async () => {
      await wait(() => void parser.end())
      return state === 'complete'
    },
  }
}

// Every part is read as a file, because the parser holds other parts in memory.
function createParser(contentType: string, partsMax: number): InstanceType<typeof Busboy> | null {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      isPartAFile: () => true,
      limits: { parts: partsMax },
    })
  } catch {
    return null
  }
}
