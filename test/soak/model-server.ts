import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { markedIn, type Plan, planOf } from './plan.ts'

/** What the model server knows of a call that has reached it. */
export type Served = {
  /** Of the reply; null: none was begun. */
  status: number | null
  /** Words and reports that it has sent. */
  words: number
  reported: boolean
}

/** A model server that does with each call what the call's plan says, and keeps books of what has reached it. */
export type ModelServer = AsyncDisposable & {
  origin: string
  /** By the call's number. */
  served: ReadonlyMap<number, Served>
  /** Requests that were none of the plan's, or came twice. */
  strange: readonly string[]
}

/** A lie that would close an organization if it were believed. */
const LIE = 900_000_000
const EVENTS = { 'content-type': 'text/event-stream' }
const JSON_TYPE = { 'content-type': 'application/json' }
export const WORD = ' word'

export async function startModelServer(seed: number): Promise<ModelServer> {
  const served = new Map<number, Served>()
  const strange: string[] = []
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') return void response.writeHead(404, JSON_TYPE).end('{}')
    try {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part)
      const body = Buffer.concat(parts).toString('latin1')
      const number = markedIn(body)
      // The one that asks, at the end, what is left.
      if (Number.isNaN(number)) return void answerLast(response)
      if (served.has(number)) strange.push(`call ${number} came twice`)
      const books: Served = { status: null, words: 0, reported: false }
      served.set(number, books)
      await serve(planOf(seed, number), response, books)
    } catch {
      // The caller broke off: of a request that is not whole nothing is known.
      response.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    served,
    strange,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answerLast(response: ServerResponse) {
  response.writeHead(200, JSON_TYPE)
  response.end(JSON.stringify({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 0 } }))
}

async function serve(plan: Plan, response: ServerResponse, books: Served): Promise<void> {
  const { behaviour } = plan
  const begin = (status: number, headers: Record<string, string>) => {
    books.status = status
    response.writeHead(status, headers)
  }
  if (behaviour === 'keeps_silent') return
  if (behaviour === 'resets') return void response.socket?.resetAndDestroy()
  if (behaviour === 'fails' || behaviour === 'is_busy') {
    begin(behaviour === 'fails' ? 500 : 429, JSON_TYPE)
    return void response.end('{"error":{"message":"no","type":"server_error","param":null,"code":null}}')
  }
  if (plan.stream) {
    begin(200, EVENTS)
    return stream(plan, response, books)
  }
  begin(200, JSON_TYPE)
  await whole(plan, response, books)
}

/** Ends a reply in its middle: at once, or not at all. */
async function leaveUnfinished({ behaviour }: Plan, response: ServerResponse): Promise<void> {
  if (behaviour === 'breaks') await new Promise((resolve) => response.write(' ', resolve))
  if (behaviour === 'breaks') response.destroy()
}

const isUnfinished = ({ behaviour }: Plan) => behaviour === 'breaks' || behaviour === 'stalls'

async function stream(plan: Plan, response: ServerResponse, books: Served): Promise<void> {
  const send = (data: unknown) => response.write(`data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`)
  for (let word = 0; word < plan.words; word++) {
    send(eventOf(plan))
    books.words++
    if (plan.behaviour === 'is_slow' || plan.leaving === 'in_reply') await sleep(2)
  }
  if (isUnfinished(plan)) return leaveUnfinished(plan, response)
  const usage = usageOf(plan)
  if (plan.behaviour === 'sends_cut_json') response.write('data: {"choices":[{"delta":{"con\n\n')
  else if (plan.route === 'responses') send({ type: 'response.completed', response: { id: idOf(plan), usage } })
  else if (usage) send({ choices: [], usage })
  books.reported = usage !== undefined
  response.end('data: [DONE]\n\n')
}

async function whole(plan: Plan, response: ServerResponse, books: Served): Promise<void> {
  const usage = usageOf(plan)
  const text = WORD.repeat(plan.words)
  const body = JSON.stringify({
    id: idOf(plan),
    ...(plan.route === 'chat' && { choices: [{ index: 0, message: { role: 'assistant', content: text } }] }),
    ...(plan.route === 'text' && { choices: [{ index: 0, text }] }),
    ...(plan.route === 'responses' && { output: [{ type: 'message', content: [{ type: 'output_text', text }] }] }),
    ...(plan.route === 'images' && { data: [{ b64_json: 'AAAA' }] }),
    ...(plan.route === 'transcriptions' && { text: 'heard', duration: 1 }),
    ...(usage && { usage }),
  })
  books.words = plan.words
  books.reported = usage !== undefined
  const half = body.slice(0, body.length >> 1)
  response.write(half)
  if (isUnfinished(plan)) return leaveUnfinished(plan, response)
  if (plan.behaviour === 'sends_cut_json') return void response.end()
  if (plan.behaviour === 'is_slow' || plan.leaving === 'in_reply') await sleep(10)
  response.end(body.slice(half.length))
}

const idOf = ({ number, route }: Plan) => (route === 'responses' ? `resp_soak${number}` : `made-${number}`)

function eventOf({ route }: Plan) {
  if (route === 'responses') return { type: 'response.output_text.delta', delta: WORD }
  return { choices: [{ index: 0, ...(route === 'text' ? { text: WORD } : { delta: { content: WORD } }) }] }
}

/** As each route has it; undefined: nothing is reported. */
function usageOf({ behaviour, route, reported: { input, cached, output } }: Plan) {
  if (behaviour === 'reports_nothing') return undefined
  const isLie = behaviour === 'lies'
  if (route === 'chat' || route === 'text') {
    if (isLie) return { prompt_tokens: LIE, completion_tokens: LIE }
    const details = { prompt_tokens_details: { cached_tokens: cached } }
    return { prompt_tokens: input, completion_tokens: output, ...(cached > 0 && details) }
  }
  if (route === 'embeddings' || route === 'moderations') return { prompt_tokens: isLie ? LIE : input }
  if (isLie) return { input_tokens: LIE, output_tokens: LIE }
  const details = { input_tokens_details: { cached_tokens: cached } }
  return { input_tokens: input, output_tokens: output, ...(route === 'responses' && cached > 0 && details) }
}
