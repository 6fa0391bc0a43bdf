/**
 * The operations of the official client that this server does not have yet. It answers them as it answers any URL that is not
 * there. Whoever builds one takes it out here and writes its scenario.
 */
export const notBuilt: readonly string[] = [
  'organization.externalKeys.create',
  'organization.externalKeys.retrieve',
  'organization.externalKeys.list',
  'organization.externalKeys.delete',
  'organization.externalKeys.validate',
  'organization.workloadIdentityProviders.create',
  'organization.workloadIdentityProviders.retrieve',
  'organization.workloadIdentityProviders.update',
  'organization.workloadIdentityProviders.list',
  'organization.workloadIdentityProviders.delete',
  'organization.workloadIdentityProviders.federationRules.create',
  'organization.workloadIdentityProviders.federationRules.retrieve',
  'organization.workloadIdentityProviders.federationRules.update',
  'organization.workloadIdentityProviders.federationRules.list',
  'organization.workloadIdentityProviders.federationRules.delete',
  'organization.externalStorage.create',
  'organization.externalStorage.retrieve',
  'organization.externalStorage.list',
  'organization.externalStorage.delete',
  'organization.externalStorage.validate',
]
