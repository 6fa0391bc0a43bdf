import assert from 'node:assert/strict'
import { test } from 'node:test'
import { relyingPartyOf } from './relying-party.ts'

const offered: Record<string, [id: string, origin: string]> = {
  'https://gate.example': ['gate.example', 'https://gate.example'],
  'https://gate.example:8443/under': ['gate.example', 'https://gate.example:8443'],
  'https://GATE.example:443': ['gate.example', 'https://gate.example'],
  'https://bücher.example': ['xn--bcher-kva.example', 'https://xn--bcher-kva.example'],
  'http://localhost:8080': ['localhost', 'http://localhost:8080'],
  'http://gate.localhost': ['gate.localhost', 'http://gate.localhost'],
}
const refused: [url: string | null, why: RegExp][] = [
  [null, /GATEHOUSE_PUBLIC_URL/],
  ['http://gate.example', /https only.*http:\/\/gate\.example/],
  ['http://localhost.example', /https only/],
  ['http://notlocalhost', /https only/],
  ['https://192.0.2.1', /host name/],
  ['http://127.0.0.1:8080', /host name/],
  // As a browser writes it: 127.0.0.1.
  ['http://2130706433', /host name/],
  ['https://[2001:db8::1]:8443', /host name/],
]

test('passkeys are for the host by which browsers reach the server, where they have passkeys at all', () => {
  for (const [url, [id, origin]] of Object.entries(offered)) assert.deepEqual(relyingPartyOf(url), { id, origin }, url)
  for (const [url, why] of refused) {
    const party = relyingPartyOf(url)
    assert.ok('whyNot' in party, `${url}`)
    assert.match(party.whyNot, why)
    assert.match(party.whyNot, /\.$/)
  }
})
