import { openDb } from '/work/wt-api/src/db/open.ts'
import { migrate } from '/work/wt-api/src/db/migrate.ts'
import { createRequire } from 'node:module'
const require = createRequire('/work/wt-api/package.json')
const { sql } = require('kysely')
const db = await openDb('sqlite::memory:')
await migrate(db)
const o='x'
const qs: Record<string, any> = {
 heldRoles: db.selectFrom('role_assignment as a').leftJoin('role as r',(j:any)=>j.onRef('r.organization_id','=','a.organization_id').onRef('r.id','=','a.role_id')).select(['a.role_id','r.permissions']).where('a.organization_id','=',o).where('a.resource_id','in',[o,'p']).where((eb:any)=>eb.or([eb('a.principal_id','=','u'),eb('a.principal_id','in',eb.selectFrom('group_user as g').select('g.group_id').where('g.organization_id','=',o).where('g.user_id','=','u'))])),
 byHash: db.selectFrom('admin_api_key as k').innerJoin('organization_user as u',(j:any)=>j.onRef('u.organization_id','=','k.organization_id').onRef('u.id','=','k.user_id')).innerJoin('organization as o','o.id','k.organization_id').selectAll().where('k.hash','=',o),
 projByHash: db.selectFrom('project_api_key as k').leftJoin('organization_user as u',(j:any)=>j.onRef('u.organization_id','=','k.organization_id').onRef('u.id','=','k.user_id')).selectAll('k').where('k.hash','=',o),
 policy: db.selectFrom('project as p').leftJoin('project_policy as s',(j:any)=>j.onRef('s.organization_id','=','p.organization_id').onRef('s.project_id','=','p.id')).leftJoin('organization_policy as o','o.organization_id','p.organization_id').select('p.id').where('p.organization_id','=',o).where('p.id','=',o),
 authorities: db.selectFrom('certificate as c').leftJoin('project_certificate as a',(j:any)=>j.onRef('a.organization_id','=','c.organization_id').onRef('a.certificate_id','=','c.id').on('a.project_id','=','p')).select('c.id').where('c.organization_id','=',o).where((eb:any)=>eb.or([eb('c.activated_at','is not',null),eb('a.activated_at','is not',null)])).orderBy('c.id'),
 isIn: db.selectFrom('project_group as p').innerJoin('group_user as g',(j:any)=>j.onRef('g.organization_id','=','p.organization_id').onRef('g.group_id','=','p.group_id')).select('p.project_id').where('p.organization_id','=',o).where('p.project_id','=','p').where('g.user_id','=','u'),
 members: db.selectFrom('project_user as m').innerJoin('organization_user as u',(j:any)=>j.onRef('u.organization_id','=','m.organization_id').onRef('u.id','=','m.user_id')).select('u.id').where('m.organization_id','=',o).where('m.project_id','=','p').where('u.removed_at','is',null).where('u.role','is distinct from','owner').where('m.user_id','>','a').orderBy('m.user_id'),
 people: db.selectFrom('organization_user as u').leftJoin('project_user as m',(j:any)=>j.onRef('m.organization_id','=','u.organization_id').onRef('m.user_id','=','u.id').on('m.project_id','=','p')).select('u.id').where('u.organization_id','=',o).where('u.removed_at','is',null).where('u.role','=','owner').where('u.id','>','').orderBy('u.id'),
 groupMembers: db.selectFrom('group_user as g').leftJoin('organization_user as u',(j:any)=>j.onRef('u.organization_id','=','g.organization_id').onRef('u.id','=','g.user_id')).leftJoin('service_account as s',(j:any)=>j.onRef('s.organization_id','=','g.organization_id').onRef('s.id','=','g.user_id')).select('g.user_id').where('g.organization_id','=',o).where('g.group_id','=','g').orderBy('g.user_id'),
 updUser: db.updateTable('organization_user').set({role:null}).where('organization_id','=',o).where('id','=','u'),
 updKey: db.updateTable('project_api_key').set({name:'x'}).where('organization_id','=',o).where('id','=','u'),
 delRole: db.deleteFrom('role_assignment').where('organization_id','=',o).where('principal_id','=','u'),
 delRole2: db.deleteFrom('role_assignment').where('organization_id','=',o).where('role_id','=','u'),
 delPG: db.deleteFrom('project_group').where('organization_id','=',o).where('group_id','=','u'),
 delGU: db.deleteFrom('group_user').where('organization_id','=',o).where('user_id','=','u'),
 delPU: db.deleteFrom('project_user').where('organization_id','=',o).where('user_id','=','u'),
 keysList: db.selectFrom('project_api_key as k').leftJoin('organization_user as u',(j:any)=>j.onRef('u.organization_id','=','k.organization_id').onRef('u.id','=','k.user_id')).leftJoin('project_user as m',(j:any)=>j.onRef('m.organization_id','=','k.organization_id').onRef('m.user_id','=','k.user_id').onRef('m.project_id','=','k.project_id')).leftJoin('service_account as s',(j:any)=>j.onRef('s.organization_id','=','k.organization_id').onRef('s.id','=','k.service_account_id')).select('k.id').where('k.organization_id','=',o).where('k.project_id','=','p').orderBy('k.id'),
 audit: db.selectFrom('audit_log as a').leftJoin('project as p',(j:any)=>j.onRef('p.organization_id','=','a.organization_id').onRef('p.id','=','a.project_id')).select('a.id').select('p.name').where('a.organization_id','=',o).orderBy('a.effective_at','desc').orderBy('a.id','desc'),
 sent: db.selectFrom('spend_alert as a').select('a.id').where('a.organization_id','=',o).where('a.project_id','=','p').where(({not,exists,selectFrom}:any)=>not(exists(selectFrom('spend_alert_sent as s').select('s.alert_id').whereRef('s.organization_id','=','a.organization_id').whereRef('s.alert_id','=','a.id').whereRef('s.threshold_cents','=','a.threshold_cents').where('s.month','=','m')))),
 acceptInvite: db.updateTable('invite').set({accepted_at:1}).where('organization_id','=',o).where('token_hash','=','h').where('accepted_at','is',null),
}
for (const [n,q] of Object.entries(qs)) { const rows = await q.explain(); console.log(n.padEnd(14), rows.map((r:any)=>r.detail).join(' | ')) }
