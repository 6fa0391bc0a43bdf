import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { newOrganization } from '../contract/organizations.ts'
import { makeCertificate, usage } from '../support/certificates.ts'
import { all, refusal, type Scenario, unknownLike, type World } from './scenario.ts'

const noCertificate = refusal(404, 'not_found', 'certificate_id')
const authority = await makeCertificate('authority')

/** Uploads an authority that is good. */
export const uploadAuthority = ({ admin }: World, name = 'authority') =>
  admin.certificates.create({ certificate: authority.pem, name })
const activeIn = async (list: AsyncIterable<{ id: string; active: boolean }>) =>
  Object.fromEntries((await all(list)).map(({ id, active }) => [id, active]))

/** Activates or deactivates two of three for the organization or a project, and one that is not there with one that is. */
async function drive(world: World, action: 'activate' | 'deactivate', project?: string) {
  const { certificates, projects } = world.admin
  const act = async (name: 'activate' | 'deactivate', certificate_ids: string[]) =>
    project === undefined
      ? await certificates[name]({ certificate_ids })
      : await projects.certificates[name](project, { certificate_ids })
  const listed = () => activeIn(project === undefined ? certificates.list() : projects.certificates.list(project))
  const [first, second, third] = [
    await uploadAuthority(world),
    await uploadAuthority(world),
    await uploadAuthority(world),
  ]
  const active = action === 'activate'
  if (!active) await act('activate', [first.id, second.id, third.id])
  const object = project === undefined ? 'organization.certificate' : 'organization.project.certificate'
  for (const _ of ['once', 'again']) {
    const { data } = await act(action, [second.id, first.id])
    // Whose it is says a certificate by itself alone.
    const shown = ({ certificate_details: { valid_at, expires_at }, ...rest }: typeof first) => {
      return { ...rest, object, active, certificate_details: { valid_at, expires_at } }
    }
    assert.deepEqual(data, [shown(second), shown(first)])
  }
  const expected = { [first.id]: active, [second.id]: active, [third.id]: !active }
  assert.deepEqual(await listed(), expected)
  const missing = unknownLike(first.id)
  await assert.rejects(act(action, [third.id, missing]), refusal(404, 'not_found', 'certificate_ids[1]'))
  await assert.rejects(act(action, []), refusal(400, 'array_below_min_length', 'certificate_ids'))
  await assert.rejects(act(action, Array(11).fill(first.id)), refusal(400, 'array_above_max_length', 'certificate_ids'))
  assert.deepEqual(await listed(), expected)
}

