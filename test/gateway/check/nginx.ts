import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { replyTo, type StreamedReply } from '../gate.ts'
import { until } from '../upstream.ts'

const BINARIES = ['nginx', '/usr/sbin/nginx']

/** The nginx of this machine; null where there is none that can ask before it forwards. */
export const nginx: string | null =
  BINARIES.find((binary) => {
    try {
      const built = execFileSync('sh', ['-c', `${binary} -V 2>&1`], { encoding: 'utf8' })
      return built.includes('--with-http_auth_request_module')
    } catch {
      return false
    }
  }) ?? null

export type Answer = { status: number | undefined; headers: Record<string, unknown>; text: string }
type Sending = { method?: string; headers?: Record<string, string>; body?: string | Buffer }

export type Nginx = AsyncDisposable & {
  /** The reply as it begins. */
  open: (path: string, sending?: Sending) => Promise<StreamedReply>
  /** The whole reply. */
  send: (path: string, sending?: Sending) => Promise<Answer>
}

/** nginx with the example's own configuration, listening on a socket of its own. @param binary of nginx */
export async function startNginx(
  binary: string,
  { gatehouse, models, key }: { gatehouse: string; models: string; key: string },
): Promise<Nginx> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nginx-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const socket = join(folder, 'socket')
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const example = await readFile(join(import.meta.dirname, '../../../examples/nginx.conf'), 'utf8')
  const conf = replaced(example, [
    ['http {', `http {\n${temporary.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}`],
    ['127.0.0.1:8081', `unix:${socket}`],
    ['127.0.0.1:8080', new URL(gatehouse).host],
    ['127.0.0.1:8000', new URL(models).host],
    ['Bearer sk-upstream', `Bearer ${key}`],
  ])
  await writeFile(join(folder, 'nginx.conf'), conf)
  // One process, so that it runs as whoever runs the test and may write into the folder.
  const options = ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', 'daemon off; master_process off;']
  const child = spawn(binary, options, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += chunk
  })
  const exited = once(child, 'exit')
  stack.defer(async () => {
    child.kill('SIGTERM')
    await exited
  })
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`nginx did not start: ${said}`)
    return accepts(socket)
  }, 'nginx')
  const open = (path: string, { body, headers, method = 'POST' }: Sending = {}) => {
    const call = request({ socketPath: socket, path, method, headers: { host: 'models', ...headers }, agent: false })
    call.on('error', () => {})
    call.end(body)
    return replyTo(call)
  }
  const send = async (path: string, sending?: Sending) => {
    const { response, chunks, ended } = await open(path, sending)
    await ended
    return { status: response.statusCode, headers: response.headers, text: Buffer.concat(chunks).toString() }
  }
  const rest = stack.move()
  return { open, send, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

function replaced(text: string, pairs: [what: string, by: string][]): string {
  // From the first setting on: the comment in front of it names them too.
  const start = text.indexOf('pid ')
  return pairs.reduce((conf, [what, by]) => {
    if (conf.split(what).length !== 2) throw new Error(`the example has not exactly one '${what}'`)
    return conf.replace(what, () => by)
  }, text.slice(start))
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    const done = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => done(true)).once('error', () => done(false))
  })
}
