import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { startEcho } from '../../test/gateway/gate.ts'
import { makeCertificate } from '../../test/support/certificates.ts'
import { databases } from '../../test/support/databases.ts'

/** What becomes of a PEM in a form or an environment: the lines are gone, or there are more. */
const pasted: [what: string, as: (pem: string) => string][] = [
  ['blanks for its line ends', (pem) => pem.trim().replaceAll('\n', ' ')],
  ['no line ends', (pem) => pem.trim().replaceAll('\n', '')],
  ['an empty line in it', (pem) => pem.replace(/(?<=[A-Za-z0-9+/])\n(?=[A-Za-z0-9+/])/, '\n\n')],
]

for (const database of databases) {
  for (const [what, as] of pasted) {
    test(`${database}: a certificate that comes with ${what} is shown by its names, and closes a project instead of breaking it`, async () => {
      await using gate = await startEcho({ database })
      const { certificates, projects } = gate.app.admin().organization
      const { pem } = await makeCertificate('authority')
      const { id, certificate_details } = await certificates.create({ certificate: as(pem), name: 'pasted' })
      assert.deepEqual((await certificates.retrieve(id)).certificate_details, certificate_details)
      const { subject, fingerprint } = certificate_details as { subject?: string; fingerprint?: string }
      assert.deepEqual([subject, fingerprint], ['CN=authority', new X509Certificate(pem).fingerprint256])
      await projects.certificates.activate(gate.projectId, { certificate_ids: [id] })
      const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }
      const { status, body: said } = await gate.send('/v1/chat/completions', body)
      assert.deepEqual([status, said.error?.code], [401, 'client_certificate_required'])
    })
  }
}
