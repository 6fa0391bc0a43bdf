import assert from 'node:assert/strict'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { rootCertificates } from 'node:tls'
import { readConfigFile } from '../../src/config/file.ts'
import { counters, gauges } from '../../src/core/metrics.ts'
import { gatehouse } from '../process/gatehouse.ts'

const root = join(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/operations.md'), 'utf8')
const source = globSync('src/**/*.{ts,lua}', { cwd: root, exclude: ['**/*.test.ts'] })
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n')
const help = (await gatehouse(['help'])).stdout

/** Names of other programs: PostgreSQL's, PgBouncer's, nginx's, Envoy's, HAProxy's, a shell's. */
const strangers = [
  ...['max_connections', 'statement_timeout', 'pg_dump', 'proxy_buffering', 'proxy_set_header', 'client_max_body_size'],
  ...['with_request_body', 'ssl_client_escaped_cert', 'ssl_c_der', 'node_modules'],
]

const found = (pattern: RegExp) => [...new Set(Array.from(page.matchAll(pattern), ([, word = '']) => word))]
const quoted = found(/`([^`\n]+)`/g)

test('the settings, metrics and commands that the operator’s page names are there', () => {
  const [, flags = ''] = /^ {2}(--host .*)$/m.exec(help) ?? []
  const settings = flags.split(' ').map((flag) => `GATEHOUSE_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`)
  const named = found(/\b(GATEHOUSE_[A-Z_]*[A-Z])\b/g)
  assert.ok(named.length > 10)
  assert.deepEqual(
    named.filter((name) => !settings.includes(name)),
    [],
  )
  const metrics = found(/\b(gatehouse_[a-z_]+)\b/g)
  assert.ok(metrics.length > 8)
  assert.deepEqual(
    metrics.filter((name) => !Object.hasOwn(counters, name) && !Object.hasOwn(gauges, name)),
    [],
  )
  const commands = found(/npm run gatehouse -- ([a-z-]+)/g)
  assert.ok(commands.length >= 5)
  assert.deepEqual(
    commands.filter((name) => !help.includes(`\n  gatehouse ${name}`)),
    [],
  )
})

test('what the operator’s page shows of the configuration file can be read, every field of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-page-'))
  try {
    const blocks = found(/^```yaml\n([\s\S]*?)^```/gm)
    assert.equal(blocks.length, 5)
    // The one file that it names besides is the operator's.
    const authority = join(folder, 'ca.pem')
    writeFileSync(authority, rootCertificates[0] ?? '')
    const path = join(folder, 'gatehouse.yaml')
    for (const block of blocks) {
      writeFileSync(path, block.replace('/etc/gatehouse/redis-ca.pem', authority))
      const mistakes: string[] = []
      readConfigFile(path, { UPSTREAM_KEY: 'sk-x' }, mistakes)
      assert.deepEqual(mistakes, [], block)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('fields and the log’s words on the operator’s page stand in the code, or are another program’s', () => {
  const fields = quoted.flatMap((text) => text.match(/(?<![\w$%-])[a-z]+(?:_[a-z0-9]+)+(?![\w-])/g) ?? [])
  const own = fields.filter((name) => !name.startsWith('gatehouse_') && !strangers.includes(name))
  assert.ok(own.length > 20)
  assert.deepEqual(
    own.filter((name) => !source.includes(name)),
    [],
  )
  const [, table = ''] = /^## When something fails\n([\s\S]*?)(?=^## )/m.exec(page) ?? []
  const words = [...table.matchAll(/`([a-zA-Z]+(?: [a-z]+)+)`/g)].map(([, text = '']) => text)
  assert.ok(words.length >= 5)
  const others = ['too many clients']
  // What cannot be written is named by each writer.
  const parts = words.filter((text) => !others.includes(text)).flatMap((text) => text.split(/ (?=could not)/))
  assert.deepEqual(
    parts.filter((text) => !source.includes(text)),
    [],
  )
})
