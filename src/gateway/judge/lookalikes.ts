import { type Fields, lookalike } from '../body/fields.ts'
import { unknownParameter } from '../invalid.ts'
import type { JsonShape } from '../routes/declaration.ts'

/** Fields that rules are about. A reader that does not mind the case of letters would find `Model` where we find nothing. */
const governed: ReadonlySet<string> = new Set([
  ...['audio', 'background', 'best_of', 'conversation', 'functions', 'input', 'instructions', 'max_completion_tokens'],
  ...['max_output_tokens', 'max_tokens', 'messages', 'model', 'moderation', 'multi_agent', 'n', 'prediction'],
  ...['previous_response_id', 'prompt', 'prompt_cache_options', 'service_tier', 'size', 'store', 'stream'],
  ...['stream_format', 'stream_options', 'suffix', 'svg', 'tool_choice', 'tools', 'voice', 'web_search_options'],
  ...['mcp_servers', 'plugins', 'enable_search', 'search_parameters', 'text', 'response_format'],
])

/** @throws ApiError 400 for a name that such a reader would take for one of the route's, or for one that rules are about */
export function refuseLookalikes({ fields: known }: JsonShape, fields: Fields): void {
  for (const key in fields) {
    // Most are the route's own, and those stand for nothing else.
    if (known.has(key)) continue
    const name = lookalike(key)
    if (name !== null && (governed.has(name) || known.has(name))) throw unknownParameter(key)
  }
}
