import { globSync, readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** What a statement is built with, and what runs it. */
const BUILDS =
  /\.(selectFrom|insertInto|updateTable|deleteFrom|where|whereRef|execute|executeTakeFirst\w*|executeQuery)\(|\bsql(<[^>]*>)?`/g

type Stretch = { startOffset: number; endOffset: number; count: number }

/** Watches, from now on, which places of the program build statements. What runs when a module is loaded counts as reached. */
export async function watchBuilders() {
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
      return globSync('src/**/*.ts', { cwd: root })
        .filter((file) => !file.endsWith('.test.ts') && !file.includes('/migrations/'))
        .sort()
        .flatMap((file) => {
          const text = readFileSync(join(root, file), 'utf8')
          const functions = scripts.get(`file://${join(root, file)}`) ?? []
          const stretches = functions.filter(
            ({ functionName, ranges }) => functionName !== '' || ranges[0]?.startOffset !== 0,
          )
          return [...text.matchAll(BUILDS)]
            .filter(
              ({ index }) =>
                !isReached(
                  stretches.flatMap(({ ranges }) => ranges),
                  index,
                ),
            )
            .map(
              ({ index, 0: what }) => `${file}:${text.slice(0, index).split('\n').length} ${what.replace(/\W/g, '')}`,
            )
        })
    },
  }
}

/** The innermost stretch says it. The offsets are those of the source: types are blanked out, and nothing moves. */
function isReached(stretches: readonly Stretch[], at: number): boolean {
  const around = stretches.filter(({ startOffset, endOffset }) => startOffset <= at && at < endOffset)
  const [innermost] = around.sort((a, b) => a.endOffset - a.startOffset - (b.endOffset - b.startOffset))
  return innermost === undefined || innermost.count > 0
}
