import { Collection, newId, now, routesOf } from './collection.ts'
import type { Content } from './content.ts'
import { invalid, missing } from './errors.ts'
import type { Files } from './files.ts'
import { fileOf } from './form.ts'
import { type Body, type Routes, sendContent } from './server.ts'

type Container = {
  id: string
  object: 'container'
  created_at: number
  last_active_at: number
  status: 'running'
  name: string
  expires_after: object
  memory_limit: string
}
type ContainerFile = {
  id: string
  object: 'container.file'
  container_id: string
  created_at: number
  bytes: number
  path: string
  source: 'user' | 'assistant'
}
export type Containers = Collection<Container, Collection<ContainerFile, Content>>

const PATH = '/v1/containers'

export const newContainers = (): Containers => new Collection(missing.container)

export function addContainer(containers: Containers, body: Body): Container {
  const { name, expires_after = { anchor: 'last_active_at', minutes: 20 }, memory_limit = '1g' } = body
  const [id, at] = [newId('cntr_', 24), now()]
  return containers.add(
    {
      id,
      object: 'container',
      created_at: at,
      last_active_at: at,
      status: 'running',
      name,
      expires_after,
      memory_limit,
    },
    new Collection<ContainerFile, Content>(missing.containerFile),
  )
}

type New = { filename: string; content: Content; source?: 'user' | 'assistant' }

export function addContainerFile(containers: Containers, id: string, { filename, content, source = 'user' }: New) {
  const path = `/mnt/data/${filename}`
  const { bytes } = content
  const file: ContainerFile = {
    ...{ id: newId('cfile_'), object: 'container.file', container_id: id, created_at: now(), bytes, path, source },
  }
  return containers.beside(id).add(file, content)
}

/** Puts files of the account into a container. @throws Refusal where it does not have one of them */
export function copyFiles(
  containers: Containers,
  files: Files,
  id: string,
  file_ids: readonly string[],
): ContainerFile[] {
  const found = file_ids.map((file) => ({ filename: files.get(file).filename, content: files.beside(file) }))
  return found.map((file) => addContainerFile(containers, id, file))
}

export function containerRoutes(containers: Containers, files: Files): Routes {
  return {
    ...routesOf<Container>(PATH, {
      of: () => containers,
      list: { asks: (query, { name }) => !query.has('name') || query.get('name') === name },
      deleted: 'container.deleted',
    }),
    ...routesOf<ContainerFile>(`${PATH}/{id}/files`, {
      of: (id = '') => containers.beside(id),
      list: {},
      deleted: 'container.file.deleted',
    }),
    [`POST ${PATH}`]: async ({ json }) => {
      const body = await json()
      if (typeof body.name !== 'string')
        throw invalid("Missing required parameter: 'name'.", 'name', 'missing_required_parameter')
      const file_ids: string[] = body.file_ids ?? []
      for (const file of file_ids) files.get(file)
      const container = addContainer(containers, body)
      copyFiles(containers, files, container.id, file_ids)
      return container
    },
    [`POST ${PATH}/{id}/files`]: async ({ ids: [id = ''], type, json, form }) => {
      containers.get(id)
      if (type.startsWith('multipart/')) {
        const { filename, content } = fileOf(await form(), 'file')
        return addContainerFile(containers, id, { filename, content })
      }
      const { file_id } = await json()
      return copyFiles(containers, files, id, [file_id])[0]
    },
    [`GET ${PATH}/{id}/files/{id}/content`]: (asked) => {
      const [id = '', fileId = ''] = asked.ids
      const own = containers.beside(id)
      return sendContent(asked, own.beside(fileId), own.get(fileId).path.split('/').at(-1) ?? '')
    },
  }
}
