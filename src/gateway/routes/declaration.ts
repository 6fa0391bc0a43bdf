import type { DefaultedCall } from '../../core/default-model.ts'
import type { Offer } from '../../core/offer.ts'
import type { OwnedKind } from '../../core/owned.ts'
import type { ModelPermission } from '../../core/permission.ts'
import type { RootPath } from '../../core/root-paths.ts'
import type { Maximum } from '../../core/upstream-kind.ts'
import type { WebhookOperation } from '../../core/webhook-asked.ts'
import type { IdName } from './ids.ts'
import type { Want } from './want.ts'

/*
 * What can be true of a route. Nothing here is optional: a declaration that leaves something open does not compile, and
 * whoever reads one of these unions ends in `never`.
 */

export type Method = 'GET' | 'POST' | 'DELETE'

/** A field that asks for a stream of events: by being true, or by a word. */
export type StreamSign = { field: string; is: true | string }

/** A field that names what another project may own, or what nobody bounds: refused where it is given. */
export type RefusedField = {
  /** With dots where it stands deeper. */
  field: string
  /** The value that says no. */
  unless?: false
  /** Only where a text within it begins so. */
  holding?: string
}

/** A field, and the lists of tools that its items bring. */
export type ModelPlace = 'tools' | 'moderation' | 'svg' | 'input[].tools' | 'messages[].tools'

export type NoBody = { kind: 'none' }

/** A form with one file, which may be larger than any body that is held: it is sent on as it comes. */
export type UploadShape = {
  kind: 'upload'
  /** The original's, and the text fields that it has to have. */
  fields: ReadonlySet<string>
  required: readonly string[]
  /** The field that is the file. */
  file: 'file' | 'data'
  /** Bytes that the file may have: the original's limit. */
  mostBytes: number
  /** The field that names a file of the project's in the place of one that is brought; null: none may. */
  orNames: 'file_id' | null
  /** The same request as JSON, where the route takes that in the place of a form. */
  json: ObjectShape | null
}

/** JSON that describes something which is kept, and calls no model. */
export type ObjectShape = {
  kind: 'object'
  /** The original's; any other is refused. */
  fields: ReadonlySet<string>
  /** The field that holds items as a response's input does, for a model to read later; null: none. */
  items: 'items' | null
  /** Those of them that may not be given here. */
  refused: ReadonlySet<string>
  /** Names under which the client's own JSON stands, at any depth: nothing in there names anything. */
  free: ReadonlySet<string>
}

/** Something that a reply shows and that becomes its project's before the client hears of it, unless it is already. */
export type Brought = {
  kind: OwnedKind
  /** The member of the reply that has its id, with dots where it stands deeper. */
  at: string
  /** The member beside that id by which lists are narrowed; null: none. */
  label: string | null
}

/** A list of what a project owns: made of what the gate knows to be its own, whatever else shares the model server's account. */
export type Listing = {
  kind: OwnedKind
  /** The path where one is read, with `{id}`; behind `/v1`. */
  one: `/${string}`
  /** The query parameter by which it is narrowed, by what things have as their label; null: none. */
  narrowedBy: string | null
  /** Query parameters that ask for what things say of themselves: a value of that name, or members of an object (`name[key]`). */
  filters: readonly string[]
  /** Whether one may be as long as an answer of a model: few are read at once then, and a page ends before it is too long. */
  isLarge: boolean
  /** The order where the query says none, and whether it may say another. */
  order: { usual: 'asc' | 'desc'; isFixed: boolean }
  limit: { usual: number; most: number }
  /** Whether it can be gone through backwards, by `before`. */
  goesBack: boolean
}

/** Texts of which one is read with one of the other side: one that is always alone, and lists on both sides. */
export type Pairs = { whole: readonly string[]; first: readonly string[]; second: readonly string[] }

