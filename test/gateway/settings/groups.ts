import {
  aChat,
  bareAccount,
  inGroup,
  MEMBER,
  mayAsk,
  mayNotAsk,
  organizationRole,
  projectRole,
  STRANGER,
  usersChat,
  viewersGroup,
} from './callers.ts'
import { row } from './row.ts'

/** Who may ask by a group. */
export const groupSettings = [
  row({
    setting: 'a user is in a group that is in a project',
    by: ['groupUsers.create', 'groupUsers.delete'],
    ...usersChat,
    given: async (w) => {
      const group = await inGroup(w)
      await w.admin.projects.groups.create(w.projectId, { group_id: group.groupId, role: MEMBER })
      await w.admin.groups.users.delete(group.userId, { group_id: group.groupId })
      return group
    },
    without: STRANGER,
    set: ({ admin, userId, groupId }) => admin.groups.users.create(groupId, { user_id: userId }),
    with: '200',
    unset: ({ admin, userId, groupId }) => admin.groups.users.delete(userId, { group_id: groupId }),
  }),
  row({
    setting: 'a service account is in a group that is in a project',
    by: ['groupUsers.create', 'groupUsers.delete'],
    ...aChat,
    given: async (w) => {
      const { id: groupId } = await w.admin.groups.create({ name: 'robots' })
      await w.admin.projects.groups.create(w.projectId, { group_id: groupId, role: MEMBER })
      return { ...(await bareAccount(w)), groupId }
    },
    without: STRANGER,
    set: ({ admin, groupId, bareId }) => admin.groups.users.create(groupId, { user_id: bareId }),
    with: '200',
    unset: ({ admin, groupId, bareId }) => admin.groups.users.delete(bareId, { group_id: groupId }),
  }),
  row({
    setting: 'a group is in a project, with a role',
    by: ['projectGroups.create', 'projectGroups.delete'],
    ...usersChat,
    given: inGroup,
    without: STRANGER,
    set: ({ admin, projectId, groupId }) =>
      admin.projects.groups.create(projectId, { group_id: groupId, role: MEMBER }),
    with: '200',
    unset: ({ admin, projectId, groupId }) => admin.projects.groups.delete(groupId, { project_id: projectId }),
  }),
  row({
    setting: "a project's group has a project's custom role",
    by: ['projectGroupRoles.create', 'projectGroupRoles.delete'],
    ...usersChat,
    given: async (w) => ({ ...(await viewersGroup(w)), roleId: await projectRole(w, mayAsk.permissions) }),
    without: mayNotAsk,
    set: ({ admin, projectId, groupId, roleId }) =>
      admin.projects.groups.roles.create(groupId, { project_id: projectId, role_id: roleId }),
    with: '200',
    unset: ({ admin, projectId, groupId, roleId }) =>
      admin.projects.groups.roles.delete(roleId, { project_id: projectId, group_id: groupId }),
  }),
  row({
    setting: "a group has an organization's custom role",
    by: ['groupRoles.create', 'groupRoles.delete'],
    ...usersChat,
    given: async (w) => ({ ...(await viewersGroup(w)), roleId: await organizationRole(w, mayAsk.permissions) }),
    without: mayNotAsk,
    set: ({ admin, groupId, roleId }) => admin.groups.roles.create(groupId, { role_id: roleId }),
    with: '200',
    unset: ({ admin, groupId, roleId }) => admin.groups.roles.delete(roleId, { group_id: groupId }),
  }),
  row({
    setting: 'a group is deleted',
    by: ['groups.delete'],
    ...usersChat,
    given: async (w) => {
      const group = await viewersGroup(w)
      const roleId = await projectRole(w, mayAsk.permissions)
      await w.admin.projects.groups.roles.create(group.groupId, { project_id: w.projectId, role_id: roleId })
      return group
    },
    without: '200',
    set: ({ admin, groupId }) => admin.groups.delete(groupId),
    with: STRANGER,
    unset: 'a group that is made anew is another one, with no members, projects or roles',
  }),
]
