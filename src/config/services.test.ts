import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, readConfig } from './settings.ts'

type Env = Record<string, string>

/** What Kubernetes puts into every pod of a namespace for one of its services. */
function serviceEnv(name: string, address: string, ...ports: [name: string, port: number, protocol: string][]): Env {
  const env: Env = { [`${name}_SERVICE_HOST`]: address }
  const host = address.includes(':') ? `[${address}]` : address
  for (const [index, [called, port, protocol]] of ports.entries()) {
    const url = `${protocol}://${host}:${port}`
    if (index === 0) Object.assign(env, { [`${name}_SERVICE_PORT`]: String(port), [`${name}_PORT`]: url })
    if (called !== '') env[`${name}_SERVICE_PORT_${called}`] = String(port)
    const one = `${name}_PORT_${port}_${protocol.toUpperCase()}`
    Object.assign(env, {
      [one]: url,
      [`${one}_PROTO`]: protocol,
      [`${one}_PORT`]: String(port),
      [`${one}_ADDR`]: address,
    })
  }
  return env
}

const own = serviceEnv('GATEHOUSE', '10.0.0.1', ['HTTP', 8080, 'tcp'], ['METRICS_TEXT', 9090, 'tcp'])

function blamed(env: Env): string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes.map((mistake) => mistake.split(':')[0] ?? '').toSorted()
    throw error
  }
  return []
}

test('what Kubernetes says of its services configures nothing and stops no start', () => {
  const cases: Record<string, Env> = {
    'a service of our name': own,
    'one port without a name': serviceEnv('GATEHOUSE', '10.0.0.1', ['', 8080, 'tcp']),
    'an IPv6 address': serviceEnv('GATEHOUSE', 'fd00::1', ['HTTP', 8080, 'tcp']),
    'other protocols': serviceEnv('GATEHOUSE', '10.0.0.1', ['A', 53, 'udp'], ['B', 54, 'sctp']),
    'a service whose name begins like ours': serviceEnv('GATEHOUSE_DB', '10.0.0.2', ['POSTGRES', 5432, 'tcp']),
    'several services': { ...own, ...serviceEnv('GATEHOUSE_TLS', '10.0.0.3', ['', 443, 'tcp']) },
  }
  for (const [what, env] of Object.entries(cases)) {
    const { serviceVariables, ...config } = readConfig(env)
    assert.deepEqual(serviceVariables?.toSorted(), Object.keys(env).toSorted(), what)
    assert.deepEqual(config, readConfig({}), what)
  }
  assert.equal(
    readConfig({ OTHER_SERVICE_HOST: '10.0.0.1', OTHER_PORT: 'tcp://10.0.0.1:1' }).serviceVariables,
    undefined,
  )
})

test('beside them a port that somebody chose counts, and a flag wins', () => {
  assert.equal(readConfig({ ...own, GATEHOUSE_PORT: '9000' }).port, 9000)
  assert.equal(readConfig(own, { port: '9001' }).port, 9001)
  assert.equal(readConfig({ ...own, GATEHOUSE_HOST: '0.0.0.0' }).host, '0.0.0.0')
})

test('a mistake beside them is still one', () => {
  assert.deepEqual(blamed({ ...own, GATEHOUSE_PORT: 'http' }), ['GATEHOUSE_PORT'])
  assert.deepEqual(blamed({ ...own, GATEHOUSE_PROT: '9090' }), ['GATEHOUSE_PROT'])
  assert.deepEqual(blamed({ ...own, GATEHOUSE_PORT_NUMBER: '9090' }), ['GATEHOUSE_PORT_NUMBER'])
  assert.deepEqual(blamed({ ...own, GATEHOUSE_DB_PORT: 'tcp://10.0.0.2:5432' }), ['GATEHOUSE_DB_PORT'])
})

test('without an address of a service beside them the same names are mistakes', () => {
  const { GATEHOUSE_SERVICE_HOST: _, ...rest } = own
  assert.deepEqual(blamed(rest), Object.keys(rest).toSorted())
  assert.deepEqual(blamed({ ...own, GATEHOUSE_SERVICE_HOST: 'gate.example' }), Object.keys(own).toSorted())
})
