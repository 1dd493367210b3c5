"""The reading roles, and what the database itself asks of a ticket (docs/decisions/0011)."""

from django.db import migrations

from hengjian.access.row_security import make_roles
from hengjian.database.append_only import append_only

STAMP = """
CREATE FUNCTION access_ticket_stamped() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.at := clock_timestamp();
    NEW.expires_at := NEW.at + make_interval(mins => NEW.minutes);
    NEW.issued_in := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END $$;
CREATE TRIGGER access_ticket_by_the_clock_of_the_database BEFORE INSERT ON access_ticket
    FOR EACH ROW EXECUTE FUNCTION access_ticket_stamped();
"""
UNSTAMP = """
DROP TRIGGER access_ticket_by_the_clock_of_the_database ON access_ticket;
DROP FUNCTION access_ticket_stamped();
"""

# What a grant in force lets the viewer of this transaction reach: paths of organisations, '/' the whole.
REACH = """
CREATE FUNCTION hengjian_viewer() RETURNS bigint LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT nullif(current_setting('hengjian.viewer', true), '')::bigint $$;

CREATE FUNCTION hengjian_grants() RETURNS SETOF public.access_grant LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT g.* FROM public.access_grant g JOIN public.access_user u ON u.id = g.user_id
    WHERE g.user_id = public.hengjian_viewer() AND u.is_active
      AND g.starts_on <= (now() AT TIME ZONE 'Asia/Shanghai')::date
      AND (g.ends_on IS NULL OR g.ends_on > (now() AT TIME ZONE 'Asia/Shanghai')::date)
      AND NOT EXISTS (SELECT FROM public.access_revocation r WHERE r.grant_id = g.id
                      AND r."on" <= (now() AT TIME ZONE 'Asia/Shanghai')::date)
$$;
REVOKE ALL ON FUNCTION hengjian_grants() FROM PUBLIC;

CREATE FUNCTION hengjian_reach() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(CASE organisation WHEN '' THEN '/' ELSE '/' || organisation || '/' END), '{}')
    FROM public.hengjian_grants() WHERE role IN ('office', 'leader', 'auditor')
$$;

-- in one query whose plan is kept: it is asked once for every query of the whole city
CREATE FUNCTION hengjian_city_wide() RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    today CONSTANT date := (now() AT TIME ZONE 'Asia/Shanghai')::date;
BEGIN
    RETURN EXISTS (
        SELECT FROM public.access_grant g JOIN public.access_user u ON u.id = g.user_id
        WHERE g.user_id = nullif(current_setting('hengjian.viewer', true), '')::bigint AND u.is_active
          AND g.role IN ('office', 'leader', 'auditor') AND g.organisation = ''
          AND g.starts_on <= today AND (g.ends_on IS NULL OR g.ends_on > today)
          AND NOT EXISTS (SELECT FROM public.access_revocation r WHERE r.grant_id = g.id AND r."on" <= today));
END $$;

CREATE FUNCTION hengjian_own() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(official_id::text), '{}')
    FROM public.hengjian_grants() WHERE role = 'official'
$$;
"""
UNREACH = """
DROP FUNCTION hengjian_own();
DROP FUNCTION hengjian_city_wide();
DROP FUNCTION hengjian_reach();
DROP FUNCTION hengjian_grants();
DROP FUNCTION hengjian_viewer();
"""

# The persons of a ticket, or an error. Only functions of the owner call it.
TICKET = """
CREATE FUNCTION hengjian_ticket(given text) RETURNS SETOF text LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found public.access_ticket;
BEGIN
    SELECT * INTO found FROM public.access_ticket
    WHERE key_digest = encode(sha256(convert_to(given, 'UTF8')), 'hex') AND viewer_id = public.hengjian_viewer();
    IF found.id IS NULL THEN
        RAISE EXCEPTION 'a look at names in clear needs a ticket of this viewer'
            USING ERRCODE = 'insufficient_privilege', HINT = 'no ticket';
    ELSIF pg_xact_status(found.issued_in::text::xid8) IS DISTINCT FROM 'committed' THEN
        RAISE EXCEPTION 'the ticket must be committed before the look'
            USING ERRCODE = 'insufficient_privilege', HINT = 'not committed';
    ELSIF clock_timestamp() >= found.expires_at THEN
        RAISE EXCEPTION 'the ticket has expired'
            USING ERRCODE = 'insufficient_privilege', HINT = 'expired';
    ELSIF found.purpose = 'masked' THEN
        RAISE EXCEPTION 'the ticket states no purpose'
            USING ERRCODE = 'insufficient_privilege', HINT = 'no purpose';
    END IF;
    RETURN QUERY SELECT o::text FROM unnest(found.officials) o
        WHERE found.purpose <> 'own' OR o = ANY (public.hengjian_own());
END $$;
REVOKE ALL ON FUNCTION hengjian_ticket(text) FROM PUBLIC;
"""

RIGHTS = """
REVOKE ALL ON FUNCTION hengjian_reach(), hengjian_city_wide(), hengjian_own() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION hengjian_reach(), hengjian_city_wide(), hengjian_own()
    TO hengjian_reader, hengjian_reader_city;
GRANT USAGE ON SCHEMA public TO hengjian_reader, hengjian_reader_city;
"""
NO_RIGHTS = """
REVOKE ALL ON FUNCTION hengjian_reach(), hengjian_city_wide(), hengjian_own()
    FROM hengjian_reader, hengjian_reader_city;
REVOKE USAGE ON SCHEMA public FROM hengjian_reader, hengjian_reader_city;
"""


def roles(_apps, schema_editor):
    make_roles(schema_editor.connection)


class Migration(migrations.Migration):
    dependencies = [("access", "0003_tickets")]
    operations = [
        migrations.RunPython(roles, migrations.RunPython.noop),  # roles belong to the server: they stay
        migrations.RunSQL(*append_only("access_ticket")),
        migrations.RunSQL(STAMP, UNSTAMP),
        migrations.RunSQL(REACH, UNREACH),
        migrations.RunSQL(TICKET, "DROP FUNCTION hengjian_ticket(text)"),
        migrations.RunSQL(RIGHTS, NO_RIGHTS),
    ]
