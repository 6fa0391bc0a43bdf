import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Bytes of bodies after which the pieces they came in are collected. */
export const COLLECTED_AFTER = 8_388_608
/** How often it is asked for what collects, of which one is enough where no other thread asks at the same moment. */
const TRIES = 1000

type Collect = (options: { type: 'minor' }) => void

/**
 * V8's own collection of what is young, a millisecond or two: it shows it to a context that is made while a flag is set. The flag is the
 * process's: another thread may take it back before this one has what it wants. Where it shows it to nobody, it collects when it likes.
 */
function collector(): Collect {
  for (let i = 0; i < TRIES; i++) {
    setFlagsFromString('--expose-gc')
    const found: unknown = runInNewContext('globalThis.gc')
    setFlagsFromString('--no-expose-gc')
    if (typeof found === 'function') return found as Collect
  }
  return () => {}
}

let sinceThen = 0
/** Made with the first need: most threads never carry as much. */
let collect: Collect | null = null

/**
 * To be told of the bytes of bodies that this thread passes on. Each piece of one is memory outside of V8's own, which is given back when V8
 * looks at what is young: left to itself it does so when 64 MB have gathered, and has made its young space larger by then, for good.
 */
export function carried(bytes: number): void {
  sinceThen += bytes
  if (sinceThen < COLLECTED_AFTER) return
  sinceThen = 0
  collect ??= collector()
  collect({ type: 'minor' })
}
