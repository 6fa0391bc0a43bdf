import { hash } from 'node:crypto'
import { OWN_UPSTREAM } from '../../core/offer.ts'
import type { BatchRow } from '../../db/batch.ts'
import { isGiven, type JsonObject } from '../body/fields.ts'
import type { Call } from '../call.ts'
import type { Gate } from '../gate.ts'
import { type Inquiry, inquire } from '../inquire.ts'
import { modelUnknown } from '../invalid.ts'
import type { Grant } from '../keys/grant.ts'
import type { GatewayRoute } from '../routes/table.ts'
import { Stint } from '../stint.ts'
import type { Need } from './charging.ts'
import { JudgedCopy } from './copy.ts'
import { MOST_LINE_BYTES } from './input.ts'
import { errorOf, type LineError, MOST_ERRORS, WrongLine } from './line-error.ts'
import { isBlank, type Line, Lines } from './lines.ts'
import { type ReadLine, readLine, writeLine } from './read-line.ts'

/** Bytes of an input file; and how many lines, and texts to embed, it may have: the original's. */
const MOST_BYTES = 200 * 1024 * 1024
const MOST_LINES = 50_000
const MOST_INPUTS = 50_000

/** A file whose every line may be sent. Its copy is whoever's who has it. */
export type Judged = { copy: JudgedCopy; model: string; upstreams: readonly string[]; lines: number }

export type Judging = {
  gate: Gate
  batch: Pick<BatchRow, 'endpoint'>
  grant: Grant
  /** Of the batch's endpoint. */
  route: GatewayRoute
  need: Need
  signal: AbortSignal
}

/**
 * Judges every line of a batch's input as a call of its own, by the rules as they stand, and writes what may be sent into a copy. It holds one
 * line at a time, and others have their turn in between.
 * @param content of the input file
 * @returns what is wrong with it; nothing of it is kept then
 * @throws whatever reading it, or looking something up, throws; the signal's reason
 */
export async function judgeFile(judging: Judging, content: AsyncIterable<Buffer>): Promise<Judged | LineError[]> {
  await using stack = new AsyncDisposableStack()
  const copy = stack.use(await JudgedCopy.open())
  const court = new LineCourt(judging, copy)
  const lines = new Lines(MOST_LINE_BYTES)
  const stint = new Stint()
  let read = 0
  const judgeAll = async (some: Iterable<Line>) => {
    for (const line of some) {
      const judged = court.judge(line)
      if (judged !== undefined) await judged
      if (court.isOver) return
      if (copy.isFull) await copy.write()
      if (!stint.isOver) continue
      await stint.giveWay()
      judging.signal.throwIfAborted()
    }
  }
  for await (const chunk of content) {
    read += chunk.length
    if (read > MOST_BYTES) court.refuse(tooLarge(), null)
    else await judgeAll(lines.take(chunk))
    // Written by us, a line may be longer than it came.
    if (copy.bytes > MOST_BYTES) court.refuse(tooLarge(), null)
    if (court.isOver) break
  }
  if (!court.isOver) await judgeAll(lines.rest())
  await copy.write()
  const outcome = court.outcome()
  if (!Array.isArray(outcome)) stack.move()
  return outcome
}

const tooLarge = () =>
  new WrongLine('file_too_large', `The input file is larger than ${MOST_BYTES} bytes.`, 'input_file_id')

const lineTooLong = () => new WrongLine('line_too_long', `This line is longer than ${MOST_LINE_BYTES} bytes.`)

/** Judges the lines of one file, in turn. */
class LineCourt {
  readonly #judging: Judging
  readonly #copy: JudgedCopy
  readonly #errors: LineError[] = []
  readonly #ids = new Set<string>()
  #model: string | null = null
  #upstreams: readonly string[] = []
  #lines = 0
  #inputs = 0
  /** Whether no other line is looked at. */
  isOver = false

  constructor(judging: Judging, copy: JudgedCopy) {
    this.#judging = judging
    this.#copy = copy
  }

