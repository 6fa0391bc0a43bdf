import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { importsOf } from '../house/imports.ts'

/**
 * Those of the test files for which variables of the environment can make a difference: they, or what they import of the tests, name
 * one of them. The program itself is configured by the tests and reads none of theirs.
 * @param files from `root`
 */
export function concerned(files: readonly string[], variables: readonly string[], root: string): string[] {
  return files.filter((file) =>
    sourcesOf(join(root, file)).some((source) => variables.some((one) => source.includes(one))),
  )
}

/** What stands in a file and in all of the tests that it imports, be it by way of others. */
function sourcesOf(file: string): string[] {
  const sources = new Map<string, string>()
  const read = (path: string) => {
    if (sources.has(path)) return
    const source = readFileSync(path, 'utf8')
    sources.set(path, source)
    for (const { from } of importsOf(source)) {
      const to = join(dirname(path), from)
      if (from.startsWith('.') && /[\\/]test[\\/]/.test(to) && existsSync(to)) read(to)
    }
  }
  read(file)
  return [...sources.values()]
}
