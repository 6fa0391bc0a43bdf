import type { Declaration } from './declaration.ts'
import { bare, described, unmetered } from './parts.ts'
import { shownContainerFiles } from './replies.ts'

/** Of every route of containers: as with files, what becomes whose the gate alone sees. The permissions are those of the responses that run code in them. */
const ofContainers = {
  ...bare,
  ...unmetered,
  answeredBy: 'model_server',
  offered: 'containers',
  check: 'not_offered',
} as const satisfies Partial<Declaration>

const read = { ...ofContainers, method: 'GET', permission: 'api.responses.read' } as const
const write = { ...ofContainers, method: 'POST', permission: 'api.responses.write' } as const
const remove = { ...write, method: 'DELETE' } as const

const CONTAINER = '/v1/containers/{container_id}'
const FILE = '/v1/containers/{container_id}/files/{container_file_id}'

/** Bytes of the largest file: as of files. */
const MOST_BYTES = 512 * 1024 * 1024

/**
 * Containers (openai 7.59), in which models run code, and the files in them. One that a tool made is the project's from when an answer names it,
 * and so is a file in one, or what a list of its files shows: all that is in a container is its project's.
 */
export const containers = {
  'containers.create': {
    ...write,
    path: '/v1/containers',
    body: {
      ...described('expires_after', 'file_ids', 'memory_limit', 'name', 'network_policy', 'skills'),
      // They have no owner here.
      refused: new Set(['skills']),
    },
    brings: [{ kind: 'container', at: 'id', label: null }],
  },
  'containers.list': {
    ...read,
    path: '/v1/containers',
    query: { after: 'text', limit: 'number', name: 'text', order: 'text' },
    lists: {
      kind: 'container',
      one: '/containers/{id}',
      // Of those that tools make nobody knows the name before.
      narrowedBy: null,
      filters: ['name'],
      isLarge: false,
      order: { usual: 'desc', isFixed: false },
      limit: { usual: 20, most: 100 },
      goesBack: false,
    },
  },
  'containers.retrieve': { ...read, path: CONTAINER },
  'containers.delete': { ...remove, path: CONTAINER, ends: 'container_id' },
  'containers.files.create': {
    ...write,
    path: `${CONTAINER}/files`,
    body: {
      kind: 'upload',
      fields: new Set(),
      required: [],
      file: 'file',
      mostBytes: MOST_BYTES,
      orNames: 'file_id',
      json: described('file_id'),
    },
    brings: [{ kind: 'container_file', at: 'id', label: null }],
  },
  'containers.files.list': {
    ...read,
    path: `${CONTAINER}/files`,
    query: { after: 'text', limit: 'number', order: 'text' },
    reply: { kind: 'shows', whole: shownContainerFiles, event: shownContainerFiles },
  },
  'containers.files.retrieve': { ...read, path: FILE },
  'containers.files.delete': { ...remove, path: FILE, ends: 'container_file_id' },
  'containers.files.content.retrieve': { ...read, path: `${FILE}/content`, isLong: true },
} as const satisfies Record<string, Declaration>
