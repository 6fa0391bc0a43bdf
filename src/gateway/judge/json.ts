import { mayReach } from '../../core/mcp-hosts.ts'
import { ownedKinds } from '../../core/owned.ts'
import type { Dialect } from '../../core/upstream-kind.ts'
import { type Fields, isGiven, isObject, type JsonFields, type JsonObject } from '../body/fields.ts'
import type { Asked } from '../call.ts'
import { missing, notOffered, wrongType } from '../invalid.ts'
import type { Reference } from '../references.ts'
import type { JsonShape, StreamSign } from '../routes/declaration.ts'
import { judgeSeen } from '../rules/apply.ts'
import { answersOf, obeyed, questionsOf, type Requested, requestedOf } from './asked-for.ts'
import { atWindow, backgroundOf, type InBackground } from './background.ts'
import { Content } from './content.ts'
import type { Court } from './court.ts'
import { Foreign } from './foreign.ts'
import { refuseLookalikes } from './lookalikes.ts'
import { refuseUnreached } from './mcp-servers.ts'
import { modelsInBody, runWithin } from './named-models.ts'
import { flag, integer, MOST_TOKENS } from './numbers.ts'
import { ownModel } from './own-model.ts'
import { isPaired, readPairs } from './pairs.ts'
import { known, referencesIn, refuseReferences } from './references.ts'
import { readsOf, serverToolsIn } from './server-tools.ts'
import type { Terms } from './terms.ts'
import { refuseResultsElsewhere } from './tool-results.ts'
import { unseenIn } from './unseen.ts'
import { worstOf } from './worst.ts'
import { writtenLength } from './written-length.ts'

const IN_FRONT: InBackground = { isAsked: false, window: null }
const NO_KINDS: Court['accepts'] = new Set()
const ALL_KINDS: Court['accepts'] = new Set(ownedKinds)

/** Judges a JSON body. */
export function judgeJson(court: Court, shape: JsonShape, body: JsonFields): Asked {
  const { rules, route, fallback, edits } = court
  const { fields } = body
  // What the Anthropic API calls a file is kept by another account.
  const accepts = route.api === 'openai' ? court.accepts : NO_KINDS
  refuseLookalikes(shape, fields)
  const model = ownModel(court, fields[shape.model])
  refuseReferences(shape.references, fields)
  const dialects = court.dialects(model.upstreams)
  const hasResults = route.api === 'anthropic'
  if (hasResults) refuseResultsElsewhere(fields)
  const writes = hasResults && dialects.some(({ writesResults }) => writesResults)
  const reaching = { accepts, leads: (to: string) => mayReach(court.mcpHosts, rules.projectId, to) }
  const content = new Content(null, { ...reaching, writesResults: writes })
  readAll(shape.told, fields, content)
  readImages(shape.images, fields, content)
  boundTools(shape, fields, content, reaching)
  const questions = shape.pairs === null ? questionsOf(shape, fields) : readPairs(shape.pairs, fields, content)
  const foreign = new Foreign(dialects, edits, true, content.referring)
  foreign.fields(shape, fields)
  judgeSeen(rules, { project: rules, route, fields, model, edits })
  refuseUnreached(fields, court)
  const within = modelsInBody(court, shape, fields, foreign)
  if (shape.maximum === 'required') needsMaximum(shape, fields)
  const maxima = foreign.maxima.length === 0 ? shape.maxima : [...shape.maxima, ...foreign.maxima]
  const references = together(referencesIn(shape.references, fields, accepts), content.referred)
  const serverTools = serverToolsIn(fields)
  const { worst, caps } = worstOf({
    route,
    model,
    content,
    fallback,
    bytes: body.size,
    unseen: unseenIn(fields, content, model, references, serverTools),
    reads: readsIn(court, shape, fields, serverTools, dialects),
    answers: answersOf(fields),
    questions,
    requested: withThoughts(maximumIn(fields, maxima, dialects), shape, fields),
    maximum: shape.maxima.findLast((name) => obeyed(name, dialects)) ?? null,
  })
  const stream = asksForStream(shape.streams, fields)
  const onDemand = route.reply.kind === 'watched' && route.reply.streamReports === 'on_demand'
  const options = stream && onDemand ? streamOptionsOf(fields) : null
  const serviceTier = edits.value('service_tier')
  const store = edits.value('store')
  const background = shape.background === null ? IN_FRONT : backgroundOf(fields, { store, serviceTier, stream })
  return {
    projectId: rules.projectId,
    model: atWindow(model, background.window),
    within: runWithin(route, within),
    worst,
    caps,
    stream,
    usageWanted: stream && onDemand ? options?.include_usage === true : true,
    streamOptions: options,
    references,
    stored: isStored(shape, store, references, accepts),
    background: background.isAsked,
    inputText: inputTextOf(shape, body),
    echoes: fields.echo === true,
    besideText: content.tokens,
    characters: shape.characters === null ? 0 : charactersOf(shape.characters, fields),
    size: typeof fields.size === 'string' ? fields.size : null,
    serviceTier: textIn(serviceTier),
  }
}

/** Whether what the reply shows is kept, and gets an owner. A conversation keeps what is said in it also where the response is not stored. */
function isStored(
  { store }: JsonShape,
  said: unknown,
  references: readonly Reference[],
  accepts: Court['accepts'],
): boolean {
  if (store === 'as_chat') return said === true && accepts.has('chat')
  return store === 'by_default' && (said !== false || references.some(({ kind }) => kind === 'conversation'))
}

