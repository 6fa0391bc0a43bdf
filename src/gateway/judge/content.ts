import { destinationOf } from '../../core/mcp-hosts.ts'
import type { OwnedKind } from '../../core/owned.ts'
import { type Fields, isObject, type JsonObject } from '../body/fields.ts'
import { wrongValue } from '../invalid.ts'
import { kindNamed } from '../kinds/kinds.ts'
import { NO_REFERENCES, type Reference } from '../references.ts'
import { isFound, isText, isTextSource, isToolset, isToolUse, sourceOf, writtenPlace } from './blocks.ts'
import { decoded, IMAGE_TOKENS, type Kind, kindAt, mostTokens } from './bounds.ts'
import { meaningOf } from './meanings.ts'
import { DEEPEST, eachText, tooDeep } from './nesting.ts'
import { idIn, isFileAsText, isKeptElsewhere, LONGEST_LINK, storedFile, storedIn } from './stored-file.ts'
import type { Terms } from './terms.ts'
import { isToolResult } from './tool-results.ts'

/** What an image, a recording or a file is taken for: its characters say nothing about it. */
const BINARY_TOKENS = 1000
/** Of UTF-8, at most, for each of a text's own. */
const BYTES_PER_CHARACTER = 3
/** Texts with whatever their client knows of them: a link there is where one was found. */
const DOCUMENTS = 'documents'
/** Longer texts that only say how the rest is to be read are read all the same. */
const LONGEST_FORM = 64

/**
 * Reads through what a model is given: counts it, and looks for references in it. One pass, as long as the content is.
 */
export class Content {
  /** Of text. */
  characters = 0
  /** Of what is no text: binary data, and tokens that were sent as numbers. */
  tokens = 0
  /** Characters of what was sent that are no text, and the most tokens that they can be. */
  dataCharacters = 0
  dataBound = 0
  /** Most tokens more than bytes that JSON can be whose writing is not the client's: it may be indented, and escaped. */
  rewritten = 0
  /** The field of the first link in it: what stands behind it is not here. */
  link: string | null = null
  /** Within notes about where something was found, whose links nobody follows. */
  #noted = 0
  /** Within the result of a tool that may be written down as it is. */
  #written = 0
  readonly #texts: string[] | null
  readonly #terms: Terms
  #referred: Reference[] | null = null
  #referring: Set<object> | null = null

  /** @param texts gathers the texts, where somebody wants them */
  constructor(texts: string[] | null = null, terms: Terms = NO_TERMS) {
    this.#texts = texts
    this.#terms = terms
  }

  /** The objects in it that name something. */
  get referring(): ReadonlySet<object> {
    return this.#referring ?? NOTHING
  }

  /** What it names of the kinds that it may. */
  get referred(): readonly Reference[] {
    return this.#referred ?? NO_REFERENCES
  }

  /** Tokens: one for each four characters begun, and what is no text. */
  get estimate(): number {
    return Math.ceil(this.characters / 4) + this.tokens
  }

  text(text: string): void {
    this.characters += text.length
    this.#texts?.push(text)
  }

  /** What was read so far is put before the model so many times more. */
  again(times: number): void {
    this.dataBound += times * this.dataBound
    this.rewritten += times * (this.rewritten + this.characters * BYTES_PER_CHARACTER)
    this.tokens += times * this.estimate
  }

  /** Adds what another has read, which is put before the model so many times. */
  add(other: Content, times: number): void {
    other.again(times - 1)
    this.characters += other.characters
    this.tokens += other.tokens
    this.dataCharacters += other.dataCharacters
    this.dataBound += other.dataBound
    this.rewritten += other.rewritten
    this.link ??= other.link
  }

  /** Takes over what another has found named, and nothing of what it has counted. */
  namedIn(other: Content): void {
    for (const reference of other.referred) this.#refer(reference)
    if (other.referring.size > 0) this.#referring = new Set([...this.referring, ...other.referring])
  }

  /** At most so many tokens more that whoever puts it before the model writes around it. */
  around(tokens: number): void {
    this.rewritten += tokens
  }

  /** Text that is JSON, which whoever puts it before the model writes anew. */
  json(text: string): void {
    this.text(text)
    this.rewritten += text.length * 2
  }

  /** The same of JSON of so many characters, which nobody gathers. */
  jsonOf(characters: number): void {
    this.characters += characters
    this.rewritten += characters * 2
  }

