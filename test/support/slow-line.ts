import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { seeded } from './seeded.ts'

/** What becomes of the bytes on a line. */
export type LineMode =
  | { kind: 'pass' }
  /** Each piece of either way is as late as chance says, in milliseconds; their order stays. */
  | { kind: 'delay'; least: number; most: number }
  /**
   * They vanish, and nobody is told: connections are taken and stay silent. One that has lost a byte is silent for good, also when the
   * line is well again, as where a network has forgotten it.
   */
  | { kind: 'drop' }
  /** What is connected is silent from now on, for good; who connects anew is carried: a network has forgotten what it knew. */
  | { kind: 'forget' }
  /** Nobody listens, and what was connected is cut. */
  | { kind: 'refuse' }
  /** Every connection is reset, those that are made too. */
  | { kind: 'reset' }

export type SlowLine = AsyncDisposable & {
  port: number
  /** The URL of what is behind, led over this line. */
  over: (url: string) => string
  /** Changes what becomes of the bytes from now on. */
  become: (mode: LineMode) => Promise<void>
  /** Connections that there are now. */
  connections: () => number
  /** Connections that have lost a byte and that whoever made them has not given up. */
  hanging: () => number
}

/** A TCP line to a server, which a test can make slow, silent or broken, by a seed. @param url of the server behind */
export async function startSlowLine(url: string, seed = 1): Promise<SlowLine> {
  const { hostname, port: behindPort } = new URL(url)
  const chance = seeded(seed, 0)
  const sockets = new Set<Socket>()
  const lines = new Map<Socket, { lost: boolean }>()
  let mode: LineMode = { kind: 'pass' }

  /** One way of a connection: pieces go on in the order in which they came. */
  const carry = (from: Socket, to: Socket, line: { lost: boolean }) => {
    let before = Promise.resolve()
    from.on('data', (bytes) => {
      if (mode.kind === 'drop') line.lost = true
      if (line.lost) return
      const late = mode.kind === 'delay' ? sleep(chance.between(mode.least, mode.most), null, { ref: false }) : null
      before = before.then(async () => {
        await late
        if (!line.lost && !to.destroyed) to.write(bytes)
      })
    })
    from.on('error', () => {})
    from.once('close', () => {
      sockets.delete(from)
      // The end of a line that is silent is not heard either.
      if (!line.lost) to.destroy()
    })
    sockets.add(from)
  }
  const server = createServer((client) => {
    client.on('error', () => {})
    if (mode.kind === 'reset') return void client.resetAndDestroy()
    const behind = connect({ host: hostname, port: Number(behindPort) })
    const line = { lost: false }
    lines.set(client, line)
    client.once('close', () => lines.delete(client))
    carry(client, behind, line)
    carry(behind, client, line)
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  const cut = (how: 'destroy' | 'resetAndDestroy') => {
    for (const socket of sockets) socket[how]()
  }
  return {
    port,
    over(url) {
      const led = new URL(url)
      led.host = `127.0.0.1:${port}`
      return led.href
    },
    async become(next) {
      mode = next
      if (next.kind === 'refuse' && server.listening) {
        const closed = new Promise((resolve) => server.close(resolve))
        cut('destroy')
        await closed
      }
      if (next.kind === 'reset') cut('resetAndDestroy')
      if (next.kind === 'forget') for (const line of lines.values()) line.lost = true
      if (next.kind !== 'refuse' && !server.listening) await listen(port)
    },
    connections: () => sockets.size / 2,
    hanging: () => [...lines.values()].filter(({ lost }) => lost).length,
    async [Symbol.asyncDispose]() {
      const closed = server.listening ? new Promise((resolve) => server.close(resolve)) : null
      cut('destroy')
      await closed
    },
  }
}
