import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { makeCertificate } from '../../test/support/certificates.ts'
import { databases } from '../../test/support/databases.ts'
import { ADMIN_KEY, startTestApp } from '../../test/support/harness.ts'
import { auditRows, policyCallers } from '../../test/support/policy-callers.ts'

let pem = ''
before(async () => {
  pem = (await makeCertificate('authority')).pem
})

const unknown = `cert_${'0'.repeat(24)}`

for (const database of databases) {
  test(`${database}: certificates of a project`, async (t) => {
    await using app = await startTestApp({ database })
    const callers = await policyCallers(app)
    const { certificates, projects } = app.admin().organization
    const fresh = async () => ({
      project: (await projects.create({ name: 'guarded' })).id,
      certificate: await certificates.create({ certificate: pem, name: 'authority' }),
    })
    const isActive = async (project: string, id: string) => {
      const all = await Array.fromAsync(projects.certificates.list(project))
      return all.find((certificate) => certificate.id === id)?.active
    }

    await t.test('a project activates for itself alone, and idempotently', async () => {
      const { project, certificate } = await fresh()
      const { certificate_details: details, ...rest } = certificate
      const { id } = rest
      // Lists leave out whose a certificate is.
      const certificate_details = { valid_at: details.valid_at, expires_at: details.expires_at }
      const elsewhere = (await projects.create({ name: 'elsewhere' })).id
      for (const active of [true, true, false, false]) {
        const act = active ? projects.certificates.activate : projects.certificates.deactivate
        const page = await act.call(projects.certificates, project, { certificate_ids: [id] })
        assert.equal(Reflect.get(page, 'object'), `organization.project.certificate.${active ? '' : 'de'}activation`)
        assert.deepEqual(page.data, [
          { ...rest, certificate_details, object: 'organization.project.certificate', active },
        ])
        assert.equal(await isActive(project, id), active)
        assert.equal(await isActive(elsewhere, id), false)
        const [listed] = (await certificates.list({ limit: 1 })).data
        assert.deepEqual([listed?.id, listed?.active], [id, false])
      }
      for (const type of ['certificates.activated', 'certificates.deactivated'] as const) {
        const rows = await auditRows(app, id, type)
        assert.deepEqual(
          rows.map(({ project_id, payload }) => [project_id, payload.certificates]),
          Array(2).fill([project, [{ id, name: 'authority' }]]),
        )
      }
    })

    await t.test('what the organization activates every project inherits, whatever that says itself', async () => {
      const { project, certificate } = await fresh()
      const certificate_ids = [certificate.id]
      await certificates.activate({ certificate_ids })
      const listed = async () => (await Array.fromAsync(projects.certificates.list(project)))[0]
      assert.partialDeepStrictEqual(await listed(), { id: certificate.id, active: false, inherited: true })
      const [kept] = (await projects.certificates.deactivate(project, { certificate_ids })).data
      assert.equal(kept?.active, false)
      await projects.certificates.activate(project, { certificate_ids })
      await certificates.deactivate({ certificate_ids })
      assert.equal(await isActive(project, certificate.id), true)
      const [gone] = (await projects.certificates.deactivate(project, { certificate_ids })).data
      assert.equal(gone?.active, false)
    })

    await t.test('every certificate of the organization is listed, page after page', async () => {
      const { project } = await fresh()
      const all = (await Array.fromAsync(certificates.list())).map(({ id }) => id)
      const desc = (await Array.fromAsync(projects.certificates.list(project, { limit: 1 }))).map(({ id }) => id)
      const asc = await Array.fromAsync(projects.certificates.list(project, { limit: 1, order: 'asc' }))
      assert.deepEqual(desc, all)
      assert.deepEqual(asc.map(({ id }) => id).toReversed(), all)
    })

    await t.test('one certificate that is not there refuses the whole call', async () => {
      const { project, certificate } = await fresh()
      for (const missing of [unknown, 'cert_\u0001']) {
        const certificate_ids = [certificate.id, missing]
        const refusal = { status: 404, code: 'not_found', param: 'certificate_ids[1]' }
        await assert.rejects(async () => await projects.certificates.activate(project, { certificate_ids }), refusal)
        await assert.rejects(async () => await projects.certificates.deactivate(project, { certificate_ids }), refusal)
      }
      assert.equal(await isActive(project, certificate.id), false)
    })

    await t.test(
      'a certificate that a project uses cannot be deleted; one that an archived project used can',
      async () => {
        const { project, certificate } = await fresh()
        const certificate_ids = [certificate.id]
        await projects.certificates.activate(project, { certificate_ids })
        await assert.rejects(certificates.delete(certificate.id), {
          status: 400,
          code: 'certificate_active',
          message: new RegExp(`in project '${project}'`),
        })
        await projects.archive(project)
        const change = async () => await projects.certificates.deactivate(project, { certificate_ids })
        await assert.rejects(change, { status: 400, code: 'project_archived' })
        assert.equal(await isActive(project, certificate.id), true)
        await certificates.delete(certificate.id)
        assert.equal(await isActive(project, certificate.id), undefined)
      },
    )

    await t.test(
      "only the organization's owners manage a project's certificates; the project's own owners do not",
      async () => {
        const { certificate } = await fresh()
        const calls = async (key: string) => {
          const mine = app.admin(key).organization.projects.certificates
          const body = { certificate_ids: [certificate.id] }
          const outcomes = await Promise.allSettled([
            mine.list(callers.projectId),
            mine.activate(callers.projectId, body),
            mine.deactivate(callers.projectId, body),
          ])
          return outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 200 : outcome.reason.status))
        }
        assert.deepEqual(await calls(ADMIN_KEY), [200, 200, 200])
        assert.deepEqual(await calls(callers.projectOwner), [401, 401, 401])
        assert.deepEqual(await calls(callers.projectMember), [401, 401, 401])
        assert.deepEqual(await calls(callers.readOnly), [200, 401, 401])
        assert.deepEqual(await calls(callers.reader), [404, 404, 404])
        assert.deepEqual(await calls(callers.stranger), [404, 404, 404])
      },
    )

    await t.test('the same activation at the same moment succeeds for everybody and is stored once', async () => {
      const { project, certificate } = await fresh()
      const certificate_ids = [certificate.id]
      const calls = Array.from(
        { length: 8 },
        async () => await projects.certificates.activate(project, { certificate_ids }),
      )
      for (const { data } of await Promise.all(calls)) assert.equal(data[0]?.active, true)
      const stored = await app.db
        .selectFrom('project_certificate')
        .selectAll()
        .where('project_id', '=', project)
        .execute()
      assert.equal(stored.length, 1)
    })
  })
}
