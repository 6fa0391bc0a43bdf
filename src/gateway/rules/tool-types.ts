import { type HostedTool, hostedTools } from '../../core/policy.ts'
import { isGiven, isObject, type JsonObject, lookalike } from '../body/fields.ts'

/**
 * Tools that the client runs itself, or that only arrange other tools (openai 7.57). A shell is the client's where its
 * environment is local, and code that the model server runs where it is not; so is programmatic tool calling.
 */
const free: ReadonlySet<unknown> = new Set([
  ...['function', 'custom', 'namespace', 'tool_search', 'computer', 'computer_use', 'computer_use_preview'],
  ...['local_shell', 'apply_patch'],
])
/** The same of the Anthropic API (@anthropic-ai/sdk 1.14), whose types carry dates. */
const dated = /^(bash|text_editor|memory|computer|computer_toolset|browser_toolset)_\d{8}$/
const searching = /^tool_search_tool_(bm25|regex)(_\d{8})?$/

/** What a tool has that is described by a schema alone. With anything more it could be a tool of another sort. */
const described: ReadonlySet<string> = new Set([
  ...['type', 'name', 'description', 'input_schema', 'strict', 'cache_control', 'allowed_callers', 'defer_loading'],
  ...['eager_input_streaming', 'input_examples'],
])

/** Whether a type is of tools that the client runs, or that arrange others. */
export const isFree = (type: unknown): boolean =>
  free.has(type) || (typeof type === 'string' && (dated.test(type) || searching.test(type)))

/** Whether a tool has the model server look among the others of the request, which its model then reads anew. */
export const isSearchOfTools = ({ type, execution }: JsonObject): boolean =>
  (type === 'tool_search' && execution !== 'client') || (typeof type === 'string' && searching.test(type))

/** Whether the client runs a tool itself; tools within it are judged by themselves. */
export function isClientRun(tool: JsonObject): boolean {
  const { type, environment, input_schema: schema } = tool
  if (isFree(type) || (type === 'shell' && isObject(environment) && environment.type === 'local')) return true
  return !isGiven(type) && isObject(schema) && Object.keys(tool).every((key) => described.has(key))
}

/** What a choice may say besides: it picks among tools that were judged where they are defined. */
const picks: ReadonlySet<unknown> = new Set([
  ...['none', 'auto', 'required', 'any', 'tool', 'shell', 'programmatic_tool_calling'],
])
export const isPick = (type: unknown): boolean => picks.has(type)

/** The setting that a tool's type falls under: types carry dates and more behind the name. Null for one nobody knows. */
export function hostedTool(type: string): HostedTool | null {
  if (type === 'shell' || type === 'programmatic_tool_calling' || isNamed(type, 'code_execution'))
    return 'code_interpreter'
  // A page of the web is read by whoever may search it.
  if (isNamed(type, 'web_fetch')) return 'web_search'
  return hostedTools.find((tool) => type.startsWith(tool)) ?? null
}

/** The first versions of tools for the web that write and run code themselves, by the dates behind their names. */
const RUNS_CODE_SINCE = 20260209
/** The original's tool for the web, which does not, in all of its versions. */
const originalSearch = /^web_search(_preview)?(_\d{4}_\d{2}_\d{2})?$/

/**
 * Whether a tool for the web runs code as well: those that are new do, unless the model alone may call them. A version that
 * nobody knows is taken for a new one.
 */
export function runsCode(tool: JsonObject): boolean {
  const { type, allowed_callers: callers } = tool
  if (typeof type !== 'string' || originalSearch.test(type)) return false
  const version = /^web_(?:search|fetch)_(.*)$/.exec(type)?.[1]
  if (version === undefined || (/^\d{8}$/.test(version) && Number(version) < RUNS_CODE_SINCE)) return false
  const isDirect = Array.isArray(callers) && callers.length === 1 && callers[0] === 'direct'
  return !isDirect || Object.keys(tool).some((key) => lookalike(key) === 'allowed_callers')
}

const isNamed = (type: string, name: string) => type === name || type.startsWith(`${name}_`)
