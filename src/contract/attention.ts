import { type Static, Type } from './json-schema.ts'
import { get, ours } from './route.ts'
import { Const, Enum, Id, Nullable, Time } from './schema.ts'

const Kind = Enum([
  ...[
    'spend_limit',
    'rate_limit',
    'calls_limited',
    'certificate_expiring',
    'key_expiring',
    'key_unused',
    'calls_refused',
  ],
] as const)

export const AttentionItem = Type.Object({
  kind: Kind,
  severity: Enum(['critical', 'warning'], {
    description: '`critical`: all of a limit is used, or a certificate has expired.',
  }),
  subject: Type.Object({
    type: Enum(['organization', 'project', 'rate_limit', 'certificate', 'api_key', 'user']),
    id: Id('What it is about.'),
    name: Nullable(Type.String()),
  }),
  project: Type.Union([
    Type.Object({ id: Id('The project of a key, or whose calls were refused for a limit.'), name: Type.String() }),
    Type.Null(),
  ]),
  since: Nullable({ ...Time, description: 'Unused since then, or first refused then.' }),
  until: Nullable({
    ...Time,
    description: 'When it ends or expires, when all of a limit is left again, or last refused then.',
  }),
  used: Nullable(
    Type.Integer({
      description:
        'Of a limit: cents, or what a rate limit counts. Or how many refusals are logged, or were there in the last hour for a limit.',
    }),
  ),
  maximum: Nullable(Type.Integer({ description: 'The limit.' })),
  dimension: Nullable(Type.String({ description: 'What a rate limit counts, as it calls it itself.' })),
  error_code: Nullable(Type.String({ description: 'Why calls were refused.' })),
})
export type AttentionItem = Static<typeof AttentionItem>

export const Attention = Type.Object({
  object: Const('organization.attention'),
  data: Type.Array(AttentionItem, { description: 'What is critical first.' }),
  more: Type.Array(Kind, { description: 'Of these kinds there is more, or not all was looked at.' }),
})
export type Attention = Static<typeof Attention>

export const attention = ours('The original shows some of it on its web site only.', {
  retrieve: get('/v1/organization/attention', {
    summary:
      "What needs somebody's attention: limits near their end, keys and certificates about to expire, keys that nobody uses, calls that a rate limit had no room for, and refused calls",
    permission: 'own.read',
    usesModels: true,
    usesLevels: true,
    reply: Attention,
  }),
})
