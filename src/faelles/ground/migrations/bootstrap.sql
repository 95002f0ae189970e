-- Run by `faelles migrate` as the role in the database URL, before the numbered files, every time: roles, extensions
-- and the schema. Everything here may be run again.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'faelles_owner') THEN
        CREATE ROLE faelles_owner NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    -- The application: owns nothing, passes no row policy.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'faelles_app') THEN
        CREATE ROLE faelles_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    -- Owns the few SECURITY DEFINER functions that must look across row policies; nobody can become it.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'faelles_lookup') THEN
        CREATE ROLE faelles_lookup NOLOGIN NOSUPERUSER NOBYPASSRLS;
    END IF;
    -- Asked first, so that a run that changes nothing writes nothing: memberships are shared by all databases of a server.
    IF NOT pg_has_role('faelles_owner', 'SET') OR NOT pg_has_role('faelles_app', 'SET') THEN
        GRANT faelles_owner, faelles_app TO CURRENT_USER;
    END IF;
    -- The owner hands the look-up functions over to the look-up role, which takes both memberships.
    IF NOT pg_has_role('faelles_owner', 'faelles_lookup', 'SET') THEN
        GRANT faelles_lookup TO faelles_owner, CURRENT_USER;
    END IF;
END
$$;

CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gin WITH SCHEMA public;

CREATE SCHEMA IF NOT EXISTS faelles AUTHORIZATION faelles_owner;
GRANT USAGE ON SCHEMA faelles TO faelles_app, faelles_lookup;
-- CREATE is needed by a role that is to own a function in the schema.
GRANT CREATE ON SCHEMA faelles TO faelles_lookup;
