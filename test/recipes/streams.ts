import type { Scratch } from '../support/scratch.ts'

/*
 * A rule of a project with its setting, as somebody adds it who follows "Add a rule" in CONTRIBUTING.md: whether streams may
 * be asked for. Each step is what stands there under its number.
 */

const migration = `import { adds } from '../schema-change.ts'

export const streaming = adds(async (db) => {
  await db.schema.alterTable('project_policy').addColumn('streaming_disabled_at', 'bigint').execute()
})
`

const rule = `import { notOffered } from '../invalid.ts'
import { bodyNotSeen, ruleOf } from './rule.ts'

/** Whether streams of events may be asked for. */
export const streaming = ruleOf<boolean>()({
  step: 'body',
  reads: ['project.streaming_disabled_at'],
  read: ({ project }) => project.streaming_disabled_at === null,
  seen(allowed, { route: { body }, fields }) {
    if (allowed || body.kind !== 'json') return
    for (const { field, is } of body.streams) if (fields[field] === is) throw notOffered(field)
  },
  unseen(allowed, { project, route: { body } }) {
    if (!allowed && body.kind !== 'none') throw bodyNotSeen(project, 'may not stream')
  },
})
`

const row = `  row({
    setting: 'streams are forbidden',
    shows: ['project.streaming_disabled_at'],
    by: ['serviceTierSettings.update'],
    request: 'a chat that streams, and one that does not',
    see: async (w) => [await chat(w, { stream: true } as object), await chat(w)],
    without: ['200', '200'],
    set: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { streaming: false } as object),
    with: ['400 not_offered', '200'],
    unset: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { streaming: true } as object),
  }),
`

const lineRow = `  {
    setting: 'streams are forbidden to lines and messages',
    shows: ['project.streaming_disabled_at'],
    line: { body: { stream: true }, without: 'invalid_value', with: 'not_offered' },
    message: { body: { stream: true }, with: 'not_offered' },
    set: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { streaming: false } as object),
    unset: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { streaming: true } as object),
  },
`

/** Adds the rule as the recipe says, step by step, and formats it. */
export async function addStreams(tree: Scratch): Promise<void> {
  // 1. Where its setting is kept.
  const migrations = 'src/db/migrations/index.ts'
  tree.write('src/db/migrations/9000-streaming.ts', migration)
  tree.insert(
    migrations,
    "import { fromBefore, type SchemaChange } from '../schema-change.ts'",
    "import { streaming } from './9000-streaming.ts'",
  )
  tree.replace(migrations, '\n}\n', "\n  '9000-streaming': streaming,\n}\n")
  tree.insert('src/db/tables.ts', '  model_ids: string | null', '  streaming_disabled_at: number | null')
  // 2. How it is set.
  const contract = 'src/contract/service-tier-settings.ts'
  tree.replace(
    contract,
    '\nexport const ServiceTierSettings',
    `\nconst Streaming = OurOwn(Type.Boolean(), 'The original cannot forbid streams.')\n\nexport const ServiceTierSettings`,
  )
  tree.replace(contract, 'import { Body, Const, Enum }', 'import { Body, Const, Enum, OurOwn }')
  tree.insert(
    contract,
    "  enabled_tiers: Type.Union([Const('all'), Type.Array(Optional)]),",
    '  streaming: Type.Optional(Streaming),',
  )
  tree.replace(
    contract,
    'enabled_tiers: Type.Optional(Enabled) }',
    'enabled_tiers: Type.Optional(Enabled), streaming: Type.Optional(Streaming) }',
  )
  const admin = 'src/admin/service-tier-settings.ts'
  tree.replace(admin, 'async update({ db, project, body })', 'async update({ db, project, body, now })')
  tree.replace(
    admin,
    'body.default === undefined && body.enabled_tiers === undefined',
    'Object.keys(body).length === 0',
  )
  tree.insert(
    admin,
    '    const row = await saveProjectPolicy(db, project, {',
    '      ...(body.streaming !== undefined && { streaming_disabled_at: body.streaming ? null : now }),',
  )
  tree.insert(
    admin,
    "    object: 'project.service_tier_settings',",
    '    ...((row?.streaming_disabled_at ?? null) !== null && { streaming: false }),',
  )
  // 3. What it does.
  tree.write('src/gateway/rules/streaming.ts', rule)
  tree.insert(
    'src/gateway/rules/index.ts',
    "import { archived } from './archived.ts'",
    "import { streaming } from './streaming.ts'",
  )
  tree.insert('src/gateway/rules/index.ts', '  storesNothing,', '  streaming,')
  // 4. A request that is another one with it.
  tree.insert('test/gateway/settings/policy.ts', 'const tiers = [', row)
  tree.insert('test/gateway/settings/lines.ts', 'const policies: readonly LineRow[] = [', lineRow)
  await tree.format()
}
