import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ApiError } from '../../src/contract/error.ts'
import { routeOf } from '../../src/gateway/routes/match.ts'

/** Every call that the resources of the official client make, as their code writes it: a method and a path. */
function calls(): [method: string, path: string][] {
  const folder = join(import.meta.dirname, '../../node_modules/openai/resources')
  const call =
    /this\._client\s*\.(get|post|put|patch|delete|getAPIList)\(\s*(?:\(0, path_\d+\.path\)|path\d*)?\s*(`[^`]*`|'[^']*')((?:(?!this\._client)[\s\S])*?method: 'post')?/g
  return globSync('**/*.js', { cwd: folder }).flatMap((file) =>
    [...readFileSync(join(folder, file), 'utf8').matchAll(call)].map(
      ([, verb = '', written = '', posts]): [string, string] => [
        verb === 'getAPIList' ? (posts ? 'POST' : 'GET') : verb.toUpperCase(),
        `/v1${written.slice(1, -1).replace(/\$\{[^}]*\}/g, 'x1')}`,
      ],
    ),
  )
}

test('every call of the official client is governed here, or is refused as not offered', () => {
  const models = calls().filter(([, path]) => !/^\/v1\/(organization|projects)\//.test(path))
  assert.ok(models.length > 150, 'the client is read in the way it is written')
  const governed = new Set<string>()
  for (const [method, path] of models) {
    try {
      governed.add(routeOf(method, path).name)
    } catch (error) {
      assert.ok(error instanceof ApiError, String(error))
      assert.equal(error.code, 'not_offered', `${method} ${path}: ${error.message}`)
    }
  }
  // All of the gate's own but `embeddings.create`, which the client writes in another way.
  assert.equal(governed.size, 77, [...governed].join(' '))
})
