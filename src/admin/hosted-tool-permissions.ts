import type { HostedToolPermissions, hostedToolPermissions as routes } from '../contract/hosted-tool-permissions.ts'
import { hostedTools } from '../core/policy.ts'
import type { Row } from '../db/tables.ts'
import type { Handlers } from './handlers.ts'
import { findProjectPolicy, saveProjectPolicy } from './policy.ts'

export const hostedToolPermissions: Handlers<typeof routes> = {
  async retrieve({ db, project }) {
    return view(await findProjectPolicy(db, project))
  },

  async update({ db, project, body, now }) {
    const settings: Parameters<typeof saveProjectPolicy>[2] = {}
    const requested: typeof body = {}
    for (const tool of hostedTools) {
      const change = body[tool] ?? null
      if (change === null) continue
      settings[`${tool}_disabled_at` as const] = change.enabled ? null : now
      requested[tool] = change
    }
    const reply = view(await saveProjectPolicy(db, project, settings))
    return { reply, audit: { id: project.id, changes_requested: { hosted_tool_permissions: requested } } }
  },
}

function view(row: Row<'project_policy'> | undefined): HostedToolPermissions {
  return {
    code_interpreter: { enabled: row === undefined || row.code_interpreter_disabled_at === null },
    file_search: { enabled: row === undefined || row.file_search_disabled_at === null },
    image_generation: { enabled: row === undefined || row.image_generation_disabled_at === null },
    mcp: { enabled: row === undefined || row.mcp_disabled_at === null },
    web_search: { enabled: row === undefined || row.web_search_disabled_at === null },
  }
}