  /**
   * @param name of the field that holds it
   * @returns the path of the first reference in it, as a client writes it; null where there is none
   * @throws ApiError 400 for what is nested too deeply
   */
  read(name: string, value: unknown): string | null {
    return this.#within(name, () => this.#walk(value, 0, name))
  }

  /** The same of a field as it stands in an object: it may be what names something itself. */
  readField(fields: Fields, name: string): string | null {
    const value = fields[name]
    if (value === null || value === undefined) return null
    return this.#within(name, () => this.#walkField(fields as JsonObject, name, value, 0, ''))
  }

  /** The same of a field that holds images: a text in it, alone or in a list, is a link or the data itself. */
  readImages(name: string, value: unknown): string | null {
    const read = (one: unknown) => (typeof one === 'string' ? { image_url: one } : one)
    const stored = storedFile(value)
    if (stored !== null) return name + stored
    return this.read(name, Array.isArray(value) ? value.map(read) : read(value))
  }

  /** Counts JSON that is put before the model, and in which nothing is looked for. @throws ApiError 400 for what is nested too deeply */
  readFree(name: string, value: unknown): void {
    this.#within(name, () => this.#free(value, 0))
  }

  /** @returns the path of what was found within a field */
  #within(name: string, read: () => string | null): string | null {
    try {
      const found = read()
      return found === null ? null : name + found
    } catch (error) {
      if (error === tooDeep) throw wrongValue(name, `nested more than ${DEEPEST} levels deep.`)
      throw error
    }
  }

  /** @param at the key that it stands under, lists left out */
  #walk(value: unknown, depth: number, at: string): string | null {
    if (typeof value === 'string') {
      if (isFileAsText(value)) return ''
      this.text(value)
      return null
    }
    if (value === null || typeof value !== 'object') return null
    if (depth > DEEPEST) throw tooDeep
    return Array.isArray(value) ? this.#walkArray(value, depth, at) : this.#walkObject(value as JsonObject, depth, at)
  }

  #walkArray(items: unknown[], depth: number, at: string): string | null {
    for (let i = 0; i < items.length; i++) {
      const item = items[i]
      if (typeof item === 'number') this.tokens++
      else {
        const found = this.#walk(item, depth + 1, at)
        if (found !== null) return `[${i}]${found}`
      }
    }
    return null
  }

  #walkObject(object: JsonObject, depth: number, at: string): string | null {
    if (!this.#terms.writesResults || !isToolResult(object)) return this.#walkFields(object, depth, at)
    this.#written++
    const found = this.#walkFields(object, depth, at)
    this.#written--
    return found
  }

  #walkFields(object: JsonObject, depth: number, at: string): string | null {
    for (const key in object) {
      const value = object[key]
      if (value === null || value === undefined) continue
      const found = this.#walkField(object, key, value, depth, at)
      if (found !== null) return `.${key}${found}`
    }
    return null
  }

  /** Goes through what stands under names that are no fields. */
  #walkNamed(named: JsonObject, depth: number): string | null {
    for (const name in named) {
      const found = this.#walk(named[name], depth + 1, name)
      if (found !== null) return `.${name}${found}`
    }
    return null
  }

  #walkField(object: JsonObject, key: string, value: unknown, depth: number, at: string): string | null {
    const meaning = this.#terms.free?.has(key) ? 'free' : meaningOf(key)
    const stored = storedIn(meaning, value)
    if (stored !== null) return stored
    switch (meaning) {
      case 'reference':
        return this.#refers(object, key, value) || this.#leads(object, key, value) ? null : ''
      case 'container':
        if (typeof value === 'string') return key === 'container' && this.#namesOne(object, key, key, value) ? null : ''
        // An object describes a container that is made for this answer.
        if (!isObject(value) || value.type !== 'auto') return ''
        if (idIn(value) !== null) return idIn(value)
        break
      case 'network':
        // Whom code may reach beyond its container, nobody bounds.
        return isObject(value) && value.type === 'disabled' && Object.keys(value).length === 1 ? null : ''
      case 'definition':
        if (isObject(value)) return ''
        break
      case 'form':
        if (typeof value === 'string') return value.length <= LONGEST_FORM ? null : this.#walk(value, depth + 1, key)
        break
      case 'binary':
        if (typeof value !== 'string' || (key === 'data' && isTextSource(object, at))) break
        return this.#binary(value, kindAt(key === 'data' ? at : key))
      case 'link':
        if (typeof value !== 'string') break
        // Some servers take the link to one of tools by this name.
        if (object.type === 'mcp') return this.#leads(object, 'server_url', value) ? null : ''
        if (isData(value)) return this.#binary(value, kindAt(at))
        if (isText(object, at) || isFound(object, at)) break
        if (this.#noted === 0 && at !== DOCUMENTS && isKeptElsewhere(value)) return ''
        this.#linked(writtenPlace(at))
        break
      case 'source':
        if (!isObject(value)) break
        // Behind a link stands as much as in the data itself.
        if (typeof value.url === 'string' && !isData(value.url)) this.tokens += BINARY_TOKENS
        return this.#walk(value, depth + 1, sourceOf(object))
      case 'input':
        if (!isObject(value) || !isToolUse(object)) break
        return this.#free(value, depth + 1)
      case 'configs':
        if (isObject(value) && isToolset(object)) return this.#walkNamed(value, depth + 1)
        break
      case 'media':
        // Behind a link stands as much as in the data itself.
        if (typeof value === 'string') {
          if (!isData(value)) this.#linked(key)
          return this.#binary(value, kindAt(key))
        }
        if (isObject(value) && typeof value.url === 'string' && !isData(value.url)) this.tokens += BINARY_TOKENS
        break
      case 'result':
        if (typeof value === 'string' && object.type === 'image_generation_call') return this.#binary(value, 'image')
        break
      case 'notes':
        return this.#notes(key, value, depth)
      case 'free':
        return this.#free(value, depth + 1)
    }
    return this.#walk(value, depth + 1, key)
  }

  /** Whether what is named may be, as the project's own: what stands behind it is as much as in data that is sent. */
  #refers(object: JsonObject, param: string, value: unknown): boolean {
    const ids = Array.isArray(value) ? value : [value]
    if (ids.length === 0) return true
    const named = kindNamed(param)
    // In a container, a file is another thing.
    const kind = named === 'file' && object.type === 'container_file_citation' ? 'container_file' : named
    if (kind === null) return false
    for (const id of ids) if (!this.#namesOne(object, kind, param, id)) return false
    return true
  }

  #namesOne(object: JsonObject, kind: OwnedKind, param: string, id: unknown): boolean {
    if (typeof id !== 'string' || !this.#terms.accepts?.has(kind)) return false
    this.#refer({ kind, id, param, isIfKept: false })
    this.tokens += BINARY_TOKENS
    return this.#judged(object)
  }

  /** What it names may be named, wherever else it is looked for. */
  #judged(object: JsonObject): true {
    this.#referring ??= new Set()
    this.#referring.add(object)
    return true
  }

  /** Whether what a tool leads to may be reached. */
  #leads(object: JsonObject, param: string, value: unknown): boolean {
    const to = destinationOf(param, value)
    return to !== null && this.#terms.leads?.(to) === true && this.#judged(object)
  }

  #refer(reference: Reference): void {
    this.#referred ??= []
    this.#referred.push(reference)
  }

  /** An image that is given in some other way than as text. */
  image(): void {
    this.tokens += BINARY_TOKENS
    this.dataBound += IMAGE_TOKENS
  }

  /** A recording that is given by its bytes. What it says is told by its length, which only its server counts. */
  sound(bytes: number): void {
    this.dataBound += mostTokens('sound', bytes)
  }

  #binary({ length }: string, kind: Kind): null {
    this.tokens += BINARY_TOKENS
    this.dataCharacters += length
    const most = mostTokens(kind, decoded(length))
    this.dataBound += this.#written === 0 ? most : Math.max(most, length)
    return null
  }

  #linked(at: string): void {
    if (this.#noted === 0) this.link ??= at
  }

  #notes(key: string, value: unknown, depth: number): string | null {
    this.#noted++
    const found = this.#walk(value, depth + 1, key)
    this.#noted--
    return found
  }

  #free(value: unknown, depth: number): null {
    eachText(value, depth, (text) => this.json(text))
    return null
  }
}

const NO_TERMS: Terms = {}
const NOTHING: ReadonlySet<object> = new Set()

/** Schemes are written in any case (RFC 3986, 3.1). */
const isData = (link: string) => link.length > LONGEST_LINK || /^data:/i.test(link)
