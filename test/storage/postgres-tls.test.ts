import assert from 'node:assert/strict'
import { chmod, chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { run } from '../../src/cli/index.ts'
import { isUnavailable } from '../../src/db/errors.ts'
import { openDb } from '../../src/db/open.ts'
import { until } from '../process/gatehouse.ts'
import { makeCertificate, makeClient, makeServer, purpose } from '../support/certificates.ts'
import { ADMIN_KEY, startTestApp } from '../support/harness.ts'
import { type OwnPostgres, startPostgres } from '../support/postgres.ts'
import { systemUser } from '../support/system-user.ts'

let folder: string
let server: OwnPostgres
let port: string

/** A file of these tests that PostgreSQL's own user can read too. */
async function put(name: string, text: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, text)
  await chmod(path, 0o600)
  const user = systemUser()
  if (user) await chown(path, user.uid, user.gid)
  return path
}
const path = (name: string) => join(folder, name)

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'))
  await chmod(folder, 0o755)
  const [authority, other] = [await makeCertificate('authority'), await makeCertificate('another authority')]
  const own = await makeServer(authority)
  for (const [name, text] of Object.entries({
    'ca.pem': authority.pem,
    'other.pem': other.pem,
    'server.pem': own.cert,
    'server.key': own.key,
    ...(await filesOf('client', makeClient(authority))),
    ...(await filesOf('stranger', makeClient(other))),
  }))
    await put(name, text)
  server = await startPostgres(async (data) => {
    const hba = join(data, 'pg_hba.conf')
    const rules = ['hostssl all client 127.0.0.1/32 cert', 'hostssl all postgres 127.0.0.1/32 password']
    // This process itself comes without TLS, and nobody else may: `plain` is one more name of the same owner.
    rules.push('hostnossl all plain 127.0.0.1/32 trust', 'hostnossl postgres postgres 127.0.0.1/32 password')
    await writeFile(hba, rules.join('\n'))
    const files = `ssl_cert_file=${path('server.pem')},ssl_key_file=${path('server.key')},ssl_ca_file=${path('ca.pem')}`
    return ['ssl=on', ...files.split(',')]
  })
  for (const name of ['client', 'plain']) await server.run(`create role ${name} login superuser`)
  await server.run('create database kept')
  port = new URL(server.url).port
})
after(async () => {
  await server[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function filesOf(name: string, made: Promise<{ cert: string; key: string }>) {
  const { cert, key } = await made
  return { [`${name}.pem`]: cert, [`${name}.key`]: key }
}

/** What this process finds of its own connection, or why there is none. */
async function connect(query: string, host = '127.0.0.1', user = 'postgres:postgres'): Promise<string> {
  const db = await openDb(`postgres://${user}@${host}:${port}/kept?${query}`, { connections: 1 })
  try {
    const { rows } = await sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(db)
    return rows[0]?.ssl ? 'TLS' : 'plain text'
  } catch (error) {
    assert.ok(isUnavailable(error), String(error))
    return (error as { code?: string }).code ?? (error as Error).message
  } finally {
    await db.destroy()
  }
}

describe('TLS to PostgreSQL is what the URL says, as its own programs read it', () => {
  // The server's certificate is for 127.0.0.1 and localhost; 127.0.0.2 is the same server by a name that it has not.
  const table: [mode: string, files: string[], host: string, outcome: string][] = [
    ['require', [], '127.0.0.1', 'TLS'],
    ['require', ['sslrootcert=ca.pem'], '127.0.0.1', 'TLS'],
    ['require', ['sslrootcert=other.pem'], '127.0.0.1', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['verify-ca', ['sslrootcert=ca.pem'], '127.0.0.1', 'TLS'],
    ['verify-ca', ['sslrootcert=other.pem'], '127.0.0.1', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['verify-full', ['sslrootcert=ca.pem'], '127.0.0.1', 'TLS'],
    ['verify-full', ['sslrootcert=ca.pem'], 'localhost', 'TLS'],
    ['verify-full', ['sslrootcert=other.pem'], '127.0.0.1', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['verify-full', [], '127.0.0.1', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['verify-full', ['sslrootcert=system'], '127.0.0.1', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['', ['sslrootcert=ca.pem'], '127.0.0.1', 'TLS'],
    ['', ['sslrootcert=other.pem'], '127.0.0.1', 'SELF_SIGNED_CERT_IN_CHAIN'],
    ['disable', [], '127.0.0.1', '28000'],
  ]
  for (const [mode, files, host, outcome] of table) {
    test(`sslmode=${mode} ${files.join(' ')} to ${host}: ${outcome}`, async () => {
      assert.equal(await connect(queryOf(mode, files), host), outcome)
    })
  }

  test('a name that the certificate has not is refused by verify-full alone', async () => {
    await using elsewhere = await nameless()
    for (const [mode, outcome] of [
      ['require', 'TLS'],
      ['verify-ca', 'TLS'],
      ['verify-full', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ] as const) {
      assert.equal(await connect(queryOf(mode, [`sslrootcert=${elsewhere.authority}`])), outcome, mode)
    }
  })

  test('a client certificate is shown where sslcert and sslkey name one, and a stranger to the server is not let in', async () => {
    const files = (name: string) => ['sslrootcert=ca.pem', `sslcert=${name}.pem`, `sslkey=${name}.key`]
    assert.equal(await connect(queryOf('verify-full', files('client')), '127.0.0.1', 'client'), 'TLS')
    assert.equal(await connect(queryOf('verify-full', ['sslrootcert=ca.pem']), '127.0.0.1', 'client'), '28000')
    assert.notEqual(await connect(queryOf('verify-full', files('stranger')), '127.0.0.1', 'client'), 'TLS')
  })

  test('a server that speaks no TLS is not spoken with in plain text', async () => {
    await using plain = await startPostgres()
    for (const mode of ['require', 'verify-full']) {
      const db = await openDb(`${plain.url}/postgres?sslmode=${mode}`, { connections: 1 })
      await assert.rejects(sql`select 1`.execute(db), (error: Error) => {
        assert.match(error.message, /does not support SSL/)
        return isUnavailable(error)
      })
      await db.destroy()
    }
  })
})

test('a whole server works by TLS with a client certificate, in listening too, and takes up renewed files', async () => {
  const names = ['sslrootcert=ca.pem', 'sslcert=client.pem', 'sslkey=client.key']
  const databaseUrl = `postgres://client@127.0.0.1:${port}/kept?${queryOf('verify-full', names)}`
  await using app = await startTestApp({ databaseUrl })
  const sessions = async () => {
    const { rows } = await sql<{ n: number }>`select count(*) as n from pg_stat_activity join pg_stat_ssl using (pid)
      where datname = 'kept' and usename = 'client' and ssl and application_name = 'gatehouse changes'`.execute(app.db)
    return rows[0]?.n
  }
  await until(async () => (await sessions()) === 1, 'it listens by TLS')
  assert.equal((await app.send('GET', '/v1/organization/projects')).status, 200)

  // What is in the files counts for the next connection: a stranger's is refused, and the renewed one works.
  const [cert, key] = await Promise.all(['client.pem', 'client.key'].map((name) => readFile(path(name), 'utf8')))
  const swap = async (pem: string, own: string) => {
    await put('client.pem', pem)
    await put('client.key', own)
    await sql`select pg_terminate_backend(pid) from pg_stat_activity
      where usename = 'client' and pid <> pg_backend_pid()`.execute(app.db)
  }
  const [pem = '', own = ''] = await Promise.all(
    ['stranger.pem', 'stranger.key'].map((name) => readFile(path(name), 'utf8')),
  )
  await swap(pem, own)
  await until(async () => (await app.send('GET', '/v1/organization/projects')).status === 503, 'it is an outage')
  await swap(cert ?? '', key ?? '')
  await until(async () => (await app.send('GET', '/v1/organization/projects')).status === 200, 'it works again')
})

test('a start that PostgreSQL or its certificate refuses says why, without the password', async () => {
  for (const [query, words] of [
    [
      queryOf('verify-full', ['sslrootcert=other.pem']),
      /kept cannot be used \(self-signed certificate in certificate chain\)/,
    ],
    ['sslmode=disable', /kept cannot be used \(.*pg_hba\.conf/],
  ] as const) {
    const said: string[] = []
    const env = {
      GATEHOUSE_DATABASE_URL: `postgres://postgres:secret@127.0.0.1:${port}/kept?${query}`,
      GATEHOUSE_ADMIN_KEY: ADMIN_KEY,
    }
    const note = (text: string) => said.push(text)
    assert.equal(await run(['migrate'], env, { line() {}, note, json() {} }), 1)
    assert.match(said.join(), words)
    assert.doesNotMatch(said.join(), /secret/)
  }
})

function queryOf(mode: string, files: readonly string[]): string {
  const named = files.map((file) => {
    const [name = '', value = ''] = file.split('=')
    return `${name}=${value === 'system' || value.startsWith('/') ? value : path(value)}`
  })
  return [...(mode ? [`sslmode=${mode}`] : []), ...named].join('&')
}

/** The same PostgreSQL with a certificate for another name, for as long as it is needed. */
async function nameless(): Promise<AsyncDisposable & { authority: string }> {
  const authority = await makeCertificate('third authority')
  const elsewhere = await makeClient(authority, { purposes: [purpose.serverAuth] })
  const before = await Promise.all(['server.pem', 'server.key'].map((name) => readFile(path(name), 'utf8')))
  const use = async (cert: string, key: string) => {
    await put('server.pem', cert)
    await put('server.key', key)
    await server.stop()
    await server.start()
  }
  await put('third.pem', authority.pem)
  await use(elsewhere.cert, elsewhere.key)
  return { authority: path('third.pem'), [Symbol.asyncDispose]: () => use(before[0] ?? '', before[1] ?? '') }
}
