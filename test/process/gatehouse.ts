import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { until } from '../support/until.ts'

export { until }

const root = fileURLToPath(new URL('../..', import.meta.url))

export type RunOptions = {
  env?: Record<string, string>
  cwd?: string
  /** Where the program's own files are, if not here. */
  checkout?: string
  /** Where standard error goes: read by this class, nowhere, to a descriptor, or into a pipe that is left unread. */
  stderr?: 'ignore' | 'unread' | number
  /** A descriptor that standard output goes to; else it is read by this class. */
  stdout?: number
}
export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }

/** A `gatehouse` process, as a shell would start it: nothing of this process's settings reaches it. */
export class Gatehouse {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  stdout = ''
  stderr = ''

  constructor(args: readonly string[], { env = {}, cwd, checkout = root, stderr, stdout = -1 }: RunOptions = {}) {
    const { PATH = '', HOME = '', TMPDIR, NODE_COMPILE_CACHE } = process.env
    this.child = spawn(process.execPath, [join(checkout, 'src/main.ts'), ...args], {
      env: { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }), ...env },
      stdio: ['ignore', stdout < 0 ? 'pipe' : stdout, stderr === undefined || stderr === 'unread' ? 'pipe' : stderr],
      ...(cwd && { cwd }),
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    if (stderr === 'unread') this.child.stderr?.pause()
    this.ended = once(this.child, 'close').then(([code, signal]) => ({
      code,
      signal,
      stdout: this.stdout,
      stderr: this.stderr,
    }))
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name)
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  /** The log's lines. Standard error also holds the few sentences that are not for machines. */
  get log(): Record<string, unknown>[] {
    return this.stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.running) this.signal('SIGKILL')
    await this.ended
  }
}

/** Runs a command to its end. */
export async function gatehouse(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  await using process = new Gatehouse(args, options)
  return await process.ended
}

export type Server = Gatehouse & { url: string }

/** Starts `gatehouse serve` on a free port and waits until it says that it is ready. */
export async function serve(options: RunOptions = {}, args: readonly string[] = []): Promise<Server> {
  // Until it is ready nobody else can end it.
  await using stack = new AsyncDisposableStack()
  const server = stack.use(
    new Gatehouse(['serve', ...args], { ...options, env: { GATEHOUSE_PORT: '0', ...options.env } }),
  )
  const ready = () => server.log.find(({ msg }) => msg === 'Gatehouse is ready')
  await until(() => ready() !== undefined || !server.running, 'the server is ready or has ended')
  const url = ready()?.url
  if (typeof url !== 'string') throw new Error(`the server did not start:\n${(await server.ended).stderr}`)
  stack.move()
  return Object.assign(server, { url })
}

/** What a process ended with, or a failure where it is still running after a while. */
export async function endsWithin(process: Gatehouse, ms: number): Promise<Ended> {
  await until(() => !process.running, 'the process has ended', ms)
  return process.ended
}
