import type { NewId } from './id.ts'

/** The characters of an id that its order comes from before any chance does: those of its time and of its number in it. */
const TIME = 9
const NUMBER = 4
const RANDOM = 11
const LENGTH = TIME + NUMBER + RANDOM
const DIGITS = 36

/**
 * An id source that goes on behind an id, whatever the clock of this machine says, and is the given one otherwise: what is
 * made never sorts before what is there, also where another node made that or the clock was set back since.
 * @param newest an id of any kind
 */
export function idsAfter(newest: string, newId: NewId): NewId {
  let last = newest.slice(-LENGTH)
  return (prefix) => {
    const id = newId(prefix)
    const own = id.slice(-LENGTH)
    last = own >= last ? own : next(last) + own.slice(-RANDOM)
    return id.slice(0, -LENGTH) + last
  }
}

/** The least time and number behind an id's. */
function next(id: string): string {
  const number = Number.parseInt(id.slice(TIME, TIME + NUMBER), DIGITS) + 1
  if (number < DIGITS ** NUMBER) return id.slice(0, TIME) + base36(number, NUMBER)
  return base36(Number.parseInt(id.slice(0, TIME), DIGITS) + 1, TIME) + base36(0, NUMBER)
}

const base36 = (n: number, width: number) => n.toString(DIGITS).padStart(width, '0')
