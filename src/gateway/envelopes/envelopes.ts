import type { ApiError, ErrorEnvelope } from '../../contract/error.ts'
import type { Api } from '../routes/api.ts'
import { anthropicError, isAnthropicError, withType } from './anthropic.ts'
import { parsed, shownOf } from './refusal.ts'

/** What a client is told of a failure, in the shape of the API that it speaks. */
export type Envelopes = {
  /** A failure of the gate's own. */
  of: (error: ApiError) => object
  /** A model server's refusal: in its own words where they have that shape. @param text of it, as far as it was kept */
  refused: (status: number, text: string) => object
}

const original: Envelopes = {
  of: ({ envelope }) => envelope,
  refused(status, text) {
    const said = parsed(text)
    if (said?.error) return said
    const type: ApiError['type'] = status < 500 ? 'invalid_request_error' : 'server_error'
    const envelope: ErrorEnvelope = { error: { message: shownOf(status, text), type, param: null, code: null } }
    return envelope
  },
}

/** @param requestId of the call */
export function envelopesOf(api: Api, requestId: string): Envelopes {
  if (api === 'openai') return original
  return {
    of: (error) => anthropicError(error, requestId),
    refused(status, text) {
      const said = parsed(text)
      // The id that it has here is the one that its header says.
      if (isAnthropicError(said)) return { ...said, request_id: requestId }
      return withType(status, messageIn(said) ?? shownOf(status, text), requestId)
    },
  }
}

/** Where servers put a sentence that says what went wrong. */
function messageIn(said: Record<string, unknown> | null): string | null {
  if (said === null) return null
  const error = said.error
  const within = typeof error === 'object' && error !== null && 'message' in error ? error.message : error
  const sentence = [within, said.message, said.detail].find((one) => typeof one === 'string' && one !== '')
  return typeof sentence === 'string' ? sentence : null
}
