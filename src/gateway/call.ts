import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CatalogueModel } from '../core/catalogue.ts'
import type { JsonObject } from './body/fields.ts'
import type { Caps } from './caps.ts'
import type { Grant } from './keys/grant.ts'
import type { BroughtKey } from './keys/identify.ts'
import type { Reference } from './references.ts'
import type { GatewayRoute } from './routes/table.ts'
import type { NamedModel } from './rules/rule.ts'
import type { Worst } from './use.ts'

/** What a request asks for, as far as it is governed. */
export type Asked = {
  /** Whose it is. */
  projectId: string
  /** Null for routes that name no model. */
  model: CatalogueModel | null
  /** Models that it names for its tools and the like, each as often as it does. */
  within: readonly NamedModel[]
  worst: Worst
  caps: Caps
  /** Whether the reply is to be a stream of events. */
  stream: boolean
  /** Whether the client itself asks for the usage at the end of a stream; if not, it is asked for in its place. */
  usageWanted: boolean
  /** What the client says itself in `stream_options`; null where it says nothing. */
  streamOptions: JsonObject | null
  /** What the request names of the things that a model server keeps: what it is about, or goes on from. */
  references: readonly Reference[]
  /** Whether the model server keeps what the reply shows, so that it gets an owner. */
  stored: boolean
  /** Whether it is answered in the background, so that its use is known later. */
  background: boolean
  /** The text that input tokens are counted by where the reply does not say; read only then. Null: it is gone, the estimate stands. */
  inputText: () => string | null
  /** Whether each answer is to begin with the request's own text, which is no output. */
  echoes: boolean
  /** Tokens of the input that its text does not show: images, recordings, files, and tokens that were sent as numbers. */
  besideText: number
  /** What the speech route reads out, in characters. */
  characters: number
  /** Of images: `1024x1024`, as asked for. */
  size: string | null
  serviceTier: string | null
}

/** A request that has come in. */
export type Arrival = {
  request: IncomingMessage
  response: ServerResponse
  /** What every answer to it carries, also a refusal: its id, whose key it is, and the limits once it is counted. */
  headers: Record<string, string>
}

/** A request for a governed route, with a key that is known. */
export type Call = Arrival & {
  route: GatewayRoute
  /** The key that was brought; its secret stays behind. */
  key: BroughtKey
  grant: Grant
  /** Milliseconds since the epoch when it came: what it uses counts to that minute, day and month. */
  at: number
}

/**
 * How a forwarded call ended. `status` is null where the client left before there was one; `never_sent`: before anything of
 * its call was sent on; `overran`: it said far more than it may, and was cut.
 */
export type Outcome = {
  status: number | null
  end: 'complete' | 'client_gone' | 'upstream_broke' | 'overran' | 'never_sent'
}
