/** Who asks for something that a model server keeps, or refers to it. */
export type Asker = { organizationId: string; projectId: string }

/** Whether something has an owner, and that is who asks. */
export const isTheirs = (owner: Asker | null | undefined, asker: Asker) =>
  owner?.organizationId === asker.organizationId && owner.projectId === asker.projectId
