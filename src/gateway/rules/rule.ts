import type { BlockList } from 'node:net'
import { ApiError } from '../../contract/error.ts'
import type { Catalogue, CatalogueModel } from '../../core/catalogue.ts'
import type { Connection } from '../../core/presented-certificate.ts'
import type { Edits } from '../body/edits.ts'
import type { Fields } from '../body/fields.ts'
import type { Caps } from '../caps.ts'
import type { ModelWindows } from '../limits/windows.ts'
import type { GatewayRoute } from '../routes/table.ts'
import type { Money } from '../spend/money.ts'
import type { Reserving } from '../spend/to-reserve.ts'
import type { Worst } from '../use.ts'
import type { Reads, Source } from './stored.ts'

/** Whose rules they are. */
export type ProjectIds = { organizationId: string; projectId: string }

/** A model that a body names, and what names it. */
export type NamedModel = { model: CatalogueModel; param: string }

/** A call whose body is there. */
export type SeenCall = {
  project: ProjectIds
  route: GatewayRoute
  /** Of a JSON body; a form has none that these rules are about. */
  fields: Fields
  model: CatalogueModel
  /** Takes what the rule decides about the body. */
  edits: Edits
}

/** A call whose body a proxy carries and does not show. */
export type UnseenCall = {
  project: ProjectIds
  route: GatewayRoute
  /** As the path or the proxy names it; null where nothing does. */
  model: CatalogueModel | null
  /** Whether there are models that are not the project's. */
  isNarrowed: boolean
}

/** How a call reaches the project. */
export type Knock = {
  request: Connection
  /** Unix seconds. */
  now: number
  /** Whose word about client certificates is believed. */
  trustedProxies: BlockList | null
}

/** What a call is to be let in with. */
export type Wanted = {
  /** The model that its limits are those of; null: the default row's. */
  limitedAs: CatalogueModel | null
  /** Models that run within it. */
  within: readonly NamedModel[]
  /** The model that it is paid for; null: none. */
  paidAs: CatalogueModel | null
  /** The most that it can use, besides its request. */
  worst: Worst
  /** What it is charged at most. */
  caps: Caps
  /** Milliseconds since the epoch. */
  at: number
}

/** What limits and money are worked out with. */
export type Means = { reserving: Pick<Reserving, 'toReserve'>; catalogue: { readonly current: Catalogue } }

/** Whether the project is there to be used, whoever asks and for what. */
type ProjectRule<V> = { step: 'project'; refuses: (value: V) => ApiError | null }

/** Whether this connection may use it. */
type ConnectionRule<V> = { step: 'connection'; refuses: (value: V, knock: Knock) => ApiError | null }

/** Which models may be asked for: for the answer, within tools, and to be shown. */
type ModelRule<V> = {
  step: 'model'
  /** Asked of each model as soon as it is known. @param param what named it @throws ApiError 403 */
  permits: (value: V, project: ProjectIds, model: CatalogueModel, param: string) => void
  /** @throws ApiError 403 where nothing says which model a call asks for whose body nobody has shown */
  unnamed: (value: V, call: UnseenCall) => void
  /** @throws ApiError 403 where a body that nobody has shown could name more models */
  unseen: (value: V, call: UnseenCall) => void
}

/** What a body may ask for. Both are needed: a rule that forgets the calls whose body is not shown does not compile. */
type BodyRule<V> = {
  step: 'body'
  /** @throws ApiError where the body breaks the rule */
  seen: (value: V, call: SeenCall) => void
  /** @throws ApiError where a body that nobody has shown could break it */
  unseen: (value: V, call: UnseenCall) => void
}

/** How much may be used in a while. */
type LimitsRule<V> = {
  step: 'limits'
  windows: (value: V, project: ProjectIds, means: Means, wanted: Wanted) => ModelWindows
}

/** How much may be spent. */
type MoneyRule<V> = {
  step: 'money'
  /** @throws ApiError 400 for what has no price where a limit holds */
  sets: (value: V, project: ProjectIds, means: Means, wanted: Wanted) => Money | null
}

/** What a rule does to a call, at its one step. */
export type Enforcement<V> =
  | ProjectRule<V>
  | ConnectionRule<V>
  | ModelRule<V>
  | BodyRule<V>
  | LimitsRule<V>
  | MoneyRule<V>

/**
 * A rule of a project: what it reads of what is stored, and what it does to a call. Nothing else enforces a setting: the gate
 * and the check door run the same list.
 */
export type Rule<V, S extends Source = Source> = Enforcement<V> & {
  /** What it reads of what is stored: it gets nothing else, and what no rule reads does not compile. */
  reads: readonly S[]
  /** Decodes it, once for as long as what is stored stays the same. */
  read: (stored: Reads<S>) => V
}

/** Declares a rule of a value, in two calls: the first says of which value, the second is checked against it. */
export const ruleOf =
  <V>() =>
  <const S extends Source>(rule: Rule<V, S>): Rule<V, S> =>
    rule

/**
 * The refusal of a call that may break a rule by its body, which nobody has shown.
 * @param why stands behind the project's name
 */
export function bodyNotSeen({ projectId }: ProjectIds, why: string): ApiError {
  const message = `Project \`${projectId}\` ${why}, and this request is judged without its body. Make it to the gate itself, or have the proxy send the body along.`
  return new ApiError('body_not_seen', message)
}
