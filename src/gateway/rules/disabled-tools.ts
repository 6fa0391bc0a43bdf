import { ApiError } from '../../contract/error.ts'
import { type HostedTool, hostedTools } from '../../core/policy.ts'
import { type Fields, isGiven, isObject, type JsonObject, lookalike } from '../body/fields.ts'
import { shown, wrongType } from '../invalid.ts'
import { bodyNotSeen, type ProjectIds, ruleOf } from './rule.ts'
import { hostedTool, isClientRun, isFree, isPick, runsCode } from './tool-types.ts'

/** Tools that a model server may not run for the project. */
export type DisabledTools = ReadonlySet<HostedTool>

/** Fields that have the model server search the web: the original's, and those of other model servers. */
const searches = ['web_search_options', 'search_parameters', 'enable_search', 'web_search', 'plugins'] as const

/** The field that has the model server search the web; null where none does. */
export function webSearchField(fields: Fields): string | null {
  for (const name of searches) {
    const value = fields[name] ?? null
    if (value !== null && !saysNo(name, value)) return name
  }
  return null
}

/** Whether the value of such a field asks for nothing. */
function saysNo(name: (typeof searches)[number], value: unknown): boolean {
  switch (name) {
    case 'enable_search':
    case 'web_search':
      return value === false
    case 'plugins':
      return Array.isArray(value) && value.length === 0
    case 'search_parameters':
      return isObject(value) && value.mode === 'off' && !Object.keys(value).some((key) => lookalike(key) === 'mode')
    default:
      return false
  }
}

/** Every tool that a request brings: in `tools`, in `tool_choice`, within other tools, and in items of the input that bring more. */
export const disabledTools = ruleOf<DisabledTools>()({
  step: 'body',
  reads: [
    'project.code_interpreter_disabled_at',
    'project.file_search_disabled_at',
    'project.image_generation_disabled_at',
    'project.mcp_disabled_at',
    'project.web_search_disabled_at',
  ],
  read: ({ project }) => new Set(hostedTools.filter((tool) => project[`${tool}_disabled_at`] !== null)),
  seen(disabled, { project, route, fields, model, edits }) {
    // A form asks for no tools.
    if (disabled.size === 0 || route.body.kind !== 'json') return
    const court = new Court(project, disabled)
    if (model.searches) court.hosted('web_search', 'model')
    court.fields(fields)
    // Written anew: a key that occurs twice within a tool could mean another thing to the model server.
    if (isGiven(fields.tools)) {
      court.list(fields.tools, 'tools')
      edits.asRead('tools')
    }
    if (isGiven(fields.tool_choice)) {
      court.choice(fields.tool_choice)
      if (typeof fields.tool_choice === 'object') edits.asRead('tool_choice')
    }
    court.items(fields.input, 'input')
    court.items(fields.messages, 'messages')
  },
  unseen(disabled, { project, route: { body }, model }) {
    if (disabled.size === 0 || body.kind !== 'json') return
    if (model?.searches) new Court(project, disabled).hosted('web_search', 'model')
    if (body.tools === 'none') return
    const named = [...disabled].map((tool) => `\`${tool}\``).join(', ')
    throw bodyNotSeen(project, `does not have access to ${named}`)
  },
})

/** Judges tools where something is disabled. Their nesting is known to be bounded. */
class Court {
  readonly #project: ProjectIds
  readonly #disabled: DisabledTools

  constructor(project: ProjectIds, disabled: DisabledTools) {
    this.#project = project
    this.#disabled = disabled
  }

  hosted(tool: HostedTool, param: string): void {
    if (this.#disabled.has(tool)) throw this.#refusal(tool, param)
  }

  /** Fields that stand for a tool by themselves. */
  fields(fields: Fields): void {
    const search = webSearchField(fields)
    if (search !== null) this.hosted('web_search', search)
    if (isGiven(fields.mcp_servers)) this.hosted('mcp', 'mcp_servers')
  }

  list(tools: unknown, at: string): void {
    if (!Array.isArray(tools)) throw wrongType(at, 'an array', tools)
    for (let i = 0; i < tools.length; i++) {
      const tool: unknown = tools[i]
      if (!isObject(tool)) throw wrongType(`${at}[${i}]`, 'an object', tool)
      this.#tool(tool, at, i)
      if (Array.isArray(tool.tools)) this.list(tool.tools, `${at}[${i}].tools`)
    }
  }

  #tool(tool: JsonObject, at: string, i: number): void {
    if (!isClientRun(tool)) this.#type(tool.type, () => `${at}[${i}].type`)
    if (runsCode(tool)) this.hosted('code_interpreter', `${at}[${i}].allowed_callers`)
    for (const key in tool) if (lookalike(key) === 'type') throw this.#refusal(key, `${at}[${i}].${key}`)
  }

  #type(type: unknown, param: () => string): void {
    if (isFree(type)) return
    const tool = typeof type === 'string' ? hostedTool(type) : null
    if (tool === null) throw this.#refusal(typeof type === 'string' ? type : 'unknown', param())
    this.hosted(tool, param())
  }

  /** A choice by itself runs nothing, but it may name what is disabled. */
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
    if (!isPick(type)) this.#type(type, () => param)
  }

  /** Tools that items of the input bring along. */
  items(list: unknown, at: string): void {
    if (!Array.isArray(list)) return
    for (let i = 0; i < list.length; i++) {
      const item: unknown = list[i]
      if (bringsTools(item)) this.list(item.tools, `${at}[${i}].tools`)
    }
  }

  #refusal(tool: string, param: string): ApiError {
    const message = `Project \`${this.#project.projectId}\` does not have access to tool \`${shown(tool)}\``
    return new ApiError('hosted_tool_not_allowed', message, { param: shown(param) })
  }
}

/** Whether an item of the input brings tools of its own. What an MCP server once listed is history. */
export function bringsTools(item: unknown): item is JsonObject & { tools: unknown[] } {
  return isObject(item) && Array.isArray(item.tools) && item.type !== 'mcp_list_tools'
}
