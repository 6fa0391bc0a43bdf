import { type AddressInfo, createServer, type Socket } from 'node:net'

/*
 * A model server that does as little as one can, on plain sockets, so that what stands in front of it is what is measured: it
 * reads the question's head, counts its bytes and has the answer ready. A question whose beginning asks for a stream gets 500
 * events, one a millisecond: a model that does not wait would measure the scheduler.
 */

const EVENTS = 500
const HEAD_END = Buffer.from('\r\n\r\n')

const usage = { prompt_tokens: 100, completion_tokens: 60, total_tokens: 160 }
const one = { id: 'chatcmpl-bench', created: 1, model: 'bench' }
const choice = { index: 0, message: { role: 'assistant', content: 'word '.repeat(20) }, finish_reason: 'stop' }
const chat = whole({ ...one, object: 'chat.completion', choices: [choice], usage })
const models = whole({ object: 'list', data: [{ id: 'bench', object: 'model', created: 1, owned_by: 'bench' }] })
const images = whole({
  created: 1,
  data: [{ b64_json: 'aGVsbG8=' }],
  usage: { input_tokens: 100, output_tokens: 60, total_tokens: 160 },
})

const streamHead = head('content-type: text/event-stream\r\ntransfer-encoding: chunked')
const delta = { index: 0, delta: { content: ' word' }, finish_reason: null }
const event = chunk({ ...one, object: 'chat.completion.chunk', choices: [delta], usage: null })
const usageEvent = chunk({ ...one, object: 'chat.completion.chunk', choices: [], usage })
const streamEnd = `${framed('data: [DONE]\n\n')}0\r\n\r\n`

function head(lines: string): string {
  return `HTTP/1.1 200 OK\r\ndate: Mon, 01 Jan 2024 00:00:00 GMT\r\nserver: uvicorn\r\n${lines}\r\n\r\n`
}

function whole(body: object): Buffer {
  const text = JSON.stringify(body)
  return Buffer.from(head(`content-type: application/json\r\ncontent-length: ${text.length}`) + text)
}

function framed(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`
}

function chunk(body: object): Buffer {
  return Buffer.from(framed(`data: ${JSON.stringify(body)}\n\n`))
}

function answer(socket: Socket, question: string): void {
  if (question.startsWith('GET ')) socket.write(models)
  else if (question.startsWith('POST /v1/images')) socket.write(images)
  else if (question.includes('"stream":true')) stream(socket, question.includes('"include_usage":true'))
  else socket.write(chat)
}

function stream(socket: Socket, withUsage: boolean): void {
  let sent = 0
  socket.write(streamHead)
  const next = () => {
    if (socket.destroyed) return
    if (sent++ < EVENTS) {
      socket.write(event)
      setTimeout(next, 1)
      return
    }
    if (withUsage) socket.write(usageEvent)
    socket.write(streamEnd)
  }
  next()
}

const server = createServer({ noDelay: true }, (socket) => {
  let begun: Buffer | null = null
  let question = ''
  let missing = 0
  socket.on('error', () => {})
  socket.on('data', (bytes: Buffer) => {
    let body = bytes
    if (question === '') {
      const all: Buffer = begun ? Buffer.concat([begun, bytes]) : bytes
      const end = all.indexOf(HEAD_END)
      if (end < 0) {
        begun = all
        return
      }
      begun = null
      // A small body comes with its head; of a large one nothing but the length matters.
      question = all.toString('latin1', 0, Math.min(all.length, 16_384))
      missing = Number(/\r\ncontent-length: (\d+)/i.exec(question)?.[1] ?? 0)
      body = all.subarray(end + HEAD_END.length)
    } else if (question.length < 4096) question += bytes.toString('latin1', 0, Math.min(bytes.length, 4096))
    missing -= body.length
    if (missing > 0) return
    const asked = question
    question = ''
    answer(socket, asked)
  })
})
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`)
})
