import { type Denial, deniedBy, deniedWithin } from '../../core/denied-field.ts'
import { leading } from '../../core/mcp-hosts.ts'
import { isGiven, isObject, type JsonObject, lookalike } from '../body/fields.ts'
import { kindNamed } from '../kinds/kinds.ts'
import { isClientRun } from '../rules/tool-types.ts'
import { isFree, meaningOf } from './meanings.ts'
import { storedIn } from './stored-file.ts'

/*
 * Where a body is searched for what could choose a model, a host, an account or a longer answer, and what is found there.
 */

/**
 * What a name within a field says, and what stands behind it: what it could do, that nothing in there is searched, that it
 * names a model that others have to judge, or nothing.
 */
export type Look = (key: string, inner: unknown, holder: object) => Denial | 'free' | 'names_model' | null

/** Objects whose names of what is owned were judged: everything else that names something is refused. */
export type Referring = ReadonlySet<object>

/** A model that a search let through, for others to judge: the object that names it, and where a client writes it. */
export type LetThrough = { field: string; holder: object; param: string }

/**
 * Never searched: what the model is told, which others read for references; and what is the client's own, as metadata,
 * schemas and documents are.
 */
export const unsearched: ReadonlySet<string> = new Set([
  ...['messages', 'input', 'instructions', 'system', 'prompt', 'suffix', 'prediction', 'metadata', 'logit_bias'],
  ...['stop', 'user'],
  ...['json_schema', 'guided_json', 'structured_outputs', 'structural_tag', 'format', 'grammar', 'documents', 'schema'],
])
/** The same within fields that are not the original's, where `parameters` are no function's. */
const freeWithin: ReadonlySet<string> = new Set(['metadata', 'schema', 'json_schema', 'json', 'arguments'])

/** The original's, within fields of its own. */
const originals: ReadonlySet<string> = new Set([
  ...['url', 'image_url', 'file_url', 'authorization', 'region', 'max_output_length'],
  // What a tool that reads the web may read, and from where.
  ...['max_content_tokens', 'url_sources'],
])
/** Fields of the original's whose models are judged. */
const namesModels: ReadonlySet<string> = new Set(['tools', 'moderation', 'svg'])

/** The original's fields that are read alike on every route, also where it has none such. */
export const readAnywhere: ReadonlySet<string> = new Set([
  ...['tools', 'functions', 'function_call', 'tool_choice', 'moderation', 'svg', 'response_format', 'text', 'audio'],
])

/** Within a field of other servers they could stand for those at the top, which are judged there. */
const judgedAtTop: ReadonlyMap<string, Denial> = new Map([
  ['model', 'choose another model'],
  ['n', 'make the answer longer'],
  ['best_of', 'make the answer longer'],
  ['tools', 'bring what cannot be counted'],
  ['store', 'reach what others have stored'],
  ['background', 'bring what cannot be counted'],
  ['conversation', 'reach what others have stored'],
  ['previous_response_id', 'reach what others have stored'],
  ['service_tier', 'take from the calls of others'],
])

export const namesModel = (key: string): boolean => key === 'model' || lookalike(key) === 'model'

/**
 * Looks within a field of the original's. Where models may be named, no name makes free what is behind it: another server's
 * tool has its own settings under `parameters`.
 * @param judged whether the models that it may name are
 * @param referring what was judged of what it names
 */
export function lookWithin(field: string, value: unknown, judged: boolean, referring: Referring): Look {
  if (!namesModels.has(field)) return lookWithinOther(referring, field === 'response_format')
  const own = ownIn(field === 'tools' ? value : null)
  return (key, inner, holder) => {
    // A text is not looked for: it would be gone through for that, megabytes of it.
    if (typeof inner === 'object' && own.free.has(inner)) return 'free'
    if (own.named.has(holder)) return null
    if (namesModel(key)) return judged ? 'names_model' : 'choose another model'
    return denialWithin(key, inner, holder, referring)
  }
}

