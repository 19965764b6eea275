import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import ts from 'typescript'

export const ROOT = join(import.meta.dir, '../..')

export interface SourceFile {
  /** From the root of the project: "src/domain/ping.ts". */
  path: string
  text: string
  /** The modules that it imports, as written. */
  imports: string[]
  functions: { name: string; lines: number }[]
}

/** Every TypeScript file below the folder. */
export function readSources(folder: string): SourceFile[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.d.ts'))
    .map((name) => join(folder, name))
    .sort()
    .map(readSource)
}

/** The file of the project that is imported; null for a package. */
export function resolveImport(from: string, specifier: string): string | null {
  if (specifier.startsWith('.')) return relative(ROOT, join(ROOT, from, '..', specifier))
  if (specifier === '#jsx/jsx-runtime') return 'src/lib/jsx/jsx-runtime.ts'
  if (/^#(assets|migrations)\/|^#package\.json$/.test(specifier)) return specifier.slice(1)
  return specifier.startsWith('#') ? `src/${specifier.slice(1)}` : null
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true)
  const source: SourceFile = { path, text, imports: [], functions: [] }
  collect(tree, tree, source)
  return source
}

function collect(node: ts.Node, tree: ts.SourceFile, source: SourceFile): void {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
    source.imports.push((node.moduleSpecifier as ts.StringLiteral).text)
  }
  if (ts.isFunctionLike(node) && 'body' in node && node.body) {
    const lineOf = (position: number) => tree.getLineAndCharacterOfPosition(position).line
    const name = node.name?.getText(tree) ?? 'a function without a name'
    source.functions.push({ name, lines: lineOf(node.end) - lineOf(node.getStart(tree)) + 1 })
  }
  ts.forEachChild(node, (child) => collect(child, tree, source))
}
