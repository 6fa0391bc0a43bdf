import { globSync, readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '../..')

/** What a statement is built with, and what runs it. */
const BUILDS =
  /\.(selectFrom|insertInto|updateTable|deleteFrom|where|whereRef|execute|executeTakeFirst\w*|executeQuery)\(|\bsql(<[^>]*>)?`/g

type Stretch = { startOffset: number; endOffset: number; count: number }
type Covered = { functionName: string; ranges: Stretch[] }

/**
 * Watches, from now on, which places of the program build statements. What runs when a module is loaded counts as reached. To be called before the
 * program is loaded: of a module whose own run was not seen, functions that never ran are not told of.
 * @param folder where the program is, and which files are of it
 */
export async function watchBuilders({ folder = root, pattern = 'src/**/*.ts' } = {}) {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  return {
    /** The places, as `src/db/access.ts:29 selectFrom`, that have not been reached: whole functions and branches of them. */
    async unreached(): Promise<string[]> {
      const { result } = await session.post('Profiler.takePreciseCoverage')
      session.disconnect()
      const scripts = new Map(result.map(({ url, functions }) => [url, functions]))
      return globSync(pattern, { cwd: folder })
        .filter((file) => !file.endsWith('.test.ts') && !file.includes('/migrations/'))
        .sort()
        .flatMap((file) => {
          const path = join(folder, file)
          const text = readFileSync(path, 'utf8')
          const isReached = reachedIn(scripts.get(pathToFileURL(path).href) ?? [])
          return [...text.matchAll(BUILDS)]
            .filter(({ index }) => !isReached(index))
            .map(
              ({ index, 0: what }) => `${file}:${text.slice(0, index).split('\n').length} ${what.replace(/\W/g, '')}`,
            )
        })
    },
  }
}

const isModule = ({ functionName, ranges }: Covered) => functionName === '' && ranges[0]?.startOffset === 0

/**
 * Says of a place of a file whether it was reached: the innermost stretch does. Where there is none it is of the module itself, if that was seen to
 * run, or of a function that was never compiled. The offsets are those of the source: types are blanked out, and nothing moves.
 */
function reachedIn(functions: readonly Covered[]): (at: number) => boolean {
  const ran = functions.some((one) => isModule(one) && (one.ranges[0]?.count ?? 0) > 0)
  const stretches = functions.filter((one) => !isModule(one)).flatMap(({ ranges }) => ranges)
  return (at) => {
    const around = stretches.filter(({ startOffset, endOffset }) => startOffset <= at && at < endOffset)
    const [innermost] = around.sort((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset))
    return innermost === undefined ? ran : innermost.count > 0
  }
}
