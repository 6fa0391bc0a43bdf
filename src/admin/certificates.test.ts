import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import { type CertificateOptions, makeCertificate, usage } from '../../test/support/certificates.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp } from '../../test/support/harness.ts'
import { auditRows, policyCallers } from '../../test/support/policy-callers.ts'

let pem = ''
before(async () => {
  pem = (await makeCertificate('authority')).pem
})

const unknown = `cert_${'0'.repeat(24)}`
const refused = (code: string | null, param: string | null = null, message = /./) => ({
  status: 400,
  code,
  param,
  message,
})
const notFound = (param: string) => ({ status: 404, code: 'not_found', param })
const invalid = (reason: RegExp) => refused('invalid_certificate', 'certificate', reason)

const flaws: [what: string, options: CertificateOptions, reason: RegExp][] = [
  ['a leaf', { ca: false, usages: usage.digitalSignature }, /certificate authority/],
  ['an expired authority', { validFrom: -9, expiresIn: -1 }, /expired/],
  ['one that expires within a day', { expiresIn: 0.5 }, /within a day/],
  ['one without a subject key identifier', { subjectKey: null }, /subject key identifier/],
  ['one without an authority key identifier', { authorityKey: null }, /authority key identifier/],
  ['one that may not sign revocation lists', { usages: usage.keyCertSign }, /cRLSign/],
]

