import { ApiError } from '../../contract/error.ts'
import type { CatalogueModel } from '../../core/catalogue.ts'
import { type HostedTool, hostedTools } from '../../core/policy.ts'
import type { ProjectRules } from '../keys/rules.ts'
import { isObject, type JsonFields, type JsonObject, lookalike } from './body.ts'
import { isFree } from './content.ts'
import { type ModelFinder, permittedModel } from './models.ts'
import { shown, wrongType } from './refusals.ts'

/**
 * Tools that the client runs itself, or that only arrange other tools (openai 7.57). A shell is the client's where its
 * environment is local, and code that the model server runs where it is not; so is programmatic tool calling.
 */
const free: ReadonlySet<unknown> = new Set([
  'function',
  'custom',
  'namespace',
  'tool_search',
  'computer',
  'computer_use',
  'computer_use_preview',
  'local_shell',
  'apply_patch',
])
/** What a choice may say besides: it picks among tools that were judged where they are defined. */
const picks: ReadonlySet<unknown> = new Set(['none', 'auto', 'required', 'shell', 'programmatic_tool_calling'])

/** Fields that have the model server search the web: the original's, and those of other model servers. */
const searches = ['web_search_options', 'search_parameters', 'enable_search', 'web_search', 'plugins'] as const
/** Those that say no by being false. */
const switches: ReadonlySet<string> = new Set(['enable_search', 'web_search'])

/**
 * Judges every tool that a request brings: in `tools`, in `tool_choice`, within other tools, and in items of the input that
 * bring more. Their nesting is known to be bounded.
 * @throws ApiError 403 `hosted_tool_not_allowed`; 404 or 403 for a model that a tool names
 */
export function judgeTools(
  rules: ProjectRules,
  models: ModelFinder,
  model: CatalogueModel | null,
  body: JsonFields,
): void {
  const { tools, tool_choice, input, messages, moderation, svg } = body.fields
  const court = new Court(rules, models)
  if (model?.searches) court.hosted('web_search', 'model')
  for (const name of searches) {
    const value = body.fields[name] ?? null
    if (value !== null && !(value === false && switches.has(name))) court.hosted('web_search', name)
  }
  if ((body.fields.mcp_servers ?? null) !== null) court.hosted('mcp', 'mcp_servers')
  const narrowed = rules.disabledTools.size > 0
  if (tools !== undefined && tools !== null) {
    const odd = court.list(tools, 'tools')
    // Written anew from what was read: a key that occurs twice within a tool could mean another thing to the model server.
    if (narrowed || odd) body.set('tools', tools)
  }
  if (tool_choice !== undefined && tool_choice !== null && narrowed) {
    court.choice(tool_choice)
    if (typeof tool_choice === 'object') body.set('tool_choice', tool_choice)
  }
  if (court.items(input, 'input')) body.set('input', input)
  if (court.items(messages, 'messages')) body.set('messages', messages)
  if (isObject(moderation) && court.models(moderation, 'moderation')) body.set('moderation', moderation)
  if (isObject(svg) && court.models(svg, 'svg')) body.set('svg', svg)
}

class Court {
  readonly #rules: ProjectRules
  readonly #models: ModelFinder

  constructor(rules: ProjectRules, models: ModelFinder) {
    this.#rules = rules
    this.#models = models
  }

  hosted(tool: HostedTool, param: string): void {
    if (this.#rules.disabledTools.has(tool)) throw this.#refusal(tool, param)
  }

  /** @returns whether there is a tool that is more than a function */
  list(tools: unknown, at: string): boolean {
    if (!Array.isArray(tools)) throw wrongType(at, 'an array', tools)
    let odd = false
    for (let i = 0; i < tools.length; i++) odd = this.#tool(tools[i], at, i) || odd
    return odd
  }

  #tool(tool: unknown, at: string, i: number): boolean {
    if (!isObject(tool)) throw wrongType(`${at}[${i}]`, 'an object', tool)
    const { type } = tool
    const narrowed = this.#rules.disabledTools.size > 0
    if (narrowed) this.#typed(tool, at, i)
    const plain = type === 'function' || type === 'custom'
    if (plain && tool.model === undefined && tool.tools === undefined) return false
    this.models(tool, `${at}[${i}]`)
    if (Array.isArray(tool.tools)) this.list(tool.tools, `${at}[${i}].tools`)
    return true
  }

