import { type Denial, deniedField } from '../../core/denied-field.ts'
import { lookalike } from '../body/fields.ts'
import { isFree, meaningOf } from './meanings.ts'

/*
 * Where a body is searched for what could choose a model, a host, an account or a longer answer, and what is found there.
 */

/** What a name within a field says: what it could do, that nothing behind it is searched, or nothing. */
export type Look = (key: string) => Denial | 'free' | null

/**
 * Never searched: what the model is told, which others read for references; and what is the client's own, as metadata,
 * schemas and documents are.
 */
export const unsearched: ReadonlySet<string> = new Set([
  ...['messages', 'input', 'instructions', 'prompt', 'suffix', 'prediction', 'metadata', 'logit_bias', 'stop', 'user'],
  ...['json_schema', 'guided_json', 'structured_outputs', 'structural_tag', 'format', 'grammar', 'documents', 'schema'],
])
/** The same within fields that are not the original's, where `parameters` are no function's. */
const freeWithin: ReadonlySet<string> = new Set(['metadata', 'schema', 'json_schema', 'json', 'arguments'])

/** The original's, within fields of its own. */
const originals: ReadonlySet<string> = new Set([
  ...['url', 'image_url', 'file_url', 'server_url', 'authorization', 'region', 'max_output_length', 'file_ids'],
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

/** Looks within a field of the original's. @param judged whether the models that it may name are */
export function lookWithin(field: string, judged: boolean): Look {
  const mayName = judged && namesModels.has(field)
  return (key) => {
    if (isFree(key)) return 'free'
    if (!mayName && (key === 'model' || lookalike(key) === 'model')) return 'choose another model'
    return originals.has(key) ? null : deniedField(key)
  }
}

/** Looks within a field that is not the original's. */
export const lookWithinForeign: Look = (key) => {
  if (freeWithin.has(key)) return 'free'
  if (meaningOf(key) === 'reference') return 'reach what others have stored'
  return judgedAtTop.get(lookalike(key) ?? key) ?? deniedField(key)
}