export const certificateScenarios: Record<string, Scenario> = {
  'organization.certificates.create': async (world) => {
    const made = await uploadAuthority(world, ' authority ')
    const { id, created_at } = made
    assert.match(id, /^cert_[0-9a-z]{24}$/)
    const { notBefore, notAfter } = authority.certificate
    const validity = { valid_at: +notBefore / 1000, expires_at: +notAfter / 1000 }
    const { fingerprint256: fingerprint } = new X509Certificate(authority.pem)
    const certificate_details = { ...validity, subject: 'CN=authority', issuer: 'CN=authority', fingerprint }
    assert.deepEqual(made, { object: 'certificate', id, name: 'authority', created_at, certificate_details })
    const leaf = await makeCertificate('leaf', { ca: false, usages: usage.digitalSignature })
    const expired = await makeCertificate('expired', { validFrom: -9, expiresIn: -1 })
    for (const certificate of ['garbage', leaf.pem, expired.pem, `${authority.pem}\n${authority.pem}`]) {
      const refused = world.admin.certificates.create({ certificate, name: 'x' })
      await assert.rejects(refused, refusal(400, 'invalid_certificate', 'certificate'))
    }
    assert.deepEqual(Object.keys(await activeIn(world.admin.certificates.list())), [id])
  },

  'organization.certificates.retrieve': async (world) => {
    const { certificates } = world.admin
    const made = await uploadAuthority(world)
    assert.deepEqual(await certificates.retrieve(made.id), made)
    const { certificate_details } = await certificates.retrieve(made.id, { include: ['content'] })
    assert.equal(certificate_details.content, authority.pem)
    await assert.rejects(certificates.retrieve(unknownLike(made.id)), noCertificate)
    const stranger = await newOrganization(world.app)
    await assert.rejects(stranger.admin.certificates.retrieve(made.id), noCertificate)
  },

  'organization.certificates.update': async (world) => {
    const { certificates } = world.admin
    const made = await uploadAuthority(world)
    const renamed = { ...made, name: 'new' }
    assert.deepEqual(await certificates.update(made.id, { name: ' new ' }), renamed)
    assert.deepEqual(await certificates.update(made.id, {}), renamed)
    const empty = certificates.update(made.id, { name: ' ' })
    await assert.rejects(empty, refusal(400, 'string_below_min_length', 'name'))
    assert.deepEqual(await certificates.retrieve(made.id), renamed)
    await assert.rejects(certificates.update(unknownLike(made.id), { name: 'x' }), noCertificate)
  },

  'organization.certificates.list': async (world) => {
    const { certificates } = world.admin
    const made = [
      (await uploadAuthority(world)).id,
      (await uploadAuthority(world)).id,
      (await uploadAuthority(world)).id,
    ]
    const listed = async (order: 'asc' | 'desc') =>
      (await all(certificates.list({ order, limit: 2 }))).map(({ id }) => id)
    assert.deepEqual(await listed('asc'), made)
    assert.deepEqual(await listed('desc'), made.toReversed())
    const [newest] = (await certificates.list({ limit: 1 })).data
    assert.deepEqual([newest?.object, newest?.id, newest?.active], ['organization.certificate', made[2], false])
    const stranger = await newOrganization(world.app)
    assert.deepEqual((await stranger.admin.certificates.list()).data, [])
  },

  'organization.certificates.delete': async (world) => {
    const { certificates, projects } = world.admin
    const { id } = await uploadAuthority(world)
    const project = world.organization.defaultProjectId
    const inUse = refusal(400, 'certificate_active', 'certificate_id')
    await certificates.activate({ certificate_ids: [id] })
    await assert.rejects(certificates.delete(id), inUse)
    await projects.certificates.activate(project, { certificate_ids: [id] })
    await certificates.deactivate({ certificate_ids: [id] })
    await assert.rejects(certificates.delete(id), inUse)
    await projects.certificates.deactivate(project, { certificate_ids: [id] })
    assert.deepEqual(await certificates.delete(id), { object: 'certificate.deleted', id })
    await assert.rejects(certificates.retrieve(id), noCertificate)
    await assert.rejects(certificates.delete(id), noCertificate)
  },

  'organization.certificates.activate': (world) => drive(world, 'activate'),
  'organization.certificates.deactivate': (world) => drive(world, 'deactivate'),

  'organization.projects.certificates.list': async (world) => {
    const { certificates, projects } = world.admin
    const project = world.organization.defaultProjectId
    const [own, all, none] = [await uploadAuthority(world), await uploadAuthority(world), await uploadAuthority(world)]
    await projects.certificates.activate(project, { certificate_ids: [own.id] })
    await certificates.activate({ certificate_ids: [all.id] })
    const expected = { [own.id]: true, [all.id]: false, [none.id]: false }
    assert.deepEqual(await activeIn(projects.certificates.list(project, { limit: 1 })), expected)
    const elsewhere = await projects.create({ name: 'elsewhere' })
    assert.deepEqual(await activeIn(projects.certificates.list(elsewhere.id)), { ...expected, [own.id]: false })
    const [newest] = (await projects.certificates.list(project)).data
    assert.deepEqual([newest?.object, newest?.id], ['organization.project.certificate', none.id])
  },

  'organization.projects.certificates.activate': (world) =>
    drive(world, 'activate', world.organization.defaultProjectId),
  'organization.projects.certificates.deactivate': (world) =>
    drive(world, 'deactivate', world.organization.defaultProjectId),
}
