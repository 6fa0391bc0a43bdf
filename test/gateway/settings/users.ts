import {
  aMember,
  aViewer,
  byOrganizationRole,
  byProjectRole,
  chatAndList,
  mayAsk,
  mayNotAsk,
  mayRead,
  organizationRole,
  projectRole,
  STRANGER,
  toViewer,
  usersChat,
} from './callers.ts'
import { row } from './row.ts'

/** Which users may ask, and by which roles of their own. */
export const userSettings = [
  row({
    setting: 'a user is in a project',
    by: ['projectUsers.create', 'projectUsers.delete'],
    ...usersChat,
    given: async (w) => {
      const user = await aMember(w)
      await w.admin.projects.users.delete(user.userId, { project_id: w.projectId })
      return user
    },
    without: STRANGER,
    set: ({ admin, projectId, userId }) => admin.projects.users.create(projectId, { user_id: userId, role: 'member' }),
    with: '200',
    unset: ({ admin, projectId, userId }) => admin.projects.users.delete(userId, { project_id: projectId }),
  }),
  row({
    setting: "a project user's role is member, not viewer",
    by: ['projectUsers.update', 'projectUserRoles.create', 'projectUserRoles.delete'],
    ...chatAndList,
    given: aViewer,
    without: [mayNotAsk, '200'],
    set: ({ admin, projectId, userId }) =>
      admin.projects.users.update(userId, { project_id: projectId, role: 'member' }),
    with: ['200', '200'],
    unset: (w) => toViewer(w, w.userId),
  }),
  row({
    setting: "a project user has a project's custom role",
    by: ['projectUserRoles.create', 'projectUserRoles.delete'],
    ...usersChat,
    given: async (w) => ({ ...(await aViewer(w)), roleId: await projectRole(w, mayAsk.permissions) }),
    without: mayNotAsk,
    set: ({ admin, projectId, userId, roleId }) =>
      admin.projects.users.roles.create(userId, { project_id: projectId, role_id: roleId }),
    with: '200',
    unset: ({ admin, projectId, userId, roleId }) =>
      admin.projects.users.roles.delete(roleId, { project_id: projectId, user_id: userId }),
  }),
  row({
    setting: "a user's role in the organization is owner",
    by: ['users.update'],
    ...usersChat,
    given: aViewer,
    without: mayNotAsk,
    set: ({ admin, userId }) => admin.users.update(userId, { role: 'owner' }),
    with: '200',
    unset: ({ admin, userId }) => admin.users.update(userId, { role: 'reader' }),
  }),
  row({
    setting: "a user has an organization's custom role",
    by: ['userRoles.create', 'userRoles.delete'],
    ...usersChat,
    given: async (w) => ({ ...(await aViewer(w)), roleId: await organizationRole(w, mayAsk.permissions) }),
    without: mayNotAsk,
    set: ({ admin, userId, roleId }) => admin.users.roles.create(userId, { role_id: roleId }),
    with: '200',
    unset: ({ admin, userId, roleId }) => admin.users.roles.delete(roleId, { user_id: userId }),
  }),
  row({
    setting: 'a user is removed from the organization',
    by: ['users.delete'],
    ...usersChat,
    given: aMember,
    without: '200',
    set: ({ admin, userId }) => admin.users.delete(userId),
    with: STRANGER,
    unset: 'the API can only invite, and whoever accepts gets no project back',
  }),
]

const HELD_BY_NOBODY = 'a role that is made anew is another one, held by nobody'

/** What custom roles hold. */
export const roleSettings = [
  row({
    setting: "a project's custom role has a permission",
    by: ['projectRoles.update'],
    ...usersChat,
    given: (w) => byProjectRole(w, mayRead.permissions),
    without: mayNotAsk,
    set: ({ admin, projectId, roleId }) => admin.projects.roles.update(roleId, { project_id: projectId, ...mayAsk }),
    with: '200',
    unset: ({ admin, projectId, roleId }) => admin.projects.roles.update(roleId, { project_id: projectId, ...mayRead }),
  }),
  row({
    setting: "a project's custom role is deleted",
    by: ['projectRoles.delete'],
    ...usersChat,
    given: (w) => byProjectRole(w, mayAsk.permissions),
    without: '200',
    set: ({ admin, projectId, roleId }) => admin.projects.roles.delete(roleId, { project_id: projectId }),
    with: mayNotAsk,
    unset: HELD_BY_NOBODY,
  }),
  row({
    setting: "an organization's custom role has a permission",
    by: ['roles.update'],
    ...usersChat,
    given: (w) => byOrganizationRole(w, mayRead.permissions),
    without: mayNotAsk,
    set: ({ admin, roleId }) => admin.roles.update(roleId, mayAsk),
    with: '200',
    unset: ({ admin, roleId }) => admin.roles.update(roleId, mayRead),
  }),
  row({
    setting: "an organization's custom role is deleted",
    by: ['roles.delete'],
    ...usersChat,
    given: (w) => byOrganizationRole(w, mayAsk.permissions),
    without: '200',
    set: ({ admin, roleId }) => admin.roles.delete(roleId),
    with: mayNotAsk,
    unset: HELD_BY_NOBODY,
  }),
]