export type JsonShape = {
  kind: 'json'
  /** The original's, or of a route that it has not those of any model server, at the top: what others there are is judged by what the server is. */
  fields: ReadonlySet<string>
  /** The field that names the model. */
  model: 'model'
  /** Whose default holds where it names none; null where it has to. */
  leftOut: DefaultedCall | null
  /** Where more models can be named: anywhere within these. In no other field but what the model is told may one be named. */
  models: readonly ModelPlace[]
  /** Names of the most tokens that one answer can have. Of one that another route has, model servers take no notice. */
  maxima: readonly Maximum[]
  /** Whether it has to say one. */
  maximum: 'required' | 'optional'
  /** A list of which each text, and each list of tokens, is a question of its own; null: one request is one question. */
  questions: 'prompt' | 'input' | null
  /** Fields that hold what the model is told: `told`, and what the route has besides. */
  told: readonly string[]
  /** Fields of texts that it reads in pairs, each of which is a question of its own. */
  pairs: Pairs | null
  streams: readonly StreamSign[]
  references: {
    refused: readonly RefusedField[]
    /** Fields that name a response of the project's own, with dots where they stand deeper. */
    responses: readonly string[]
    /** The field that names a conversation of the project's own, by its id or as an object with it; null: none. */
    conversation: 'conversation' | null
    /** The list whose items may stand for stored ones. */
    items: 'input' | null
  }
  /** Whether it can ask for tools that the model server runs itself, and whether such tools name models of their own. */
  tools: 'none' | 'hosted' | 'hosted_with_models'
  /**
   * Whether it takes a service tier; `said`: the original has no such field there, and the project's own is not written into
   * it. `standard_only`: in the words of the Anthropic API, beside which a `speed` stands. What is said all the same is judged
   * everywhere.
   */
  tier: 'none' | 'said' | 'taken' | 'taken_but_scale' | 'standard_only'
  /**
   * Whether the model server keeps the answer: never, where `store` is true, or unless it is false (then it gets an owner). `as_chat`: where
   * `store` is true, and with an owner where an upstream offers that.
   */
  store: 'never' | 'on_request' | 'as_chat' | 'by_default'
  /** The field by which it is answered in the background, where an upstream offers that; null: it is never. */
  background: 'background' | null
  /** The field whose characters are what is used. */
  characters: 'input' | null
  /** Fields that hold images, by the original or by other servers: a text in one is a link, or the data itself. */
  images: readonly string[]
}

export type FormShape = {
  kind: 'form'
  /** The original's, without what stands in brackets behind them. */
  fields: ReadonlySet<string>
  model: 'model'
  leftOut: DefaultedCall | null
  /** Where more models can be named: in a field whose name has such a step, as `svg[model]` does. */
  models: 'steps'
  /** The text for the model. */
  text: 'prompt'
  maxima: readonly Maximum[]
  /** How many answers are asked for. */
  answers: 'n' | null
  streams: readonly StreamSign[]
  /** What its files are: images that the model looks at, or sound that it hears. */
  files: 'images' | 'audio'
  /** The same request as JSON, where the route takes that in the place of a form. */
  json: JsonShape | null
}

/** What a reply, and each event of a stream, says of what the call used. */
export type WatchedReply = {
  kind: 'watched'
  /** What is looked at in a reply that is one JSON object, and in each event of a stream. */
  whole: Want
  event: Want
  /** The same where the answer is kept as something of its own, which is named in it; null: it is no other. */
  kept: { whole: Want; event: Want } | null
  /** What is counted where the reply does not report it. */
  counts: 'input_and_output' | 'input' | 'nothing'
  /** Whether a stream reports its use always, or only where it is asked to, in an event of its own. */
  streamReports: 'always' | 'on_demand'
  /** Whether it is images that are made: those that were begun are made also where the client leaves. */
  makesImages: boolean
  /** Whether it is sound that is heard, whose length is taken from its size where nobody says it. */
  hears: boolean
}
/** It says nothing of use, or is about what was metered when it was made. */
export type PlainReply = { kind: 'plain' }
/** The same, and it shows things that belong to whom the thing belongs to that it is about. */
export type ShowingReply = { kind: 'shows'; whole: Want; event: Want }

