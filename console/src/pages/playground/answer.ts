import { CallError } from '../../api/call.ts'
import { EventReader } from './events.ts'
import { askGate, refusalOf } from './gate.ts'
import type { Told } from './headers.ts'
import { pieceOf, type TokensUsed } from './piece.ts'
import { errorIn } from './refusal.ts'
import { type ChatRequest, PATH } from './request.ts'

/** What is known of a call so far. */
export type Answer = {
  state: 'running' | 'done' | 'stopped' | 'failed'
  text: string
  /** Null: there is no answer yet. */
  status: number | null
  headers: Told
  error: CallError | null
  /** As the model server reports it at the end. */
  used: TokensUsed | null
  /** Why the text ends, in the API's word: `stop`, `length`. */
  finish: string | null
  /** Milliseconds until the first of the text, of a stream; and until the end. */
  firstMs: number | null
  totalMs: number | null
  /** When the head of the answer came, as `Date.now()` has it. */
  at: number
}

export const unanswered: Answer = {
  ...{ state: 'running', text: '', status: null, headers: {}, error: null },
  ...{ used: null, finish: null, firstMs: null, totalMs: null, at: 0 },
}

type Say = (change: Partial<Answer>) => void

/** Makes a call, and tells what becomes of it piece by piece. It does not throw: what goes wrong is told as well. */
export async function ask(request: ChatRequest, key: string, signal: AbortSignal, say: Say): Promise<void> {
  const begun = performance.now()
  const passed = () => performance.now() - begun
  try {
    const response = await askGate(PATH, key, { method: 'POST', body: JSON.stringify(request), signal })
    say({ status: response.status, headers: Object.fromEntries(response.headers), at: Date.now() })
    if (!response.ok) throw await refusalOf(response)
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) await readStream(response, passed, say)
    else {
      const { text, finish, used } = readPiece(await response.json(), response.status, response.headers)
      say({ text, finish, used })
    }
    say({ state: 'done', totalMs: passed() })
  } catch (error) {
    const totalMs = passed()
    if (signal.aborted) say({ state: 'stopped', totalMs })
    else if (error instanceof CallError) say({ state: 'failed', totalMs, error })
    else say({ state: 'failed', totalMs, error: error instanceof SyntaxError ? unreadable() : cut() })
  }
}

const cut = () => new CallError(0, { message: 'The connection was cut before the answer was complete.' }, null)
const unreadable = () =>
  new CallError(0, { message: 'The answer is not what this page can read: it is no JSON.' }, null)

/** @param passed milliseconds since the call began */
async function readStream({ body, status, headers }: Response, passed: () => number, say: Say): Promise<void> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
  const events = new EventReader()
  let [text, isBegun, isWhole] = ['', false, false]
  try {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      for (const { data } of events.push(part.value)) {
        if (data === '[DONE]') {
          isWhole = true
          continue
        }
        const { text: more, isSomething, finish, used } = readPiece(JSON.parse(data), status, headers)
        if (!isBegun && isSomething) say({ firstMs: passed() })
        text += more
        isBegun ||= isSomething
        isWhole ||= finish !== null
        say({ text, ...(finish !== null && { finish }), ...(used !== null && { used }) })
      }
    }
  } finally {
    // What is behind a failure nobody reads.
    reader?.cancel().catch(() => {})
  }
  if (!isWhole) throw cut()
}

/** @throws CallError where it is a failure inside an answer whose status is good */
function readPiece(said: unknown, status: number, headers: Headers) {
  const error = errorIn(said)
  if (error) throw new CallError(status, error, headers.get('x-request-id'))
  return pieceOf(said)
}
