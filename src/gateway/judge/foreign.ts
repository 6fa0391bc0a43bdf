import { deniedBy, deniedWithin } from '../../core/denied-field.ts'
import type { Dialect, Maximum, UnknownFields } from '../../core/upstream-kind.ts'
import type { Edits } from '../body/edits.ts'
import { type Fields, isGiven, isObject, type JsonObject } from '../body/fields.ts'
import { couldDo, notOffered, unknownField, wrongValue } from '../invalid.ts'
import type { JsonShape } from '../routes/declaration.ts'
import { obeyed } from './asked-for.ts'
import { meaningOf } from './meanings.ts'
import { lookWithinOdd, lookWithinTemplate, TEMPLATE_VALUES } from './odd.ts'
import { isPaired } from './pairs.ts'
import {
  type LetThrough,
  type Look,
  lookWithin,
  lookWithinForeign,
  namesStored,
  namesStoredAtTop,
  type Referring,
  readAnywhere,
  unsearched,
} from './searched.ts'
import { storedFile } from './stored-file.ts'

/** Deepest nesting, and most names, that fields are searched for. */
const DEEPEST = 64
const MOST_NAMES = 5000

const NOTHING: Referring = new Set()

const ownMaxima: readonly string[] = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] satisfies Maximum[]
/** No server takes it for the model: what it says was judged, and is none of them. */
const isOwnMaximum = (name: string) => ownMaxima.includes(name)

/** Judges the fields of one body that are not the original's. */
export class Foreign {
  readonly #dialects: readonly Dialect[]
  readonly #edits: Edits
  readonly #modelsJudged: boolean
  readonly #referring: Referring
  #names = 0
  /** The model servers' own names for a maximum, as far as they are given. */
  readonly maxima: Maximum[] = []
  /** Models that are named where others judge them. Whoever does takes these for what is to be judged. */
  readonly letThrough: LetThrough[] = []

  /**
   * @param dialects of all model servers that the call may go to: every one of them must know a field
   * @param modelsJudged whether models that are named within values are judged by others; if not, none may be named there
   * @param referring the objects whose names of what is owned are
   */
  constructor(dialects: readonly Dialect[], edits: Edits, modelsJudged: boolean, referring: Referring = NOTHING) {
    this.#referring = referring
    this.#modelsJudged = modelsJudged
    this.#dialects = dialects
    this.#edits = edits
  }

  /**
   * @throws ApiError 400 `not_offered` for a field that could choose a model, a host, an account or a longer answer; 400
   * `unknown_parameter` for one that a model server of a known kind does not have
   */
  fields({ fields: known, maxima, pairs }: Pick<JsonShape, 'fields' | 'maxima' | 'pairs'>, fields: Fields): void {
    for (const name in fields) {
      const value = fields[name]
      if (known.has(name)) {
        // What is read in pairs was searched when it was read.
        if (pairs === null || !isPaired(pairs, name)) this.known(name, value)
      } else if (isGiven(value) && maxima.includes('max_tokens') && this.#isMaximum(name)) this.maxima.push(name)
      else {
        if (isGiven(value) && !isOwnMaximum(name) && !this.#isWithinMaximum(name, maxima, fields)) {
          this.named(name, name, value)
        }
        this.unknown(name, value)
      }
    }
  }

  /** A field of the original's: what it holds. */
  known(name: string, value: unknown): void {
    if (typeof value !== 'object' || value === null) return
    if (unsearched.has(name)) this.#odd(name, value)
    else this.#walk(name, value, name, 0, lookWithin(name, value, this.#modelsJudged, this.#referring))
  }

  /** Tools that items of a field bring, which are searched like any others. @param at where they stand */
  tools(name: string, tools: readonly unknown[], at: string): void {
    this.#walk(name, tools, at, 0, lookWithin('tools', tools, this.#modelsJudged, this.#referring))
  }

  /** What is never searched as long as it is what it is there for: in the place of a text an object could be anything. */
  #odd(name: string, value: object): void {
    const look = lookWithinOdd(name, value)
    if (look !== null) this.#walk(name, value, name, 0, look)
  }