/** @param isFormat some servers take the schema of an answer under `value` */
function lookWithinOther(referring: Referring, isFormat: boolean): Look {
  return (key, inner, holder) => {
    if (isFree(key) || (isFormat && key === 'value')) return 'free'
    return namesModel(key) ? 'choose another model' : denialWithin(key, inner, holder, referring)
  }
}

function denialWithin(key: string, inner: unknown, holder: object, referring: Referring): Denial | null {
  if (meaningOf(key) === 'reference')
    return (kindNamed(key) !== null || leading.includes(key)) && referring.has(holder) ? null : namesStored(key, inner)
  return namesStored(key, inner) ?? (originals.has(key) ? null : deniedBy(key, inner))
}

const STORED = 'reach what others have stored' satisfies Denial

/** Whether a field names something that is stored, by its name or by what stands in it. */
export function namesStored(key: string, value: unknown): typeof STORED | null {
  const meaning = meaningOf(key)
  if (meaning === 'reference') return isEmptyList(value) ? null : STORED
  return storedIn(meaning, value) === null ? null : STORED
}

/** The same of a field at the top that is not the original's. */
export const namesStoredAtTop = (key: string, value: unknown): typeof STORED | null =>
  meaningOf(key) === 'container' ? STORED : namesStored(key, value)

/** Documents are texts for the model with whatever the client knows of them, but that none of them is a stored file. */
export const lookWithinDocuments: Look = (key, inner) =>
  meaningOf(key) === 'reference' ? namesStored(key, inner) : null

const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0

/** What is the client's own: what no search reads, and objects whose keys are names that another has chosen, of values that are searched. */
export type Own = { free: ReadonlySet<unknown>; named: ReadonlySet<unknown> }

/**
 * What is the client's own in tools and in those within them: the schemas of what the client runs itself, and the headers for an MCP
 * server; and the names of another server's tools. Every search asks here, so that none leaves out what another counts on.
 */
export function ownIn(tools: unknown): Own {
  const free = new Set<unknown>()
  const named = new Set<unknown>()
  const lists = [tools]
  for (const list of lists) {
    if (!Array.isArray(list)) continue
    for (const tool of list) {
      if (!isObject(tool)) continue
      lists.push(tool.tools)
      for (const value of ownOf(tool)) if (typeof value === 'object') free.add(value)
      if (isObject(tool.configs) && toolType(tool) === 'mcp_toolset') named.add(tool.configs)
    }
  }
  free.delete(null)
  return { free, named }
}

const schemas = ['parameters', 'input_schema', 'output_schema', 'returns', 'input_examples'] as const
/** A custom tool also has the form of its input: a grammar, or a schema. */
const customSchemas = [...schemas, 'format'] as const

function ownOf(tool: JsonObject): unknown[] {
  switch (toolType(tool)) {
    case 'function':
      return [...valuesOf(tool, schemas), ...valuesOf(tool.function, schemas)]
    case 'custom':
      return [...valuesOf(tool, customSchemas), ...valuesOf(tool.custom, customSchemas)]
    case 'tool_search':
      return [tool.parameters]
    case 'mcp':
      return [tool.headers]
    default:
      return isClientRun(tool) ? [tool.input_examples] : []
  }
}

const valuesOf = (holder: unknown, keys: readonly string[]) => (isObject(holder) ? keys.map((key) => holder[key]) : [])

/** The type of a tool for every reader: a function may leave it out. Null where a careless reader could find another. */
function toolType(tool: JsonObject): unknown {
  for (const key in tool) if (lookalike(key) === 'type') return null
  if (isGiven(tool.type)) return tool.type
  return isObject(tool.function) || isObject(tool.input_schema) ? 'function' : null
}

/** Looks within a field that is not the original's. */
export const lookWithinForeign = (key: string, inner: unknown): ReturnType<Look> => {
  if (freeWithin.has(key)) return 'free'
  return namesStored(key, inner) ?? judgedAtTop.get(lookalike(key) ?? key) ?? deniedWithin(key, inner)
}