  refuse(refusal: unknown, line: number | null, within = ''): void {
    this.#errors.push(errorOf(refusal, line, within))
    if (line === null || this.#errors.length >= MOST_ERRORS) this.isOver = true
  }

  /** A promise only where something is looked up. */
  judge({ number, bytes }: Line): Promise<void> | undefined {
    if (bytes !== null && isBlank(bytes)) return undefined
    if (++this.#lines > MOST_LINES) {
      this.refuse(new WrongLine('too_many_tasks', `The input file has more than ${MOST_LINES} lines.`), null)
      return undefined
    }
    const read = this.#read(number, bytes)
    if (read === null) return undefined
    try {
      const asked = this.#ask(read.body, bytes?.length ?? 0)
      if (asked instanceof Promise)
        return asked.then((one) => this.#take(read, one)).catch((refusal) => this.refuse(refusal, number, 'body.'))
      this.#take(read, asked)
    } catch (refusal) {
      this.refuse(refusal, number, 'body.')
    }
    return undefined
  }

  /** What is wrong, or what all lines are together. */
  outcome(): Judged | LineError[] {
    if (this.#errors.length > 0) return this.#errors
    if (this.#model === null)
      return [{ code: 'empty_file', line: null, message: 'The input file is empty.', param: 'input_file_id' }]
    return { copy: this.#copy, model: this.#model, upstreams: this.#upstreams, lines: this.#lines }
  }

  #read(number: number, bytes: Buffer | null): ReadLine | null {
    try {
      if (bytes === null) throw lineTooLong()
      const line = readLine(bytes, this.#judging.batch.endpoint)
      const id = hash('sha256', line.customId, 'base64')
      if (this.#ids.has(id))
        throw new WrongLine('duplicate_custom_id', `The custom_id '${line.customId}' is not unique.`, 'custom_id')
      this.#ids.add(id)
      return line
    } catch (refusal) {
      this.refuse(refusal, number)
      return null
    }
  }

  /** Judges the body as a call of its own; what is decided about it is written into it. */
  #ask(body: JsonObject, size: number): Inquiry | Promise<Inquiry> {
    const { gate, grant, route } = this.#judging
    if (isGiven(body.background) && body.background !== false)
      throw new WrongLine(
        'invalid_value',
        "Invalid 'background': a batch is in the background itself.",
        'body.background',
      )
    const judged = { fields: body, size, whole: () => body }
    const model = typeof body.model === 'string' ? body.model : null
    // Whoever judges looks at the route and the grant alone: nobody waits for this call.
    const inquired = inquire(gate, { route, grant } as Call, { model, judged })
    const decide = ({ inquiry, edits }: Awaited<typeof inquired>) => {
      // What the gate runs itself it judges again, by the rules as they stand then, and edits then.
      if (!inquiry.model?.gateRunsBatches) edits.writeInto(editing(body))
      keepNothing(route, body)
      return inquiry
    }
    return inquired instanceof Promise ? inquired.then(decide) : decide(inquired)
  }

  #take(line: ReadLine, asked: Inquiry): void {
    const { gate, batch, route, need } = this.#judging
    const { model } = asked
    if (asked.stream)
      throw new WrongLine('invalid_value', "Invalid 'stream': a line of a batch has no stream.", 'body.stream')
    if (model === null)
      throw new WrongLine('missing_required_parameter', "Missing required parameter: 'model'.", 'body.model')
    if (this.#model !== null && model.id !== this.#model) {
      const message = `The model '${model.id}' is another one than '${this.#model}': a batch has one model.`
      throw new WrongLine('model_mismatch', message, 'body.model')
    }
    const having = gate.offers.get('batches') ?? []
    const before = this.#model === null ? having : this.#upstreams
    const able = model.gateRunsBatches ? [OWN_UPSTREAM] : asked.upstreams
    const upstreams = before.filter((name) => able.includes(name))
    if (upstreams.length === 0) throw modelUnknown(model.id, { param: 'model' })
    if (route.report.kind === 'embeddings') this.#count(line.body.input)
    const text = writeLine(line, batch.endpoint)
    // Written by us, it may be longer than it came.
    if (Buffer.byteLength(text) > MOST_LINE_BYTES) throw lineTooLong()
    need.add(asked)
    this.#model = model.id
    this.#upstreams = upstreams
    this.#copy.add(text)
  }

  /** Texts to embed: a list of numbers is one. */
  #count(input: unknown): void {
    this.#inputs += Array.isArray(input) && typeof input[0] !== 'number' ? input.length : 1
    if (this.#inputs > MOST_INPUTS)
      throw new WrongLine('too_many_inputs', `The lines have more than ${MOST_INPUTS} inputs together.`, 'body.input')
  }
}

/** How the fields of a line's body are changed. */
export const editing = (body: JsonObject) => ({
  set: (name: string, value: unknown) => {
    body[name] = value
  },
  remove: (name: string) => {
    delete body[name]
  },
})

/** What a line is answered stands in the output file, and nowhere else: nothing of it is kept in the account that projects share. */
function keepNothing({ body: { kind }, body: shape }: GatewayRoute, body: JsonObject): void {
  if (kind !== 'json' || !('store' in shape) || shape.store === 'never') return
  if (shape.store === 'by_default' || body.store === true) body.store = false
}
