import { isThisMachine } from '../../core/this-machine.ts'
import { ProviderDown } from './failure.ts'

/** Milliseconds that a provider has for an answer, to its last byte. */
const PATIENCE_MS = 8000
/** Milliseconds for which it is left alone once it could not be asked: who comes meanwhile is told so at once. */
const REST_MS = 10_000
/** Bytes of the longest answer that is read. */
const LONGEST = 262_144

/** A question, as either library asks it: where it says anything, in a form. */
type Question = { method: string; headers?: Headers | Record<string, string>; body?: unknown }

/**
 * Every question to a provider goes through here, whichever library asks it: each has an end, in time and in bytes, none is led to
 * another address, and a provider that is away is asked seldom, however many people come.
 */
export class Asking {
  readonly #now: () => number
  readonly #isOnThisMachine: boolean
  #away: { since: number; cause: unknown } | null = null

  /** @param now milliseconds */
  constructor(issuer: string, now: () => number) {
    this.#now = now
    this.#isOnThisMachine = issuer.startsWith('http:')
  }

  /** Asks, as `fetch` does. @throws ProviderDown */
  readonly ask = async (url: string, question: Question): Promise<Response> => {
    const away = this.#away
    // The clock may have stepped back meanwhile, which makes no rest longer.
    if (away && Math.abs(this.#now() - away.since) < REST_MS) throw new ProviderDown(away.cause, false)
    try {
      if (!this.#mayAsk(new URL(url))) throw new Error(`it names ${url}, which is not asked: it is no address of https`)
      const answer = await wholeAnswer(url, question)
      if (isForADocument(question)) await mustBeDocument(answer)
      return answer
    } catch (error) {
      // Somebody may have a lot said of themselves there: that is not everybody's matter.
      const isOfOne = error instanceof TooLong && !isForADocument(question)
      throw isOfOne ? new ProviderDown(error) : this.rest(error)
    }
  }

  /** What came is no good, and would be none if it were asked again at once. @returns what says so */
  rest(cause: unknown): ProviderDown {
    this.#away = { since: this.#now(), cause }
    return new ProviderDown(cause)
  }

  /** A provider chooses what is asked next: of another machine by TLS alone, and of this one only where it is there itself. */
  #mayAsk({ protocol, hostname }: URL): boolean {
    return protocol === 'https:' || (protocol === 'http:' && this.#isOnThisMachine && isThisMachine(hostname))
  }
}

class TooLong extends Error {}

/** What it says of itself, and its keys: the same for everybody, and asked for by strangers too. */
const isForADocument = ({ method, headers }: Question) => method === 'GET' && !new Headers(headers).has('authorization')

async function wholeAnswer(url: string, question: Question): Promise<Response> {
  const { method, headers = {}, body } = question
  const signal = AbortSignal.timeout(PATIENCE_MS)
  const form = body instanceof URLSearchParams ? body : null
  const answer = await fetch(url, { method, headers, body: form, redirect: 'manual', signal })
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of answer.body ?? []) {
    size += part.length
    if (size > LONGEST) throw new TooLong(`its answer is longer than ${LONGEST} bytes`)
    parts.push(part)
  }
  const { status } = answer
  // Some statuses have no body, and may not be given an empty one.
  return new Response(size === 0 ? null : Buffer.concat(parts), { status, headers: answer.headers })
}

async function mustBeDocument(answer: Response): Promise<void> {
  if (answer.status !== 200) throw new Error(`it answers ${answer.status}`)
  const said: unknown = await answer.clone().json()
  if (typeof said !== 'object' || said === null) throw new Error('it answers no JSON object')
}
