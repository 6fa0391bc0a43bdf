import type { CatalogueModel } from '../../core/catalogue.ts'
import type { McpHosts } from '../../core/mcp-hosts.ts'
import type { OwnedKind } from '../../core/owned.ts'
import type { Dialect } from '../../core/upstream-kind.ts'
import type { Edits } from '../body/edits.ts'
import type { GatewayRoute } from '../routes/table.ts'
import type { ProjectRules } from '../rules/index.ts'

/** Where models are looked up; null for one that this server does not have. */
export type ModelFinder = { find(id: string): CatalogueModel | null }

/** Before whom a body comes: the rules and the route that it is judged by, and what is decided about it. */
export type Court = {
  rules: ProjectRules
  route: GatewayRoute
  models: ModelFinder
  /** The model that the body means where it names none; null where it has to. */
  defaultModel: string | null
  /** Tokens of an answer where neither the request nor the catalogue says how many. */
  fallback: number
  edits: Edits
  /** What is known of the fields of the upstreams with these names. */
  dialects: (upstreams: readonly string[]) => readonly Dialect[]
  /** Kinds of things that bodies may name. */
  accepts: ReadonlySet<OwnedKind>
  /** What projects may have model servers reach by their tools. */
  mcpHosts: McpHosts
}
