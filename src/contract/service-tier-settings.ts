import { defaultTiers, type EnabledTiers, optionalTiers } from '../core/policy.ts'
import { type Static, Type } from './json-schema.ts'
import { get, post } from './route.ts'
import { Body, Const, Enum } from './schema.ts'

const Default = Enum([...defaultTiers], { description: 'For requests that omit `service_tier` or say `auto`.' })
const Optional = Enum([...optionalTiers])

export const ServiceTierSettings = Type.Object({
  object: Const('project.service_tier_settings'),
  default: Default,
  enabled_tiers: Type.Union([Const('all'), Type.Array(Optional)]),
})
export type ServiceTierSettings = Static<typeof ServiceTierSettings>

/** `all` or a list. Not written as a union, whose refusals would speak of the branch that was not meant. */
const Enabled = Type.Unsafe<EnabledTiers>({
  type: ['string', 'array'],
  if: { type: 'string' },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: { enum: ['all'] },
  items: Optional,
  maxItems: optionalTiers.length,
  uniqueItems: true,
  description: 'Tiers besides Standard. `all` includes tiers yet to come; an empty list allows Standard alone.',
})

const path = '/v1/organization/projects/:project_id/service_tier_settings'

export const serviceTierSettings = {
  retrieve: get(path, {
    summary: "Retrieve a project's default and enabled service tiers",
    permission: 'api.management.read',
    level: 'organization',
    reply: ServiceTierSettings,
  }),
  update: post(path, {
    summary: "Change a project's default or enabled service tiers, or both",
    permission: 'api.management.write',
    level: 'organization',
    audit: 'project.updated',
    grants: { nothing: 'it rules what may be used, and gives nobody a role or a key' },
    body: Body({ default: Type.Optional(Default), enabled_tiers: Type.Optional(Enabled) }),
    reply: ServiceTierSettings,
  }),
}
