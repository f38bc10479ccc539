-- The project's own schema rules: what every tenant table must be so that the schema can be spread over several machines
-- later without being rewritten. Plain PostgreSQL 15; one row for each violation. Placeholders, filled in by schema.rs:
-- :'tcol' the tenant column, :'refs' tables outside any township that tenant tables may point to, :'locals' tables that
-- stay on one machine, :'trig_ok' triggers that are allowed.
with cfg as (select :'tcol'::name tcol, :'refs'::text[] refs, :'locals'::text[] locals, :'trig_ok'::text[] trig_ok),
t as (select c.relname::text rel, c.*, a.attnum tnum, a.attnotnull tnn, a.atttypid ttyp, a.attgenerated tgen
      from pg_class c join pg_namespace n on n.oid=c.relnamespace and n.nspname='public'
      left join pg_attribute a on a.attrelid=c.oid and a.attname=(select tcol from cfg) and not a.attisdropped
      where c.relkind in ('r','p') and not c.relispartition),
tt as (select t.* from t, cfg where tnum is not null and not rel = any(refs) and not rel = any(locals)),
v as (
 select 'C01 error' r, rel, 'no tenant column and not listed as reference/local' d from t, cfg where tnum is null and not rel = any(refs||locals)
 union all select 'C02 error', rel, 'tenant column must be uuid NOT NULL and not generated' from tt where ttyp<>'uuid'::regtype or not tnn or tgen<>''
 union all select 'C03 error', rel, 'no primary key containing tenant column (also needed as replica identity)' from tt where not exists (select 1 from pg_index i where i.indrelid=tt.oid and indisprimary and tnum = any((i.indkey::int2[])[0:i.indnkeyatts-1]))
 union all select 'C04 error', rel, 'unique index without tenant column: '||i.indexrelid::regclass from tt join pg_index i on i.indrelid=tt.oid and i.indisunique and not i.indisprimary where not tnum = any((i.indkey::int2[])[0:i.indnkeyatts-1])
 union all select 'C05 error', rel, 'exclusion constraint without tenant_id WITH =: '||conname from tt join pg_constraint k on k.conrelid=tt.oid and contype='x' where not exists (select 1 from unnest(k.conkey,k.conexclop) x(a,o) join pg_operator p on p.oid=x.o where x.a=tnum and p.oprname='=')
 union all select 'C06 error', tt.rel, 'FK to a tenant table not pairing tenant_id with tenant_id: '||conname from tt join pg_constraint k on k.conrelid=tt.oid and contype='f' join tt f on f.oid=k.confrelid where not exists (select 1 from unnest(k.conkey,k.confkey) x(a,b) where x.a=tt.tnum and x.b=f.tnum)
 union all select 'C07 error', t.rel, 'FK from reference/local table to tenant table: '||conname from t join pg_constraint k on k.conrelid=t.oid and contype='f' join tt f on f.oid=k.confrelid where t.oid not in (select oid from tt)
 union all select 'C08 error', tt.rel, 'FK ON DELETE SET NULL/SET DEFAULT or ON UPDATE CASCADE/SET * over tenant_id: '||conname from tt join pg_constraint k on k.conrelid=tt.oid and contype='f' and tnum = any(conkey) where confdeltype in ('n','d') or confupdtype in ('c','n','d')
 union all select 'C09 error', tt.rel, 'FK from tenant table to a local (non-reference) table: '||conname from tt, pg_constraint k, t f, cfg where k.conrelid=tt.oid and contype='f' and f.oid=k.confrelid and f.oid not in (select oid from tt) and not f.rel = any(refs)
 union all select 'C10 warn', tt.rel, 'deferrable constraint (violation surfaces at COMMIT without its SQLSTATE): '||conname from tt join pg_constraint k on k.conrelid=tt.oid and condeferrable
 union all select 'C11 error', tt.rel, 'sequence/identity column: use uuid or app-made id; int4/int2 fails on workers, later ADD is refused: '||a.attname from tt join pg_attribute a on a.attrelid=tt.oid and a.attnum>0 and not attisdropped left join pg_attrdef d on d.adrelid=a.attrelid and d.adnum=a.attnum where a.attidentity<>'' or pg_get_expr(d.adbin,d.adrelid) like 'nextval(%'
 union all select 'C12 error', tt.rel, 'trigger needs citus.enable_unsafe_triggers: '||tgname from tt join pg_trigger g on g.tgrelid=tt.oid and not tgisinternal, cfg where not tgname::text = any(trig_ok)
 union all select 'C13 error', tt.rel, 'rule: '||rulename from tt join pg_rewrite w on w.ev_class=tt.oid and rulename<>'_RETURN'
 union all select 'C14 error', tt.rel, 'inheritance / unlogged' from tt where relpersistence<>'p' or exists (select 1 from pg_inherits h join pg_class p on p.oid=h.inhparent where h.inhrelid=tt.oid and p.relkind='r')
 union all select 'C15 error', tt.rel, 'policy with subquery, even (select f()): '||polname from tt join pg_policy p on p.polrelid=tt.oid where coalesce(polqual::text,'')||coalesce(polwithcheck::text,'') like '%{SUBLINK%'
 union all select 'C16 error', tt.rel, 'RLS not enabled' from tt where not relrowsecurity
 union all select 'C17 warn', tt.rel, 'FORCE RLS: blocks online shard moves and owner COPY on PG15 (use non-owner app role)' from tt where relforcerowsecurity
 union all select distinct 'C18 warn', v.relname::text, 'owner-rights view over tenant table: on Citus runs with caller rights; set security_invoker' from pg_class v join pg_rewrite w on w.ev_class=v.oid join pg_depend d on d.classid='pg_rewrite'::regclass and d.objid=w.oid and d.refclassid='pg_class'::regclass join tt on tt.oid=d.refobjid where v.relkind='v' and not coalesce(v.reloptions::text,'') like '%security_invoker=true%'
 union all select distinct 'C19 warn', v.relname::text, 'materialized view over tenant table: stays a coordinator-local table' from pg_class v join pg_rewrite w on w.ev_class=v.oid join pg_depend d on d.classid='pg_rewrite'::regclass and d.objid=w.oid and d.refclassid='pg_class'::regclass join tt on tt.oid=d.refobjid where v.relkind='m'
 union all select 'C20 error', p.proname::text, 'set_config() in function: not propagated to workers; EXECUTE SET LOCAL instead' from pg_proc p join pg_namespace n on n.oid=p.pronamespace and n.nspname='public' where prosrc ~* 'set_config\s*\('
 union all select 'C21 error', p.proname::text, 'TG_TABLE_NAME/TG_RELID in trigger function yields shard name (team_102132)' from pg_proc p join pg_namespace n on n.oid=p.pronamespace and n.nspname='public' where prosrc ~* 'tg_(table_name|relname|relid)'
) select split_part(r,' ',1) rule, split_part(r,' ',2) level, rel, d as detail from v order by level, rule, rel;
