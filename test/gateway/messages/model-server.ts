import { EVENTS, json, type Script } from '../upstream.ts'

/*
 * What a model server answers that speaks the Anthropic API.
 */

export const MESSAGES = '/v1/messages'
export const asked = { model: 'm1', max_tokens: 100, messages: [{ role: 'user', content: 'hello there' }] }

export const usage = { input_tokens: 7, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 2 }

/** A message that says this, and reports that; null: it reports nothing. */
export const message = (content: readonly object[], reported: object | null = usage, more: object = {}) => ({
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm1', content },
  ...{ stop_reason: 'end_turn', stop_sequence: null, ...(reported && { usage: reported }), ...more },
})
export const text = (said: string) => ({ type: 'text', text: said })

type Event = { type: string; [more: string]: unknown }

/** A stream of events as that API has them: each is named, too. */
export function streamOf(events: readonly Event[]): Script {
  return async ({ response, whole }) => {
    await whole
    response.writeHead(200, EVENTS)
    for (const data of events) response.write(`event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`)
    response.end()
  }
}

/**
 * A message as a stream.
 * @param begun what its beginning reports @param reported what its end does; null: nothing
 */
export function events(pieces: readonly string[], begun: object | null, reported: object | null): Event[] {
  return [
    { type: 'message_start', message: message([], begun) },
    { type: 'content_block_start', index: 0, content_block: text('') },
    { type: 'ping' },
    ...pieces.map((piece) => ({
      type: 'content_block_delta',
      index: 0,
      delta: { type: 'text_delta', text: piece },
    })),
    { type: 'content_block_stop', index: 0 },
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      ...(reported && { usage: reported }),
    },
    { type: 'message_stop' },
  ]
}

export const refused = (type: string, said: string, status: number): Script =>
  json({ type: 'error', error: { type, message: said }, request_id: 'req_theirs' }, status)
