import type { CatalogueModel } from '../../core/catalogue.ts'
import { type Fields, isGiven, isObject, type JsonObject } from '../body/fields.ts'
import type { Reference } from '../references.ts'
import { bringsTools, webSearchField } from '../rules/disabled-tools.ts'
import { isClientRun } from '../rules/tool-types.ts'
import type { Content } from './content.ts'

/**
 * What a model reads for a request without its being in there: an earlier response, what stands behind a link, what a tool of
 * the model server finds. Tools are known to be lists of objects.
 * @param references what it names that a model server keeps: a response that it goes on from, items
 * @returns the field that brings it, as a client writes it; null where all is here
 */
export function unseenIn(
  fields: Fields,
  content: Content,
  model: CatalogueModel,
  references: readonly Reference[],
): string | null {
  const kept = references.find(({ isIfKept }) => !isIfKept)
  if (kept !== undefined) return kept.param
  if (content.link !== null) return content.link
  if (model.searches) return 'model'
  if (isGiven(fields.mcp_servers)) return 'mcp_servers'
  return webSearchField(fields) ?? hostedIn(fields.tools) ?? hostedAmong(fields.input) ?? hostedAmong(fields.messages)
}

/** Whether tools are among these that the model server runs itself, or within them. */
function hostedIn(tools: unknown): string | null {
  if (!Array.isArray(tools)) return null
  for (const tool of tools) {
    if (!isObject(tool) || !(isClientRun(tool) || isFunction(tool)) || hostedIn(tool.tools) !== null) return 'tools'
  }
  return null
}

/** What a function has that leaves out its type. With anything more it could be a tool of another sort. */
const functionKeys: ReadonlySet<string> = new Set(['type', 'function', 'strict', 'cache_control'])

function isFunction(tool: JsonObject): boolean {
  return !isGiven(tool.type) && isObject(tool.function) && Object.keys(tool).every((key) => functionKeys.has(key))
}

function hostedAmong(items: unknown): string | null {
  if (!Array.isArray(items)) return null
  for (const item of items) if (bringsTools(item) && hostedIn(item.tools) !== null) return 'tools'
  return null
}
