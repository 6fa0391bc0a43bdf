import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import { Agent as Dispatcher, fetch as undiciFetch } from 'undici'
import { type CertificateAuthority, type KeyPair, makeCertificate, makeServer } from '../support/certificates.ts'

/** What a server that speaks TLS is started with, and what its clients trust. */
export type TlsFiles = AsyncDisposable & {
  env: { GATEHOUSE_TLS_CERT: string; GATEHOUSE_TLS_KEY: string }
  /** The authority of the server's certificate, in PEM. */
  ca: string
  authority: CertificateAuthority
  /** Puts others in place of the certificate and the key. */
  write: (pair: Partial<KeyPair>) => Promise<void>
}

export async function tlsFiles(): Promise<TlsFiles> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'))
  const env = { GATEHOUSE_TLS_CERT: join(directory, 'cert.pem'), GATEHOUSE_TLS_KEY: join(directory, 'key.pem') }
  const write = async ({ cert, key }: Partial<KeyPair>) => {
    if (cert !== undefined) await writeFile(env.GATEHOUSE_TLS_CERT, cert)
    if (key !== undefined) await writeFile(env.GATEHOUSE_TLS_KEY, key)
  }
  const authority = await makeCertificate('server authority')
  await write(await makeServer(authority))
  const remove = () => rm(directory, { recursive: true, force: true })
  return { env, ca: authority.pem, authority, write, [Symbol.asyncDispose]: remove }
}

/** `fetch` over TLS, with this client certificate or with none: also what the official client takes. */
export function tlsFetch(ca: string, pair: Partial<KeyPair> = {}): typeof fetch {
  const dispatcher = new Dispatcher({ connect: { ca, ...pair } })
  const make = (url: string, init: object) => undiciFetch(url, { ...init, dispatcher })
  // Undici's types are its own; what the global one takes and gives is the same.
  return make as unknown as typeof fetch
}

export type TlsReply = { status: number; code: string | null; message: string; reused: boolean; socket: TLSSocket }

/** A client with one connection, which it keeps. */
export function keptConnection(url: string, ca: string, pair: Partial<KeyPair> = {}) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca, ...pair })
  const call = async (
    path: string,
    key: string,
    { body, headers }: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<TlsReply> => {
    const sent = request(url + path, {
      agent,
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    })
    sent.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = (await once(sent, 'response')) as [IncomingMessage]
    const { reusedSocket: reused } = sent
    const socket = response.socket as TLSSocket
    const { error } = JSON.parse(await text(response))
    return {
      status: response.statusCode ?? 0,
      code: error?.code ?? null,
      message: error?.message ?? '',
      reused,
      socket,
    }
  }
  return { call, [Symbol.dispose]: () => agent.destroy() }
}
