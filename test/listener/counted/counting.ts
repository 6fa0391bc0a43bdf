import crypto from 'node:crypto'
import { Session } from 'node:inspector/promises'
import { syncBuiltinESMExports } from 'node:module'
import v8 from 'node:v8'
import zlib from 'node:zlib'
import { stepsOf } from './backtracking.ts'

/*
 * Counts what the process does from here on: loaded before what is to be counted.
 */

/**
 * What a process has done: executions of pieces of its program (as its coverage has them), bytes that built-in functions went over
 * for it and steps of regular expressions, and bytes of memory that it took.
 */
export type Work = { pieces: number; bytes: number; allocated: number; slow: readonly string[] }

let bytes = 0
/** Expressions that are slow, or that nobody can count. */
const slow = new Set<string>()
const lengthOf = (value: unknown) =>
  typeof value === 'string' || ArrayBuffer.isView(value) ? (value as string).length : 0

// biome-ignore lint/suspicious/noExplicitAny: whatever function of whatever object
type Anything = any

/** @param cost bytes, of what it is called on, what it is given and what it gives */
function count(
  owner: Anything,
  name: string | symbol,
  cost: (self: Anything, given: Anything[], made: Anything) => number,
) {
  const own = owner[name]
  Object.defineProperty(owner, name, {
    configurable: true,
    writable: true,
    value(this: Anything, ...given: Anything[]) {
      const made = own.apply(this, given)
      bytes += cost(this, given, made)
      return made
    },
  })
}

function countAll() {
  const text = String.prototype
  const found = (self: string, from: number, at: number, length: number) =>
    at < 0 ? self.length - from : at + length - from
  const start = (from: unknown) => (typeof from === 'number' && from > 0 ? from : 0)
  for (const name of ['indexOf', 'includes'] as const) {
    count(text, name, (self, [what, from], made) =>
      found(`${self}`, start(from), typeof made === 'number' ? made : -1, `${what}`.length),
    )
  }
  for (const name of [
    'lastIndexOf',
    'split',
    'replace',
    'replaceAll',
    'match',
    'search',
    'trim',
    'trimEnd',
    'trimStart',
  ]) {
    count(text, name, (self) => self.length)
  }
  for (const name of ['toLowerCase', 'toUpperCase', 'normalize', 'toWellFormed', 'isWellFormed', 'localeCompare']) {
    count(text, name, (self) => self.length)
  }
  for (const name of ['repeat', 'padEnd', 'padStart', 'concat']) count(text, name, (_self, _given, made) => made.length)
  countExpressions()
  for (const name of ['indexOf', 'includes', 'join', 'shift', 'unshift', 'splice', 'slice', 'concat', 'sort']) {
    count(Array.prototype, name, (self) => self.length)
  }
  for (const name of ['keys', 'values', 'entries'] as const) count(Object, name, (_self, _given, made) => made.length)
  count(JSON, 'parse', (_self, [json]) => lengthOf(json))
  count(JSON, 'stringify', (_self, _given, made) => lengthOf(made))
  for (const name of ['decodeURIComponent', 'encodeURIComponent', 'decodeURI', 'encodeURI']) {
    count(globalThis, name, (_self, [given]) => lengthOf(given))
  }
  count(Buffer, 'from', (_self, [given]) => lengthOf(given))
  count(Buffer, 'concat', (_self, _given, made) => made.length)
  count(Buffer, 'byteLength', (_self, [given]) => lengthOf(given))
  for (const name of ['toString', 'indexOf', 'includes', 'equals']) count(Buffer.prototype, name, (self) => self.length)
  count(crypto, 'hash', (_self, [, given]) => lengthOf(given))
  count(zlib, 'crc32', (_self, [given]) => lengthOf(given))
  syncBuiltinESMExports()
  for (const name of ['URL', 'URLSearchParams'] as const) {
    const own = globalThis[name] as Anything
    const counted = class extends own {
      constructor(...given: Anything[]) {
        super(...given)
        bytes += lengthOf(given[0])
      }
    }
    Object.defineProperty(globalThis, name, { value: counted, writable: true, configurable: true })
  }
}

/** Signs from which on a text is long, and steps for each of them, and besides, that matching one may take. */
const LONG = 512
const STEPS = { each: 50, besides: 10_000 }
let counting = false

/** Expressions are matched once more where the text is long, step by step. */
function countExpressions() {
  const own = RegExp.prototype.exec
  RegExp.prototype.exec = function (given: string) {
    const from = this.global || this.sticky ? this.lastIndex : 0
    const made = own.call(this, given)
    const text = `${given}`
    if (counting || text.length - from < LONG) return made
    counting = true
    try {
      const { steps, over } = stepsOf(this, text, from, STEPS.each * (text.length - from) + STEPS.besides)
      bytes += steps
      if (over) slow.add(`${this} takes more than ${STEPS.each} steps for each sign of a text`)
    } catch (error) {
      slow.add(`${error}`)
    } finally {
      counting = false
    }
    return made
  }
}

countAll()
const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true, allowTriggeredUpdates: false })

const allocatedBytes = () =>
  (v8.getHeapStatistics() as unknown as { total_allocated_bytes: number }).total_allocated_bytes
let before = allocatedBytes()

const own = new URL('.', import.meta.url).href

/** What was done since this was last asked. */
export async function takeWork(): Promise<Work> {
  const done = bytes
  const allocated = allocatedBytes() - before
  const { result } = await session.post('Profiler.takePreciseCoverage')
  let pieces = 0
  for (const { url, functions } of result) {
    if (url.startsWith('node:') || url.startsWith(own)) continue
    for (const { ranges } of functions) for (const { count } of ranges) pieces += count
  }
  bytes = 0
  before = allocatedBytes()
  const expressions = [...slow]
  slow.clear()
  return { pieces, bytes: done, allocated, slow: expressions }
}
