import { isResponseId, type RouteName } from '../routes/table.ts'
import { type Fields, isGiven, isObject } from './body.ts'
import { notOffered, previousResponseNotFound, wrongType } from './refusals.ts'

/**
 * With these, other model servers and gateways take another model, host or account than the one that is judged, limited and
 * priced, say more than the maximum, or fetch what another project may have left.
 */
const foreign: ReadonlySet<string> = new Set([
  ...['models', 'fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks', 'model_list', 'user_config'],
  ...['preset', 'api_base', 'base_url', 'api_key', 'lora', 'lora_path', 'lora_request', 'adapter_id', 'extra_body'],
  ...['n_predict', 'num_predict', 'max_new_tokens', 'kv_transfer_params', 'request_id', 'cached_content', 'file_ids'],
])

/**
 * Refuses what a request names that another project of the same upstream account may own, or that nobody bounds, until it
 * has an owner here (openai 7.57). What stands deeper, in messages and tools, is found while they are read.
 * @throws ApiError 400 `not_offered` that names the field
 */
export function refuseReferences(route: RouteName, fields: Fields): void {
  for (const name in fields) if (foreign.has(name) && isGiven(fields[name])) throw notOffered(name)
  if (route.startsWith('responses.')) {
    if (isGiven(fields.conversation)) throw notOffered('conversation')
    if (isGiven(fields.prompt)) throw notOffered('prompt')
    if (isGiven(fields.background) && fields.background !== false) throw notOffered('background')
    // Agents that start agents: the original sets their number no bound, so nothing could be reserved for them.
    if (isGiven(fields.multi_agent)) throw notOffered('multi_agent')
    const cache = fields.prompt_cache_options
    if (isObject(cache) && isGiven(cache.comparison_response_id)) {
      throw notOffered('prompt_cache_options.comparison_response_id')
    }
    refuseItems(fields.input)
  } else {
    for (const name of ['previous_response_id', 'conversation'] as const)
      if (isGiven(fields[name])) throw notOffered(name)
  }
  if (isObject(fields.voice)) throw notOffered('voice.id')
  if (isObject(fields.audio) && isObject(fields.audio.voice)) throw notOffered('audio.voice.id')
}

/**
 * Items that stand for stored ones: those that are nothing but an id, and images without their bytes. An item without a type
 * is a message if it has a role, a reference if it has none.
 */
function refuseItems(input: unknown): void {
  if (!Array.isArray(input)) return
  for (let i = 0; i < input.length; i++) {
    const item: unknown = input[i]
    if (!isObject(item)) continue
    const { type } = item
    const bare = !isGiven(type) && !isGiven(item.role) && isGiven(item.id)
    const image = type === 'image_generation_call' && typeof item.result !== 'string'
    if (bare || image || type === 'item_reference') throw notOffered(`input[${i}].id`)
  }
}

/**
 * The response that a request goes on from; whose it is, is for others to say.
 * @throws ApiError 404 for a text that is no response's id
 */
export function previousResponse(route: RouteName, fields: Fields): string | null {
  const id = fields.previous_response_id
  if (!isGiven(id) || !route.startsWith('responses.')) return null
  if (typeof id !== 'string') throw wrongType('previous_response_id', 'a string', id)
  if (!isResponseId(id)) throw previousResponseNotFound(id)
  return id
}
