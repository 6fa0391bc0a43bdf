import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../support/ports.ts'
import type { Asked, Told } from './counted.ts'
import type { Work } from './counting.ts'

const file = (name: string) => new URL(name, import.meta.url)

/** A server in a process of its own, whose work is counted. */
export type CountedServer = AsyncDisposable & {
  url: string
  /** What it has done since it was last asked. */
  work: () => Promise<Work>
  /** Bytes that it holds when all that nobody needs is gone. */
  held: () => Promise<number>
}

export async function startCounted(env: Record<string, string> = {}): Promise<CountedServer> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-work-'))
  const port = await freePort()
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(
    process.execPath,
    ['--import', file('counted.ts').href, file('../../../src/main.ts').pathname, 'serve'],
    {
      env: {
        ...{ PATH, HOME, GATEHOUSE_PORT: String(port), GATEHOUSE_LOG_LEVEL: 'silent' },
        ...{ GATEHOUSE_DATABASE_URL: `sqlite:${join(folder, 'test.db')}`, ...env },
      },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    },
  )
  const url = `http://127.0.0.1:${port}`
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await ready(child, url)
  } catch (error) {
    await stop()
    throw error
  }
  const ask = async (asked: Asked): Promise<Told> => {
    child.send(asked)
    const [told] = await once(child, 'message')
    return told
  }
  return {
    url,
    work: async () => {
      const told = await ask('work')
      return 'work' in told ? told.work : Promise.reject(new Error('no work was told'))
    },
    held: async () => {
      const told = await ask('held')
      return 'held' in told ? told.held : Promise.reject(new Error('nothing was told'))
    },
    [Symbol.asyncDispose]: stop,
  }
}

async function ready(child: ChildProcess, url: string): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    if (child.exitCode !== null) throw new Error('the server did not start')
    const reply = await fetch(`${url}/readyz`).catch(() => null)
    if (reply?.ok) return
    if (performance.now() > deadline) throw new Error('the server is not ready')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Sends a request on a connection of its own, and waits until its answer begins: then it has been read. */
export async function answered(url: string, request: string): Promise<void> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  const seen = new Promise<string>((resolve, reject) => {
    socket.once('data', (bytes: Buffer) => resolve(bytes.toString('latin1', 0, 12)))
    socket.once('error', reject).once('close', () => reject(new Error('no answer')))
  })
  await once(socket, 'connect')
  socket.write(request, 'latin1')
  assert.match(await seen, /^HTTP\/1\.1 [1-4]\d\d/, request.slice(0, 100))
  socket.destroy()
}