/** What a call is charged with against the limits and in money, besides one request. */
export type Charges = {
  /** Against the limits of tokens: the larger of the maximum and the estimate, the estimate of the input, or none. */
  tokens: 'maximum' | 'estimate' | 'none'
  /** Whether its answer is paid by the token. */
  output: boolean
  /** Images that are asked for. */
  images: boolean
  /** Megabytes of the sound that is sent. */
  audio: boolean
}

/** The usage report that it feeds, and what its costs are itemised by. */
export type Report =
  | {
      kind: 'completions' | 'embeddings' | 'moderations' | 'audio_speeches' | 'audio_transcriptions'
      lineItems: 'tokens'
    }
  | { kind: 'images'; source: 'image.generation' | 'image.edit' | 'image.variation'; lineItems: 'tokens' }
export type NoReport = { kind: 'none' }

/** What is metered is watched and charged: one without the others does not compile. */
type Metered = {
  reply: WatchedReply
  charges: Charges & { tokens: 'maximum' | 'estimate' }
  report: Report
}
/** What uses nothing that is paid for; its input may count against the limits. */
type Unmetered = {
  reply: PlainReply | ShowingReply
  charges: Charges & { output: false; images: false; audio: false }
  report: NoReport
}

/** All that is true of a governed route; what no route declares, the gate does not do. */
export type Declaration = Facts & (Metered | Unmetered)

/** What the gate answers by itself, and what of that is asked. */
export type OwnAnswer =
  | { webhooks: WebhookOperation['does'] | 'event_types' }
  | { batches: 'create' | 'list' | 'retrieve' | 'cancel' }

type Facts = {
  /**
   * Whose API it is of, which says how its refusals look and in which headers a key may come. `either`: the Anthropic one's for
   * whoever names a version of that.
   */
  api: 'openai' | 'anthropic' | 'either'
  method: Method
  /** `{response_id}` and its like stand for ids, see `ids.ts`: a kind of id has one rule wherever it stands. */
  path: `/v1/${string}`
  /** Other paths of the same route, without ids. */
  aliases: readonly (`/v1/${string}` | RootPath)[]
  /** Where model servers have it: behind their base URL, as the path is behind `/v1`, or at their root, which is that URL without its `/v1`. */
  servedAt: 'base' | 'root'
  permission: ModelPermission
  /**
   * The query parameters that the model server hears of, and what they are; of all others it does not. Only a list may repeat; a map has
   * its keys in brackets.
   */
  query: Readonly<Record<string, 'text' | 'number' | 'switch' | 'list' | 'map'>>
  /** The id in the path of what is gone once the model server has done it. */
  ends: IdName | null
  /** A model server, what the gate knows of the models, or what it keeps itself. */
  answeredBy: 'model_server' | 'catalogue' | OwnAnswer
  /** The word with which an upstream says that it has this; null: any may have it. Where none has, there is no such route. */
  offered: Offer | null
  /** What becomes the project's by its reply. */
  brings: readonly Brought[]
  /**
   * Whether its reply may be long without being a stream of events: then it is cut where its key may no longer make such a call, and there
   * is no HEAD of it, for which a model server would send it all.
   */
  isLong: boolean
  /** What it lists of the project's own; null: it is no such list. */
  lists: Listing | null
  /**
   * What a client is told where its model server has no such route: what that says itself, that nothing is translated here, or
   * how many tokens the gate counts.
   */
  whereMissing: 'as_it_says' | 'not_translated' | 'counted'
  body: NoBody | JsonShape | FormShape | UploadShape | ObjectShape
  /** Whether a proxy can have it decided at the check door: with its body or without, with its body only, or not at all. */
  check: 'with_or_without_body' | 'with_body' | 'not_offered'
}

/** Where a declaration has a case that nobody thought of, this does not compile. */
export function unforeseen(what: never): never {
  throw new Error(`not foreseen: ${JSON.stringify(what)}`)
}
