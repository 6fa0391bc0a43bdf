import type { McpHosts } from '../../core/mcp-hosts.ts'
import type { OwnedKind } from '../../core/owned.ts'
import { ANY_DIALECT, type Dialect } from '../../core/upstream-kind.ts'
import { Edits } from '../body/edits.ts'
import { isForm, type JudgedBody } from '../body/fields.ts'
import type { Asked } from '../call.ts'
import { NO_CAPS } from '../caps.ts'
import { missing } from '../invalid.ts'
import type { Reference } from '../references.ts'
import { type IdName, idKinds } from '../routes/ids.ts'
import type { GatewayRoute } from '../routes/table.ts'
import type { ProjectRules } from '../rules/index.ts'
import { NO_WORST } from '../use.ts'
import type { ModelFinder } from './court.ts'
import { judgeForm } from './form.ts'
import { judgeJson } from './json.ts'
import { judgeObject } from './object.ts'

export type Case = {
  rules: ProjectRules
  route: GatewayRoute
  body: JudgedBody
  models: ModelFinder
  /** The model that it means where it names none; null where it has to. */
  defaultModel: string | null
  /** Tokens of an answer where neither the request nor the catalogue says how many. */
  defaultMaxOutputTokens: number
  /** What is known of the upstreams' fields, by name. */
  dialects: ReadonlyMap<string, Dialect>
  /** Kinds of things that bodies may name. */
  accepts: ReadonlySet<OwnedKind>
  /** What projects may have model servers reach by their tools. */
  mcpHosts: McpHosts
}

/** What a request asks for, and what is decided about its body. */
export type Judgement = { asked: Asked; edits: Edits }

const UNSAID: readonly Dialect[] = [ANY_DIALECT]

/**
 * Judges a request by the rules of its project, without I/O and without touching its body: what may not be is refused, what
 * is to be sent otherwise is decided, and what the request can use is added up. What is judged is what will be sent.
 * @throws ApiError 400, 403 or 404, as its failure says
 */
export function judge(given: Case): Judgement {
  const {
    rules,
    route,
    body,
    models,
    defaultModel,
    defaultMaxOutputTokens: fallback,
    dialects,
    accepts,
    mcpHosts,
  } = given
  const shape = route.body
  if (shape.kind === 'none' || shape.kind === 'upload') return { asked: about(route, rules), edits: new Edits({}) }
  if (shape.kind === 'object')
    return { asked: judgeObject(shape, body, about(route, rules), accepts), edits: new Edits({}) }
  if (body === null) throw missing(shape.model)
  const edits = new Edits(isForm(body) ? {} : body.fields)
  // Of a model that no upstream was named for, nobody knows what server takes it.
  const of = (upstreams: readonly string[]) =>
    upstreams.length === 0 ? UNSAID : upstreams.map((name) => dialects.get(name) ?? ANY_DIALECT)
  const court = { rules, route, models, defaultModel, fallback, edits, dialects: of, accepts, mcpHosts }
  if (shape.kind === 'form' && isForm(body)) return { asked: judgeForm(court, shape, body), edits }
  if (shape.kind === 'json' && !isForm(body)) return { asked: judgeJson(court, shape, body), edits }
  throw new Error(`the body of ${route.name} was read as another kind`)
}

/** A request that is all in its path, and about what that names. */
function about(route: GatewayRoute, { projectId }: ProjectRules): Asked {
  return {
    projectId,
    model: null,
    within: [],
    worst: NO_WORST,
    caps: NO_CAPS,
    stream: route.stream,
    usageWanted: true,
    streamOptions: null,
    references: inPath(route),
    stored: route.reply.kind === 'shows',
    background: false,
    inputText: () => '',
    echoes: false,
    besideText: 0,
    characters: 0,
    size: null,
    serviceTier: null,
  }
}

/** What a path is about that a project owns. */
export function inPath({ ids }: GatewayRoute): readonly Reference[] {
  const named: Reference[] = []
  for (const name of Object.keys(ids) as IdName[]) {
    const [kind, id] = [idKinds[name].owned, ids[name]]
    if (kind !== null && id !== undefined) named.push({ kind, id, param: name, isInPath: true, isIfKept: false })
  }
  return named
}
