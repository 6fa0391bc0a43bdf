import type { Item } from '../../api/operations.ts'

/** A permission, as the catalogue has it. */
export type Entry = Item<'GET /v1/organization/permissions'>
/** All permissions of one thing: `api.files.read` and `api.files.write` are of `files`. */
export type Matter = { id: string; name: string; entries: Entry[] }

const names: Record<string, string> = {
  management: 'Settings of the organization and its projects',
  usage: 'Usage and costs',
  model: 'Models',
  'organization.projects.api_keys': 'API keys of a project',
  'organization.projects.service_accounts': 'Service accounts of a project',
  ip_allowlist: 'IP allowlist',
  'fine_tuning.jobs': 'Fine-tuning jobs',
  'fine_tuning.checkpoints': 'Fine-tuning checkpoints',
}
const verbs: Record<string, string> = { read: 'Read', write: 'Change', request: 'Call', use: 'Use', manage: 'Manage' }

/** What a permission lets one do with the thing that it is of: `Read`. */
export const verbOf = (id: string): string => {
  const verb = id.slice(id.lastIndexOf('.') + 1)
  return verbs[verb] ?? verb
}

/** The catalogue by what its permissions are of, in its own order. */
export function mattersOf(catalogue: readonly Entry[]): Matter[] {
  const matters = new Map<string, Matter>()
  for (const entry of catalogue) {
    const id = entry.id.replace(/^api\./, '').replace(/\.[^.]*$/, '')
    const matter = matters.get(id) ?? { id, name: names[id] ?? wordOf(id), entries: [] }
    matter.entries.push(entry)
    matters.set(id, matter)
  }
  return [...matters.values()]
}

function wordOf(id: string): string {
  const words = id.replace(/[._]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
