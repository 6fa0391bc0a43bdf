import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** `isLate` of what is loaded where the program comes to it. */
export type Import = { from: string; type: boolean; isLate: boolean }

/** Everything a source file names in an import, a re-export, a dynamic import or a require. */
export function importsOf(source: string): Import[] {
  const whole = source.matchAll(/^(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm)
  const inline = source.matchAll(/(typeof )?\b(?:import|require)\(\s*'([^']+)'\s*\)/g)
  const found =
    (isLate: boolean) =>
    ([, type, from = '']: RegExpMatchArray) => ({ from, type: type !== undefined, isLate })
  return [...[...whole].map(found(false)), ...[...inline].map(found(true))]
}

export const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** The files of src/ that are the program, without `src/`. */
export const program = globSync('src/**/*.ts', { cwd: root })
  .map((file) => file.replaceAll('\\', '/').slice('src/'.length))
  .filter((file) => !file.endsWith('.test.ts'))

/** Which files of the program each of them imports, be it at run time or as a type. */
export const imported: ReadonlyMap<string, readonly string[]> = new Map(
  program.map((file) => {
    const local = importsOf(read(`src/${file}`)).filter(({ from }) => from.startsWith('.'))
    return [file, local.map(({ from }) => posix.join(posix.dirname(file), from)).filter((to) => program.includes(to))]
  }),
)

/** A circle of imports, from a name back to itself; null where there is none. */
export function circleIn(imports: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>()
  const walk = (name: string, way: string[]): string[] | null => {
    if (way.includes(name)) return [...way.slice(way.indexOf(name)), name]
    if (done.has(name)) return null
    for (const next of imports.get(name) ?? []) {
      const circle = walk(next, [...way, name])
      if (circle) return circle
    }
    done.add(name)
    return null
  }
  for (const name of imports.keys()) {
    const circle = walk(name, [])
    if (circle) return circle
  }
  return null
}
