-- A stand-in for the extension citus, in the catalogue of a plain PostgreSQL: its tables and functions as far as `gezhi distribute` and the
-- migrations ask them, and the refusals that were met when a real one was distributed by hand. It moves no row and knows no machine: what
-- passes here was asked in the right order, by whoever may ask. That the extension takes it, it does not show.
-- The superuser runs it; a program that looks for the extension finds it.
SET allow_system_table_mods = on;
INSERT INTO pg_catalog.pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
    SELECT 990001, 'citus', oid, 'pg_catalog'::regnamespace, false, '13.2-1' FROM pg_roles WHERE rolname = current_user;
CREATE TABLE pg_catalog.pg_dist_partition (
    logicalrelid regclass PRIMARY KEY, partmethod "char" NOT NULL, partkey text, colocationid int NOT NULL, repmodel "char" NOT NULL);
CREATE TABLE pg_catalog.pg_dist_node (
    groupid int NOT NULL, isactive boolean NOT NULL, noderole text NOT NULL, shouldhaveshards boolean NOT NULL);
CREATE TABLE pg_catalog.pg_dist_local_group (groupid int NOT NULL);
INSERT INTO pg_catalog.pg_dist_local_group VALUES (0);
GRANT SELECT ON pg_catalog.pg_dist_partition, pg_catalog.pg_dist_node, pg_catalog.pg_dist_local_group TO PUBLIC;

CREATE FUNCTION pg_catalog.column_to_column_name(table_name regclass, key text) RETURNS text LANGUAGE sql AS 'SELECT key';

-- How a table is spread: h by a column, t everywhere, s known, '' not at all.
CREATE FUNCTION pg_catalog.model_spread(one oid) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT CASE WHEN partmethod = 'h' THEN 'h' ELSE repmodel::text END FROM pg_dist_partition WHERE logicalrelid = one), '') $$;

-- Tables are changed one machine after the other, or else nothing that all machines have is changed after them in the transaction.
CREATE FUNCTION pg_catalog.model_changes(one oid) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE sequential CONSTANT boolean := coalesce(current_setting('citus.multi_shard_modify_mode', true), '') = 'sequential';
    BEGIN
        IF model_spread(one) = 'h' AND NOT sequential THEN
            PERFORM set_config('model.parallel', one::regclass::text, true);
        ELSIF model_spread(one) = 't' AND coalesce(current_setting('model.parallel', true), '') <> '' THEN
            RAISE 'cannot execute DDL on table "%" because there was a parallel DDL access to distributed table "%" in the same transaction',
                one::regclass, current_setting('model.parallel');
        END IF;
    END $$;

CREATE FUNCTION pg_catalog.model_holds() RETURNS void LANGUAGE plpgsql AS $$
    DECLARE bad record;
    BEGIN
        SELECT k.conname, k.conrelid::regclass AS rel INTO bad FROM pg_constraint k
            WHERE k.contype = 'f' AND NOT CASE model_spread(k.conrelid)
                WHEN 'h' THEN model_spread(k.confrelid) IN ('h', 't') ELSE model_spread(k.confrelid) <> 'h' END LIMIT 1;
        IF FOUND THEN
            RAISE 'cannot create foreign key constraint % of % since foreign keys from or to local tables are not supported', bad.conname, bad.rel;
        END IF;
        SELECT polrelid::regclass AS rel INTO bad FROM pg_policy
            WHERE model_spread(polrelid) = 'h' AND coalesce(polqual::text, '') || coalesce(polwithcheck::text, '') LIKE '%{SUBLINK%' LIMIT 1;
        IF FOUND THEN
            RAISE 'cannot create policy on %: subqueries are not supported', bad.rel;
        END IF;
        SELECT tgrelid::regclass AS rel INTO bad FROM pg_trigger WHERE NOT tgisinternal AND model_spread(tgrelid) = 'h' LIMIT 1;
        IF FOUND THEN
            RAISE 'triggers are not supported on distributed table %', bad.rel;
        END IF;
    END $$;

CREATE FUNCTION pg_catalog.model_owns(one regclass) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_class WHERE oid = one AND pg_has_role(session_user, relowner, 'USAGE')) THEN
            RAISE 'must be owner of table %', one;
        ELSIF coalesce(current_setting('citus.multi_shard_modify_mode', true), '') <> 'sequential' THEN
            RAISE 'cannot run on % in parallel: set citus.multi_shard_modify_mode to sequential', one;
        END IF;
    END $$;

