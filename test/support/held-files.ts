import { readFileSync, writeFileSync } from 'node:fs'
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

/*
 * Loaded before the program, by tests that kill it at a moment of its work in a folder: what is done there waits for ever at the act that the file HELD_AT
 * names, as JSON, and `.reached` beside it says that it does. What the program is it does not know.
 */

/** An act: its name and its paths, as a pattern, and whether it is held before it is done, or after. */
export type HeldAct = { act: string; moment: 'begin' | 'answer' }

const { HELD_AT = '' } = process.env

function isHeld(act: string, moment: HeldAct['moment']): boolean {
  const wanted = JSON.parse(readFileSync(HELD_AT, 'utf8')) as HeldAct | null
  return wanted !== null && wanted.moment === moment && new RegExp(wanted.act).test(act)
}

async function pass(act: string, moment: HeldAct['moment']): Promise<void> {
  if (!isHeld(act, moment)) return
  writeFileSync(`${HELD_AT}.reached`, act)
  await new Promise(() => {})
}

/** Puts what may be held in the place of an act. @param paths of its arguments, how many are paths */
function hold(name: 'open' | 'rename', paths: number): void {
  const real = files[name] as (...given: unknown[]) => Promise<unknown>
  const held = async (...given: unknown[]) => {
    const act = [name, ...given.slice(0, paths)].join(' ')
    await pass(act, 'begin')
    const done = await real(...given)
    await pass(act, 'answer')
    return done
  }
  Object.assign(files, { [name]: held })
}

hold('open', 1)
hold('rename', 2)
syncBuiltinESMExports()
