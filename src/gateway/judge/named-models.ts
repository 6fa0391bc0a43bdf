import type { CatalogueModel } from '../../core/catalogue.ts'
import type { Place } from '../body/edits.ts'
import { type Fields, isGiven, isObject, type JsonObject } from '../body/fields.ts'
import { couldDo, missing, modelUnknown, shown, wrongType } from '../invalid.ts'
import { type Declaration, type JsonShape, type ModelPlace, unforeseen } from '../routes/declaration.ts'
import { judgeModel } from '../rules/apply.ts'
import { bringsTools } from '../rules/disabled-tools.ts'
import type { NamedModel } from '../rules/rule.ts'
import type { Court } from './court.ts'
import type { Foreign } from './foreign.ts'
import { namesModel, type Own, ownIn } from './searched.ts'

/**
 * The model that a field names, where the project may use it. It is called by the name that its model server knows.
 * @param param as a client writes the place; the original names no parameter for the model of the request itself
 * @throws ApiError 400 where there is none, 404 where nobody has it, 403 where the project may not use it
 */
export function namedModel(
  { rules, models, edits }: Court,
  id: unknown,
  place: Place = ['model'],
  param = 'model',
): CatalogueModel {
  if (id === undefined || id === null) throw missing(param)
  if (typeof id !== 'string') throw wrongType(param, 'a string', id)
  const model = models.find(id)
  if (model === null) throw modelUnknown(id, param === 'model' ? {} : { param: shown(param) })
  judgeModel(rules, model, param)
  if (model.upstreamName !== id) edits.setAt(place, model.upstreamName, { kind: 'renamed', model })
  return model
}

const NONE: readonly NamedModel[] = []

/** Those that run beside the model of the call itself; where nothing is reported, nothing runs. */
export function runWithin(
  { report }: Pick<Declaration, 'report'>,
  within: readonly NamedModel[],
): readonly NamedModel[] {
  return report.kind === 'none' ? NONE : within
}

/**
 * Judges the models that are named within a request: by its tools, by items of the input that bring tools, and by what
 * moderates or draws for it. What holds more than functions is sent as it was read. Its nesting is known to be bounded.
 * @param foreign the search of the fields: what it left for here is refused where it is not found
 * @throws ApiError 400 for tools that are none, 404 or 403 for a model
 */
export function modelsInBody(
  court: Court,
  { models: places }: Pick<JsonShape, 'models'>,
  fields: Fields,
  foreign: Pick<Foreign, 'letThrough' | 'tools'>,
): readonly NamedModel[] {
  const search = new Search(court, foreign)
  const isSent = (field: string) => isGiven(fields[field]) && court.edits.value(field) !== undefined
  for (const place of places) {
    const field = fieldOf[place]
    if (isSent(field) && search.at(place, fields[field])) court.edits.asRead(field)
  }
  for (const { field, holder, param } of foreign.letThrough)
    if (isSent(field) && !search.judged.has(holder)) throw couldDo(param, 'choose another model')
  return search.found
}

/** The field that a place is in. */
const fieldOf: Record<ModelPlace, string> = {
  tools: 'tools',
  moderation: 'moderation',
  svg: 'svg',
  'input[].tools': 'input',
  'messages[].tools': 'messages',
}

const NOTHING: Own = { free: new Set(), named: new Set() }

/** Each look says whether there is anything that could be read in two ways: more than a plain function, or a model. */
class Search {
  readonly found: NamedModel[] = []
  /** The objects that name them. */
  readonly judged = new Set<object>()
  readonly #court: Court
  readonly #foreign: Pick<Foreign, 'tools'>

  constructor(court: Court, foreign: Pick<Foreign, 'tools'>) {
    this.#court = court
    this.#foreign = foreign
  }

  at(place: ModelPlace, value: unknown): boolean {
    switch (place) {
      case 'tools':
        return this.tools(value, [place], place)
      case 'input[].tools':
        return this.items(value, 'input')
      case 'messages[].tools':
        return this.items(value, 'messages')
      case 'moderation':
      case 'svg':
        return this.within(value, [place], place, NOTHING)
      default:
        return unforeseen(place)
    }
  }

  tools(tools: unknown, place: Place, at: string): boolean {
    areTools(tools, at)
    const own = ownIn(tools)
    let odd = false
    for (const [i, tool] of tools.entries()) {
      const isPlain = (tool.type === 'function' || tool.type === 'custom') && tool.tools === undefined
      const names = this.#object(tool, [...place, i], `${at}[${i}]`, own)
      odd ||= names || !isPlain
    }
    return odd
  }

  items(list: unknown, name: string): boolean {
    if (!Array.isArray(list)) return false
    let found = false
    for (let i = 0; i < list.length; i++) {
      const item: unknown = list[i]
      if (!bringsTools(item)) continue
      const at = `${name}[${i}].tools`
      this.tools(item.tools, [name, i, 'tools'], at)
      this.#foreign.tools(name, item.tools, at)
      found = true
    }
    return found
  }

  /** Looks through all that nests but what is the client's own. */
  within(value: unknown, place: Place, at: string, own: Own): boolean {
    if (isObject(value)) return this.#object(value, place, at, own)
    if (!Array.isArray(value)) return false
    let found = false
    for (let i = 0; i < value.length; i++) found = this.within(value[i], [...place, i], `${at}[${i}]`, own) || found
    return found
  }

  #object(value: JsonObject, place: Place, at: string, own: Own): boolean {
    let found = false
    for (const key in value) {
      const inner = value[key]
      // A text is not looked for: it would be gone through for that, megabytes of it.
      if (!isGiven(inner) || (typeof inner === 'object' && own.free.has(inner))) continue
      if (namesModel(key) && !own.named.has(value)) {
        const param = `${at}.${key}`
        this.found.push({ model: namedModel(this.#court, inner, [...place, key], param), param })
        this.judged.add(value)
        found = true
      } else if (typeof inner === 'object') found = this.within(inner, [...place, key], `${at}.${key}`, own) || found
    }
    return found
  }
}

function areTools(tools: unknown, at: string): asserts tools is JsonObject[] {
  if (!Array.isArray(tools)) throw wrongType(at, 'an array', tools)
  for (let i = 0; i < tools.length; i++) {
    const tool: unknown = tools[i]
    if (!isObject(tool)) throw wrongType(`${at}[${i}]`, 'an object', tool)
    if (Array.isArray(tool.tools)) areTools(tool.tools, `${at}[${i}].tools`)
  }
}
