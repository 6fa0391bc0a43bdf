import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { WORD } from './model-server.ts'
import { mark, type Plan, routes } from './plan.ts'

/** What a client knows of its call. */
export type Seen = {
  /** Null: it has seen no head. */
  status: number | null
  /** Words that it was sent. */
  words: number
  /** Whether the reply came to its end. */
  whole: boolean
  /** Bytes of the request's body. */
  bytes: number
  /** How much of it was written before the client left. */
  sent: 'whole' | 'part'
  /** The failure's code, where the gate or the model server named one. */
  code: string | null
}

const kept = new Agent({ keepAlive: true, maxSockets: 64 })
export const closeClients = () => kept.destroy()

/** Makes a call as its plan has it, and leaves when the plan says so. Never fails: a connection that ends is an answer, too. */
export async function makeCall(url: string, key: string, plan: Plan): Promise<Seen> {
  const { type, body } = bodyOf(plan)
  const seen: Seen = { status: null, words: 0, whole: false, bytes: body.length, sent: 'whole', code: null }
  const stays = plan.leaving === null || plan.leaving === 'slow'
  const call = request(url + routes[plan.route].path, {
    method: 'POST',
    agent: stays ? kept : false,
    headers: { authorization: `Bearer ${key}`, 'content-type': type, 'content-length': body.length },
  })
  call.on('error', () => {})
  const gone = closeOf(call)
  const replied = new Promise<Replied | null>((resolve) => {
    // Listened to from the first moment: a reply that is cut off while its request is still being sent is closed by then.
    call.once('response', (reply) => resolve({ reply, closed: closeOf(reply) }))
    gone.then(() => resolve(null))
  })
  // What is written to a connection that was never there is told to nobody.
  await Promise.race([gone, sendBody(call, body, plan, seen)])
  if (plan.leaving === 'in_body' || plan.leaving === 'when_sent') {
    await sleep(plan.leaving === 'when_sent' ? plan.number % 5 : 0)
    call.destroy()
  }
  const answer = await replied
  if (answer !== null) await read(answer, plan, seen)
  return seen
}

type Replied = { reply: IncomingMessage; closed: Promise<void> }

const closeOf = (one: ClientRequest | IncomingMessage) =>
  new Promise<void>((resolve) => void one.once('close', () => resolve()))

async function sendBody(call: ClientRequest, body: Buffer, { leaving }: Plan, seen: Seen): Promise<void> {
  const half = body.length >> 1
  if (leaving === 'in_body') {
    seen.sent = 'part'
    await new Promise((resolve) => call.write(body.subarray(0, half), resolve))
  } else if (leaving === 'slow') {
    for (let at = 0; at < body.length; at += half) {
      call.write(body.subarray(at, at + half))
      await sleep(2)
    }
    call.end()
  } else if (leaving === 'when_sent') {
    await new Promise<void>((resolve) => void call.end(body, resolve))
  } else call.end(body)
}

async function read({ reply, closed }: Replied, { leaving }: Plan, seen: Seen): Promise<void> {
  seen.status = reply.statusCode ?? null
  if (leaving === 'at_head') reply.destroy()
  let text = ''
  reply.on('error', () => {}).setEncoding('latin1')
  reply.on('data', (part: string) => {
    text += part
    if (leaving === 'in_reply') reply.destroy()
  })
  await closed
  seen.whole = reply.complete
  seen.words = text.split(WORD).length - 1
  seen.code = /"code":"(\w+)"/.exec(text)?.[1] ?? null
}

function bodyOf(plan: Plan): { type: string; body: Buffer } {
  const { route, model, stream, maximum } = plan
  const text = `${mark(plan)} says something`
  if (route === 'transcriptions') {
    const field = (name: string, more: string, value: string) =>
      `--soak\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
    const file = field('file', '; filename="a.wav"', 'x'.repeat(3000))
    const form = `${field('model', '', model)}${field('prompt', '', text)}${file}--soak--\r\n`
    return { type: 'multipart/form-data; boundary=soak', body: Buffer.from(form) }
  }
  const asked = {
    chat: { messages: [{ role: 'user', content: text }], max_completion_tokens: maximum },
    text: { prompt: text, max_tokens: maximum },
    responses: { input: text, max_output_tokens: maximum },
    embeddings: { input: text },
    moderations: { input: text },
    images: { prompt: text },
  }[route]
  const body = JSON.stringify({ model, ...asked, ...(stream && { stream }) })
  return { type: 'application/json', body: Buffer.from(body) }
}