CREATE FUNCTION pg_catalog.create_reference_table(table_name regclass) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        PERFORM model_owns(table_name);
        IF model_spread(table_name) NOT IN ('', 's') THEN
            RAISE 'table "%" is already distributed', table_name;
        ELSIF NOT EXISTS (SELECT FROM pg_dist_node WHERE groupid = 0) THEN
            RAISE 'could not find the coordinator node in the metadata';
        END IF;
        DELETE FROM pg_dist_partition WHERE logicalrelid = table_name;
        INSERT INTO pg_dist_partition VALUES (table_name, 'n', NULL, 1, 't');
        -- In silence it enters what refers to it.
        INSERT INTO pg_dist_partition
            SELECT DISTINCT conrelid::regclass, 'n'::"char", NULL, 0, 's'::"char" FROM pg_constraint
            WHERE contype = 'f' AND confrelid = table_name AND model_spread(conrelid) = '';
        PERFORM model_holds();
    END $$;

CREATE FUNCTION pg_catalog.citus_add_local_table_to_metadata(table_name regclass, cascade_via_foreign_keys boolean DEFAULT false)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        PERFORM model_owns(table_name);
        IF model_spread(table_name) <> '' THEN
            RAISE 'table "%" is already a distributed, reference or citus local table', table_name;
        END IF;
        INSERT INTO pg_dist_partition VALUES (table_name, 'n', NULL, 0, 's');
    END $$;

CREATE FUNCTION pg_catalog.create_distributed_table(
    table_name regclass, distribution_column text, distribution_type text DEFAULT 'hash', colocate_with text DEFAULT 'default', shard_count int DEFAULT NULL)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE company int;
    BEGIN
        PERFORM model_owns(table_name);
        IF model_spread(table_name) NOT IN ('', 's') THEN
            RAISE 'table "%" is already distributed', table_name;
        ELSIF NOT EXISTS (SELECT FROM pg_dist_node WHERE shouldhaveshards) THEN
            RAISE 'replication_factor (1) exceeds number of worker nodes (0)';
        ELSIF colocate_with = 'none' THEN
            company := 2 + count(*) FROM pg_dist_partition;
        ELSE
            SELECT colocationid INTO company FROM pg_dist_partition WHERE logicalrelid = colocate_with::regclass AND partmethod = 'h';
            IF NOT FOUND THEN
                RAISE 'relation % is not distributed', colocate_with;
            END IF;
        END IF;
        DELETE FROM pg_dist_partition WHERE logicalrelid = table_name;
        INSERT INTO pg_dist_partition VALUES (table_name, 'h', distribution_column, company, 's');
        PERFORM model_holds();
    END $$;

CREATE FUNCTION pg_catalog.truncate_local_data_after_distributing_table(function_input regclass) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        IF model_spread(function_input) NOT IN ('h', 't') THEN
            RAISE 'supplied parameter is not a distributed relation';
        END IF;
    END $$;

CREATE FUNCTION pg_catalog.model_looks() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE one record; named text;
    BEGIN
        IF tg_tag IN ('GRANT', 'REVOKE') THEN
            named := substring(current_query() FROM 'ON TABLE "([a-z_]+)"');
            IF named IS NOT NULL THEN
                PERFORM model_changes(('public.' || named)::regclass);
            END IF;
            RETURN;
        END IF;
        FOR one IN SELECT DISTINCT objid FROM pg_event_trigger_ddl_commands() WHERE classid = 'pg_class'::regclass LOOP
            PERFORM model_changes(one.objid);
        END LOOP;
        PERFORM model_holds();
    END $$;
CREATE EVENT TRIGGER model_looks ON ddl_command_end
    WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE', 'CREATE INDEX', 'CREATE POLICY', 'ALTER POLICY', 'GRANT', 'REVOKE', 'CREATE TRIGGER')
    EXECUTE FUNCTION pg_catalog.model_looks();
-- Settings of the extension: the owner of a database may set them there.
GRANT SET ON PARAMETER citus.propagate_set_commands, citus.multi_shard_modify_mode TO gezhi_owner;
RESET allow_system_table_mods;