  #typed(tool: JsonObject, at: string, i: number): void {
    const { type } = tool
    if (type !== 'function') {
      const local = type === 'shell' && isObject(tool.environment) && tool.environment.type === 'local'
      if (!local) this.#type(type, () => `${at}[${i}].type`)
    }
    for (const key in tool) if (lookalike(key) === 'type') throw this.#refusal(key, `${at}[${i}].${key}`)
  }

  #type(type: unknown, param: () => string): void {
    if (free.has(type)) return
    const tool = typeof type === 'string' ? hostedTool(type) : null
    if (tool === null) throw this.#refusal(typeof type === 'string' ? type : 'unknown', param())
    this.hosted(tool, param())
  }

  /** Only where something is disabled: a choice by itself runs nothing. */
  choice(choice: unknown): void {
    if (typeof choice === 'string') this.#pick(choice, 'tool_choice')
    else if (!isObject(choice)) throw wrongType('tool_choice', 'a string or an object', choice)
    else if (choice.type !== 'allowed_tools') this.#pick(choice.type, 'tool_choice.type')
    else {
      const nested = isObject(choice.allowed_tools) ? choice.allowed_tools.tools : undefined
      if (nested !== undefined) this.#picks(nested, 'tool_choice.allowed_tools.tools')
      if (choice.tools !== undefined) this.#picks(choice.tools, 'tool_choice.tools')
    }
  }

  #picks(list: unknown, at: string): void {
    if (!Array.isArray(list)) throw wrongType(at, 'an array', list)
    for (let i = 0; i < list.length; i++) this.#pick(isObject(list[i]) ? list[i].type : undefined, `${at}[${i}].type`)
  }

  #pick(type: unknown, param: string): void {
    if (!picks.has(type)) this.#type(type, () => param)
  }

  /** Tools that items of the input bring along. What an MCP server once listed is history. @returns whether there are any */
  items(list: unknown, at: string): boolean {
    if (!Array.isArray(list)) return false
    let found = false
    for (let i = 0; i < list.length; i++) {
      const item: unknown = list[i]
      if (!isObject(item) || !Array.isArray(item.tools) || item.type === 'mcp_list_tools') continue
      this.list(item.tools, `${at}[${i}].tools`)
      found = true
    }
    return found
  }

  /**
   * Judges the models that are named anywhere in here, and writes the upstream's name for each in its place.
   * @returns whether there are any
   */
  models(value: JsonObject, at: string): boolean {
    let found = false
    for (const key in value) {
      const inner = value[key]
      if (inner === null || inner === undefined) continue
      if (key === 'model' || lookalike(key) === 'model') {
        value[key] = permittedModel(this.#rules, this.#models, inner, `${at}.${key}`).upstreamName
        found = true
      } else if (isObject(inner) && !isFree(key)) found = this.models(inner, `${at}.${key}`) || found
    }
    return found
  }

  #refusal(tool: string, param: string): ApiError {
    const message = `Project \`${this.#rules.projectId}\` does not have access to tool \`${shown(tool)}\``
    return new ApiError('hosted_tool_not_allowed', message, { param: shown(param) })
  }
}

/** The setting that a tool's type falls under: types carry dates and more behind the name. Null for one nobody knows. */
function hostedTool(type: string): HostedTool | null {
  if (type === 'shell' || type === 'programmatic_tool_calling') return 'code_interpreter'
  return hostedTools.find((tool) => type.startsWith(tool)) ?? null
}
