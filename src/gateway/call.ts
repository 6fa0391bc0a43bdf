import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CatalogueModel } from '../core/catalogue.ts'
import type { Grant } from './keys/grant.ts'
import type { GatewayRoute } from './routes/table.ts'

/** The most that a call can use, as far as it can be known before the call; what limits and money are reserved by. */
export type Worst = {
  /** Tokens charged against the limits: the larger of the requested maximum and the estimate, for each answer. */
  tokens: number
  /** Estimated tokens of the input: a token for each four characters begun. */
  inputTokens: number
  /** Most tokens that all answers together can have. */
  outputTokens: number
  images: number
  /** Of audio that is sent; megabytes of a million bytes, with fractions. */
  audioMegabytes: number
}

/** What a request asks for, as far as it is governed. */
export type Asked = {
  /** Null for routes that name no model. */
  model: CatalogueModel | null
  worst: Worst
  /** Whether the reply is to be a stream of events. */
  stream: boolean
  /** Whether the client itself asked for the usage at the end of a stream; if not, it was asked for in its place. */
  usageWanted: boolean
  /** The response that the request goes on from or is about. */
  responseId: string | null
  /** Whether the model server keeps the response, so that it gets an owner. */
  stored: boolean
  /** The text that input tokens are counted by where the reply does not say; read only then. Null: it is gone, the estimate stands. */
  inputText: () => string | null
  /** Tokens of the input that its text does not show: images, recordings, files, and tokens that were sent as numbers. */
  besideText: number
  /** What the speech route reads out, in characters. */
  characters: number
  /** Of images: `1024x1024`, as asked for. */
  size: string | null
  serviceTier: string | null
}

/** What a call has used. Parts of the input and the output are included in them. */
export type Used = {
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  inputAudioTokens: number
  inputImageTokens: number
  outputAudioTokens: number
  outputImageTokens: number
  images: number
  /** Of audio that was transcribed. */
  seconds: number
  webSearchCalls: number
  fileSearchCalls: number
  codeInterpreterSessions: number
  /** What the reply names as the tier it was served in. */
  serviceTier: string | null
}

export const NOTHING_USED: Used = {
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  inputAudioTokens: 0,
  inputImageTokens: 0,
  outputAudioTokens: 0,
  outputImageTokens: 0,
  images: 0,
  seconds: 0,
  webSearchCalls: 0,
  fileSearchCalls: 0,
  codeInterpreterSessions: 0,
  serviceTier: null,
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
  grant: Grant
  /** Milliseconds since the epoch when it came: what it uses counts to that minute, day and month. */
  at: number
}

/**
 * How a forwarded call ended. `status` is null where the client left before there was one; `never_sent`: before anything of
 * its call was sent on.
 */
export type Outcome = { status: number | null; end: 'complete' | 'client_gone' | 'upstream_broke' | 'never_sent' }
