import type { Reply } from '../../api/operations.ts'

export type Retention = Reply<'GET /v1/organization/data_retention'>['type']
export type OwnRetention = Reply<'GET /v1/organization/projects/:project_id/data_retention'>['type']

export const retentions: Record<Retention, string> = {
  zero_data_retention: 'Zero data retention',
  modified_abuse_monitoring: 'Modified abuse monitoring',
  enhanced_zero_data_retention: 'Enhanced zero data retention',
  enhanced_modified_abuse_monitoring: 'Enhanced modified abuse monitoring',
}

/** What becomes of a call. @param retention what holds for it */
export const stored = (retention: Retention | OwnRetention): string =>
  retention === 'zero_data_retention' || retention === 'enhanced_zero_data_retention'
    ? 'Every call says that the model server is to store nothing, whatever it asks for.'
    : 'A call may have the model server store its answer.'
