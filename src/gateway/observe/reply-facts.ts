import type { OwnedKind } from '../../core/owned.ts'
import { isObject } from '../body/fields.ts'
import { IN_ITEM, IN_RESPONSE, SEALED } from '../routes/want.ts'
import { amount } from './amount.ts'
import type { JsonSink, ListStep } from './json-watch.ts'
import { argumentsText, type MessageFacts, messageFacts } from './message-facts.ts'
import { Said } from './output-text.ts'
import { isProblem } from './problem.ts'
import { ShownAgain } from './shown-again.ts'
import { merged, NO_USAGE, readUsage, type UsageFields } from './usage-object.ts'
import { saysNone, spokenIn } from './usage-reported.ts'

/** Bytes behind each character of base64. */
const BASE64 = 3 / 4

/** Calls of the tools that a model server runs itself, as far as the answer's items tell. */
class ToolCalls {
  webSearch = 0
  fileSearch = 0
  /** Sessions: calls that name the same container are one. */
  codeInterpreter = 0
  #containers: string[] | null = null

  add(type: string, container: string | null): void {
    if (type === 'web_search_call') this.webSearch++
    if (type === 'file_search_call') this.fileSearch++
    if (type !== 'code_interpreter_call' || (container !== null && this.#containers?.includes(container))) return
    this.codeInterpreter++
    if (container === null) return
    this.#containers ??= []
    if (this.#containers.length < 100) this.#containers.push(container)
  }
}

/** Everything that matters of one reply, as far as it has come; a stream's events are read one after the other. */
export class Reading implements JsonSink {
  /** All that was reported of its use: some servers report it with every event, each time all of it. */
  usage: Readonly<UsageFields> = NO_USAGE
  /** Whether the model said more than its use was reported for, so that the report is not the last word. */
  get saidMore(): boolean {
    return this.#shown > this.#saidAtUsage
  }
  readonly said = new Said()
  /** Whether it says that it failed, whether it holds output besides what was said, and whether a stream held anything at all. */
  failed = false
  delivered = false
  heard = false
  /** Events so far, and those of them that said something. */
  events = 0
  texts = 0
  /** Whether this event reports usage or what went wrong, and what its list of choices looks like so far. */
  hasUsage = false
  hasProblem = false
  choices: 'unseen' | 'empty' | 'other' = 'unseen'
  serviceTier: string | null = null
  /** Of audio, in seconds begun. */
  duration: number | null = null
  images = 0
  /** Whether an image was being made that has not come whole. */
  imageBegun = false
  #isNamed = false

  readonly #onShown: (kind: OwnedKind, id: string) => void
  readonly #again = new ShownAgain()
  #saidAtUsage = 0
  /** What this event's report says of the output: more than any before, the same once more, or nothing to go by. */
  #report: 'more' | 'same' | 'none' = 'none'
  #saidBefore = 0
  #answer = 0
  #event = ''
  /** What a message's report says besides tokens. */
  #message: MessageFacts | null = null
  #sessions = 0
  #item = ''
  #container: string | null = null
  /** Bytes of thoughts that only their server can read. */
  #sealed = 0
  /** Items as they were begun in a stream, and those of the last list of all of them. */
  readonly #begun = new ToolCalls()
  #listed = new ToolCalls()

  /** @param onShown told of each thing that the reply shows, as soon as its id is whole */
  constructor(onShown: (kind: OwnedKind, id: string) => void) {
    this.#onShown = onShown
  }

  /** Bytes of text that were shown whole and not said in pieces, and of sealed thoughts what is in no summary of them. */
  get unsaid(): number {
    const again = Math.max(0, this.#again.bytes - this.said.bytes)
    return this.#sealed === 0 ? again : again + Math.max(0, this.#sealed * BASE64 - this.said.thought)
  }

  /** Bytes of all that was said or thought. */
  get #shown(): number {
    return this.said.bytes + this.#sealed
  }

  get toolCalls(): Record<'webSearch' | 'fileSearch' | 'codeInterpreter', number> {
    return {
      webSearch: Math.max(this.#begun.webSearch, this.#listed.webSearch, this.#message?.webSearches ?? 0),
      fileSearch: Math.max(this.#begun.fileSearch, this.#listed.fileSearch),
      codeInterpreter: Math.max(this.#begun.codeInterpreter, this.#listed.codeInterpreter, this.#sessions),
    }
  }

  /** What was read is a failure, if that is so. */
  failsIf(problem: boolean): void {
    this.failed ||= problem
    this.hasProblem ||= problem
  }

  kept(name: string, value: unknown): void {
    if (name === 'usage') this.#reported(value)
    else if (name === 'problem') this.failsIf(isProblem(value))
    else if (name === 'index') this.#answer = amount(value) ?? 0
    else if (name === 'duration') this.duration = amount(value)
    else if (name === 'message_usage') this.#messageReported(value)
    else if (name === 'arguments') this.#called(value)
    else if (name === 'annotation') this.#cited(value)
    else if (typeof value !== 'string') return
    else if (name === 'event') this.#event = value
    else if (name === 'item') this.#item = value
    else if (name === 'container') this.#inContainer(value)
    else if (name === 'status') this.failsIf(value === 'failed')
    else if (name === 'message') this.failsIf(value !== '')
    else if (name === 'service_tier') this.serviceTier = value
    else if (name === 'session') this.#sessions = 1
    else if (name === 'item_id') this.#onShown('item', value)
    else if (name === 'container_file_id') this.#onShown('container_file', value)
    else if (name === 'conversation_id') this.#onShown('conversation', value)
    else if ((name === 'id' || name === 'chat_id') && !this.#isNamed) {
      this.#isNamed = true
      this.#onShown(name === 'id' ? 'response' : 'chat', value)
    }
  }

  text(channel: number, bytes: Buffer, from: number, to: number): void {
    if (channel < IN_ITEM) this.said.append(this.#answer, channel, bytes, from, to)
    else if (channel <= IN_RESPONSE) this.#again.add(channel, to - from)
    else {
      this.delivered = true
      if (channel === SEALED) this.#sealed += to - from
    }
  }

  list(name: string, step: ListStep): void {
    if (step === 'element' && (name === 'output' || name === 'seen')) this.delivered = true
    if (name === 'choices') this.#choice(step)
    else if (name === 'data') this.images += step === 'element' ? 1 : 0
    else if (name === 'output' && step === 'open') this.#listed = new ToolCalls()
    else if (name === 'output') this.#itemEnded(this.#listed)
  }

  /**
   * Between two events, and after the last one.
   * @param isWhole whether it was no event but a whole reply, which says its use and its text at once
   */
  eventEnded(isWhole = false): void {
    const type = this.#event
    // The same item comes once more when it is done; a search that was begun is paid for.
    this.#itemEnded(type === '' ? this.#listed : type === 'response.output_item.added' ? this.#begun : null)
    if (type === 'error' || type === 'response.failed') this.failed = true
    const isDone = type === 'response.output_item.done'
    if (isDone) this.delivered = true
    this.#again.eventEnded(isDone)
    if (type.startsWith('image_')) {
      this.imageBegun = !type.endsWith('.completed')
      if (!this.imageBegun) this.images++
    }
    this.events++
    const spoke = this.#shown > this.#saidBefore
    if (spoke) this.texts++
    // What stays the same while a text grows counts nothing of it.
    if (this.#report === 'more' || (this.#report === 'same' && (isWhole || !spoke))) this.#saidAtUsage = this.#shown
    this.#saidBefore = this.#shown
    this.hasUsage = false
    this.hasProblem = false
    this.#report = 'none'
    this.choices = 'unseen'
    this.#event = ''
    this.#answer = 0
  }

  #reported(value: unknown): void {
    if (typeof value !== 'object' || value === null) return
    this.hasUsage = true
    const report = readUsage(value)
    const [before, now] = [spokenIn(this.usage), spokenIn(report)]
    if (now > before) this.#report = 'more'
    else if (this.#report === 'none' && now === before && (now > 0 || saysNone(report))) this.#report = 'same'
    this.usage = this.usage === NO_USAGE ? report : merged(this.usage, report)
  }

  #messageReported(value: unknown): void {
    this.#reported(value)
    this.#message = messageFacts(value, this.#message)
    this.serviceTier = this.#message.serviceTier
  }

  /** What a tool is called with, as an object: it was said like any text. */
  #called(value: unknown): void {
    const text = argumentsText(value)
    this.said.append(this.#answer, 0, text, 0, text.length)
  }

  #inContainer(id: string): void {
    this.#container = id
    this.#onShown('container', id)
  }

  /** Of what a text names files of containers alone are made by its answer. */
  #cited(value: unknown): void {
    if (!isObject(value) || value.type !== 'container_file_citation') return
    const { container_id: container, file_id: file } = value
    if (typeof container === 'string') this.#onShown('container', container)
    if (typeof file === 'string') this.#onShown('container_file', file)
  }

  #choice(step: ListStep): void {
    this.#answer = 0
    if (step === 'open' && this.choices === 'unseen') this.choices = 'empty'
    else if (step !== 'close') this.choices = 'other'
  }

  #itemEnded(of: ToolCalls | null): void {
    if (this.#item !== '') of?.add(this.#item, this.#container)
    this.#item = ''
    this.#container = null
  }
}