  /** @throws ApiError where a name is enough. @param param as the client writes where it stands. @param value where it is known */
  named(name: string, param: string, value?: unknown): void {
    this.#count(param)
    const denial = deniedBy(name, value) ?? namesStoredAtTop(name, value)
    if (denial !== null) throw couldDo(param, denial)
  }

  /** A text in a form, whether the original's or not. @throws ApiError where it is the id of a file that is stored */
  text(name: string, param: string, text: string): void {
    if (meaningOf(name) === 'file' && storedFile(text) !== null) throw notOffered(param)
  }

  /** The same of a name that stands within a field of other servers. */
  namedWithin(name: string, param: string): void {
    this.#count(param)
    const denial = namesStored(name, undefined) ?? deniedWithin(name, undefined)
    if (denial !== null) throw couldDo(param, denial)
  }

  /** A field that is not the original's, whose name could do nothing. */
  unknown(name: string, value: unknown): void {
    if (readAnywhere.has(name)) this.known(name, value)
    else if (typeof value === 'object' && value !== null) {
      if (unsearched.has(name)) this.#odd(name, value)
      else this.#walk(name, value, name, 0, name === TEMPLATE_VALUES ? lookWithinTemplate : lookWithinForeign)
    }
    const stranger = this.#stranger(name)
    if (stranger?.unknown === 'refuse') throw unknownField(name, stranger.kind)
    if (stranger?.unknown === 'drop') this.#edits.set(name, undefined, { kind: 'unknown' })
  }

  #isMaximum(name: string): name is Maximum {
    return this.#dialects.every(({ maxima }) => maxima.some((own) => own === name))
  }

  /** A least length that the call's own maximum bounds makes no answer longer than that. */
  #isWithinMaximum(name: string, maxima: JsonShape['maxima'], fields: Fields): boolean {
    const least = name === 'min_tokens' ? fields[name] : null
    if (typeof least !== 'number' || least < 0) return false
    return maxima.some((maximum) => {
      const most = fields[maximum]
      return typeof most === 'number' && most >= least && obeyed(maximum, this.#dialects)
    })
  }

  /** Of those that do not have a field, the one that says most against it. */
  #stranger(name: string): Dialect | null {
    let found: Dialect | null = null
    for (const dialect of this.#dialects) {
      if (dialect.extras.has(name) || dialect.idle.has(name) || dialect.maxima.some((own) => own === name)) continue
      if (found === null || severity[dialect.unknown] > severity[found.unknown]) found = dialect
    }
    return found
  }

  #walk(name: string, value: object, at: string, depth: number, look: Look): void {
    if (depth > DEEPEST) throw wrongValue(name, `nested more than ${DEEPEST} levels deep.`)
    if (Array.isArray(value)) {
      for (let i = 0; i < value.length; i++) {
        const item: unknown = value[i]
        if (typeof item === 'object' && item !== null) this.#walk(name, item, `${at}[${i}]`, depth + 1, look)
      }
      return
    }
    for (const key in value) {
      const inner = (value as JsonObject)[key]
      if (!isGiven(inner)) continue
      this.#count(name)
      const found = look(key, inner, value)
      if (found === 'free' || (at === 'reasoning' && boundsThoughts(key, inner))) continue
      if (found === 'names_model') {
        this.letThrough.push({ field: name, holder: value, param: `${at}.${key}` })
        continue
      }
      if (found !== null) throw couldDo(`${at}.${key}`, found)
      if (isObject(inner) || Array.isArray(inner)) this.#walk(name, inner, `${at}.${key}`, depth + 1, look)
    }
  }

  #count(name: string): void {
    if (++this.#names > MOST_NAMES)
      throw wrongValue(name, `the body has more than ${MOST_NAMES} names to be looked at.`)
  }
}

/** The most of an answer that may be thoughts: a bound within the answer's own, as servers that have it say it. */
const boundsThoughts = (key: string, inner: unknown) => key === 'max_tokens' && typeof inner === 'number' && inner >= 0

const severity: Record<UnknownFields, number> = { pass: 0, drop: 1, refuse: 2 }
