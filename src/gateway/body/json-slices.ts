import { malformedJson } from '../../contract/error.ts'
import { CLOSE_LIST, CLOSE_OBJECT, COMMA, OPEN_LIST, OPEN_OBJECT } from '../../core/json-bytes.ts'
import type { Cut } from './json-cuts.ts'

/** A parsed object. */
export type Fields = Record<string, unknown>
type Holder = Fields | unknown[]

/** How a slice is read. */
export type SliceReader = {
  text: (start: number, end: number) => string
  /** @throws ApiError 400 for what is no JSON */
  parse: (text: string) => Fields
  /** A member has the name of one in an earlier slice, in whose place it stands now. */
  twice: () => void
}

/**
 * Parses an object slice by slice, and puts together what `JSON.parse` makes of the whole. What is open at a cut is closed behind
 * the slice in front of it, and opened again in front of the one behind it: both are JSON if and only if the whole is, since a
 * cut is a comma between two that stand side by side.
 * @param stand the name that a member has in a slice which only goes on with it; no client can know it
 * @returns after each slice but the last nothing, so that others have their turn; then the object
 * @throws ApiError 400 for what is no JSON
 */
export function* inSlices(
  bytes: Buffer,
  cuts: readonly Cut[],
  stand: string,
  read: SliceReader,
): Generator<undefined, Fields> {
  let whole: Fields = {}
  let before: Cut | null = null
  for (const cut of [...cuts, null]) {
    if (cut !== null && !isBetween(bytes, cut.at)) throw malformedJson()
    const text = read.text(before === null ? 0 : before.at + 1, cut === null ? bytes.length : cut.at)
    const slice = read.parse(opening(before, stand) + text + closing(cut))
    if (before === null) whole = slice
    else goOn(holdersAt(whole, before, bytes), slice, stand, read.twice)
    before = cut
    if (cut !== null) yield
  }
  return whole
}

/** Members of a slice that are there because it goes on with them. */
export const standing = (cut: Cut | null): number =>
  cut === null ? 0 : cut.open.slice(0, -1).filter((byte) => byte === OPEN_OBJECT).length

/** Whether something stands on both sides of a comma. Alone, either slice would look complete without it. */
function isBetween(bytes: Buffer, comma: number): boolean {
  let [left, right] = [comma - 1, comma + 1]
  while ((bytes[left] as number) <= 0x20) left--
  while ((bytes[right] as number) <= 0x20) right++
  const [before, behind] = [bytes[left] as number, bytes[right] as number]
  return ![OPEN_OBJECT, OPEN_LIST, COMMA].includes(before) && ![CLOSE_OBJECT, CLOSE_LIST, COMMA].includes(behind)
}

function opening(cut: Cut | null, stand: string): string {
  if (cut === null) return ''
  const last = cut.open.length - 1
  return cut.open.map((byte, i) => (byte === OPEN_LIST ? '[' : i < last ? `{"${stand}":` : '{')).join('')
}

const closing = (cut: Cut | null): string =>
  cut === null
    ? ''
    : cut.open
        .map((byte) => (byte === OPEN_LIST ? ']' : '}'))
        .reverse()
        .join('')

/** What is open at a cut, in what was put together so far, from the outermost on. */
function holdersAt(whole: Fields, { open, keys }: Cut, bytes: Buffer): Holder[] {
  const holders: Holder[] = [whole]
  for (let i = 0; i + 1 < open.length; i++) {
    const holder = holders[i] as Holder
    const name = () => JSON.parse(bytes.toString('utf8', keys[i * 2], keys[i * 2 + 1]))
    holders.push((Array.isArray(holder) ? holder.at(-1) : holder[name()]) as Holder)
  }
  return holders
}

/** Adds what a slice holds to what is open. */
function goOn(holders: readonly Holder[], slice: Fields, stand: string, twice: () => void): void {
  let from: Holder = slice
  for (const [i, holder] of holders.entries()) {
    const within = i + 1 < holders.length
    let next: unknown
    if (Array.isArray(holder)) {
      const items = from as unknown[]
      next = items[0]
      for (let k = within ? 1 : 0; k < items.length; k++) holder.push(items[k])
    } else {
      for (const name in from as Fields) {
        const value = (from as Fields)[name]
        if (within && name === stand) next = value
        else {
          if (Object.hasOwn(holder, name)) twice()
          define(holder, name, value)
        }
      }
    }
    from = next as Holder
  }
}

/** `__proto__` is a member like any other only where it is defined as one. */
export function define(object: Fields, name: string, value: unknown): void {
  if (name !== '__proto__') object[name] = value
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
}
