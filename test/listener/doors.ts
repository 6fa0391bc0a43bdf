import assert from 'node:assert/strict'
import { CHAT, makeKey, question } from '../gateway/gate.ts'
import { Wire } from '../gateway/wire.ts'
import { ADMIN_KEY, startTestApp } from '../support/harness.ts'

/** Both doors, each with a request that works. */
export async function openDoors() {
  await using stack = new AsyncDisposableStack()
  const app = stack.use(await startTestApp())
  const { key } = await makeKey(app)
  const rest = stack.move()
  const doors = [
    { door: 'gateway', get: '/v1/models', post: CHAT, key },
    { door: 'admin', get: '/v1/organization/projects', post: '/v1/organization/projects', key: ADMIN_KEY },
    { door: 'operations', get: '/healthz', post: '/healthz', key: 'none' },
  ] as const
  return { app, doors, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}
export type Door = { get: string; post: string; key: string }

export const http = (first: string, key: string, ...lines: string[]) =>
  [first, 'Host: gate', `Authorization: Bearer ${key}`, ...lines, '', ''].join('\r\n')
export const post = ({ post: path, key }: Door, type: string, body: string) =>
  http(`POST ${path} HTTP/1.1`, key, `Content-Type: ${type}`, `Content-Length: ${body.length}`) + body
export const asking = (key: string) => {
  const body = JSON.stringify(question)
  const length = `Content-Length: ${body.length}`
  return http(`POST ${CHAT} HTTP/1.1`, key, 'Content-Type: application/json', length) + body
}
export const normal = ({ get, key }: Door) => http(`GET ${get} HTTP/1.1`, key)

export async function answersNormally(url: string, door: Door, wire?: Wire) {
  using fresh = wire ? null : await Wire.open(url)
  const used = wire ?? fresh ?? assert.fail()
  await used.send(normal(door))
  assert.equal((await used.reply()).status, 200)
}
