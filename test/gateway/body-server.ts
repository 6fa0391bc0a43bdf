import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApiError } from '../../src/contract/error.ts'
import { BodyBudget } from '../../src/gateway/body/budget.ts'
import { createListener } from '../../src/listener/listener.ts'

type Read<T> = (request: IncomingMessage, budget: BodyBudget) => T | Promise<T>
type Options = { budgetBytes?: number; requestTimeoutMs?: number }

/** A server behind the real listener that only reads bodies: 200 with what `answer` makes of one, or the refusal. */
export async function startBodyServer<T>(read: Read<T>, answer: (body: T) => unknown, options: Options = {}) {
  const budget = new BodyBudget({ limitBytes: options.budgetBytes ?? 256_000_000, forSmall: 0 })
  /** What readers threw, in turn. */
  const thrown: unknown[] = []
  const gateway = async (request: IncomingMessage, response: ServerResponse) => {
    let [status, reply]: [number, unknown] = [200, null]
    try {
      // As in the gate, where the key is looked up before: what came with the head is there by then.
      await null
      reply = await answer(await read(request, budget))
    } catch (error) {
      thrown.push(error)
      if (!(error instanceof ApiError)) return void response.destroy()
      status = error.status
      reply = error.envelope
    }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(reply))
  }
  const wholeMs = options.requestTimeoutMs ?? 300_000
  const doors = { admin: null, gateway, check: null, operations: gateway }
  const server = createListener(
    doors,
    () => 'req_000000000000000000000000',
    { begun() {}, ended() {}, cut() {} },
    createServer,
    { wholeMs, unreadMs: 400 },
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    budget,
    thrown,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
