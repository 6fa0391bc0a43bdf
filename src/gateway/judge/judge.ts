import type { Asked } from '../call.ts'
import type { ProjectRules } from '../keys/rules.ts'
import type { GatewayRoute, RouteName } from '../routes/table.ts'
import { type Fields, isGiven, isObject, type JsonFields, type JudgedBody, lookalike } from './body.ts'
import { Content } from './content.ts'
import { judgeForm } from './form.ts'
import { type ModelFinder, permittedModel } from './models.ts'
import { flag } from './numbers.ts'
import { previousResponse, refuseReferences } from './references.ts'
import { missing, notOffered, unknownParameter, wrongType } from './refusals.ts'
import { judgeTier } from './service-tier.ts'
import { judgeTools } from './tools.ts'
import { NO_WORST, worstOf } from './worst.ts'

export type Case = {
  rules: ProjectRules
  route: GatewayRoute
  body: JudgedBody
  models: ModelFinder
  /** Tokens of an answer where neither the request nor the catalogue says how many. */
  defaultMaxOutputTokens: number
}

/**
 * Judges a request by the rules of its project, without I/O: what may not be is refused, what the project decides is written
 * into the body, and what the request can use is added up. What is judged is what will be sent.
 * @throws ApiError 400, 403 or 404, as its failure says
 */
export function judge({ rules, route, body, models, defaultMaxOutputTokens }: Case): Asked {
  if (body === null) {
    if (route.namesModel) throw missing('model')
    return about(route)
  }
  if ('files' in body) return judgeForm(rules, route, body, models, defaultMaxOutputTokens)
  return judgeJson(rules, route, body, models, defaultMaxOutputTokens)
}

/** A request that is all in its path: about a response. */
function about(route: GatewayRoute): Asked {
  return {
    model: null,
    worst: NO_WORST,
    stream: route.stream,
    usageWanted: true,
    responseId: route.responseId,
    stored: false,
    inputText: () => '',
    besideText: 0,
    characters: 0,
    size: null,
    serviceTier: null,
  }
}

function judgeJson(
  rules: ProjectRules,
  route: GatewayRoute,
  body: JsonFields,
  models: ModelFinder,
  fallback: number,
): Asked {
  const { fields } = body
  const { name } = route
  const isSpeech = name === 'audio.speech.create'
  refuseLookalikes(fields)
  const model = permittedModel(rules, models, fields.model)
  refuseReferences(name, fields)
  const content = new Content()
  readAll(fields, content)
  if (hasTools(fields)) boundTools(fields, content)
  judgeTools(rules, models, model, body)
  const serviceTier = judgeTier(rules, name, body)
  const worst = worstOf(route, fields, content, model, fallback)
  const stored = judgeStore(rules, name, body)
  const stream = flag('stream', fields.stream) || (isSpeech && fields.stream_format === 'sse')
  const usageWanted = stream && reportsOnDemand.has(name) ? askForUsage(body) : true
  if (model.upstreamName !== fields.model) body.set('model', model.upstreamName)
  return {
    model,
    worst,
    stream,
    usageWanted,
    responseId: previousResponse(name, fields),
    stored,
    inputText: () => {
      const whole = body.whole()
      return whole && textOf(whole)
    },
    besideText: content.tokens,
    characters: isSpeech ? spoken(fields.input) : 0,
    size: typeof fields.size === 'string' ? fields.size : null,
    serviceTier,
  }
}

/** Fields that rules are about. A reader that does not mind the case of letters would find `Model` where we find nothing. */
const governed: ReadonlySet<string> = new Set([
  ...['audio', 'background', 'best_of', 'conversation', 'functions', 'input', 'instructions', 'max_completion_tokens'],
  ...['max_output_tokens', 'max_tokens', 'messages', 'model', 'moderation', 'multi_agent', 'n', 'prediction'],
  ...['previous_response_id', 'prompt', 'prompt_cache_options', 'service_tier', 'size', 'store', 'stream'],
  ...['stream_format', 'stream_options', 'suffix', 'svg', 'tool_choice', 'tools', 'voice', 'web_search_options'],
  ...['models', 'fallbacks', 'mcp_servers', 'plugins', 'enable_search', 'search_parameters', 'text', 'response_format'],
])

function refuseLookalikes(fields: Fields): void {
  for (const key in fields) {
    const name = lookalike(key)
    if (name !== null && governed.has(name)) throw unknownParameter(key)
  }
}

/** Where the text for the model stands, on any route. */
const texts = [
  ...['messages', 'input', 'instructions', 'prompt', 'suffix', 'prediction', 'response_format', 'text'],
] as const

function readAll(fields: Fields, content: Content): void {
  for (const name of texts) {
    const value = fields[name]
    if (value === undefined) continue
    const reference = content.read(name, value)
    if (reference !== null) throw notOffered(reference)
  }
}

/** Fields of tools, and what may be written anew with them. */
const tooled = ['tools', 'functions', 'tool_choice', 'moderation', 'svg', 'stream_options'] as const

function hasTools(fields: Fields): boolean {
  for (const name of tooled) if (fields[name] !== undefined && typeof fields[name] !== 'string') return true
  return false
}

/** Bounds their nesting before anything walks or writes them, finds references in them, and counts the tools as JSON. */
function boundTools(fields: Fields, content: Content): void {
  for (const name of tooled) {
    const value = fields[name]
    if (value === undefined || value === null) continue
    const reference = new Content().read(name, value)
    if (reference !== null) throw notOffered(reference)
    if (name === 'tools' || name === 'functions') content.text(JSON.stringify(value))
  }
}

/** Written down only where nobody else counted: it goes through everything a second time. */
function textOf(fields: Fields): string {
  const found: string[] = []
  const content = new Content(found)
  readAll(fields, content)
  for (const name of ['tools', 'functions'] as const)
    if (isGiven(fields[name])) found.push(JSON.stringify(fields[name]))
  return found.join('\n')
}

/**
 * Forces `store` off where the project's data retention forbids it.
 * @returns whether the model server keeps a response that can be asked for by its id
 */
function judgeStore({ storesNothing }: ProjectRules, name: RouteName, body: JsonFields): boolean {
  const { store } = body.fields
  if (isGiven(store) && typeof store !== 'boolean') throw wrongType('store', 'a boolean', store)
  const isResponse = name === 'responses.create'
  if (!storesNothing) return isResponse && store !== false
  if (store !== false && (isResponse || store !== undefined)) body.set('store', false)
  return false
}

/** Routes whose streams say what was used only where they are asked to; a stream of responses always does. */
const reportsOnDemand: ReadonlySet<RouteName> = new Set(['chat.completions.create', 'completions.create'])

/** @returns whether the client asked for it */
function askForUsage(body: JsonFields): boolean {
  const options = body.fields.stream_options
  if (isGiven(options) && !isObject(options)) throw wrongType('stream_options', 'an object', options)
  const wanted = isObject(options) && options.include_usage === true
  body.set('stream_options', isObject(options) ? { ...options, include_usage: true } : { include_usage: true })
  return wanted
}

/** Characters as people count them, not as the language stores them. */
function spoken(input: unknown): number {
  if (!isGiven(input)) throw missing('input')
  if (typeof input !== 'string') throw wrongType('input', 'a string', input)
  let count = input.length
  for (let i = 0; i + 1 < input.length; i++) {
    if ((input.charCodeAt(i) & 0xfc00) === 0xd800 && (input.charCodeAt(i + 1) & 0xfc00) === 0xdc00) count--
  }
  return count
}
