import { existsSync } from 'node:fs'

/** The doors that `serve --only` can choose from. */
export const doors = ['admin', 'gateway', 'check', 'docs', 'console'] as const
export type Door = (typeof doors)[number]

/** Where the build of the console is, with a slash at its end. What installs without the packages that build it has none. */
export const consoleFolder = new URL('../../console/dist/', import.meta.url)

/** Whether there is a console to serve. */
export const isConsoleBuilt = (): boolean => existsSync(new URL('index.html', consoleFolder))

const NOT_BUILT = 'the console is not built: `npm ci` with all packages does that'

/**
 * The doors that are served: without a choice all there are.
 * @param only the choice, with commas
 * @param mistakes what is wrong with it is added to these
 */
export function chosenDoors(only: unknown, mistakes: string[]): readonly Door[] {
  const there = doors.filter((door) => door !== 'console' || isConsoleBuilt())
  if (typeof only !== 'string') return there
  const wanted = only.split(',').map((name) => name.trim())
  for (const name of wanted) {
    if ((there as readonly string[]).includes(name)) continue
    const why = (doors as readonly string[]).includes(name) ? NOT_BUILT : 'there is no such door'
    mistakes.push(`--only: '${name}': ${why}; there are ${there.join(', ')}`)
  }
  if (wanted.includes('console') && !wanted.includes('admin')) {
    mistakes.push(
      "--only: 'console' needs 'admin' beside it: all that its pages show and do they ask the Administration API",
    )
  }
  return there.filter((door) => wanted.includes(door))
}
