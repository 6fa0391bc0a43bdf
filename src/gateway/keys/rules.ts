import type { X509Certificate } from 'node:crypto'
import type { Limits } from '../../core/catalogue.ts'
import type { DefaultTier, EnabledTiers, HostedTool, ModelMode } from '../../core/policy.ts'

/** What holds for every key of a project: decoded once when it is loaded, and shared by the grants of its keys. */
export type ProjectRules = {
  organizationId: string
  projectId: string
  archived: boolean
  /** Null: every model of the catalogue. */
  models: { mode: ModelMode; ids: ReadonlySet<string> } | null
  disabledTools: ReadonlySet<HostedTool>
  tier: {
    /** Null: never set, so what a request leaves out stays left out. */
    preset: DefaultTier | null
    enabled: EnabledTiers
  }
  /** Whether the data retention in force forbids that the model server keeps anything. */
  storesNothing: boolean
  /** What the project has set itself, by the rate limit row's model. */
  limits: ReadonlyMap<string, Limits>
  /** Authorities of which a client certificate is asked, the organization's and the project's; none: none is asked. */
  authorities: readonly X509Certificate[]
  /** In cents for a calendar month; null: no limit. */
  spendLimits: { project: number | null; organization: number | null }
}
