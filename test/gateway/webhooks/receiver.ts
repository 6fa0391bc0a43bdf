import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { makeCertificate, makeServer } from '../../support/certificates.ts'
import { until } from '../../support/until.ts'

/** Something that was delivered. */
export type Delivered = { path: string; headers: IncomingHttpHeaders; body: string }
/** How a receiver answers: a status, or by itself. */
export type Answering = number | ((request: IncomingMessage, response: ServerResponse) => void)

export type Receiver = AsyncDisposable & {
  /** With the address, and with a name that leads to it. */
  url: string
  named: string
  /** What authority its certificate is of. */
  pem: string
  delivered: Delivered[]
  /** From now on, what comes to a path. Nothing said, it is 200. */
  answer: (path: string, answering: Answering) => void
  /** Waits for so many deliveries to a path. */
  received: (count: number, path?: string) => Promise<Delivered[]>
}

/** A receiver of webhooks on TLS, whose authority this process trusts until the end of the test. */
export async function startReceiver(): Promise<Receiver> {
  const authority = await makeCertificate('authority of a test')
  const delivered: Delivered[] = []
  const answers = new Map<string, Answering>()
  const server = createServer(await makeServer(authority), async (request, response) => {
    response.on('error', () => {})
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const path = request.url ?? ''
    delivered.push({ path, headers: request.headers, body: Buffer.concat(chunks).toString() })
    const answering = answers.get(path) ?? 200
    if (typeof answering === 'number') response.writeHead(answering).end('ok')
    else answering(request, response)
  })
  server.on('clientError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const before = getCACertificates('default')
  setDefaultCACertificates([...before, authority.pem])
  const to = (path: string | undefined) => delivered.filter((one) => path === undefined || one.path === path)
  return {
    url: `https://127.0.0.1:${port}`,
    named: `https://localhost:${port}`,
    pem: authority.pem,
    delivered,
    answer: (path, answering) => void answers.set(path, answering),
    async received(count, path) {
      await until(() => to(path).length >= count, `${count} deliveries`)
      return to(path)
    },
    async [Symbol.asyncDispose]() {
      setDefaultCACertificates(before)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
