import { type Fields, isGiven, isObject, type JsonObject, lookalike } from '../body/fields.ts'
import { bringsTools } from '../rules/disabled-tools.ts'
import { isClientRun, isSearchOfTools, runsCode } from '../rules/tool-types.ts'
import { integer, MOST_TOKENS } from './numbers.ts'

/*
 * Tools that a model server runs itself. After each use the model reads all there is once more, with what was found.
 */

/** Uses within one call where none of the words that bound them is obeyed: the loop of the Anthropic API pauses the turn then. */
const USES_UNSAID = 10

const NONE: readonly JsonObject[] = []
/** What stands where a tool should be. */
const ODD: JsonObject = {}

type Found = JsonObject[] | null

/** All tools of a request that the model server runs, in its list, within other tools and in items that bring more. */
export function serverToolsIn({ tools, input, messages }: Fields): readonly JsonObject[] {
  return amongItems(messages, amongItems(input, amongTools(tools, null))) ?? NONE
}

/** @param found what was found before; null where that is nothing, and where nothing is found here either */
function amongTools(tools: unknown, found: Found): Found {
  if (!Array.isArray(tools)) return found
  let all = found
  for (const tool of tools) {
    const one = isObject(tool) ? tool : ODD
    if (bringsUnseen(one) || isSearchOfTools(one)) {
      all ??= []
      all.push(one)
    }
    all = amongTools(one.tools, all)
  }
  return all
}

function amongItems(items: unknown, found: Found): Found {
  if (!Array.isArray(items)) return found
  let all = found
  for (const item of items) if (bringsTools(item)) all = amongTools(item.tools, all)
  return all
}

/** Whether what such a tool finds is not in the request; a search among its own tools finds what is. */
export const bringsUnseen = (tool: JsonObject): boolean => !isClientRun(tool) && !isFunction(tool)

/** What a function has that leaves out its type. With anything more it could be a tool of another sort. */
const functionKeys: ReadonlySet<string> = new Set(['type', 'function', 'strict', 'cache_control'])

function isFunction(tool: JsonObject): boolean {
  return !isGiven(tool.type) && isObject(tool.function) && Object.keys(tool).every((key) => functionKeys.has(key))
}

/** Where a request bounds how often its tools are used. */
export type UseBounds = {
  /** Whether it has `max_tool_calls`, for all tools together. */
  hasMaxToolCalls: boolean
  /** Whether its tools have a `max_uses` each. */
  hasMaxUses: boolean
  /** Whether every model server that may get the call obeys such words. */
  isObeyed: boolean
}

/**
 * How often the model reads its input at most: once, and once more behind each use of a tool that its server runs.
 * @param tools those of them that the request brings
 * @throws ApiError 400 for a `max_tool_calls` that is no number of calls
 */
export function readsOf(fields: Fields, tools: readonly JsonObject[], bounds: UseBounds): number {
  const most = bounds.hasMaxToolCalls ? integer('max_tool_calls', fields.max_tool_calls, 0, MOST_TOKENS) : null
  if (tools.length === 0 && !isGiven(fields.mcp_servers)) return 1
  // None at all is no bound: it could be read as if it were left out.
  if (most !== null && most > 0 && bounds.isObeyed) return 1 + most
  let uses = 0
  let isOpen = isGiven(fields.mcp_servers)
  for (const tool of tools) {
    uses += usesSaid(tool)
    isOpen ||= !(bounds.isObeyed && bounds.hasMaxUses && isBounded(tool))
  }
  return 1 + uses + (isOpen ? USES_UNSAID : 0)
}

const usesSaid = ({ max_uses: most }: JsonObject) => (Number.isSafeInteger(most) ? Math.max(0, Number(most)) : 0)

/** Tools of the Anthropic API that have a `max_uses`. */
const counted = /^(web_search|web_fetch|advisor)_\d{8}$/

/** Whether a tool says how often it is used at most. One that runs code does so beside its own uses, and as often as it likes. */
function isBounded(tool: JsonObject): boolean {
  if (typeof tool.type !== 'string' || !counted.test(tool.type) || runsCode(tool) || usesSaid(tool) === 0) return false
  return !Object.keys(tool).some((key) => lookalike(key) === 'max_uses' || lookalike(key) === 'type')
}