function needsMaximum({ maxima }: JsonShape, fields: Fields): void {
  for (const name of maxima) if (!isGiven(fields[name])) throw missing(name)
}

/** How often its model reads the input at most. */
function readsIn(
  { route }: Court,
  shape: JsonShape,
  fields: Fields,
  serverTools: readonly JsonObject[],
  dialects: readonly Dialect[],
): number {
  const hasMaxToolCalls = shape.fields.has('max_tool_calls')
  // Most calls bring no such tools, and are not looked at for what bounds them.
  if (serverTools.length === 0 && !isGiven(fields.mcp_servers) && !hasMaxToolCalls) return 1
  const isObeyed = dialects.every(({ boundsTools }) => boundsTools)
  return readsOf(fields, serverTools, { hasMaxToolCalls, hasMaxUses: route.api === 'anthropic', isObeyed })
}

/** The most tokens that an answer may have, as a body says it. */
const maximumIn = (fields: Fields, maxima: JsonShape['maxima'], dialects: readonly Dialect[]) =>
  requestedOf({ maxima }, dialects, (name, least, most) => integer(name, fields[name], least, most))

/** Thoughts between calls of tools (`interleaved-thinking`) may have a budget beyond the maximum: then it comes to that. */
function withThoughts(requested: Requested, { maximum }: JsonShape, { thinking }: Fields): Requested {
  if (maximum !== 'required' || requested.most === null || !isObject(thinking)) return requested
  const budget = integer('thinking.budget_tokens', thinking.budget_tokens, 0, MOST_TOKENS) ?? 0
  return budget < requested.most ? requested : { ...requested, most: requested.most + budget }
}

/**
 * What is counted of a body where its reply counted nothing. It outlives the body while the reply streams, so that it is a
 * function of its own: functions that are made in one place keep what any of them needs.
 */
const inputTextOf = (shape: JsonShape, body: JsonFields) => () => {
  const whole = body.whole()
  return whole && textOf(shape, whole)
}

const textIn = (value: unknown) => (typeof value === 'string' ? value : null)

function readAll(names: JsonShape['told'], fields: Fields, content: Content): void {
  for (const name of names) {
    const value = fields[name]
    if (value === undefined) continue
    const reference = content.read(name, value)
    if (reference !== null) throw notOffered(reference)
  }
}

function readImages(names: JsonShape['images'], fields: Fields, content: Content): void {
  for (const name of names) {
    const value = fields[name]
    const reference = value === undefined ? null : content.readImages(name, value)
    if (reference !== null) throw notOffered(reference)
  }
}

/** Fields of tools, and what may be written anew with them. */
const tooled = ['tools', 'functions', 'tool_choice', 'moderation', 'svg', 'stream_options'] as const

/** What the template of a model puts before it, besides the tools. */
const templated = ['chat_template_kwargs', 'documents'] as const

/** Bounds their nesting before anything walks or writes them, finds references in them, and counts the tools as JSON. */
function boundTools({ pairs }: JsonShape, fields: Fields, content: Content, terms: Terms): void {
  for (const name of tooled) {
    const value = fields[name]
    if (value === undefined || value === null || typeof value === 'string') continue
    const tools = new Content(null, terms)
    const reference = tools.read(name, value)
    if (reference !== null) throw notOffered(reference)
    content.namedIn(tools)
    if (name === 'tools' || name === 'functions') content.jsonOf(writtenLength(value))
  }
  for (const name of templated) {
    if (typeof fields[name] === 'object' && !(pairs !== null && isPaired(pairs, name)))
      content.readFree(name, fields[name])
  }
}

/** What is named in two places. Most bodies name nothing. */
const together = (one: readonly Reference[], two: readonly Reference[]): readonly Reference[] =>
  two.length === 0 ? one : known([...one, ...two])

/** Written down only where nobody else counted: it goes through everything a second time. */
function textOf({ told, pairs }: JsonShape, fields: Fields): string {
  const found: string[] = []
  // All that it names was judged.
  const content = new Content(found, { accepts: ALL_KINDS, leads: () => true })
  readAll(told, fields, content)
  if (pairs !== null) readAll([...pairs.whole, ...pairs.first, ...pairs.second], fields, content)
  for (const name of ['tools', 'functions'] as const)
    if (isGiven(fields[name])) found.push(JSON.stringify(fields[name]))
  return found.join('\n')
}

function asksForStream(signs: readonly StreamSign[], fields: Fields): boolean {
  let asked = false
  for (const { field, is } of signs) {
    if (is === true ? flag(field, fields[field]) : fields[field] === is) asked = true
  }
  return asked
}

function streamOptionsOf({ stream_options: options }: Fields): JsonObject | null {
  if (!isGiven(options)) return null
  if (isObject(options)) return options
  throw wrongType('stream_options', 'an object', options)
}

/** Characters as people count them, not as the language stores them. */
function charactersOf(field: string, fields: Fields): number {
  const text = fields[field]
  if (text === undefined || text === null) throw missing(field)
  if (typeof text !== 'string') throw wrongType(field, 'a string', text)
  let count = text.length
  for (let i = 0; i + 1 < text.length; i++) {
    if ((text.charCodeAt(i) & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) count--
  }
  return count
}
