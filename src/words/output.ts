// How the output of a job is shown in messages and on pages.

/** A part of the output: lines that are all remarkable, or all not. */
export interface OutputPart {
  text: string
  isRemarkable: boolean
}

const REMARKABLE = /\b(?:error|fatal|failed|failure|denied|no space|time(?:d )?out|panic|exception)\b/i

/** The output in parts, so that lines about errors stand out. Together they are the output. */
export function outputParts(output: string): OutputPart[] {
  const parts: OutputPart[] = []
  for (const line of output.split(/(?<=\n)/)) {
    const isRemarkable = REMARKABLE.test(line)
    const last = parts.at(-1)
    if (last?.isRemarkable === isRemarkable) last.text += line
    else parts.push({ text: line, isRemarkable })
  }
  return parts
}

export function outputLabel({ isCut }: { isCut: boolean }): string {
  return isCut ? 'Last output (end only)' : 'Last output'
}
