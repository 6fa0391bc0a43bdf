import { connect } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import { median, quantile } from './statistics.ts'

/** One request, over and over, on so many connections for so long. */
export type Load = { url: string; method: string; headers: Record<string, string>; body?: string } & {
  connections: number
  ms: number
}
export type Measured = { requests: number; perSecond: number; p50: number; p99: number }

/** Written on plain sockets, so that the generator costs the machine less than what it measures. */
async function run(load: Load): Promise<Measured> {
  const { hostname, port, pathname, search } = new URL(load.url)
  const body = load.body ?? ''
  const headers = { host: hostname, ...load.headers, ...(body && { 'content-length': Buffer.byteLength(body) }) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const request = Buffer.from(`${load.method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  const times: number[] = []
  const begun = performance.now()
  const end = begun + load.ms
  const one = () =>
    new Promise<void>((resolve, reject) => {
      let sentAt = 0
      let missing = 0
      const socket = connect({ host: hostname, port: Number(port), noDelay: true })
      const ask = () => {
        sentAt = performance.now()
        socket.write(request)
      }
      const cut = () => reject(new Error('the server closed the connection'))
      socket.once('connect', ask).once('error', reject).once('close', cut)
      socket.on('data', (bytes: Buffer) => {
        if (missing === 0) missing = lengthOf(bytes)
        missing -= bytes.length
        if (missing > 0) return
        const now = performance.now()
        times.push(now - sentAt)
        if (now < end) return ask()
        resolve()
        socket.destroy()
      })
    })
  await Promise.all(Array.from({ length: load.connections }, one))
  const seconds = (performance.now() - begun) / 1000
  return { requests: times.length, perSecond: times.length / seconds, p50: median(times), p99: quantile(times, 0.99) }
}

/** Bytes of the whole reply whose head this is; what is not a success must not be measured as one. */
function lengthOf(bytes: Buffer): number {
  const head = bytes.toString('latin1')
  const headEnd = head.indexOf('\r\n\r\n')
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? []
  if (!head.startsWith('HTTP/1.1 200') || headEnd < 0 || length === undefined) throw new Error(head)
  return headEnd + 4 + Number(length)
}

if (isMainThread && process.argv[1] === import.meta.filename) {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(process.argv[2] ?? '')))}\n`)
}