for (const database of databases) {
  test(`${database}: certificates of the organization`, async (t) => {
    await using app = await startTestApp({ database })
    const callers = await policyCallers(app)
    const { certificates, projects } = app.admin().organization
    const upload = (name = 'authority') => certificates.create({ certificate: pem, name })
    const uploads = (count: number) => Promise.all(Array.from({ length: count }, () => upload()))
    const isActive = async (id: string) => {
      const all = await Array.fromAsync(certificates.list())
      return all.find((certificate) => certificate.id === id)?.active
    }

    await t.test('authorities with every common kind of key can be uploaded', async () => {
      for (const key of ['EC', 'RSA', 'Ed25519'] as const) {
        const { pem, certificate } = await makeCertificate('authority', { key })
        const { id, created_at, ...rest } = await certificates.create({ certificate: pem, name: ` ${key} ` })
        assert.match(id, /^cert_[0-9a-z]{24}$/)
        assert.ok(Math.abs(created_at - Date.now() / 1000) < 60)
        assert.deepEqual(rest, {
          object: 'certificate',
          name: key,
          certificate_details: {
            ...{ valid_at: +certificate.notBefore / 1000, expires_at: +certificate.notAfter / 1000 },
            ...{ subject: 'CN=authority', issuer: 'CN=authority' },
            fingerprint: new X509Certificate(pem).fingerprint256,
          },
        })
      }
    })

    await t.test('the PEM is shown where it is asked for and nowhere else', async () => {
      const made = await upload()
      assert.deepEqual(await certificates.retrieve(made.id), made)
      const { certificate_details, ...rest } = await certificates.retrieve(made.id, { include: ['content'] })
      assert.deepEqual(
        { ...rest, certificate_details },
        {
          ...made,
          certificate_details: { ...made.certificate_details, content: pem },
        },
      )
      const { status, body } = await app.send('GET', `/v1/organization/certificates/${made.id}?include=everything`)
      assert.deepEqual([status, body.error.code], [400, 'invalid_value'])
      assert.doesNotMatch(JSON.stringify((await certificates.list()).data), /BEGIN/)
    })

    await t.test('what is no usable authority is refused with the reason, and nothing is stored', async () => {
      const before = await Array.fromAsync(certificates.list())
      for (const [what, options, reason] of flaws) {
        const { pem } = await makeCertificate('flawed', options)
        await assert.rejects(certificates.create({ certificate: pem, name: what }), invalid(reason), what)
      }
      const garbage: [text: string, reason: RegExp][] = [
        ['', /PEM/],
        ['hello \u0001 \ud800', /PEM/],
        [`${pem}\n${pem}`, /holds 2 certificates/],
        [pem.replace(/(?<=BEGIN CERTIFICATE-----\n).{8}/, ''), /not an X.509/],
        [pem.padEnd(16_384, ' '), /16384 bytes/],
        ['x'.repeat(500_000), /500000 bytes/],
      ]
      for (const [certificate, reason] of garbage) {
        await assert.rejects(certificates.create({ certificate }), invalid(reason))
      }
      const huge = { certificate: 'x'.repeat(2_000_000) }
      await assert.rejects(certificates.create(huge), { status: 413 })
      for (const certificate of [null, 7, [pem]]) {
        const body = { certificate }
        const reply = await app.send('POST', '/v1/organization/certificates', { body })
        assert.deepEqual([reply.status, reply.body.error.code], [400, 'invalid_type'])
      }
      assert.deepEqual(await Array.fromAsync(certificates.list()), before)
    })

    await t.test('a name is optional, and all that can be changed', async () => {
      const { id, name } = await certificates.create({ certificate: pem })
      assert.equal(name, null)
      const renamed = await certificates.update(id, { name: ' new ' })
      assert.deepEqual([renamed.object, renamed.name], ['certificate', 'new'])
      assert.deepEqual(await certificates.update(id, {}), renamed)
      assert.deepEqual(await certificates.retrieve(id), renamed)
      const path = `/v1/organization/certificates/${id}`
      const other = await app.send('POST', path, { body: { certificate: pem } })
      assert.deepEqual([other.status, other.body.error.code], [400, 'unknown_parameter'])
      await assert.rejects(certificates.update(id, { name: ' ' }), refused('string_below_min_length', 'name'))
      await assert.rejects(certificates.update(unknown, { name: 'x' }), notFound('certificate_id'))
      assert.deepEqual(
        (await auditRows(app, id, 'certificate.created')).map(({ payload }) => payload),
        [{ id }],
      )
      const updated = (await auditRows(app, id, 'certificate.updated')).map(({ payload }) => payload)
      assert.deepEqual(updated, [
        { id, name: 'new' },
        { id, name: 'new' },
      ])
    })

    await t.test('the list goes both ways, newest first unless told otherwise', async () => {
      const made = (await uploads(3)).map(({ id }) => id)
      const asc = (await Array.fromAsync(certificates.list({ order: 'asc', limit: 2 }))).map(({ id }) => id)
      const desc = (await Array.fromAsync(certificates.list({ limit: 2 }))).map(({ id }) => id)
      assert.deepEqual(asc.toReversed(), desc)
      assert.deepEqual(asc, asc.toSorted())
      assert.deepEqual(new Set(desc.slice(0, 3)), new Set(made))
      const page = await certificates.list({ limit: 1 })
      assert.deepEqual([page.data[0]?.object, page.data[0]?.active], ['organization.certificate', false])
      await assert.rejects(Array.fromAsync(certificates.list({ after: 'proj_x' })), refused('invalid_value', 'after'))
      await assert.rejects(
        Array.fromAsync(certificates.list({ limit: 101 })),
        refused('integer_above_max_value', 'limit'),
      )
    })

    await t.test('activation and deactivation answer what was named, and are idempotent', async () => {
      const [a, b] = await uploads(2)
      assert.ok(a && b)
      const certificate_ids = [b.id, a.id, b.id]
      for (const active of [true, true, false, false]) {
        const act = active ? certificates.activate : certificates.deactivate
        const page = await act.call(certificates, { certificate_ids })
        assert.equal(Reflect.get(page, 'object'), `organization.certificate.${active ? '' : 'de'}activation`)
        const item = { object: 'organization.certificate', active }
        // Whose it is says a certificate by itself alone.
        const shown = ({ certificate_details: { valid_at, expires_at }, ...rest }: typeof a) => {
          return { ...rest, ...item, certificate_details: { valid_at, expires_at } }
        }
        assert.deepEqual(page.data, [shown(b), shown(a)])
        assert.deepEqual([await isActive(a.id), await isActive(b.id)], [active, active])
        assert.ok(!('active' in (await certificates.retrieve(a.id))))
      }
      for (const type of ['certificates.activated', 'certificates.deactivated'] as const) {
        const rows = await auditRows(app, a.id, type)
        assert.deepEqual(
          rows.map(({ payload }) => payload.certificates),
          [[{ id: a.id, name: 'authority' }], [{ id: a.id, name: 'authority' }]],
        )
        assert.equal((await auditRows(app, b.id, type)).length, 2)
      }
    })

    await t.test('one certificate that is not there refuses the whole call', async () => {
      const { id } = await upload()
      const foreign = await app.admin(callers.stranger).organization.certificates.create({ certificate: pem })
      for (const missing of [unknown, foreign.id, 'x', 'cert_\u0001', `${id} `]) {
        const call = certificates.activate({ certificate_ids: [id, missing] })
        await assert.rejects(async () => await call, {
          ...notFound('certificate_ids[1]'),
          message: `404 No such certificate: '${missing}'. It was not found.`,
        })
      }
      assert.equal(await isActive(id), false)
      await assert.rejects(certificates.retrieve(foreign.id), notFound('certificate_id'))
      await assert.rejects(certificates.delete(foreign.id), notFound('certificate_id'))
    })

    await t.test('a call names one to ten', async () => {
      const ids = (await uploads(10)).map(({ id }) => id)
      const activate = async (certificate_ids: string[]) => await certificates.activate({ certificate_ids })
      await assert.rejects(activate([]), refused('array_below_min_length', 'certificate_ids'))
      await assert.rejects(activate([...ids, unknown]), refused('array_above_max_length', 'certificate_ids'))
      await assert.rejects(activate(Array(30_000).fill(unknown)), refused('array_above_max_length', 'certificate_ids'))
      assert.equal((await activate(ids)).data.length, 10)
      await certificates.deactivate({ certificate_ids: ids })
      await Promise.all(ids.map((id) => certificates.delete(id)))
    })

    await t.test('only an inactive certificate can be deleted', async () => {
      const { id } = await upload('doomed')
      await certificates.activate({ certificate_ids: [id] })
      await assert.rejects(
        certificates.delete(id),
        refused('certificate_active', 'certificate_id', /for the organization/),
      )
      await certificates.deactivate({ certificate_ids: [id] })
      assert.deepEqual(await certificates.delete(id), { object: 'certificate.deleted', id })
      await assert.rejects(certificates.retrieve(id), notFound('certificate_id'))
      await assert.rejects(certificates.delete(id), notFound('certificate_id'))
      const [row] = await auditRows(app, id, 'certificate.deleted')
      assert.deepEqual(row?.payload, { id, name: 'doomed', certificate: pem })
    })

    await t.test('only owners of the organization reach its certificates', async () => {
      const { id } = await upload()
      const codeOf = async (call: PromiseLike<unknown>) => {
        try {
          await call
          return 200
        } catch (error) {
          return (error as { status: number }).status
        }
      }
      const calls = (key: string) => {
        const { certificates } = app.admin(key).organization
        const ids = { certificate_ids: [id] }
        return Promise.all([
          codeOf(certificates.list()),
          codeOf(certificates.retrieve(id)),
          codeOf(certificates.create({ certificate: pem })),
          codeOf(certificates.update(id, { name: 'theirs' })),
          codeOf(certificates.activate(ids)),
          codeOf(certificates.deactivate(ids)),
          codeOf(certificates.delete(id)),
        ])
      }
      const nothing = Array(7).fill(401)
      assert.deepEqual(await calls(callers.reader), nothing)
      assert.deepEqual(await calls(callers.projectMember), nothing)
      assert.deepEqual(await calls(callers.projectOwner), nothing)
      assert.deepEqual(await calls(callers.readOnly), [200, 200, 401, 401, 401, 401, 401])
      assert.deepEqual(await calls(callers.stranger), [200, 404, 200, 404, 404, 404, 404])
      assert.equal((await certificates.retrieve(id)).name, 'authority')
    })

    await t.test('changes at the same moment end as one after the other would', async () => {
      const project = await projects.create({ name: 'busy' })
      const ids = (await uploads(6)).map(({ id }) => id)
      const reversed = ids.toReversed()
      const outcomes = await Promise.allSettled([
        ...[ids, reversed, ids, reversed].map(
          async (certificate_ids) => await certificates.activate({ certificate_ids }),
        ),
        ...[reversed, ids].map(
          async (certificate_ids) => await projects.certificates.activate(project.id, { certificate_ids }),
        ),
        ...ids.map((id) => certificates.delete(id)),
      ])
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') assert.match(String(outcome.reason.code), /^(certificate_active|not_found)$/)
      }
      const left = (await Array.fromAsync(projects.certificates.list(project.id))).filter(({ id }) => ids.includes(id))
      const organization = await Promise.all(left.map(({ id }) => isActive(id)))
      const activated = outcomes.slice(0, 4).some(({ status }) => status === 'fulfilled')
      assert.ok(organization.every((active) => active === activated))
    })

    await t.test('an organization has 50 at most, however many are uploaded at the same moment', async () => {
      for (const { id } of await Array.fromAsync(certificates.list())) {
        await certificates.deactivate({ certificate_ids: [id] })
        for await (const project of projects.list()) {
          await projects.certificates.deactivate(project.id, { certificate_ids: [id] })
        }
        await certificates.delete(id)
      }
      const outcomes = await Promise.allSettled(Array.from({ length: 60 }, () => upload()))
      const reasons = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []))
      assert.deepEqual(reasons, Array(10).fill('too_many_certificates'))
      const all = await Array.fromAsync(certificates.list())
      assert.equal(all.length, 50)
      await assert.rejects(upload(), refused('too_many_certificates'))
      await certificates.delete(all[0]?.id ?? '')
      await upload()
    })
  })
}
